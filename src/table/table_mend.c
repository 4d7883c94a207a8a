/*
 * What DuckDB refuses although it can be made sense of: strings with half of
 * a surrogate pair ("\ud800"), which RFC 8259 section 8.2 lets stand; and the
 * NaN and Infinity that Python's json module writes, which are no JSON.
 */

#include <string.h>

#include "table/table_internal.h"

/* The value of the four hex digits behind "\u". */
static unsigned
unit(const char *at)
{
	unsigned value = 0;
	int i;

	for (i = 0; i < 4; i++) {
		unsigned c = (unsigned char)at[i];

		value = value << 4 | (c <= '9' ? c - '0' : (c | 32) - 'a' +
		    10);
	}
	return value;
}

static bool
is_unit(const char *at, const char *end, unsigned from, unsigned to)
{
	return end - at >= 6 && at[0] == '\\' && at[1] == 'u' &&
	    unit(&at[2]) >= from && unit(&at[2]) <= to;
}

/* Where the next escape that is half a pair stands, or NULL. */
static const char *
next_half(const char *at, const char *end)
{
	while ((at = memchr(at, '\\', (size_t)(end - at))) != NULL) {
		if (is_unit(at, end, 0xd800, 0xdbff) &&
		    is_unit(at + 6, end, 0xdc00, 0xdfff))
			at += 12;
		else if (is_unit(at, end, 0xd800, 0xdfff))
			return at;
		else
			at += 2;
	}
	return NULL;
}

bool
table_mend(struct span record, struct text *mended)
{
	const char *at = record.at, *end = record.at + record.len, *half;

	if ((half = next_half(at, end)) == NULL)
		return false;
	text_clear(mended);
	for (; half != NULL; half = next_half(at, end)) {
		text_add(mended, at, (size_t)(half - at));
		text_adds(mended, "\\ufffd");
		at = half + 6;
	}
	text_add(mended, at, (size_t)(end - at));
	return true;
}

/* The length of a number that is none at ${at}, or 0. */
static size_t
no_number(const char *at, const char *end)
{
	static const char *const words[] = { "NaN", "Infinity",
	    "-Infinity" };
	size_t i, len;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		len = strlen(words[i]);
		if ((size_t)(end - at) >= len &&
		    memcmp(at, words[i], len) == 0)
			return len;
	}
	return 0;
}

bool
table_mend_numbers(struct span record, struct text *mended)
{
	const char *at = record.at, *end = record.at + record.len;
	bool in_string = false, any = false;
	size_t len;

	text_clear(mended);
	while (at < end) {
		len = in_string ? 0 : no_number(at, end);
		if (len > 0) {
			text_addc(mended, '"');
			text_add(mended, at, len);
			text_addc(mended, '"');
			any = true;
			at += len;
			continue;
		}
		if (*at == '"')
			in_string = !in_string;
		else if (*at == '\\' && in_string && at + 1 < end)
			text_addc(mended, *at++);
		text_addc(mended, *at++);
	}
	return any && page_check(mended->at, mended->len, NULL) == 0;
}
