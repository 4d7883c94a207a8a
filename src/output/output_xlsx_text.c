/*
 * Text for a cell of Excel: without characters that XML lacks, and no longer
 * than a cell may be, in units of UTF-16 as Excel counts.
 */

#include <ctype.h>

#include "output/output_internal.h"

#define CELL_CHARS 32767

/* Is it "_xHHHH_", which Excel reads as the character of that number? */
static bool
is_escape(struct span text, size_t from)
{
	size_t i;

	if (text.len - from < 7 || text.data[from] != '_' ||
	    text.data[from + 1] != 'x' || text.data[from + 6] != '_')
		return false;
	for (i = from + 2; i < from + 6; i++)
		if (!isxdigit((unsigned char)text.data[i]))
			return false;
	return true;
}

/* Is it outside XML 1.0's characters (its section 2.2)? */
static bool
is_refused(unsigned c)
{
	return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') ||
	    c == 0xfffe || c == 0xffff;
}

void
output_xlsx_text(struct output_convert *convert, struct span from,
    struct text *text)
{
	size_t i, len, units = 0, fits = 0;
	bool replaced = false;
	unsigned c;

	text_clear(text);
	for (i = 0; i < from.len && units <= CELL_CHARS; i += len) {
		const char *pos = &from.data[i];

		len = utf8_char(pos, from.len - i, &c);
		if (is_refused(c)) {
			text_adds(text, "\xef\xbf\xbd");
			replaced = true;
		} else if (is_escape(from, i)) {
			text_adds(text, "_x005F_");
			units += 6;
		} else {
			text_add(text, pos, len);
		}
		units += len == 4 ? 2 : 1;
		if (units <= CELL_CHARS - 1)
			fits = text->len;
	}
	if (units > CELL_CHARS) {
		text->len = fits;
		text_adds(text, "\xe2\x80\xa6");
		convert->cut++;
	}
	convert->replaced += replaced;
}
