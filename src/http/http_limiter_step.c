/*
 * The steps by which the rate goes up and down: see http_limiter.c.
 */

#include <stddef.h>

#include "http/http_limiter.h"

#define STEP_MEASURED 50	/* requests */
#define SURE_MS 10000
#define PROBE_COST 0.007	/* share of requests refused by a probe */
#define NEAR 0.985	/* of the ceiling: no more steps */
#define NUDGE 1.01
#define MAX_NUDGE_MS 160000
#define MAX_NUDGE 0.08
#define NUDGE_REQUESTS 900
#define CALM_MS 15000

bool
limiter_is_long(
    const struct limiter *limiter, double ms, double requests, int64_t now)
{
	double span = (double)(now - limiter->block.since);

	return span >= ms && span * limiter->rate >= requests * 1000;
}

/* ${rate} had no refusals for a while: it is good, and maybe sure. */
static void
set_good(struct limiter *limiter, double rate, int64_t now)
{
	if (now - limiter->good_since > SURE_MS)
		limiter->sure = limiter->good;
	if (rate <= limiter->good)
		return;
	limiter->good = rate;
	limiter->good_since = now;
}

void
limiter_step_up(struct limiter *limiter, int64_t now)
{
	const struct limiter_block *block = &limiter->block;
	double sent = block->served + block->refused;

	double span = (double)(now - block->since);

	/* The requests sent don't use the rate. */
	if (sent * 1000 <
	    (sent < STEP_MEASURED ? 0.7 : 0.9) * limiter->rate * span) {
		limiter->is_probe = false;
		if (block->full * 2 <= sent) {
			limiter->rate = limiter->good;
		} else if (limiter->full_since == 0) {
			limiter->full_since = now;
			set_good(limiter, sent * 1000 / span, now);
		} else if (now - limiter->full_since > SURE_MS) {
			limiter_set_free(limiter, limiter->baseline, now);
			return;
		}
		limiter_begin(limiter, now);
		return;
	}
	set_good(limiter, limiter->rate, now);
	if (limiter->is_probe || now >= limiter->probe_after) {
		if (limiter->is_probe && limiter->rate > 3 * limiter->base)
			limiter->probe_wait = PROBE_FIRST_MS;
		limiter->base =
		    limiter->is_probe ? limiter->base : limiter->rate;
		limiter->is_probe = true;
		limiter->rate *= 2;
	} else if (limiter->rate < limiter->ceiling * NEAR) {
		limiter->rate += (limiter->ceiling - limiter->rate) / 2 >
		    limiter->rate * (NUDGE - 1) ?
		    (limiter->ceiling - limiter->rate) / 2 :
		    limiter->rate * (NUDGE - 1);
	} else if (limiter->ceiling > 0 &&
		   now - limiter->nudged > limiter->nudge_wait &&
		   (double)(now - limiter->nudged) * limiter->rate >
		       NUDGE_REQUESTS * 1000.0) {
		if (limiter->nudge > 0)
			limiter->nudge_wait = NUDGE_MS;
		limiter->nudge =
		    limiter->nudge > 0 ? 2 * limiter->nudge : NUDGE - 1;
		if (limiter->nudge > MAX_NUDGE)
			limiter->nudge = MAX_NUDGE;
		limiter->rate *= 1 + limiter->nudge;
		limiter->nudged = now;
	} else {
		return;
	}
	limiter_begin(limiter, now);
}

/* Is the concurrency limit what keeps the requests slower than the rate? */
static bool
is_no_faster(const struct limiter *limiter, int64_t now)
{
	const struct limiter_block *block = &limiter->block;
	double sent = block->all + block->refused;

	return limiter->rate > 1.2 * limiter->good && sent >= STEP_MEASURED &&
	    sent * 1000 < 1.05 * limiter->good *
	    (double)(now - block->since);
}

/*
 * The rate served, including a hold that was recent: a token bucket refills
 * during the hold, and its tokens are soon used up.
 */
static double
with_waits(const struct limiter *limiter, int64_t now)
{
	double span = (double)(now - limiter->held_since), served;

	if (limiter->cycle - limiter->held_since < BLOCK_MS / 2 ||
	    span > SURE_MS || span < AFTER_MS ||
	    limiter->cycle_served < STEP_REQUESTS)
		return limiter->good;
	served = 0.97 * limiter->cycle_served * 1000 / span;
	return served > limiter->good / 2 ? served : limiter->good / 2;
}

void
limiter_step_down(struct limiter *limiter, int64_t now)
{
	static const double factors[] = { 0.985, 0.97, 0.92, 0.85, 0.75 };
	unsigned last = sizeof(factors) / sizeof(factors[0]) - 1;
	double cost, lowest;

	limiter->full_since = 0;
	if (limiter->rate > limiter->good && !is_no_faster(limiter, now)) {
		/* A failed probe is no news: the limit is where it was. */
		if (!limiter->is_probe || limiter->good > limiter->base ||
		    limiter->ceiling <= 0 || limiter->ceiling > limiter->rate) {
			limiter->ceiling = limiter->rate;
			if (!limiter->is_probe && limiter->nudge > 0 &&
			    limiter->nudge_wait < MAX_NUDGE_MS)
				limiter->nudge_wait *= 2;
			limiter->nudge = 0;
			limiter->nudged = now;
		}
		limiter->rate = limiter->good;
	} else {
		if (limiter->calm > CALM && now - limiter->alarmed > CALM_MS)
			limiter->alarms = 0;
		limiter->calm = 0;
		limiter->alarmed = now;
		limiter->ceiling = limiter->good;
		lowest = with_waits(limiter, now);
		limiter->rate = limiter->good * factors[limiter->alarms < last ?
		    limiter->alarms++ : last];
		if (limiter->rate > lowest)
			limiter->rate = lowest;
		limiter->good = limiter->rate;
		limiter->good_since = now;
		if (limiter->sure > limiter->rate)
			limiter->sure = limiter->rate;
	limiter->nudged = now;
		limiter->nudge = 0;
	}
	if (!limiter->is_probe)
		return;
	limiter->is_probe = false;
	limiter->probe_wait = limiter_longer(limiter->probe_wait);
	cost = 1000 / (PROBE_COST * limiter->rate);
	limiter->probe_after = now + (cost > (double)limiter->probe_wait ?
	    (int64_t)cost : limiter->probe_wait);
}
