/*
 * Values as text.
 */

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "output/output_internal.h"
#include "page/page.h"

void
output_double(double value, struct text *text)
{
	char digits[40];
	int precision;

	for (precision = 15; precision <= 17; precision++) {
		snprintf(digits, sizeof(digits), "%.*g", precision, value);
		if (strtod(digits, NULL) == value)
			break;
	}
	text_adds(text, digits);
}

void
output_time(int64_t us, struct text *text)
{
	time_t seconds = (time_t)(us / 1000000);
	int64_t fraction = us % 1000000;
	struct tm tm;
	char when[64];

	if (us == INT64_MAX || us == -INT64_MAX) {
		text_adds(text, us > 0 ? "infinity" : "-infinity");
		return;
	}
	if (fraction < 0) {
		fraction += 1000000;
		seconds--;
	}
	if (gmtime_r(&seconds, &tm) == NULL)
		return;
	snprintf(when, sizeof(when), "%04d-%02d-%02dT%02d:%02d:%02d",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	    tm.tm_min, tm.tm_sec);
	text_adds(text, when);
	if (fraction % 1000 != 0)
		text_addf(text, ".%06" PRId64, fraction);
	else if (fraction != 0)
		text_addf(text, ".%03" PRId64, fraction / 1000);
	text_addc(text, 'Z');
}

/* Add JSON on one line; few records have line breaks. */
static void
add_line(struct span json, struct text *text)
{
	if (memchr(json.data, '\n', json.len) == NULL &&
	    memchr(json.data, '\r', json.len) == NULL)
		text_add(text, json.data, json.len);
	else
		page_line(json, text);
}

/* Like memmem(3), but faster if the first letter is rare. */
static bool
has(struct span text, const char *word)
{
	const char *pos = text.data, *end = text.data + text.len;
	size_t len = strlen(word);

	while ((pos = memchr(pos, *word, (size_t)(end - pos))) != NULL) {
		if ((size_t)(end - pos) >= len && memcmp(pos, word, len) == 0)
			return true;
		pos++;
	}
	return false;
}

/* Is it JSON?  A table's JSON may have NaN, Infinity or a byte order mark. */
static bool
is_json(struct span text)
{
	if (text.len > 0 && *text.data != '\xef' && !has(text, "NaN") &&
	    !has(text, "Infinity"))
		return true;
	return page_check(text.data, text.len, NULL) == 0 &&
	       *text.data != '\xef';
}

void
output_plain(enum table_kind kind, const struct table_cell *cell,
    struct text *text)
{
	switch (kind) {
	case TABLE_TEXT:
	case TABLE_NUMBER:
		text_add(text, cell->is.text.data, cell->is.text.len);
		break;
	case TABLE_JSON:
		add_line(cell->is.text, text);
		break;
	case TABLE_BOOLEAN:
		text_adds(text, cell->is.boolean ? "true" : "false");
		break;
	case TABLE_INTEGER:
		text_addf(text, "%" PRId64, cell->is.integer);
		break;
	case TABLE_DOUBLE:
		output_double(cell->is.real, text);
		break;
	case TABLE_TIME:
		output_time(cell->is.integer, text);
		break;
	}
}

void
output_quoted(const char *data, size_t len, struct text *text)
{
	const char *end = data + len, *from = data;
	unsigned char c;

	text_addc(text, '"');
	for (; data < end; data++) {
		c = (unsigned char)*data;
		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		text_add(text, from, (size_t)(data - from));
		from = data + 1;
		if (c == '\n')
			text_adds(text, "\\n");
		else if (c < 0x20)
			text_addf(text, "\\u%04x", c);
		else
			text_addf(text, "\\%c", c);
	}
	text_add(text, from, (size_t)(end - from));
	text_addc(text, '"');
}

void
output_cell_json(enum table_kind kind, const struct table_cell *cell,
    struct text *text)
{
	if (cell->is_null || (kind == TABLE_DOUBLE &&
	    !isfinite(cell->is.real))) {
		text_adds(text, "null");
		return;
	}
	switch (kind) {
	case TABLE_TEXT:
		output_quoted(cell->is.text.data, cell->is.text.len, text);
		break;
	case TABLE_JSON:
		/* Python's NaN is not JSON: write the record as a string. */
		if (is_json(cell->is.text))
			output_plain(kind, cell, text);
		else
			output_quoted(cell->is.text.data, cell->is.text.len,
			    text);
		break;
	case TABLE_TIME:
		text_addc(text, '"');
		output_time(cell->is.integer, text);
		text_addc(text, '"');
		break;
	default:
		output_plain(kind, cell, text);
	}
}
