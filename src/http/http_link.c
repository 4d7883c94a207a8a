/*
 * The Link header, RFC 8288 section 3 and appendix B.3:
 *
 *	Link       = #( "<" URI-Reference ">" *( OWS ";" OWS parameter ) )
 *	parameter  = token BWS [ "=" BWS ( token / quoted-string ) ]
 *
 * The value of "rel" is a list of relations separated by blanks; the first
 * "rel" of a link counts.  A link with an "anchor" belongs to another document.
 * Malformed links are skipped up to the next comma outside quotes.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/http_internal.h"

static const char *
skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

/* Parse a token or a quoted string into ${out}; return its end. */
static const char *
read_value(const char *p, struct text *out)
{
	size_t n;

	if (*p != '"') {
		n = strcspn(p, " \t,;");
		(void)text_add(out, p, n);
		return p + n;
	}
	for (p++; *p != '\0' && *p != '"'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		(void)text_add(out, p, 1);
	}
	return *p == '"' ? p + 1 : p;
}

static bool
has_next(const char *rel)
{
	size_t n;

	for (rel = skip_blanks(rel); *rel != '\0'; rel = skip_blanks(rel)) {
		n = strcspn(rel, " \t");
		if (n == 4 && strncasecmp(rel, "next", 4) == 0)
			return true;
		rel += n;
	}
	return false;
}

/* Parse a link's parameters; return their end. */
static const char *
read_parameters(const char *p, bool *is_next)
{
	bool has_rel = false, has_anchor = false, next = false;
	const char *name;
	struct text value;
	size_t n;

	for (p = skip_blanks(p); *p == ';'; p = skip_blanks(p)) {
		name = p = skip_blanks(p + 1);
		n = strcspn(p, " \t=,;");
		p = skip_blanks(p + n);
		text_init(&value, 65536);
		if (*p == '=')
			p = read_value(skip_blanks(p + 1), &value);
		if (n == 3 && strncasecmp(name, "rel", 3) == 0 && !has_rel) {
			has_rel = true;
			next = value.data != NULL && has_next(value.data);
		}
		has_anchor |= n == 6 && strncasecmp(name, "anchor", 6) == 0;
		text_release(&value);
	}
	*is_next = next && !has_anchor;
	return p;
}

/* Skip past the next comma outside quotes. */
static const char *
skip_to_comma(const char *p)
{
	struct text unused;

	while (*p != '\0' && *p != ',') {
		if (*p != '"') {
			p++;
			continue;
		}
		text_init(&unused, 65536);
		p = read_value(p, &unused);
		text_release(&unused);
	}
	return *p == ',' ? p + 1 : p;
}

/* Does the skipped text, up to ${end}, mention a next page? */
static bool
says_next(const char *p, const char *end)
{
	for (; end - p >= 4; p++)
		if (strncasecmp(p, "next", 4) == 0)
			return true;
	return false;
}

char *
http_next_link(const char *value, bool *is_odd)
{
	const char *p = value, *rest, *target, *close;
	bool is_next;

	*is_odd = false;
	while (*p != '\0') {
		p += strspn(p, " \t,");
		if (*p == '<' && (close = strchr(p, '>')) != NULL) {
			target = p + 1;
			p = read_parameters(close + 1, &is_next);
			if (is_next)
				return mem_copy(target,
				    (size_t)(close - target));
			*is_odd |= says_next(close, p) &&
			    memmem(close, (size_t)(p - close), "'next'", 6) !=
			    NULL;
		}
		rest = p;
		p = skip_to_comma(p);
		*is_odd |= says_next(rest, p);
	}
	return NULL;
}
