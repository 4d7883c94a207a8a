/*
 * Stepping over blanks and values that are known to be well-formed.
 */

#include <string.h>

#include "page/page_internal.h"

const char *
page_blank(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' ||
	    *p == '\t'))
		p++;
	return p;
}

const char *
page_skip_string(const char *p, const char *end)
{
	const char *quote, *slash;
	size_t slashes;

	for (p++;; p = quote + 1) {
		quote = memchr(p, '"', (size_t)(end - p));
		if (quote == NULL)
			return end;
		/* An odd number of backslashes escapes the quote. */
		slashes = 0;
		for (slash = quote; slash > p && slash[-1] == '\\'; slash--)
			slashes++;
		if (slashes % 2 == 0)
			return quote + 1;
	}
}

const char *
page_skip(const char *p, const char *end)
{
	size_t depth = 0;

	do {
		if (p == end)
			return end;
		switch (*p) {
		case '{': case '[':
			depth++;
			p++;
			break;
		case '}': case ']':
			depth--;
			p++;
			break;
		case '"':
			p = page_skip_string(p, end);
			break;
		default:
			if (depth > 0) {
				p++;
				break;
			}
			while (p < end && strchr(" \n\r\t,]}", *p) == NULL)
				p++;
		}
	} while (depth > 0);
	return p;
}
