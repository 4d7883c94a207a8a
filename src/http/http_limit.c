/*
 * All limits on requests: the concurrency that the user set or that the server
 * was found to accept (http_width.c), the rate limit that was found
 * (http_limiter.c), and the quota that the server reports (http_quota.c).
 *
 * The circuit breaker counts failures in a row, over all requests.  It opens
 * sooner for a server that does not answer than for one that sends errors.
 */

#include "http/http_internal.h"

#define MAX_BROKEN 64		/* without an answer: 4 rounds of 16 */
#define MAX_FAILED 250		/* 50 requests, 5 times each */

void
limit_init(struct limit *limit, unsigned max)
{
	*limit = (struct limit){ .max = max };
	limiter_init(&limit->limiter);
	width_init(&limit->width, max);
	quota_init(&limit->quota);
}

bool
limit_allows(const struct limit *limit, unsigned on_wire, int64_t now)
{
	return now >= limiter_next(&limit->limiter, now) &&
	    now >= quota_next(&limit->quota, on_wire, now) &&
	    on_wire < limit->width.allowed;
}

int64_t
limit_next(const struct limit *limit, unsigned on_wire, int64_t now)
{
	int64_t rate = limiter_next(&limit->limiter, now);
	int64_t quota = quota_next(&limit->quota, on_wire, now);
	int64_t next = INT64_MAX;

	if (rate > now)
		next = rate;
	return quota > now && quota < next ? quota : next;
}

int64_t
limit_quota_next(const struct limit *limit, unsigned on_wire, int64_t now)
{
	return quota_next(&limit->quota, on_wire, now);
}

const char *
limit_quota_header(const struct limit *limit)
{
	return limit->quota.reported;
}

int64_t
limit_pause(const struct limit *limit, int64_t now)
{
	return limiter_waits(&limit->limiter, now);
}

bool
limit_holds(const struct limit *limit)
{
	return limit->limiter.holds;
}

bool
limit_is_known(const struct limit *limit)
{
	return limit->limiter.state == LIMITER_LIMITED ||
	    limit->width.is_known;
}

int64_t
limit_reported(struct limit *limit, const struct reported *reported,
    int64_t now)
{
	return quota_reported(&limit->quota, reported, now) ?
	    limit->quota.blocked - now : -1;
}

void
limit_unreported(struct limit *limit)
{
	quota_lost(&limit->quota);
}

void
limit_sent(struct transfer *transfer, unsigned on_wire)
{
	struct limit *limit = &transfer->http->limit;

	limiter_sent(&limit->limiter, transfer->refusals == 1 ||
	    transfer->refusals == 2, on_wire >= limit->width.allowed,
	    &transfer->ticket, clock_ms());
	width_sent(&limit->width, on_wire, &transfer->place);
}

void
limit_answered(struct transfer *transfer, int64_t now)
{
	struct limit *limit = &transfer->http->limit;

	width_served(&limit->width, &transfer->place, now);
	limiter_served(&limit->limiter, &transfer->ticket, now);
	limit->refused_since = 0;
}

void
limit_lost(struct transfer *transfer, int64_t now)
{
	struct limit *limit = &transfer->http->limit;

	width_served(&limit->width, &transfer->place, now);
	limiter_lost(&limit->limiter, &transfer->ticket, now);
}

void
limit_success(struct transfer *transfer, int64_t now)
{
	limit_answered(transfer, now);
	transfer->http->limit.successes++;
}

void
limit_accepted(struct limit *limit)
{
	limit->broken = limit->failed = 0;
}

bool
limit_refused(struct transfer *transfer, const struct limiter_refusal *refusal,
    int64_t now)
{
	struct http *http = transfer->http;
	struct limit *limit = &http->limit;
	enum width_result word;

	if (limit->refused_since == 0)
		limit->refused_since = now;
	word = width_refused(&limit->width, &transfer->place, now);
	if (word == WIDTH_FOUND)
		log_say(http->settings.log, LOG_INFO, "http", "the server "
		    "accepts only %u concurrent requests", limit->width.good);
	return limiter_refused_at(&limit->limiter, &limit->before,
	    &transfer->ticket, refusal, word, now);
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
	return limit->broken >= MAX_BROKEN || limit->failed >= MAX_FAILED;
}
