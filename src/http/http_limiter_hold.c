/*
 * Holds: nothing is sent for a while, then one request (the scout), until one
 * is served.  See http_limiter.c.
 */

#include "http/http_limiter.h"

#define GUESS 0.95	/* of what was served, if it is certainly a limit */
#define SAFE 0.7
#define HOLD_REQUESTS 2	/* at the current rate, or per second */
#define HOLD_GROWS 1.3
#define MAX_HOLD_MS 60000
#define SPAN_MS 200	/* the shortest interval to measure in */

void
limiter_hold(struct limiter *limiter, int64_t retry_after, bool is_drought,
    int64_t now)
{
	limiter->holds = true;
	limiter->is_drought = is_drought;
	limiter->is_scout_out = false;
	limiter->held_since = now;
	if (is_drought || limiter->hold_ms < HOLD_MS)
		limiter->hold_ms = HOLD_MS;
	if (limiter->state == LIMITER_LIMITED && limiter->hold_ms <= HOLD_MS)
		limiter->hold_ms = limiter->rate < HOLD_REQUESTS ? 1000 :
		    (int64_t)(HOLD_REQUESTS * 1000 / limiter->rate);
	limiter->held_until =
	    now +
	    (retry_after > limiter->hold_ms ? retry_after : limiter->hold_ms);
	limiter->epoch++;
}

void
limiter_hold_longer(struct limiter *limiter, int64_t retry_after, int64_t now)
{
	limiter->hold_ms = (int64_t)((double)limiter->hold_ms * HOLD_GROWS) + 1;
	if (limiter->hold_ms > MAX_HOLD_MS)
		limiter->hold_ms = MAX_HOLD_MS;
	if (now + limiter->hold_ms > limiter->held_until)
		limiter->held_until = now + limiter->hold_ms;
	if (now + retry_after > limiter->held_until)
		limiter->held_until = now + retry_after;
}

void
limiter_end_hold(struct limiter *limiter, int64_t now)
{
	int64_t held = now - limiter->held_since;
	int64_t span = now - limiter->cycle;
	double served;

	limiter->holds = limiter->is_scout_out = false;
	/* Count the entire wait only if a limit is known. */
	if (limiter->state != LIMITER_LIMITED && held > BLOCK_MS)
		span -= held - BLOCK_MS;
	/* n requests have n - 1 intervals. */
	served = (limiter->cycle_served > 1 ? limiter->cycle_served - 1 :
	    limiter->cycle_served) * 1000.0 /
	    (double)(span > SPAN_MS ? span : SPAN_MS);
	if (limiter->state != LIMITER_LIMITED) {
		limiter->rate =
		    GUESS * served < MIN_RATE ? MIN_RATE : GUESS * served;
		limiter->block.refused = 0;
		limiter_set_limited(limiter, now);
		limiter->good *= SAFE;
		limiter->sure = limiter->good;
	} else {
		limiter->life.since += held;
		limiter->life.all++;
		if (held > 2 * BLOCK_MS && limiter->cycle_served > CALM &&
		    served < 0.7 * limiter->rate) {
			limiter->rate = limiter->good =
			    served > MIN_RATE ? BELOW * served : MIN_RATE;
			limiter->ceiling = 0;
		}
		limiter_begin(limiter, now);
	}
	limiter->cycle = now;
	limiter->cycle_served = 1;
}

int64_t
limiter_waits(const struct limiter *limiter, int64_t now)
{
	return limiter->holds && limiter->held_until > now ?
	    limiter->held_until - now : 0;
}
