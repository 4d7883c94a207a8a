/*
 * Recovering a damaged manifest from its copy; from lines of both, combined so
 * that the seal fits; and from the log, which repeats the first and last line.
 * If the seal can't prove the result, the readable lines are used.
 *
 * A sealed manifest has each line once and sorted, so the lines of two damaged
 * files can be matched by their subjects.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "manifest/manifest_internal.h"

#define MAX_FILE (INT64_C(1) << 32)
#define MAX_DOUBTS 12		/* lines with two readings */
#define MAX_WORK (UINT64_C(256) << 20)	/* bytes to hash in total, or */
#define MAX_TRIES 32			/* readings to try, if that is more */

/* A line: its subject, and its text in each file. */
struct known {
	char *about;		/* its subject, in sort order */
	struct span texts[2];	/* by file; data is NULL: missing */
	UT_hash_handle hh;
};

struct recovery {
	struct text files[2];	/* the manifest's bytes, and its copy's */
	struct text log;
	struct text spare;	/* lines from the log */
	struct known *lines;
};

/* ------------------------------------------------------------- reading */

/* The subject of a line, new; or NULL, if it is invalid. */
static char *
about_of(struct span line)
{
	static const char *const kinds[] = { "listing", "page", "gap",
	    "done" };
	const char *key;
	char *about = NULL;
	json_t *json;
	size_t i;

	/* Reject garbage cheaply. */
	if (line.len < 2 || *line.data != '{')
		return NULL;
	json = json_loadb(line.data, line.len, 0, NULL);
	if (json_object_get(json, "hlexport") != NULL &&
	    manifest_check_header(json, "", NULL) == 0)
		about = mem_text("0");
	else if (json_is_object(json_object_get(json, "seal")) &&
	    json_is_string(json_object_get(json, "sha256")))
		about = mem_text("3");
	for (i = 0; about == NULL && i < 4 && manifest_is_valid(json); i++) {
		key = json_string_value(json_object_get(json, kinds[i]));
		if (key == NULL)
			continue;
		/* Lines of a listing sort as they are written. */
		if (i == 3)
			about = mem_format("2 %s", key);
		else if (i == 0)
			about = mem_format("1 %s", key);
		else
			about = mem_format("1 %s\n%zu %020lld %020lld", key, i,
			    (long long)json_integer_value(json_object_get(
			    json, "pass")),
			    (long long)json_integer_value(json_object_get(
			    json, i == 1 ? "first" : "record")));
	}
	json_decref(json);
	return about;
}

static void
add_line(struct recovery *r, size_t which, struct span line)
{
	char *about = about_of(line);
	struct known *known;

	if (about == NULL)
		return;
	HASH_FIND_STR(r->lines, about, known);
	if (known == NULL) {
		known = mem_zero(1, sizeof(*known));
		known->about = about;
		HASH_ADD_KEYPTR(hh, r->lines, known->about,
		    strlen(known->about), known);
	} else {
		free(about);
	}
	/* In a journal, the last line counts. */
	known->texts[which] = line;
}

/*
 * Set ${line} to the next line of ${text} at ${*p}, and advance ${*p}; return
 * false at the end.
 */
