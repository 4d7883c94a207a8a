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

#include "manifest/manifest_recover.h"

#define MAX_FILE (INT64_C(1) << 32)
#define MAX_DOUBTS 12		/* lines with two readings */
#define MAX_WORK (UINT64_C(256) << 20)	/* bytes to hash in total, or */
#define MAX_TRIES 32			/* readings to try, if that is more */

/* ------------------------------------------------------ putting together */

static int
by_about(const struct recovery_line *a, const struct recovery_line *b)
{
	return strcmp(a->about, b->about);
}

/* Does the line differ between the files, or is it in only one? */
static bool
is_doubtful(const struct recovery_line *known)
{
	const struct span *one = &known->texts[0], *other = &known->texts[1];

	return one->data == NULL || other->data == NULL ||
	    one->len != other->len || memcmp(one->data, other->data,
	    one->len) != 0;
}

/* A reading of a doubtful line: from one file, from the other, or none. */
static struct span
choose(const struct recovery_line *known, unsigned choice)
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
put_together(const struct manifest_recovery *r, const unsigned *choices,
    struct text *text)
{
	const struct recovery_line *known;
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
count_doubts(const struct manifest_recovery *r)
{
	const struct recovery_line *known;
	size_t n = 0;

	for (known = r->lines; known != NULL; known = known->hh.next)
		n += is_doubtful(known);
	return n;
}

/* The number of readings to try, about a second's work. */
static uint64_t
max_tries(const struct manifest_recovery *r)
{
	size_t len = r->files[0].len + r->files[1].len;
	/* A line has a fixed cost, too. */
	uint64_t each = len + 256 * (uint64_t)HASH_COUNT(r->lines) + 1;

	return MAX_WORK / each > MAX_TRIES ? MAX_WORK / each : MAX_TRIES;
}

/* Try all combinations of readings, up to the limit. */
static bool
try_all(const struct manifest_recovery *r, size_t n, struct text *text)
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
try_each(const struct manifest_recovery *r, size_t n, struct text *text)
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
merge(struct manifest_recovery *r, struct text *text)
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
release(struct manifest_recovery *r)
{
	struct recovery_line *known, *next;

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
salvage_file(struct manifest_recovery *r, size_t which, struct text *text)
{
	const struct text *file = &r->files[which];
	const char *p = file->data;
	struct recovery_line *known;
	struct span line;
	char *about;

	while (manifest_recovery_next_line(file, &p, &line)) {
		about = manifest_recovery_about(line);
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
add_header(struct manifest_recovery *r, const struct recovery_line *header,
    struct text *text)
{
	struct span line = choose(header, 0);
	json_t *json = json_loadb(line.data, line.len, 0, NULL), *all;
	json_t *logged = manifest_recovery_logged_header(r);
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
salvage(struct manifest_recovery *r, const struct recovery_line *header,
    struct text *text)
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
keep_seal(struct manifest *manifest, const struct recovery_line *seal)
{
	struct span line = choose(seal, 0);
	json_t *json = json_loadb(line.data, line.len, 0, NULL);

	manifest->lost_seal = json_incref(json_object_get(json, "seal"));
	manifest->lost_sha256 = mem_text(json_string_value(json_object_get(
	    json, "sha256")));
	json_decref(json);
}

static struct manifest *
read_all(struct tree *tree, struct manifest_recovery *r,
    enum manifest_state *state, struct err *err)
{
	struct manifest *manifest;
	struct recovery_line *header, *seal;
	struct text text;

	text_init(&text, SIZE_MAX / 4);
	if (is_sealed(&r->files[1])) {
		*state = MANIFEST_COPIED;
		text_add(&text, r->files[1].data, r->files[1].len);
	} else {
		manifest_recovery_add_lines(r, 0);
		manifest_recovery_add_lines(r, 1);
		manifest_recovery_add_from_log(r);
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
read_files(struct tree *tree, struct manifest_recovery *r)
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
	struct manifest_recovery r = { .lines = NULL };
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
