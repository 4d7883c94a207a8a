/*
 * Single values: what they are, and their text.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "page/page_internal.h"

bool
page_is_null(struct span value)
{
	return text_is(value, "null");
}

bool
page_is_empty(struct span value)
{
	const char *end = value.at + value.len;

	if (page_is_null(value) || text_is(value, "\"\""))
		return true;
	if (value.len < 2 || (value.at[0] != '[' && value.at[0] != '{'))
		return false;
	return page_blank(value.at + 1, end) == end - 1;
}

int64_t
page_count(struct span value)
{
	int64_t n = 0;
	size_t i;

	if (value.len == 0 || value.len > 18)
		return -1;
	for (i = 0; i < value.len; i++) {
		if (value.at[i] < '0' || value.at[i] > '9')
			return -1;
		n = n * 10 + (value.at[i] - '0');
	}
	return n;
}

static unsigned
hex4(const char *p)
{
	char digits[5] = { p[0], p[1], p[2], p[3], '\0' };

	return (unsigned)strtoul(digits, NULL, 16);
}

/* Add a character as UTF-8; U+0000 and surrogates as page.h says. */
static void
add_char(struct text *text, unsigned c)
{
	char b[4];

	if (c > 0 && c < 0x80) {
		text_addc(text, (char)c);
	} else if (c < 0x800) {
		b[0] = (char)(0xc0 | c >> 6);
		b[1] = (char)(0x80 | (c & 63));
		text_add(text, b, 2);
	} else if (c < 0x10000) {
		b[0] = (char)(0xe0 | c >> 12);
		b[1] = (char)(0x80 | (c >> 6 & 63));
		b[2] = (char)(0x80 | (c & 63));
		text_add(text, b, 3);
	} else {
		b[0] = (char)(0xf0 | c >> 18);
		b[1] = (char)(0x80 | (c >> 12 & 63));
		b[2] = (char)(0x80 | (c >> 6 & 63));
		b[3] = (char)(0x80 | (c & 63));
		text_add(text, b, 4);
	}
}

/* Add what the escape at ${p} means; return where it ends. */
static const char *
add_escape(struct text *text, const char *p, const char *end)
{
	static const char letters[] = "bfnrt", means[] = "\b\f\n\r\t";
	const char *letter;
	unsigned c, low;

	if (p[1] != 'u') {
		letter = strchr(letters, p[1]);
		text_addc(text, letter != NULL ? means[letter - letters] :
		    p[1]);
		return p + 2;
	}
	c = hex4(p + 2);
	p += 6;
	if (c >= 0xd800 && c < 0xdc00 && end - p >= 6 && p[0] == '\\' &&
	    p[1] == 'u') {
		low = hex4(p + 2);
		if (low >= 0xdc00 && low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			p += 6;
		}
	}
	add_char(text, c);
	return p;
}

void
page_value_text(struct span value, struct text *text)
{
	const char *p = value.at + 1, *end = value.at + value.len - 1;
	const char *slash;

	if (value.len < 2 || value.at[0] != '"') {
		text_add(text, value.at, value.len);
		return;
	}
	while (p < end) {
		slash = memchr(p, '\\', (size_t)(end - p));
		if (slash == NULL)
			slash = end;
		text_add(text, p, (size_t)(slash - p));
		p = slash < end ? add_escape(text, slash, end) : end;
	}
}

void
page_line(struct span record, struct text *line)
{
	const char *p = record.at, *end = record.at + record.len;
	size_t n;

	/* In a string no line break can stand, so each one found may go. */
	while (p < end) {
		for (n = 0; p + n < end && p[n] != '\n' && p[n] != '\r'; n++)
			;
		text_add(line, p, n);
		p += n;
		if (p < end)
			p++;
	}
}
