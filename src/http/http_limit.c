/*
 * What may be asked of the server: so many requests on the wire as the user
 * says, at the pace that was found out (http_pace.c), and no more than the
 * server says are left (http_budget.c).
 *
 * The breaker counts failures in a row, over all requests.  A server that
 * doesn't answer at all is given up sooner than one that answers with errors.
 */

#include "http/http_internal.h"

#define BROKEN_MOST 64		/* no answer: 4 rounds of 16 */
#define FAILED_MOST 250		/* 50 requests, 5 times each */

void
limit_init(struct limit *limit, unsigned most)
{
	*limit = (struct limit){ .most = most };
	pace_init(&limit->pace);
	budget_init(&limit->budget);
}

bool
limit_allows(const struct limit *limit, unsigned on_wire, int64_t now)
{
	return now >= pace_next(&limit->pace, now) &&
	    now >= budget_next(&limit->budget, on_wire, now) &&
	    on_wire < limit->most;
}

void
limit_answered(struct limit *limit, const struct pace_ticket *ticket,
    int64_t now)
{
	pace_served(&limit->pace, ticket, now);
	limit->refused_since = 0;
}

void
limit_success(struct limit *limit, const struct pace_ticket *ticket,
    int64_t now)
{
	limit_answered(limit, ticket, now);
	limit->successes++;
}

void
limit_accepted(struct limit *limit)
{
	limit->broken = limit->failed = 0;
}

bool
limit_refused(struct limit *limit, const struct pace_ticket *ticket,
    const struct pace_refusal *refusal, int64_t now)
{
	if (limit->refused_since == 0)
		limit->refused_since = now;
	return pace_refused(&limit->pace, ticket, refusal, now);
}

void
limit_failure(struct limit *limit, bool answered)
{
	if (answered) {
		limit->broken = 0;
		limit->failed++;
	} else {
		limit->broken++;
		limit->failed++;
	}
}

bool
limit_is_broken(const struct limit *limit)
{
	return limit->broken >= BROKEN_MOST || limit->failed >= FAILED_MOST;
}
