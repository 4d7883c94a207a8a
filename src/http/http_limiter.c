/*
 * The rate limiter: finds the server's rate limit by experiment.
 *
 * A server refuses requests because of a limit on their rate, or independent
 * of it: a limit shared with others, a load balancer that restarts.  An
 * experiment distinguishes the two:
 *
 *	FREE	The rate is unlimited.  Refusals are counted for at least two
 *		seconds; then follows
 *	TRIAL	a rate somewhat below what was served so far.  If the same
 *		share is refused as before, refusals don't depend on the rate:
 *		FREE, with that share as the baseline, to be questioned from
 *		time to time.  If fewer are refused, but some: another trial,
 *		below what is served now.  If none are refused:
 *	LIMITED	The rate moves by steps (http_limiter_step.c), a binary search
 *		towards the last rate that was refused.  A step without
 *		refusals for a while is kept, else undone.  After the last step
 *		the rate is nudged up slowly; from time to time a probe doubles
 *		it for a second, to notice that the limit has gone up.  Then it
 *		doubles again, until a request is refused.
 *
 * When nothing is served any more (a drought: the period's requests are used
 * up), there certainly is a limit.  Then, and when the rate was found to be
 * too fast, the limiter holds: it sends nothing for a moment, or as long as
 * the server says, and then single requests (scouts) until one is served
 * (http_limiter_hold.c).
 *
 * Only requests sent since the last change of the rate (the epoch) say
 * something about the current rate.  A retry of a refused request may be
 * refused because of the request itself, so retries don't count as refusals.
 */

#include <math.h>

#include "http/http_limiter.h"

#define SLACK_MS 10	/* lateness that later requests may make up for */
#define ENOUGH 12	/* refusals, to measure their share */
#define MANY 2000	/* requests with fewer refusals: ignore them */
#define EXPECTED 16	/* refusals, if the share were the same */
#define SURE 14		/* log odds: e^8 even if the share is off by 1/3 */
#define SURE_LIMIT 5	/* log odds, if a limit is known */
#define FREE_MS 2000	/* the least to measure in, without a rate */
#define RARE 0.005
#define LIFE 1200	/* requests */
#define MIN_ALIKE 0.35	/* of the share before: the same share */
#define MAX_ALIKE 3
#define FEW 0.12	/* of the share before: it depends on the rate */
#define MAX_SHARE 0.4	/* a higher share means a limit */
#define ROW 10		/* refused in a row: a drought */
#define OF_LAST 24	/* refused of the last 32: a drought */
#define STEP_MS 2000
#define MAX_STEP 60
#define PROBE_MS 1200
#define PROBE_REQUESTS 4
#define SETTLE_MS 250	/* until a trial counts */
#define MAX_AFTER 2
#define AFTER_RATE 5	/* at a slower rate, a hold has no aftermath */
#define ALARM 4.5

void
limiter_init(struct limiter *limiter)
{
	*limiter = (struct limiter){ .try_wait = DOUBT_MS };
}

/* Start a trial below the rate served in ${block}. */
static void
set_trial(struct limiter *limiter, const struct limiter_block *block,
    double share, double served, int64_t now)
{
	limiter->state = LIMITER_TRIAL;
	limiter->tried = block->all;
	limiter->share = share;
	limiter->rate = BELOW * served < MIN_RATE ? MIN_RATE : BELOW * served;
	limiter_begin(limiter, now);
	limiter->settled = now + SETTLE_MS;
}

/* ----------------------------------------------------------- measuring */

/* Measure the share refused and the rate served. */
static double
share(const struct limiter_block *block)
{
	return block->refused / (double)(block->refused + block->served);
}

static double
served(const struct limiter_block *block, int64_t now)
{
	return block->all * 1000.0 / (double)(now - block->since);
}

static void
classify_free(struct limiter *limiter, int64_t now)
{
	struct limiter_block *block = &limiter->block;
	double part;

	if (block->refused + block->served > MANY && block->refused < ENOUGH)
		*block = (struct limiter_block){ 0 };
	if (block->refused < ENOUGH || now - block->since < FREE_MS)
		return;
	part = share(block);
	if (part > RARE && (part > MAX_ALIKE * limiter->baseline ||
	    now >= limiter->try_after)) {
		set_trial(limiter, block, part, served(block, now), now);
		return;
	}
	limiter->baseline = (limiter->baseline + part) / 2;
	*block = (struct limiter_block){ 0 };
}

