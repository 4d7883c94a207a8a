/*
 * Names and texts in SQL.
 */

#include "table/table_internal.h"

void
table_quote(struct text *text, const char *name)
{
	text_addc(text, '"');
	for (; *name != '\0'; name++) {
		if (*name == '"')
			text_addc(text, '"');
		text_addc(text, *name);
	}
	text_addc(text, '"');
}

void
table_literal(struct text *text, const char *value)
{
	text_addc(text, '\'');
	for (; *value != '\0'; value++) {
		if (*value == '\'')
			text_addc(text, '\'');
		text_addc(text, *value);
	}
	text_addc(text, '\'');
}
