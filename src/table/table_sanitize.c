/*
 * Records that DuckDB refuses although they can be read: strings with an
 * unpaired surrogate ("\ud800"), which RFC 8259 section 8.2 permits; and the
 * NaN and Infinity that Python's json module writes, which are not JSON.
 */

#include <string.h>

#include "table/table_internal.h"

/* The value of the four hex digits after "\u". */
static unsigned
unit(const char *data)
{
	unsigned value = 0;
	int i;

	for (i = 0; i < 4; i++) {
		unsigned c = (unsigned char)data[i];

		value = value << 4 | (c <= '9' ? c - '0' : (c | 32) - 'a' +
		    10);
	}
	return value;
}

static bool
is_unit(const char *data, const char *end, unsigned from, unsigned to)
{
	return end - data >= 6 && data[0] == '\\' && data[1] == 'u' &&
	    unit(&data[2]) >= from && unit(&data[2]) <= to;
}

/* Find the next escape of an unpaired surrogate; or NULL. */
static const char *
next_half(const char *data, const char *end)
{
	while ((data = memchr(data, '\\', (size_t)(end - data))) != NULL) {
		if (is_unit(data, end, 0xd800, 0xdbff) &&
		    is_unit(data + 6, end, 0xdc00, 0xdfff))
			data += 12;
		else if (is_unit(data, end, 0xd800, 0xdfff))
			return data;
		else
			data += 2;
	}
	return NULL;
}

bool
table_sanitize(struct span record, struct text *sanitized)
{
	const char *pos = record.data, *end = record.data + record.len, *half;

	if ((half = next_half(pos, end)) == NULL)
		return false;
	text_clear(sanitized);
	for (; half != NULL; half = next_half(pos, end)) {
		text_add(sanitized, pos, (size_t)(half - pos));
		text_adds(sanitized, "\\ufffd");
		pos = half + 6;
	}
	text_add(sanitized, pos, (size_t)(end - pos));
	return true;
}

/* The length of NaN or Infinity at ${data}, or 0. */
static size_t
no_number(const char *data, const char *end)
{
	static const char *const words[] = { "NaN", "Infinity",
	    "-Infinity" };
	size_t i, len;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		len = strlen(words[i]);
		if ((size_t)(end - data) >= len &&
		    memcmp(data, words[i], len) == 0)
			return len;
	}
	return 0;
}

bool
table_sanitize_numbers(struct span record, struct text *sanitized)
{
	const char *pos = record.data, *end = record.data + record.len;
	bool in_string = false, any = false;
	size_t len;

	text_clear(sanitized);
	while (pos < end) {
		len = in_string ? 0 : no_number(pos, end);
		if (len > 0) {
			text_addc(sanitized, '"');
			text_add(sanitized, pos, len);
			text_addc(sanitized, '"');
			any = true;
			pos += len;
			continue;
		}
		if (*pos == '"')
			in_string = !in_string;
		else if (*pos == '\\' && in_string && pos + 1 < end)
			text_addc(sanitized, *pos++);
		text_addc(sanitized, *pos++);
	}
	return any && page_check(sanitized->data, sanitized->len, NULL) == 0;
}