static void
classify_trial(struct limiter *limiter, int64_t now)
{
	struct limiter_block *block = &limiter->block;
	double n;

	/* The server may still be refusing for the earlier rate. */
	if (now < limiter->settled) {
		*block = (struct limiter_block){ .since = now };
		return;
	}
	n = block->refused + block->served;
	if (block->refused >= ENOUGH || (block->refused > FEW * n *
	    limiter->share && n * limiter->share >= EXPECTED)) {
		if (limiter->share < MAX_SHARE &&
		    share(block) >= MIN_ALIKE * limiter->share &&
		    share(block) <= MAX_ALIKE * limiter->share)
			limiter_set_free(limiter, share(block), now);
		else if (now - block->since >= BLOCK_MS)
			set_trial(limiter, block, share(block),
			    served(block, now), now);
	} else if (-n * log(1 - limiter->share) >= (limiter->share < MAX_SHARE ?
	    SURE : SURE_LIMIT) * (1 + block->refused) &&
	    block->refused <= FEW * n * limiter->share) {
		limiter_set_limited(limiter, now);
	}
}

/* Update the evidence (a log-likelihood ratio) that too many are refused. */
static bool
alarms(struct limiter *limiter, bool refused)
{
	double baseline = limiter->baseline > 0.002 ? limiter->baseline : 0.002;
	double bad = 4 * baseline > 0.3 ? 4 * baseline : 0.3;

	if (bad > 0.9)
		bad = 0.9;
	limiter->alarm += refused ? log(bad / baseline) : log((1 - bad) /
	    (1 - baseline));
	if (limiter->alarm < 0)
		limiter->alarm = 0;
	return limiter->alarm > ALARM;
}

/* Return how many requests it takes to know whether this rate is too fast. */
static double
enough(const struct limiter *limiter)
{
	double step = limiter->rate / limiter->good - 1;

	return step <= 0 || step * STEP_REQUESTS > 1 ? STEP_REQUESTS :
	    step * MAX_STEP < 1 ? MAX_STEP : 1 / step;
}

static void
classify_limited(struct limiter *limiter, int64_t now)
{
	if (limiter->is_probe
		? limiter_is_long(limiter, PROBE_MS, PROBE_REQUESTS, now)
		: limiter_is_long(limiter, STEP_MS, enough(limiter), now))
		limiter_step_up(limiter, now);
}

static bool
is_dry(const struct limiter *limiter)
{
	return limiter->row >= ROW ||
	    __builtin_popcount(limiter->history) >= OF_LAST;
}

/* -------------------------------------------------------------- events */

int64_t
limiter_next(const struct limiter *limiter, int64_t now)
{
	if (limiter->holds)
		return limiter->is_scout_out ? INT64_MAX : limiter->held_until;
	return limiter->rate > 0 ? (int64_t)limiter->next : now;
}

void
limiter_sent(struct limiter *limiter, bool again, bool full,
    struct limiter_ticket *ticket, int64_t now)
{
	if (limiter->cycle == 0)
		limiter->cycle = now;
	*ticket = (struct limiter_ticket){ limiter->epoch, again, full };
	if (limiter->holds)
		limiter->is_scout_out = true;
	limiter->last = now;
	if (limiter->rate <= 0)
		return;
	if (limiter->next < (double)now - SLACK_MS)
		limiter->next = (double)now - SLACK_MS;
	limiter->next += 1000 / limiter->rate;
}

void
limiter_served(
    struct limiter *limiter, const struct limiter_ticket *ticket, int64_t now)
{
	struct limiter_block *block = &limiter->block;

	limiter->cycle_served++;
	if (limiter->state == LIMITER_FREE && !limiter->holds &&
	    now - limiter->cycle > 4 * BLOCK_MS) {
		limiter->cycle = now - (now - limiter->cycle) / 2;
		limiter->cycle_served /= 2;
	}
	if (ticket->epoch != limiter->epoch)
		return;
	if (limiter->holds) {
		limiter_end_hold(limiter, now);
		return;
	}
	block->all++;
	block->full += ticket->full;
	if (!ticket->again) {
		block->served++;
		limiter->row = 0;
		limiter->history <<= 1;
	}
	if (limiter->state == LIMITER_FREE) {
		if (block->since > 0)
			classify_free(limiter, now);
	} else if (limiter->state == LIMITER_TRIAL) {
		classify_trial(limiter, now);
	} else {
		(void)alarms(limiter, false);
		limiter->life.all++;
		limiter->calm++;
		limiter->life.served += !ticket->again;
		if (limiter->life.served > LIFE)
			limiter->life = (struct limiter_block){ .since = now };
		classify_limited(limiter, now);
	}
}

