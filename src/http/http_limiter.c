/*
 * How many requests a second the server takes, found out by trying.
 *
 * A server refuses some requests for a limit, or now and then, whatever the
 * pace: a limit shared with others, a load balancer that restarts.  The two
 * are told apart by an experiment:
 *
 *	FREE	no pace.  Refusals are counted for two seconds at least; then
 *	TRIAL	a pace somewhat below what was served meanwhile.  If as large
 *		a share is refused as before, it is no matter of the pace:
 *		FREE, and that share is usual; it is doubted from time to
 *		time.  If fewer are refused, but some are: once more, below
 *		what was served now.  If none are:
 *	LIMITED	the pace goes up and down by steps (http_limiter_step.c): half
 *		of the way to the one that was refused last, again and again;
 *		each step is good when nothing was refused for a while, or
 *		else undone.  When there are no more steps it creeps, and from
 *		time to time it is doubled, for a second: has the limit gone
 *		up?  Then it is doubled again, until something is refused.
 *
 * Where nothing at all is served any more (a drought: a window's requests are
 * used up) there is no doubt; and then, and where too fast a pace was noticed,
 * it holds: nothing is sent for a moment, or as long as the server says, then
 * one request (a scout), until one is served.
 *
 * Only what was sent since the pace changed tells of that pace (the epoch).
 * A request that was refused before may be refused again for its own sake, and
 * is not counted either where refusals are weighed.
 */

#include <math.h>

#include "http/http_limiter.h"

#define SLACK_MS 10	/* what was not sent in time is made up for */
#define GUESS 0.95	/* likewise, where it is no doubt a limit */
#define SAFE 0.7
#define BELOW 0.8	/* of what was served */
#define ENOUGH 12	/* refusals, to tell a share */
#define MANY 2000	/* requests with fewer refusals: no matter */
#define EXPECTED 16	/* refusals, if it were the same share */
#define SURE 14		/* one in e^8, the share being off by a third */
#define SURE_LIMIT 5	/* likewise, where it is one anyway */
#define FREE_MS 2000	/* likewise, where there is no pace */
#define RARE 0.005
#define LIFE 1200	/* requests */
#define MEASURED 100	/* likewise, to know what is served a second */
#define MIN_ALIKE 0.35	/* of the share before */
#define MAX_ALIKE 3
#define FEW 0.12	/* of the share before: it was the pace */
#define MAX_SHARE 0.4	/* more than that is a limit */
#define DOUBT_MS 20000
#define MAX_DOUBT_MS 240000
#define ROW 10		/* refused in a row: a drought */
#define OF_LAST 24	/* likewise, of the last 32 */
#define HOLD_MS 50
#define HOLD_REQUESTS 2	/* at the pace, or a second */
#define HOLD_GROWS 1.3
#define MAX_HOLD_MS 60000
#define STEP_MS 2000
#define MAX_STEP 60
#define PROBE_MS 1200
#define PROBE_REQUESTS 4
#define MAX_PROBE_MS 40000
#define FORGET_MS 120000
#define SPAN_MS 200	/* the least to measure in */
#define SETTLE_MS 250	/* before a trial counts */
#define MAX_AFTER 2
#define AFTER_RATE 5	/* slower is slow enough not to be felt */
#define MIN_RATE 0.02	/* requests a second */
#define ALARM 4.5

void
limiter_init(struct limiter *limiter)
{
	*limiter = (struct limiter){ .try_wait = DOUBT_MS };
}

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
	/* What was not sent meanwhile is not made up for. */
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

/* ${share} was refused, and ${served} a second were not, as a block says. */
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

int64_t
limiter_longer(int64_t wait)
{
	return 2 * wait < MAX_PROBE_MS ? 2 * wait : MAX_PROBE_MS;
}

static void
set_limited(struct limiter *limiter, int64_t now)
{
	const struct limiter_block *block = &limiter->block;

	/* What was served before the trial was too fast, if that is known. */
	limiter->ceiling =
	    limiter->state == LIMITER_TRIAL && limiter->tried > MEASURED
		? limiter->rate / BELOW
		: 0;
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
	limiter->crept = now;
	limiter->creep_wait = CREEP_MS;
	limiter->creep = 0;
	limiter->alarms = 0;
	limiter_begin(limiter, now);
	limiter->life = limiter->block;
}

/* ------------------------------------------------------------- holding */

static void
hold(struct limiter *limiter, int64_t retry_after, bool is_drought, int64_t now)
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

/* The scout was refused too. */
static void
hold_longer(struct limiter *limiter, int64_t retry_after, int64_t now)
{
	limiter->hold_ms = (int64_t)((double)limiter->hold_ms * HOLD_GROWS) + 1;
	if (limiter->hold_ms > MAX_HOLD_MS)
		limiter->hold_ms = MAX_HOLD_MS;
	if (now + limiter->hold_ms > limiter->held_until)
		limiter->held_until = now + limiter->hold_ms;
	if (now + retry_after > limiter->held_until)
		limiter->held_until = now + retry_after;
}

/* Something is served again. */
static void
end_hold(struct limiter *limiter, int64_t now)
{
	int64_t held = now - limiter->held_since;
	int64_t span = now - limiter->cycle;
	double served;

	limiter->holds = limiter->is_scout_out = false;
	/* All of a wait counts only where a limit is known. */
	if (limiter->state != LIMITER_LIMITED && held > BLOCK_MS)
		span -= held - BLOCK_MS;
	/* One is served at either end. */
	served = (limiter->cycle_served > 1 ? limiter->cycle_served - 1 :
	    limiter->cycle_served) * 1000.0 /
	    (double)(span > SPAN_MS ? span : SPAN_MS);
	if (limiter->state != LIMITER_LIMITED) {
		limiter->rate =
		    GUESS * served < MIN_RATE ? MIN_RATE : GUESS * served;
		limiter->block.refused = 0;
		set_limited(limiter, now);
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

/* ------------------------------------------------------------- judging */

/* What share is refused, and how many a second are served? */
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

	/* The server may still feel what was sent before. */
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
		set_limited(limiter, now);
	}
}

/* Weigh one more: are more refused than usual? */
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

/* So many requests at this pace tell whether it is too fast. */
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

/* -------------------------------------------------------- what happens */

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
		end_hold(limiter, now);
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
	hold_longer(limiter, -1, now);
}

/* A limit is known; is this one refusal too many? */
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
	/* What was too fast a moment ago may still be felt. */
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
	hold(limiter, refusal->retry_after, false, now);
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
		hold_longer(limiter, refusal->retry_after, now);
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
		hold(limiter, refusal->retry_after, true, now);
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
    enum width_word word, int64_t now)
{
	unsigned epoch = limiter->epoch;

	switch (word) {
	case WIDTH_NOTHING:
		return limiter_refused(limiter, ticket, refusal, now);
	case WIDTH_OVER:
		/* Where all wait for it, it is heard. */
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
