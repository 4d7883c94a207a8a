/*
 * The steps by which a pace goes up and down: see http_pace.c.
 */

#include <stddef.h>

#include "http/http_pace.h"

#define MEASURED 50	/* requests */
#define SURE_MS 10000
#define PROBE_COST 0.007	/* of the requests are refused for it */
#define NEAR 0.985	/* of the ceiling: no more steps */
#define CREEP 1.01
#define MAX_CREEP_MS 160000
#define MAX_CREEP 0.08
#define CREEP_REQUESTS 900
#define CALM_MS 15000

bool
pace_is_long(const struct pace *pace, double ms, double requests, int64_t now)
{
	double span = (double)(now - pace->block.since);

	return span >= ms && span * pace->rate >= requests * 1000;
}

/* Nothing was refused at ${rate} for a while, and long enough at the last. */
static void
set_good(struct pace *pace, double rate, int64_t now)
{
	if (now - pace->good_since > SURE_MS)
		pace->sure = pace->good;
	if (rate <= pace->good)
		return;
	pace->good = rate;
	pace->good_since = now;
}

void
pace_step_up(struct pace *pace, int64_t now)
{
	const struct pace_block *block = &pace->block;
	double sent = block->served + block->refused;

	double span = (double)(now - block->since);

	/* The server is not asked as often as it may be. */
	if (sent * 1000 < (sent < MEASURED ? 0.7 : 0.9) * pace->rate * span) {
		pace->is_probe = false;
		if (block->full * 2 <= sent) {
			pace->rate = pace->good;
		} else if (pace->full_since == 0) {
			pace->full_since = now;
			set_good(pace, sent * 1000 / span, now);
		} else if (now - pace->full_since > SURE_MS) {
			pace_set_free(pace, pace->baseline, now);
			return;
		}
		pace_begin(pace, now);
		return;
	}
	set_good(pace, pace->rate, now);
	if (pace->is_probe || now >= pace->probe_after) {
		if (pace->is_probe && pace->rate > 3 * pace->base)
			pace->probe_wait = PROBE_FIRST_MS;
		pace->base = pace->is_probe ? pace->base : pace->rate;
		pace->is_probe = true;
		pace->rate *= 2;
	} else if (pace->rate < pace->ceiling * NEAR) {
		pace->rate += (pace->ceiling - pace->rate) / 2 >
		    pace->rate * (CREEP - 1) ?
		    (pace->ceiling - pace->rate) / 2 :
		    pace->rate * (CREEP - 1);
	} else if (pace->ceiling > 0 && now - pace->crept > pace->creep_wait &&
	    (double)(now - pace->crept) * pace->rate >
	    CREEP_REQUESTS * 1000.0) {
		if (pace->creep > 0)
			pace->creep_wait = CREEP_MS;
		pace->creep = pace->creep > 0 ? 2 * pace->creep : CREEP - 1;
		if (pace->creep > MAX_CREEP)
			pace->creep = MAX_CREEP;
		pace->rate *= 1 + pace->creep;
		pace->crept = now;
	} else {
		return;
	}
	pace_begin(pace, now);
}

/* It was meant to be faster, and as many are on the wire as may be. */
static bool
is_no_faster(const struct pace *pace, int64_t now)
{
	const struct pace_block *block = &pace->block;
	double sent = block->all + block->refused;

	return pace->rate > 1.2 * pace->good && sent >= MEASURED &&
	    sent * 1000 < 1.05 * pace->good *
	    (double)(now - block->since);
}

/*
 * So many a second are served, counting the last wait too, if that was a
 * short while ago: what a bucket gathers meanwhile is soon used up.
 */
static double
with_waits(const struct pace *pace, int64_t now)
{
	double span = (double)(now - pace->held_since), served;

	if (pace->cycle - pace->held_since < BLOCK_MS / 2 ||
	    span > SURE_MS || span < AFTER_MS ||
	    pace->cycle_served < STEP_REQUESTS)
		return pace->good;
	served = 0.97 * pace->cycle_served * 1000 / span;
	return served > pace->good / 2 ? served : pace->good / 2;
}

void
pace_step_down(struct pace *pace, int64_t now)
{
	static const double factors[] = { 0.985, 0.97, 0.92, 0.85, 0.75 };
	unsigned last = sizeof(factors) / sizeof(factors[0]) - 1;
	double cost, lowest;

	pace->full_since = 0;
	if (pace->rate > pace->good && !is_no_faster(pace, now)) {
		/* That twice as fast is too fast tells nothing new. */
		if (!pace->is_probe || pace->good > pace->base ||
		    pace->ceiling <= 0 || pace->ceiling > pace->rate) {
			pace->ceiling = pace->rate;
			if (!pace->is_probe && pace->creep > 0 &&
			    pace->creep_wait < MAX_CREEP_MS)
				pace->creep_wait *= 2;
			pace->creep = 0;
			pace->crept = now;
		}
		pace->rate = pace->good;
	} else {
		if (pace->calm > CALM && now - pace->alarmed > CALM_MS)
			pace->alarms = 0;
		pace->calm = 0;
		pace->alarmed = now;
		pace->ceiling = pace->good;
		lowest = with_waits(pace, now);
		pace->rate = pace->good * factors[pace->alarms < last ?
		    pace->alarms++ : last];
		if (pace->rate > lowest)
			pace->rate = lowest;
		pace->good = pace->rate;
		pace->good_since = now;
		if (pace->sure > pace->rate)
			pace->sure = pace->rate;
	pace->crept = now;
		pace->creep = 0;
	}
	if (!pace->is_probe)
		return;
	pace->is_probe = false;
	pace->probe_wait = pace_longer(pace->probe_wait);
	cost = 1000 / (PROBE_COST * pace->rate);
	pace->probe_after = now + (cost > (double)pace->probe_wait ?
	    (int64_t)cost : pace->probe_wait);
}
