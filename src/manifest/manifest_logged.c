/*
 * The manifest's header and seal in the export's log: as a quoted value, or as
 * a member of a JSON line.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "manifest/manifest_internal.h"

#define TIME_LEN 24	/* 2026-11-27T00:00:00.000Z */
#define LOGGED_MAX (16u << 20)	/* bytes of a line; the header is the longest */

/* Undo the log's quoting of a value. */
static void
unquote(const char *p, const char *end, struct text *value)
{
	for (; p < end && *p != '"'; p++) {
		if (*p == '\\' && p + 1 < end && p[1] == '"')
			p++;
		text_addc(value, *p);
	}
}

static bool
is_member(const json_t *json, const char *name, const char *value)
{
	const char *have = json_string_value(json_object_get(json, name));

	return have != NULL && strcmp(have, value) == 0;
}

/*
 * Accept only lines exactly as a run writes them: others may contain similar
 * text from a server.
 */
void
manifest_add_logged(const char *line, size_t len, struct text *value)
{
	static const char *const marks[] = {
		" INFO  run      header " MANIFEST_LOGGED "=\"",
		" INFO  run      sealed " MANIFEST_LOGGED "=\"" };
	size_t n = strlen(marks[0]), i;
	const char *reported;
	json_t *json;

	for (i = 0; i < 2; i++) {
		if (len > TIME_LEN + n &&
		    memcmp(&line[TIME_LEN], marks[i], n) == 0) {
			unquote(&line[TIME_LEN + n], line + len, value);
			return;
		}
	}
	json = *line == '{' ? json_loadb(line, len, 0, NULL) : NULL;
	reported = json_string_value(json_object_get(json, MANIFEST_LOGGED));
	if (reported != NULL && is_member(json, "area", "run") &&
	    (is_member(json, "message", "header") ||
	    is_member(json, "message", "sealed")))
		text_adds(value, reported);
	json_decref(json);
}

/* Process the next line of the log; a manifest line replaces ${last}. */
static void
take_line(const struct text *line, char **last)
{
	struct text value;

	text_init(&value, SIZE_MAX / 4);
	if (line->len > 0)
		manifest_add_logged(line->data, line->len, &value);
	if (value.len > 0) {
		free(*last);
		*last = mem_copy(value.data, value.len);
	}
	text_release(&value);
}

char *
manifest_last_logged(int fd)
{
	char chunk[65536], *last = NULL;
	const char *p, *end;
	struct text line;
	off_t offset = 0;
	ssize_t n;

	if (!file_fits_memory(fd))
		return NULL;
	text_init(&line, LOGGED_MAX);
	while ((n = pread(fd, chunk, sizeof(chunk), offset)) > 0) {
		for (p = chunk; p < &chunk[n]; p = end + (end < &chunk[n])) {
			end = memchr(p, '\n', (size_t)(&chunk[n] - p));
			end = end != NULL ? end : &chunk[n];
			(void)text_add(&line, p, (size_t)(end - p));
			if (end == &chunk[n])
				continue;
			take_line(&line, &last);
			text_clear(&line);
		}
		offset += n;
	}
	take_line(&line, &last);
	text_release(&line);
	return last;
}
