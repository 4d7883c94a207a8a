#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include "base/base_text.h"

/* Text inside other formats. */

/* What a CSV field is quoted for, besides what RFC 4180 requires. */
enum {
	ESCAPE_FORMULA = 1 << 0,	/* defuse what runs as a formula */
	ESCAPE_SEMICOLON = 1 << 1,	/* many programs end a cell at ";" */
	ESCAPE_EMPTY = 1 << 2		/* quote an empty text, unlike null */
};

/**
 * escape_csv(text, data, len, how):
 * Add a field of CSV (RFC 4180 section 2).  A field that begins or ends with a
 * blank is quoted too, since readers may trim it.  Return whether it begins
 * with a ' that was added since a spreadsheet would run it as a formula.
 */
bool escape_csv(struct text *, const char *, size_t, unsigned);

/** escape_html(text, data, len): Add text or an attribute of HTML. */
void escape_html(struct text *, const char *, size_t);

#endif
