/*
 * The states of a rate limiter, and what a change of state begins with: see
 * http_limiter.c.
 */

#include "http/http_limiter.h"

#define MEASURED 100	/* requests, to measure the rate served */
#define MAX_DOUBT_MS 240000
#define MAX_PROBE_MS 40000
#define FORGET_MS 120000

void
limiter_begin(struct limiter *limiter, int64_t now)
{
	limiter->epoch++;
	limiter->block = (struct limiter_block){ .since = now };
	limiter->alarm = 0;
	limiter->row = 0;
	limiter->history = 0;
	if (limiter->rate > 0)
		limiter->next = (double)limiter->last + 1000 / limiter->rate;
	/* Don't make up for requests that were not sent. */
	if (limiter->next < (double)now)
		limiter->next = (double)now;
}

void
limiter_set_free(struct limiter *limiter, double baseline, int64_t now)
{
	limiter->state = LIMITER_FREE;
	limiter->rate = 0;
	limiter->baseline = baseline;
	limiter_begin(limiter, now);
	limiter->block.since = 0;
	limiter->try_after = now + limiter->try_wait;
	limiter->try_wait *= 2;
	if (limiter->try_wait > MAX_DOUBT_MS)
		limiter->try_wait = MAX_DOUBT_MS;
}

int64_t
limiter_longer(int64_t wait)
{
	return 2 * wait < MAX_PROBE_MS ? 2 * wait : MAX_PROBE_MS;
}

void
limiter_set_limited(struct limiter *limiter, int64_t now)
{
	const struct limiter_block *block = &limiter->block;

	/* Record the rate before the trial, if measured, as too fast. */
	limiter->ceiling = limiter->state == LIMITER_TRIAL &&
	    limiter->tried > MEASURED ? limiter->rate / BELOW : 0;
	limiter->state = LIMITER_LIMITED;
	limiter->baseline = block->refused > 3 ? block->refused /
	    (double)(block->refused + block->served) : 0;
	limiter->try_wait = DOUBT_MS;
	limiter->good = limiter->rate;
	limiter->is_probe = false;
	limiter->sure = limiter->rate;
	limiter->good_since = now;
	limiter->full_since = 0;
	limiter->probe_wait = limiter->limited == 0 || now - limiter->limited >
	    FORGET_MS ? PROBE_FIRST_MS : limiter_longer(limiter->probe_wait);
	limiter->probe_after = now + limiter->probe_wait;
	limiter->limited = now;
	limiter->nudged = now;
	limiter->nudge_wait = NUDGE_MS;
	limiter->nudge = 0;
	limiter->alarms = 0;
	limiter_begin(limiter, now);
	limiter->life = limiter->block;
}