void
limiter_lost(
    struct limiter *limiter, const struct limiter_ticket *ticket, int64_t now)
{
	if (!limiter->holds || ticket->epoch != limiter->epoch)
		return;
	limiter->is_scout_out = false;
	limiter_hold_longer(limiter, -1, now);
}

/* A limit is known: does this refusal mean that the rate is too fast? */
static bool
refused_limited(struct limiter *limiter, const struct limiter_refusal *refusal,
    int64_t now)
{
	struct limiter_block *life = &limiter->life;

	life->refused += limiter->rate <= limiter->good;
	if (life->refused >= ENOUGH && share(life) > 2 * limiter->baseline) {
		set_trial(limiter, life, share(life), served(life, now), now);
		return true;
	}
	if (!alarms(limiter, true))
		return false;
	/* Right after a hold, refusals may be for the earlier rate. */
	if (now - limiter->cycle > AFTER_MS || limiter->after >= MAX_AFTER ||
	    limiter->rate < AFTER_RATE) {
		limiter_step_down(limiter, now);
		limiter->after = 0;
		limiter->hold_ms = HOLD_MS;
	} else {
		limiter->after++;
		limiter->hold_ms *= 2;
		limiter->rate = limiter->good;
	}
	limiter_hold(limiter, refusal->retry_after, false, now);
	return true;
}

bool
limiter_refused(struct limiter *limiter, const struct limiter_ticket *ticket,
    const struct limiter_refusal *refusal, int64_t now)
{
	struct limiter_block *block = &limiter->block;

	if (ticket->epoch != limiter->epoch) {
		if (!limiter->holds)
			return limiter->state != LIMITER_FREE;
		if (now + refusal->retry_after > limiter->held_until)
			limiter->held_until = now + refusal->retry_after;
		return true;
	}
	if (limiter->holds) {
		limiter->is_scout_out = false;
		limiter_hold_longer(limiter, refusal->retry_after, now);
		return true;
	}
	if (ticket->again && (limiter->state != LIMITER_LIMITED ||
	    limiter->baseline > RARE))
		return limiter->state != LIMITER_FREE;
	if (block->since == 0)
		*block = (struct limiter_block){ .since = now };
	block->refused++;
	limiter->row++;
	limiter->history = limiter->history << 1 | 1;
	if (limiter->state == LIMITER_LIMITED)
		return refused_limited(limiter, refusal, now);
	if (!refusal->is_plain && is_dry(limiter)) {
		limiter_hold(limiter, refusal->retry_after, true, now);
		return true;
	}
	if (limiter->state == LIMITER_FREE)
		classify_free(limiter, now);
	else
		classify_trial(limiter, now);
	return limiter->state != LIMITER_FREE;
}

bool
limiter_refused_at(struct limiter *limiter, struct limiter *before,
    const struct limiter_ticket *ticket, const struct limiter_refusal *refusal,
    enum width_result word, int64_t now)
{
	unsigned epoch = limiter->epoch;

	switch (word) {
	case WIDTH_NOTHING:
		return limiter_refused(limiter, ticket, refusal, now);
	case WIDTH_OVER:
		/* A Retry-After counts if all requests wait for it. */
		if (limiter->holds && ticket->epoch == limiter->epoch)
			(void)limiter_refused(limiter, ticket, refusal, now);
		return true;
	case WIDTH_WRONG:
		*limiter = *before;
		limiter->epoch = epoch;
		limiter->holds = limiter->is_scout_out = false;
		limiter_begin(limiter, now);
		return true;
	case WIDTH_FOUND:
		*before = *limiter;
		limiter->holds = limiter->is_scout_out = false;
		limiter->try_wait = DOUBT_MS;
		limiter_set_free(limiter, 0, now);
		return true;
	}
	return true;
}
