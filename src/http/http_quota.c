/*
 * How many requests the server says may still be sent: X-RateLimit-Limit,
 * -Remaining and -Reset, or RateLimit-... of
 * draft-ietf-httpapi-ratelimit-headers-06.
 *
 * What a reply tells was true when the server counted its request.  Others on
 * the wire may have been counted before or not; so that none is sent in vain,
 * they are taken for not.  Of several replies of one window the least counts.
 * When nothing is left, all wait until the window ends, and a second more: a
 * reset is told in whole seconds, and who knows which way it was rounded.
 *
 * A server may have several limits, and tell of one here and of another there.
 * So a reply that says that nothing is left holds up all, whatever others say.
 */

#include <stdio.h>
#include <stdlib.h>

#include "http/http_internal.h"

#define ROUNDING_MS 1000
#define SAME_MS 2500	/* resets no further apart are of one window */

void
quota_init(struct quota *quota)
{
	*quota = (struct quota){ .limit = -1, .left = -1 };
}

/* "60", or "60, 60;w=60" of an older draft: the first number. */
int64_t
quota_count(const char *value)
{
	char *end;
	long long count;

	if (*value < '0' || *value > '9')
		return -1;
	count = strtoll(value, &end, 10);
	return (*end == '\0' || *end == ',' || *end == ';' || *end == ' ') &&
	    count < 1000000000 ? count : -1;
}

bool
quota_reported(
    struct quota *quota, const struct reported *reported, int64_t now)
{
	int64_t until, before = quota->blocked > now ? quota->blocked : now;

	if (reported->limit >= 0)
		quota->limit = reported->limit;
	if (reported->left < 0 || reported->reset < 0)
		return false;
	until = now + reported->reset + ROUNDING_MS;
	if (reported->left == 0 && until > quota->blocked) {
		quota->blocked = until;
		snprintf(quota->reported, SAID_MAX, "%s", reported->reported);
	}
	if (quota->left < 0 || now >= quota->until ||
	    until > quota->until + SAME_MS) {
		quota->left = reported->left;
		quota->until = until;
	} else if (until >= quota->until - SAME_MS &&
	    reported->left < quota->left) {
		quota->left = reported->left;
	}
	return quota->blocked > before + SAME_MS;
}

void
quota_lost(struct quota *quota)
{
	if (quota->left > 0)
		quota->left--;
}

int64_t
quota_next(const struct quota *quota, unsigned on_wire, int64_t now)
{
	int64_t left = quota->left;

	if (now < quota->blocked)
		return on_wire > 0 ? INT64_MAX : quota->blocked;
	if (left < 0)
		return now;
	/* A new window: as many as the last one had, until a reply tells. */
	if (now >= quota->until)
		left = quota->limit > 0 ? quota->limit : 1;
	if ((int64_t)on_wire < left)
		return now;
	if (on_wire > 0)
		return INT64_MAX;
	return quota->until;
}
