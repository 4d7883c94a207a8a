/*
 * Foreign text: sanitized and cut.
 */

#include <stdio.h>
#include <string.h>

#include "report/report_internal.h"

struct range {
	unsigned from, to;
};

/* Characters that reorder text or break lines invisibly. */
static const struct range turning[] = {
	{ 0x80, 0x9f }, { 0x61c, 0x61c }, { 0x200e, 0x200f },
	{ 0x2028, 0x202e }, { 0x2066, 0x2069 }, { 0xfeff, 0xfeff },
};

static bool
is_turning(unsigned c)
{
	size_t i;

	for (i = 0; i < sizeof(turning) / sizeof(turning[0]); i++)
		if (c >= turning[i].from && c <= turning[i].to)
			return true;
	return false;
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
	else if (is_turning(c))
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
		n = utf8_char(&data[i], len - i, &c);
		more = utf8_char_width(c);
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
