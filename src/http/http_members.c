/*
 * The members of RateLimit and RateLimit-Policy, which are structured fields
 * (RFC 8941), and the older form of RateLimit.
 */

#include <string.h>

#include "http/http_internal.h"

int64_t
members_limit(const char *value)
{
	return *value == '-' && quota_count(value + 1) >= 0 ? 0 :
	    quota_count(value);
}

static const char *
skip_quoted(const char *p)
{
	for (p++; *p != '\0' && *p != '"'; p++)
		if (*p == '\\' && p[1] != '\0')
			p++;
	return *p == '"' ? p + 1 : p;
}

/* Parse "name=value"; ignore a value that is not a number. */
static const char *
read_pair(const char *p, struct member *member)
{
	size_t n = strcspn(p, "=;, \t\"");
	const char *name = p;
	int64_t value;

	p += n;
	if (*p != '=')
		return *p == '"' ? skip_quoted(p) : p;
	value = quota_count(++p);
	if ((n == 1 && *name == 'r') ||
	    (n == 9 && strncmp(name, "remaining", n) == 0))
		member->left = value;
	else if ((n == 1 && *name == 't') ||
	    (n == 5 && strncmp(name, "reset", n) == 0))
		member->reset_s = value;
	else if ((n == 1 && *name == 'q') ||
	    (n == 5 && strncmp(name, "limit", n) == 0))
		member->limit = members_limit(p);
	return *p == '"' ? skip_quoted(p) : p + strcspn(p, ";, \t");
}

const char *
members_next(const char *p, struct member *member)
{
	bool is_old = *p != '"' && p[strcspn(p, "=;,")] == '=';

	*member = (struct member){ -1, -1, -1 };
	while (*p != '\0' && (is_old || *p != ',')) {
		p = read_pair(p, member);
		p += strspn(p, is_old ? ";, \t" : "; \t");
	}
	return p + strspn(p, ", \t");
}

bool
members_is_tighter(const struct member *a, const struct member *b)
{
	if (a->left < 0 || a->reset_s < 0)
		return false;
	return b->left < 0 || a->left < b->left ||
	    (a->left == 0 && b->left == 0 && a->reset_s > b->reset_s);
}
