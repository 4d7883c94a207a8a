/*
 * Single values: their types, and their text.
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
	const char *end = value.data + value.len;

	if (page_is_null(value) || text_is(value, "\"\""))
		return true;
	if (value.len < 2 || (value.data[0] != '[' && value.data[0] != '{'))
		return false;
	return page_blank(value.data + 1, end) == end - 1;
}

int64_t
page_count(struct span value)
{
	return text_whole(value.data, value.len);
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

/* Decode the escape at ${p} into ${c}; return its end. */
static const char *
read_escape(const char *p, const char *end, unsigned *c)
{
	static const char letters[] = "bfnrt", means[] = "\b\f\n\r\t";
	const char *letter;
	unsigned low;

	if (end - p < 2) {
		*c = '\\';
		return end;
	}
	if (p[1] != 'u') {
		letter = strchr(letters, p[1]);
		*c = (unsigned char)(letter != NULL ? means[letter -
		    letters] : p[1]);
		return p + 2;
	}
	if (end - p < 6) {
		*c = 0xfffd;
		return end;
	}
	*c = hex4(p + 2);
	p += 6;
	if (*c >= 0xd800 && *c < 0xdc00 && end - p >= 6 && p[0] == '\\' &&
	    p[1] == 'u') {
		low = hex4(p + 2);
		if (low >= 0xdc00 && low < 0xe000) {
			*c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00);
			p += 6;
		}
	}
	return p;
}

/* Add the decoded contents of a string. */
static void
add_string(struct span inside, struct text *text,
    void (*add)(struct text *, unsigned))
{
	const char *p = inside.data, *end = inside.data + inside.len, *slash;
	unsigned c;

	while (p < end) {
		slash = memchr(p, '\\', (size_t)(end - p));
		if (slash == NULL)
			slash = end;
		text_add(text, p, (size_t)(slash - p));
		if (slash == end)
			break;
		p = read_escape(slash, end, &c);
		add(text, c);
	}
}

void
page_value_text(struct span value, struct text *text)
{
	if (value.len < 2 || value.data[0] != '"')
		text_add(text, value.data, value.len);
	else
		add_string((struct span){ value.data + 1, value.len - 2 },
		    text, add_char);
}

/* Add a decoded character to plain text. */
static void
add_plain_char(struct text *text, unsigned c)
{
	if (c == 0)
		text_addc(text, '\0');
	else
		add_char(text, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
}

/* Add a character to a JSON string, escaped only if necessary. */
static void
add_json_char(struct text *text, unsigned c)
{
	static const char letters[] = "bfnrt", means[] = "\b\f\n\r\t";
	const char *mean = c > 0 && c < 0x20 ? strchr(means, (int)c) : NULL;

	if (c == '"' || c == '\\')
		text_addf(text, "\\%c", (int)c);
	else if (mean != NULL)
		text_addf(text, "\\%c", letters[mean - means]);
	else if (c < 0x20 || (c >= 0xd800 && c < 0xe000))
		text_addf(text, "\\u%04x", c);
	else
		add_char(text, c);
}

void
page_plain(struct span value, struct text *text)
{
	const char *p = value.data, *end = value.data + value.len, *from;

	if (value.len >= 2 && *p == '"') {
		add_string((struct span){ p + 1, value.len - 2 }, text,
		    add_plain_char);
		return;
	}
	while ((p = page_blank(p, end)) < end) {
		from = p;
		if (*p != '"') {
			text_addc(text, *p++);
			continue;
		}
		p = page_skip(p, end);
		text_addc(text, '"');
		if (p - from >= 2)
			add_string((struct span){ from + 1,
			    (size_t)(p - from) - 2 }, text, add_json_char);
		text_addc(text, '"');
	}
}

void
page_line(struct span record, struct text *line)
{
	const char *p = record.data, *end = record.data + record.len;
	size_t n;

	/* Strings cannot contain line breaks, so every one can be removed. */
	while (p < end) {
		for (n = 0; p + n < end && p[n] != '\n' && p[n] != '\r'; n++)
			;
		text_add(line, p, n);
		p += n;
		if (p < end)
			p++;
	}
}
