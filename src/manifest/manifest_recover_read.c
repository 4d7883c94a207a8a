/*
 * What is left of a damaged manifest: the lines that are valid, in the file,
 * in its copy and in the log.
 */

#include <stdlib.h>
#include <string.h>

#include "manifest/manifest_recover.h"

/* The subject of a line, new; or NULL, if it is invalid. */
char *
manifest_recovery_about(struct span line)
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
add_line(struct manifest_recovery *r, size_t which, struct span line)
{
	char *about = manifest_recovery_about(line);
	struct recovery_line *known;

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
bool
manifest_recovery_next_line(
    const struct text *text, const char **p, struct span *line)
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

void
manifest_recovery_add_lines(struct manifest_recovery *r, size_t which)
{
	const char *p = r->files[which].data;
	struct span line;

	while (manifest_recovery_next_line(&r->files[which], &p, &line))
		add_line(r, which, trim(line.data, line.data + line.len));
}

/* --------------------------------------------------------- from the log */

/* The last header in the log, new; or NULL. */
json_t *
manifest_recovery_logged_header(struct manifest_recovery *r)
{
	const char *p = r->log.data;
	json_t *header = NULL, *json;
	struct text value;
	struct span line;

	text_init(&value, SIZE_MAX / 4);
	while (manifest_recovery_next_line(&r->log, &p, &line)) {
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
void
manifest_recovery_add_from_log(struct manifest_recovery *r)
{
	const char *p = r->log.data;
	struct recovery_line *header, *seal;
	struct span line;
	size_t from;

	HASH_FIND_STR(r->lines, "0", header);
	HASH_FIND_STR(r->lines, "3", seal);
	if (header != NULL && seal != NULL)
		return;
	/* The text must not move, since spans point into it. */
	text_init(&r->spare, 2 * r->log.len + 1);
	while (manifest_recovery_next_line(&r->log, &p, &line)) {
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
		about = line.len > 0 ? manifest_recovery_about(line) : NULL;
		if (about != NULL && ((header == NULL &&
		    strcmp(about, "0") == 0) || (seal == NULL &&
		    strcmp(about, "3") == 0)))
			add_line(r, 0, line);
		free(about);
		from = begin;
	}
}
