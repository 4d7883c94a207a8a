/*
 * The quota that the server reports: X-RateLimit-Limit, -Remaining and -Reset,
 * or RateLimit-... of draft-ietf-httpapi-ratelimit-headers-06.
 *
 * A reply reports the quota at the time when the server counted its request.
 * Other requests in flight may be included or not; to send none in vain, assume
 * that they are not.  Of several replies within one period the lowest count is
 * used.  When nothing is left, all wait until the period ends, and one second
 * more: resets are in seconds, rounded either way.
 *
 * A server may have several limits and report a different one in each reply.
 * So a reply with nothing left blocks all requests, whatever others report.
 */

#include <stdio.h>
#include <stdlib.h>

#include "http/http_internal.h"

#define ROUNDING_MS 1000
#define SAME_MS 2500	/* resets no further apart are of one period */

void
quota_init(struct quota *quota)
{
	*quota = (struct quota){ .limit = -1, .left = -1 };
}

/* The first number of "60", or of "60, 60;w=60" (an older draft). */
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
		snprintf(quota->reported, QUOTE_MAX, "%s", reported->reported);
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
	/* A new period: assume the last limit until a reply reports one. */
	if (now >= quota->until)
		left = quota->limit > 0 ? quota->limit : 1;
	if ((int64_t)on_wire < left)
		return now;
	if (on_wire > 0)
		return INT64_MAX;
	return quota->until;
}
