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
 *	LIMITED	the pace goes up and down by steps (http_pace_step.c): half
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

#include "http/http_pace.h"

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
pace_init(struct pace *pace)
{
	*pace = (struct pace){ .try_wait = DOUBT_MS };
}

void
pace_begin(struct pace *pace, int64_t now)
{
	pace->epoch++;
	pace->block = (struct pace_block){ .since = now };
	pace->alarm = 0;
	pace->row = 0;
	pace->history = 0;
	if (pace->rate > 0)
		pace->next = (double)pace->last + 1000 / pace->rate;
	/* What was not sent meanwhile is not made up for. */
	if (pace->next < (double)now)
		pace->next = (double)now;
}

void
pace_set_free(struct pace *pace, double baseline, int64_t now)
{
	pace->state = PACE_FREE;
	pace->rate = 0;
	pace->baseline = baseline;
	pace_begin(pace, now);
	pace->block.since = 0;
	pace->try_after = now + pace->try_wait;
	pace->try_wait *= 2;
	if (pace->try_wait > MAX_DOUBT_MS)
		pace->try_wait = MAX_DOUBT_MS;
}

/* ${share} was refused, and ${served} a second were not, as a block says. */
static void
set_trial(struct pace *pace, const struct pace_block *block, double share,
    double served, int64_t now)
{
	pace->state = PACE_TRIAL;
	pace->tried = block->all;
	pace->share = share;
	pace->rate = BELOW * served < MIN_RATE ? MIN_RATE : BELOW * served;
	pace_begin(pace, now);
	pace->settled = now + SETTLE_MS;
}

int64_t
pace_longer(int64_t wait)
{
	return 2 * wait < MAX_PROBE_MS ? 2 * wait : MAX_PROBE_MS;
}

static void
set_limited(struct pace *pace, int64_t now)
{
	const struct pace_block *block = &pace->block;

	/* What was served before the trial was too fast, if that is known. */
	pace->ceiling = pace->state == PACE_TRIAL && pace->tried > MEASURED ?
	    pace->rate / BELOW : 0;
	pace->state = PACE_LIMITED;
	pace->baseline = block->refused > 3 ? block->refused /
	    (double)(block->refused + block->served) : 0;
	pace->try_wait = DOUBT_MS;
	pace->good = pace->rate;
	pace->is_probe = false;
	pace->sure = pace->rate;
	pace->good_since = now;
	pace->full_since = 0;
	pace->probe_wait = pace->limited == 0 || now - pace->limited >
	    FORGET_MS ? PROBE_FIRST_MS : pace_longer(pace->probe_wait);
	pace->probe_after = now + pace->probe_wait;
	pace->limited = now;
	pace->crept = now;
	pace->creep_wait = CREEP_MS;
	pace->creep = 0;
	pace->alarms = 0;
	pace_begin(pace, now);
	pace->life = pace->block;
}

/* ------------------------------------------------------------- holding */

static void
hold(struct pace *pace, int64_t retry_after, bool is_drought, int64_t now)
{
	pace->holds = true;
	pace->is_drought = is_drought;
	pace->is_scout_out = false;
	pace->held_since = now;
	if (is_drought || pace->hold_ms < HOLD_MS)
		pace->hold_ms = HOLD_MS;
	if (pace->state == PACE_LIMITED && pace->hold_ms <= HOLD_MS)
		pace->hold_ms = pace->rate < HOLD_REQUESTS ? 1000 :
		    (int64_t)(HOLD_REQUESTS * 1000 / pace->rate);
	pace->held_until = now + (retry_after > pace->hold_ms ? retry_after :
	    pace->hold_ms);
	pace->epoch++;
}

/* The scout was refused too. */
static void
hold_longer(struct pace *pace, int64_t retry_after, int64_t now)
{
	pace->hold_ms = (int64_t)((double)pace->hold_ms * HOLD_GROWS) + 1;
	if (pace->hold_ms > MAX_HOLD_MS)
		pace->hold_ms = MAX_HOLD_MS;
	if (now + pace->hold_ms > pace->held_until)
		pace->held_until = now + pace->hold_ms;
	if (now + retry_after > pace->held_until)
		pace->held_until = now + retry_after;
}

