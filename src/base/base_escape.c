#include <string.h>

#include "base/base_escape.h"

static bool
needs_quotes(const char *data, size_t len, unsigned how)
{
	if (len == 0)
		return (how & ESCAPE_EMPTY) != 0;
	return *data == ' ' || data[len - 1] == ' ' ||
	    memchr(data, ',', len) != NULL ||
	    ((how & ESCAPE_SEMICOLON) != 0 &&
	    memchr(data, ';', len) != NULL) ||
	    memchr(data, '"', len) != NULL ||
	    memchr(data, '\n', len) != NULL ||
	    memchr(data, '\r', len) != NULL;
}

bool
escape_csv(struct text *text, const char *data, size_t len, unsigned how)
{
	const char *end = data + len, *quote;
	bool guard = (how & ESCAPE_FORMULA) != 0 &&
	    text_is_formula(data, len);

	if (!guard && !needs_quotes(data, len, how)) {
		text_add(text, data, len);
		return false;
	}
	text_adds(text, guard ? "\"'" : "\"");
	while ((quote = memchr(data, '"', (size_t)(end - data))) != NULL) {
		text_add(text, data, (size_t)(quote - data) + 1);
		text_addc(text, '"');
		data = quote + 1;
	}
	text_add(text, data, (size_t)(end - data));
	text_addc(text, '"');
	return guard;
}

void
escape_html(struct text *text, const char *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		switch (data[i]) {
		case '<':
			text_adds(text, "&lt;");
			break;
		case '>':
			text_adds(text, "&gt;");
			break;
		case '&':
			text_adds(text, "&amp;");
			break;
		case '"':
			text_adds(text, "&quot;");
			break;
		case '\'':
			text_adds(text, "&#39;");
			break;
		default:
			text_addc(text, data[i]);
		}
	}
}
