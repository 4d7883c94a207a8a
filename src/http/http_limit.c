/*
 * How much may be asked of the server at a time.
 *
 * So many requests may be on the wire as were allowed: each reply raises that
 * by a little, so that a full round of replies raises it by one; each time the
 * server says "too many" it is halved, and all wait.  What was on the wire
 * together is refused together, so refusals that come during a pause don't
 * halve again.
 *
 * The breaker counts failures in a row, over all requests.  A server that
 * doesn't answer at all is given up sooner than one that answers with errors.
 */

#include "http/http_internal.h"

#define PAUSE_FIRST_MS 1000
#define PAUSE_MOST_MS 60000
#define BROKEN_MOST 64		/* no answer: 4 rounds of 16 */
#define FAILED_MOST 250		/* 50 requests, 5 times each */

void
limit_init(struct limit *limit, unsigned most)
{
	*limit = (struct limit){ .most = most, .allowed = most };
	pace_init(&limit->pace);
	budget_init(&limit->budget);
}

bool
limit_allows(const struct limit *limit, unsigned on_wire, int64_t now)
{
	return now >= limit->pause_until && now >= pace_next(&limit->pace) &&
	    now >= budget_next(&limit->budget, on_wire, now) &&
	    on_wire < (unsigned)limit->allowed;
}

void
limit_success(struct limit *limit, int64_t now)
{
	pace_taken(&limit->pace, now);
	limit->successes++;
	limit->refused_since = 0;
	limit->refusals = 0;
	limit->allowed += 1 / limit->allowed;
	if (limit->allowed > limit->most)
		limit->allowed = limit->most;
}

void
limit_accepted(struct limit *limit)
{
	limit->broken = limit->failed = 0;
}

int64_t
limit_refused(struct limit *limit, int64_t retry_after, int64_t now)
{
	int64_t wait = retry_after;
	bool paused = now < limit->pause_until;

	if (limit->refused_since == 0)
		limit->refused_since = now;
	if (!paused) {
		pace_refused(&limit->pace, now);
		limit->refusals++;
		limit->allowed = limit->allowed / 2 < 1 ? 1 :
		    limit->allowed / 2;
	}
	if (wait < 0) {
		if (paused)
			return limit->pause_until - now;
		wait = limit->refusals < 7 ?
		    PAUSE_FIRST_MS << (limit->refusals - 1) : PAUSE_MOST_MS;
		if (wait > PAUSE_MOST_MS)
			wait = PAUSE_MOST_MS;
	}
	if (now + wait > limit->pause_until)
		limit->pause_until = now + wait;
	return limit->pause_until - now;
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