/* Something is served again. */
static void
end_hold(struct pace *pace, int64_t now)
{
	int64_t held = now - pace->held_since;
	int64_t span = now - pace->cycle;
	double served;

	pace->holds = pace->is_scout_out = false;
	/* All of a wait counts only where a limit is known. */
	if (pace->state != PACE_LIMITED && held > BLOCK_MS)
		span -= held - BLOCK_MS;
	/* One is served at either end. */
	served = (pace->cycle_served > 1 ? pace->cycle_served - 1 :
	    pace->cycle_served) * 1000.0 /
	    (double)(span > SPAN_MS ? span : SPAN_MS);
	if (pace->state != PACE_LIMITED) {
		pace->rate = GUESS * served < MIN_RATE ? MIN_RATE : GUESS * served;
		pace->block.refused = 0;
		set_limited(pace, now);
		pace->good *= SAFE;
		pace->sure = pace->good;
	} else {
		pace->life.since += held;
		pace->life.all++;
		if (held > 2 * BLOCK_MS && pace->cycle_served > CALM &&
		    served < 0.7 * pace->rate) {
			pace->rate = pace->good = served > MIN_RATE ? BELOW *
			    served : MIN_RATE;
			pace->ceiling = 0;
		}
		pace_begin(pace, now);
	}
	pace->cycle = now;
	pace->cycle_served = 1;
}

int64_t
pace_waits(const struct pace *pace, int64_t now)
{
	return pace->holds && pace->held_until > now ?
	    pace->held_until - now : 0;
}

/* ------------------------------------------------------------- judging */

/* What share is refused, and how many a second are served? */
static double
share(const struct pace_block *block)
{
	return block->refused / (double)(block->refused + block->served);
}

static double
served(const struct pace_block *block, int64_t now)
{
	return block->all * 1000.0 / (double)(now - block->since);
}

static void
judge_free(struct pace *pace, int64_t now)
{
	struct pace_block *block = &pace->block;
	double part;

	if (block->refused + block->served > MANY && block->refused < ENOUGH)
		*block = (struct pace_block){ 0 };
	if (block->refused < ENOUGH || now - block->since < FREE_MS)
		return;
	part = share(block);
	if (part > RARE && (part > MAX_ALIKE * pace->baseline ||
	    now >= pace->try_after)) {
		set_trial(pace, block, part, served(block, now), now);
		return;
	}
	pace->baseline = (pace->baseline + part) / 2;
	*block = (struct pace_block){ 0 };
}

static void
judge_trial(struct pace *pace, int64_t now)
{
	struct pace_block *block = &pace->block;
	double n;

	/* The server may still feel what was sent before. */
	if (now < pace->settled) {
		*block = (struct pace_block){ .since = now };
		return;
	}
	n = block->refused + block->served;
	if (block->refused >= ENOUGH || (block->refused > FEW * n *
	    pace->share && n * pace->share >= EXPECTED)) {
		if (pace->share < MAX_SHARE &&
		    share(block) >= MIN_ALIKE * pace->share &&
		    share(block) <= MAX_ALIKE * pace->share)
			pace_set_free(pace, share(block), now);
		else if (now - block->since >= BLOCK_MS)
			set_trial(pace, block, share(block),
			    served(block, now), now);
	} else if (-n * log(1 - pace->share) >= (pace->share < MAX_SHARE ?
	    SURE : SURE_LIMIT) * (1 + block->refused) &&
	    block->refused <= FEW * n * pace->share) {
		set_limited(pace, now);
	}
}

/* Weigh one more: are more refused than usual? */
static bool
alarms(struct pace *pace, bool refused)
{
	double baseline = pace->baseline > 0.002 ? pace->baseline : 0.002;
	double bad = 4 * baseline > 0.3 ? 4 * baseline : 0.3;

	if (bad > 0.9)
		bad = 0.9;
	pace->alarm += refused ? log(bad / baseline) : log((1 - bad) /
	    (1 - baseline));
	if (pace->alarm < 0)
		pace->alarm = 0;
	return pace->alarm > ALARM;
}

/* So many requests at this pace tell whether it is too fast. */
static double
enough(const struct pace *pace)
{
	double step = pace->rate / pace->good - 1;

	return step <= 0 || step * STEP_REQUESTS > 1 ? STEP_REQUESTS :
	    step * MAX_STEP < 1 ? MAX_STEP : 1 / step;
}

static void
judge_limited(struct pace *pace, int64_t now)
{
	if (pace->is_probe ? pace_is_long(pace, PROBE_MS, PROBE_REQUESTS, now) :
	    pace_is_long(pace, STEP_MS, enough(pace), now))
		pace_step_up(pace, now);
}

static bool
is_dry(const struct pace *pace)
{
	return pace->row >= ROW ||
	    __builtin_popcount(pace->history) >= OF_LAST;
}

/* -------------------------------------------------------- what happens */

int64_t
pace_next(const struct pace *pace, int64_t now)
{
	if (pace->holds)
		return pace->is_scout_out ? INT64_MAX : pace->held_until;
	return pace->rate > 0 ? (int64_t)pace->next : now;
}

void
pace_sent(struct pace *pace, bool again, bool full,
    struct pace_ticket *ticket, int64_t now)
{
	if (pace->cycle == 0)
		pace->cycle = now;
	*ticket = (struct pace_ticket){ pace->epoch, again, full };
	if (pace->holds)
		pace->is_scout_out = true;
	pace->last = now;
	if (pace->rate <= 0)
		return;
	if (pace->next < (double)now - SLACK_MS)
		pace->next = (double)now - SLACK_MS;
	pace->next += 1000 / pace->rate;
}

