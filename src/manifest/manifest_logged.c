/*
 * What the log of an export keeps of its manifest: the header and the seal, as
 * a value in quotes, or as a member where its lines are JSON.
 */

#include <string.h>

#include "manifest/manifest_internal.h"

/* Undo what the log does to a value in quotes. */
static void
unquote(const char *p, const char *end, struct text *value)
{
	for (; p < end && *p != '"'; p++) {
		if (*p == '\\' && p + 1 < end && p[1] == '"')
			p++;
		text_addc(value, *p);
	}
}

void
manifest_add_logged(const char *line, size_t len, struct text *value)
{
	static const char mark[] = MANIFEST_LOGGED "=\"";
	const char *p = memmem(line, len, mark, strlen(mark)), *said;
	json_t *json;

	if (p != NULL) {
		unquote(p + strlen(mark), line + len, value);
		return;
	}
	json = *line == '{' ? json_loadb(line, len, 0, NULL) : NULL;
	said = json_string_value(json_object_get(json, MANIFEST_LOGGED));
	if (said != NULL)
		text_adds(value, said);
	json_decref(json);
}