static bool
next_line(const struct text *text, const char **p, struct span *line)
{
	const char *stop, *end;

	if (text->len == 0 || *p >= text->data + text->len)
		return false;
	stop = text->data + text->len;
	end = memchr(*p, '\n', (size_t)(stop - *p));
	if (end == NULL)
		end = stop;
	*line = (struct span){ *p, (size_t)(end - *p) };
	*p = end + 1;
	return true;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Remove byte order marks and whitespace, as an editor may add. */
static struct span
trim(const char *from, const char *to)
{
	if (to - from >= 3 && memcmp(from, "\xef\xbb\xbf", 3) == 0)
		from += 3;
	while (from < to && is_blank(*from))
		from++;
	while (to > from && is_blank(to[-1]))
		to--;
	return (struct span){ from, (size_t)(to - from) };
}

static void
add_lines(struct recovery *r, size_t which)
{
	const char *p = r->files[which].data;
	struct span line;

	while (next_line(&r->files[which], &p, &line))
		add_line(r, which, trim(line.data, line.data + line.len));
}

/* --------------------------------------------------------- from the log */

/* The last header in the log, new; or NULL. */
static json_t *
logged_header(struct recovery *r)
{
	const char *p = r->log.data;
	json_t *header = NULL, *json;
	struct text value;
	struct span line;

	text_init(&value, SIZE_MAX / 4);
	while (next_line(&r->log, &p, &line)) {
		text_clear(&value);
		manifest_add_logged(line.data, line.len, &value);
		json = value.len > 0 ? json_loadb(value.data, value.len, 0,
		    NULL) : NULL;
		if (json_object_get(json, "hlexport") == NULL) {
			json_decref(json);
			continue;
		}
		json_decref(header);
		header = json;
	}
	text_release(&value);
	return header;
}

/* Take the header and the seal from the log if no file has them. */
static void
add_from_log(struct recovery *r)
{
	const char *p = r->log.data;
	struct known *header, *seal;
	struct span line;
	size_t from;

	HASH_FIND_STR(r->lines, "0", header);
	HASH_FIND_STR(r->lines, "3", seal);
	if (header != NULL && seal != NULL)
		return;
	/* The text must not move, since spans point into it. */
	text_init(&r->spare, 2 * r->log.len + 1);
	while (next_line(&r->log, &p, &line)) {
		manifest_add_logged(line.data, line.len, &r->spare);
		text_addc(&r->spare, '\n');
	}
	/* The last ones count. */
	for (from = r->spare.len; from-- > 0; ) {
		size_t begin = from;
		char *about;

		while (begin > 0 && r->spare.data[begin - 1] != '\n')
			begin--;
		line = (struct span){ &r->spare.data[begin], from - begin };
		about = line.len > 0 ? about_of(line) : NULL;
		if (about != NULL && ((header == NULL &&
		    strcmp(about, "0") == 0) || (seal == NULL &&
		    strcmp(about, "3") == 0)))
			add_line(r, 0, line);
		free(about);
		from = begin;
	}
}

/* ------------------------------------------------------ putting together */

static int
by_about(const struct known *a, const struct known *b)
{
	return strcmp(a->about, b->about);
}

/* Does the line differ between the files, or is it in only one? */
static bool
is_doubtful(const struct known *known)
{
	const struct span *one = &known->texts[0], *other = &known->texts[1];

	return one->data == NULL || other->data == NULL ||
	    one->len != other->len || memcmp(one->data, other->data,
	    one->len) != 0;
}

/* A reading of a doubtful line: from one file, from the other, or none. */
static struct span
choose(const struct known *known, unsigned choice)
{
	struct span none = { NULL, 0 };

	if (choice == 2)
		return none;
	/* A line in only one file is probably right. */
	return known->texts[choice].data != NULL ? known->texts[choice] :
	    choice == 0 ? known->texts[1] : none;
}

/*
 * Combine all lines; ${choices} has a number from 0 to 2 for each doubtful one.
 */
static void
put_together(const struct recovery *r, const unsigned *choices,
    struct text *text)
{
	const struct known *known;
	struct span line;
	size_t doubt = 0;

	text_clear(text);
	for (known = r->lines; known != NULL; known = known->hh.next) {
		line = known->texts[0];
		if (is_doubtful(known))
			line = choose(known, choices != NULL ?
			    choices[doubt++] : 0);
		if (line.data == NULL)
			continue;
		text_add(text, line.data, line.len);
		text_addc(text, '\n');
	}
}

/* Does the last line seal the text? */
static bool
is_sealed(const struct text *text)
{
	const char *last;
	json_t *json;
	bool is;

	if (text->len < 2)
		return false;
	last = memrchr(text->data, '\n', text->len - 1);
	last = last != NULL ? last + 1 : text->data;
	json = json_loadb(last, (size_t)(text->data + text->len - last), 0,
	    NULL);
	is = json_object_get(json, "seal") != NULL &&
	    manifest_check_seal(json, (struct span){ text->data, text->len },
	    (size_t)(last - text->data), NULL) == 0;
	json_decref(json);
	return is;
}

static size_t
count_doubts(const struct recovery *r)
{
	const struct known *known;
	size_t n = 0;

	for (known = r->lines; known != NULL; known = known->hh.next)
		n += is_doubtful(known);
	return n;
}

/* The number of readings to try, about a second's work. */
static uint64_t
max_tries(const struct recovery *r)
{
	size_t len = r->files[0].len + r->files[1].len;
	/* A line has a fixed cost, too. */
	uint64_t each = len + 256 * (uint64_t)HASH_COUNT(r->lines) + 1;

	return MAX_WORK / each > MAX_TRIES ? MAX_WORK / each : MAX_TRIES;
}

/* Try all combinations of readings, up to the limit. */
static bool
try_all(const struct recovery *r, size_t n, struct text *text)
{
	unsigned choices[MAX_DOUBTS] = { 0 };
	uint64_t tries = max_tries(r);
	size_t i;

	do {
		put_together(r, choices, text);
		if (is_sealed(text))
			return true;
		for (i = 0; i < n && ++choices[i] == 3; i++)
			choices[i] = 0;
	} while (i < n && --tries > 0);
	return false;
}

/* Try each doubtful line's other readings, one line at a time. */
static bool
try_each(const struct recovery *r, size_t n, struct text *text)
{
	unsigned *choices = mem_zero(n, sizeof(*choices));
	uint64_t tries = max_tries(r);
	bool fits = false;
	size_t i;

	for (i = 0; i < n && !fits && tries-- > 0; i++) {
		for (choices[i] = 1; choices[i] < 3 && !fits; choices[i]++) {
			put_together(r, choices, text);
			fits = is_sealed(text);
		}
		choices[i] = 0;
	}
	free(choices);
	return fits;
}

static enum manifest_state
merge(struct recovery *r, struct text *text)
{
	size_t n;

	HASH_SORT(r->lines, by_about);
	n = count_doubts(r);
	put_together(r, NULL, text);
	if (is_sealed(text) || (n <= MAX_DOUBTS ? try_all(r, n, text) :
	    try_each(r, n, text)))
		return MANIFEST_MERGED;
	return MANIFEST_SALVAGED;
}

/* ------------------------------------------------------------ the whole */

static void
release(struct recovery *r)
{
	struct known *known, *next;

	HASH_ITER(hh, r->lines, known, next) {
		HASH_DEL(r->lines, known);
		free(known->about);
		free(known);
	}
	text_release(&r->files[0]);
	text_release(&r->files[1]);
	text_release(&r->log);
	text_release(&r->spare);
}

/*
 * Add the readable lines of a file, except header and seal; of the copy, only
 * those that the manifest lacks.
 */
static void
salvage_file(struct recovery *r, size_t which, struct text *text)
{
	const struct text *file = &r->files[which];
	const char *p = file->data;
	struct known *known;
	struct span line;
	char *about;

	while (next_line(file, &p, &line)) {
		about = about_of(line);
		if (about == NULL)
			continue;
		HASH_FIND_STR(r->lines, about, known);
		if (*about != '0' && *about != '3' && (which == 0 ||
		    known->texts[0].data == NULL)) {
			text_add(text, line.data, line.len);
			text_addc(text, '\n');
		}
		free(about);
	}
}

/*
 * Combine the log's header with the manifest's definition, which the log lacks.
 */
static json_t *
join_headers(json_t *logged, json_t *json)
{
	json_t *definition = json_object_get(json, "definition");
	json_t *all = json_object(), *value;
	const char *key;

	json_object_foreach(logged, key, value) {
		json_object_set(all, key, value);
		if (strcmp(key, "source_sha256") == 0 && definition != NULL)
			json_object_set(all, "definition", definition);
	}
	return all;
}

/* Prefer the log's header: a damaged line of the log is never accepted. */
static void
add_header(struct recovery *r, const struct known *header, struct text *text)
{
	struct span line = choose(header, 0);
	json_t *json = json_loadb(line.data, line.len, 0, NULL), *all;
	json_t *logged = logged_header(r);
	char *reported;

	all = logged != NULL ? join_headers(logged, json) : json_incref(json);
	reported = json_dumps(all, JSON_COMPACT);
	text_adds(text, reported);
	text_addc(text, '\n');
	free(reported);
	json_decref(all);
	json_decref(json);
	json_decref(logged);
}

/* Combine everything readable, without a seal. */
static void
salvage(struct recovery *r, const struct known *header, struct text *text)
{
	text_clear(text);
	add_header(r, header, text);
	salvage_file(r, 0, text);
	salvage_file(r, 1, text);
}

json_t *
manifest_lost_seal(const struct manifest *manifest)
{
	return manifest->lost_seal;
}

/* Keep the seal, so that it can be restored. */
static void
keep_seal(struct manifest *manifest, const struct known *seal)
{
	struct span line = choose(seal, 0);
	json_t *json = json_loadb(line.data, line.len, 0, NULL);

	manifest->lost_seal = json_incref(json_object_get(json, "seal"));
	manifest->lost_sha256 = mem_text(json_string_value(json_object_get(
	    json, "sha256")));
	json_decref(json);
}

static struct manifest *
read_all(struct tree *tree, struct recovery *r, enum manifest_state *state,
    struct err *err)
{
	struct manifest *manifest;
	struct known *header, *seal;
	struct text text;

	text_init(&text, SIZE_MAX / 4);
	if (is_sealed(&r->files[1])) {
		*state = MANIFEST_COPIED;
		text_add(&text, r->files[1].data, r->files[1].len);
	} else {
		add_lines(r, 0);
		add_lines(r, 1);
		add_from_log(r);
		*state = merge(r, &text);
	}
	HASH_FIND_STR(r->lines, "0", header);
	if (*state == MANIFEST_SALVAGED && header == NULL) {
		text_release(&text);
		err_set(err, ERR_DATA, "%s: " MANIFEST_NAME " and its copy are "
		    "damaged, and " TREE_LOG " does not record how the export "
		    "began; move both away and run 'hlexport adopt' to make a "
		    "new one from the files", tree_where(tree));
		return NULL;
	}
	if (*state == MANIFEST_SALVAGED)
		salvage(r, header, &text);
	manifest = manifest_of_text(tree, &text, err);
	text_release(&text);
	HASH_FIND_STR(r->lines, "3", seal);
	if (manifest != NULL && *state == MANIFEST_SALVAGED && seal != NULL)
		keep_seal(manifest, seal);
	return manifest;
}

/* Is the last manifest line in the log a seal? */
static bool
is_logged_sealed(struct tree *tree)
{
	int fd = file_open(tree_dir(tree), TREE_LOG, O_RDONLY, NULL);
	char *last = fd != -1 ? manifest_last_logged(fd) : NULL;
	bool is = last != NULL && strncmp(last, "{\"seal\":", 8) == 0;

	if (fd != -1)
		close(fd);
	free(last);
	return is;
}

static void
read_files(struct tree *tree, struct recovery *r)
{
	text_init(&r->files[0], MAX_FILE);
	text_init(&r->files[1], MAX_FILE);
	text_init(&r->log, MAX_FILE);
	(void)file_read(tree_dir(tree), MANIFEST_NAME, &r->files[0], NULL);
	(void)file_read(tree_dir(tree), MANIFEST_COPY, &r->files[1], NULL);
	(void)file_read(tree_dir(tree), TREE_LOG, &r->log, NULL);
}

/* Is it a manifest of another format?  That is not damage. */
static bool
is_other_format(struct tree *tree)
{
	json_t *header, *format;
	struct text text;
	bool is;

	text_init(&text, MAX_FILE);
	(void)file_read(tree_dir(tree), MANIFEST_NAME, &text, NULL);
	header = text.len > 0
		     ? json_loadb(text.data, strcspn(text.data, "\n"), 0, NULL)
		     : NULL;
	format = json_object_get(header, "format");
	is = json_object_get(header, "hlexport") != NULL &&
	    json_is_integer(format) &&
	    json_integer_value(format) != MANIFEST_FORMAT;
	json_decref(header);
	text_release(&text);
	return is;
}

struct manifest *
manifest_recover(struct tree *tree, struct log *log,
    enum manifest_state *state, struct err *err)
{
	struct recovery r = { .lines = NULL };
	struct manifest *manifest;
	struct err own, why = { ERR_NONE, "" };

	if (err == NULL)
		err = &own;
	*state = MANIFEST_INTACT;
	manifest = manifest_open(tree, log, &why);
	if ((manifest != NULL && manifest->seal != NULL) ||
	    (manifest == NULL && ((why.kind != ERR_DATA &&
	    why.kind != ERR_USAGE) || is_other_format(tree)))) {
		*err = why;
		return manifest;
	}
	read_files(tree, &r);
	if (manifest != NULL) {
		/* It may be a sealed one that was truncated. */
		if (!is_sealed(&r.files[1]) && !is_logged_sealed(tree)) {
			release(&r);
			return manifest;
		}
		manifest_close(manifest);
		err_set(&why, ERR_DATA, "%s/" MANIFEST_NAME " was cut off: the "
		    "export was complete", tree_where(tree));
	}
	manifest = read_all(tree, &r, state, err);
	release(&r);
	if (manifest == NULL)
		return NULL;
	if (faccessat(tree_dir(tree), MANIFEST_NAME, F_OK,
	    AT_SYMLINK_NOFOLLOW) == -1)
		err_set(err, ERR_DATA, "it does not exist");
	else
		*err = why;
	return manifest;
}