void
pace_served(struct pace *pace, const struct pace_ticket *ticket, int64_t now)
{
	struct pace_block *block = &pace->block;

	pace->cycle_served++;
	if (pace->state == PACE_FREE && !pace->holds &&
	    now - pace->cycle > 4 * BLOCK_MS) {
		pace->cycle = now - (now - pace->cycle) / 2;
		pace->cycle_served /= 2;
	}
	if (ticket->epoch != pace->epoch)
		return;
	if (pace->holds) {
		end_hold(pace, now);
		return;
	}
	block->all++;
	block->full += ticket->full;
	if (!ticket->again) {
		block->served++;
		pace->row = 0;
		pace->history <<= 1;
	}
	if (pace->state == PACE_FREE) {
		if (block->since > 0)
			judge_free(pace, now);
	} else if (pace->state == PACE_TRIAL) {
		judge_trial(pace, now);
	} else {
		(void)alarms(pace, false);
		pace->life.all++;
		pace->calm++;
		pace->life.served += !ticket->again;
		if (pace->life.served > LIFE)
			pace->life = (struct pace_block){ .since = now };
		judge_limited(pace, now);
	}
}

void
pace_lost(struct pace *pace, const struct pace_ticket *ticket, int64_t now)
{
	if (!pace->holds || ticket->epoch != pace->epoch)
		return;
	pace->is_scout_out = false;
	hold_longer(pace, -1, now);
}

/* A limit is known; is this one refusal too many? */
static bool
refused_limited(struct pace *pace, const struct pace_refusal *refusal,
    int64_t now)
{
	struct pace_block *life = &pace->life;

	life->refused += pace->rate <= pace->good;
	if (life->refused >= ENOUGH && share(life) > 2 * pace->baseline) {
		set_trial(pace, life, share(life), served(life, now), now);
		return true;
	}
	if (!alarms(pace, true))
		return false;
	/* What was too fast a moment ago may still be felt. */
	if (now - pace->cycle > AFTER_MS || pace->after >= MAX_AFTER ||
	    pace->rate < AFTER_RATE) {
		pace_step_down(pace, now);
		pace->after = 0;
		pace->hold_ms = HOLD_MS;
	} else {
		pace->after++;
		pace->hold_ms *= 2;
		pace->rate = pace->good;
	}
	hold(pace, refusal->retry_after, false, now);
	return true;
}

bool
pace_refused(struct pace *pace, const struct pace_ticket *ticket,
    const struct pace_refusal *refusal, int64_t now)
{
	struct pace_block *block = &pace->block;

	if (ticket->epoch != pace->epoch) {
		if (!pace->holds)
			return pace->state != PACE_FREE;
		if (now + refusal->retry_after > pace->held_until)
			pace->held_until = now + refusal->retry_after;
		return true;
	}
	if (pace->holds) {
		pace->is_scout_out = false;
		hold_longer(pace, refusal->retry_after, now);
		return true;
	}
	if (ticket->again && (pace->state != PACE_LIMITED ||
	    pace->baseline > RARE))
		return pace->state != PACE_FREE;
	if (block->since == 0)
		*block = (struct pace_block){ .since = now };
	block->refused++;
	pace->row++;
	pace->history = pace->history << 1 | 1;
	if (pace->state == PACE_LIMITED)
		return refused_limited(pace, refusal, now);
	if (!refusal->is_plain && is_dry(pace)) {
		hold(pace, refusal->retry_after, true, now);
		return true;
	}
	if (pace->state == PACE_FREE)
		judge_free(pace, now);
	else
		judge_trial(pace, now);
	return pace->state != PACE_FREE;
}

bool
pace_refused_at(struct pace *pace, struct pace *before,
    const struct pace_ticket *ticket, const struct pace_refusal *refusal,
    enum width_word word, int64_t now)
{
	unsigned epoch = pace->epoch;

	switch (word) {
	case WIDTH_NOTHING:
		return pace_refused(pace, ticket, refusal, now);
	case WIDTH_OVER:
		/* Where all wait for it, it is heard. */
		if (pace->holds && ticket->epoch == pace->epoch)
			(void)pace_refused(pace, ticket, refusal, now);
		return true;
	case WIDTH_WRONG:
		*pace = *before;
		pace->epoch = epoch;
		pace->holds = pace->is_scout_out = false;
		pace_begin(pace, now);
		return true;
	case WIDTH_FOUND:
		*before = *pace;
		pace->holds = pace->is_scout_out = false;
		pace->try_wait = DOUBT_MS;
		pace_set_free(pace, 0, now);
		return true;
	}
	return true;
}
