#include <stdint.h>

#include "base/base_utf8.h"

static bool
is_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* The table of RFC 3629 section 4, row by row. */
size_t
utf8_len(const char *data, size_t len)
{
	const unsigned char *p = (const unsigned char *)data;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		return len >= 2 && is_tail(p[1]) ? 2 : 0;
	if ((p[0] & 0xf0) == 0xe0) {
		if (len < 3 || !is_tail(p[1]) || !is_tail(p[2]))
			return 0;
		if (p[0] == 0xe0 && p[1] < 0xa0)
			return 0;	/* could be shorter */
		if (p[0] == 0xed && p[1] >= 0xa0)
			return 0;	/* a surrogate */
		return 3;
	}
	if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		if (len < 4 || !is_tail(p[1]) || !is_tail(p[2]) ||
		    !is_tail(p[3]))
			return 0;
		if (p[0] == 0xf0 && p[1] < 0x90)
			return 0;	/* could be shorter */
		if (p[0] == 0xf4 && p[1] >= 0x90)
			return 0;	/* beyond U+10FFFF */
		return 4;
	}
	return 0;
}

size_t
utf8_char(const char *data, size_t len, unsigned *c)
{
	const unsigned char *p = (const unsigned char *)data;
	size_t n = utf8_len(data, len), i;

	if (n < 2) {
		*c = p[0];
		return 1;
	}
	*c = p[0] & (0xffu >> (n + 1));
	for (i = 1; i < n; i++)
		*c = *c << 6 | (p[i] & 0x3fu);
	return n;
}

size_t
utf8_fit(const char *data, size_t len, size_t max, size_t *width)
{
	size_t i, n, columns;
	unsigned c;

	*width = 0;
	for (i = 0; i < len; i += n) {
		n = utf8_char(&data[i], len - i, &c);
		columns = utf8_char_width(c);
		if (*width + columns > max)
			break;
		*width += columns;
	}
	return i;
}

size_t
utf8_width(const char *data, size_t len)
{
	size_t width;

	utf8_fit(data, len, SIZE_MAX, &width);
	return width;
}
