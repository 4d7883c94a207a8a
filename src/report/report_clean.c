/*
 * Foreign text: sanitized, measured and cut.
 */

#include <stdio.h>
#include <string.h>

#include "report/report_internal.h"

struct range {
	unsigned from, to;
};

/* Characters of width 0: combining marks, joiners, selectors. */
static const struct range narrow[] = {
	{ 0x300, 0x36f }, { 0x483, 0x489 }, { 0x591, 0x5bd },
	{ 0x610, 0x61a }, { 0x64b, 0x65f }, { 0x900, 0x902 },
	{ 0x93c, 0x93c }, { 0x941, 0x948 }, { 0xe31, 0xe31 },
	{ 0xe34, 0xe3a }, { 0xe47, 0xe4e }, { 0x1ab0, 0x1aff },
	{ 0x1dc0, 0x1dff }, { 0x200b, 0x200d }, { 0x20d0, 0x20ff },
	{ 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f }, { 0x1f3fb, 0x1f3ff },
	{ 0xe0100, 0xe01ef },
};

/* Characters of width 2: East Asian wide characters (UAX 11), emoji. */
static const struct range wide[] = {
	{ 0x1100, 0x115f }, { 0x231a, 0x231b }, { 0x2705, 0x2705 },
	{ 0x274c, 0x274c }, { 0x2e80, 0x303e }, { 0x3041, 0x4dbf },
	{ 0x4e00, 0xa4cf }, { 0xa960, 0xa97f }, { 0xac00, 0xd7a3 },
	{ 0xf900, 0xfaff }, { 0xfe30, 0xfe6f }, { 0xff00, 0xff60 },
	{ 0xffe0, 0xffe6 }, { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff },
	{ 0x1f900, 0x1faff }, { 0x20000, 0x3fffd },
};

/* Characters that reorder text or break lines invisibly. */
static const struct range turning[] = {
	{ 0x80, 0x9f }, { 0x61c, 0x61c }, { 0x200e, 0x200f },
	{ 0x2028, 0x202e }, { 0x2066, 0x2069 }, { 0xfeff, 0xfeff },
};

static bool
is_in(unsigned c, const struct range *ranges, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (c >= ranges[i].from && c <= ranges[i].to)
			return true;
	return false;
}

#define IS_IN(c, ranges) \
	is_in((c), (ranges), sizeof(ranges) / sizeof((ranges)[0]))

size_t
report_char(const char *data, size_t len, unsigned *c)
{
	const unsigned char *p = (const unsigned char *)data;
	size_t n = p[0] < 0xc0 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	size_t i;

	if (n > len)
		n = 1;
	*c = n == 1 ? p[0] : p[0] & (0xffu >> (n + 1));
	for (i = 1; i < n; i++)
		*c = *c << 6 | (p[i] & 0x3fu);
	return n;
}

static size_t
char_width(unsigned c)
{
	if (c < 0x300)
		return 1;
	return IS_IN(c, narrow) ? 0 : IS_IN(c, wide) ? 2 : 1;
}

size_t
report_width(const char *data, size_t len)
{
	size_t i = 0, width = 0;
	unsigned c;

	while (i < len) {
		i += report_char(&data[i], len - i, &c);
		width += char_width(c);
	}
	return width;
}

/* Write the escape of an unsafe character into ${out}; false: it is safe. */
static bool
show_char(unsigned c, char out[12])
{
	if (c == '\n' || c == '\r' || c == '\t')
		snprintf(out, 12, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' :
		    't');
	else if (c < 0x20 || c == 0x7f)
		snprintf(out, 12, "\\x%02x", c);
	else if (IS_IN(c, turning))
		snprintf(out, 12, "\\u%04x", c);
	else
		return false;
	return true;
}

void
report_add_clean(const char *data, size_t len, size_t max,
    struct text *out)
{
	size_t i = 0, n, width = 0, more, fits = out->len;
	char shown[12];
	unsigned c;

	while (i < len) {
		n = report_char(&data[i], len - i, &c);
		more = char_width(c);
		if (show_char(c, shown))
			more = strlen(shown);
		if (width + more > max) {
			/* Cut back to make room for the ellipsis. */
			if (fits < out->len)
				out->data[out->len = fits] = '\0';
			text_adds(out, "…");
			return;
		}
		if (more > 1 && show_char(c, shown))
			text_adds(out, shown);
		else
			text_add(out, &data[i], n);
		width += more;
		if (width < max)
			fits = out->len;
		i += n;
	}
}
