#ifndef HTTP_LIMITER_H
#define HTTP_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

#include "http/http_width.h"

/*
 * Finds the server's rate limit: see http_limiter.c.  Pure logic, without
 * clock or network: the caller passes each event with its time, in ms.
 */

enum limiter_state {
	LIMITER_FREE,	/* no limit: refusals don't depend on the rate */
	LIMITER_TRIAL,	/* slower for a while: are there fewer refusals? */
	LIMITER_LIMITED	/* a limit: refusals depend on the rate */
};

/* What the limiter remembers about a request in flight. */
struct limiter_ticket {
	unsigned epoch;
	bool again;	/* it was refused before */
	bool full;	/* sent at the concurrency limit */
};

/* Why a request was refused, as far as known. */
struct limiter_refusal {
	int64_t retry_after;	/* ms; -1: not reported */
	bool is_plain;	/* a 503 that may have another cause */
};

/* Results of the requests sent at one rate. */
struct limiter_block {
	int64_t since;		/* 0: not started */
	unsigned served;	/* first attempts */
	unsigned refused;	/* first attempts */
	unsigned all;		/* served, including retries */
	unsigned full;		/* sent at the concurrency limit */
};

struct limiter {
	enum limiter_state state;
	unsigned epoch;		/* counts changes of the rate */
	double rate;		/* requests per second; 0: unlimited */
	double next;		/* when the next may be sent, in ms */
	int64_t last;		/* when the last one was sent */
	struct limiter_block block;
	double share;		/* share refused before the trial */
	unsigned tried;		/* number served before the trial */
	double baseline;	/* share refused at any rate */
	int64_t try_after;	/* when to question LIMITER_FREE again */
	int64_t try_wait;
	int64_t settled;	/* from when on the trial counts */
	int64_t limited;	/* when a limit was last found */

	/* LIMITER_LIMITED: the rate changes by steps. */
	struct limiter_block life; /* at good rates, without holds */
	double good;		/* a rate that was sustained */
	int64_t good_since;
	double sure;		/* a rate that was sustained for longer */
	int64_t full_since;	/* 0: below the concurrency limit */
	double ceiling;		/* a rate that was too fast */
	double base;		/* the rate before the probe */
	unsigned calm;		/* served since the last alarm */
	int64_t alarmed;	/* when that was */
	bool is_probe;		/* doubled: has the limit gone up? */
	int64_t probe_after, probe_wait;
	int64_t nudged;		/* when the rate was last raised a little */
	double nudge;		/* by how much */
	int64_t nudge_wait;
	unsigned after;		/* alarms soon after a hold */
	double alarm;		/* evidence of too many refusals */
	unsigned alarms;	/* in a row */

	/* The last refusals: as bits, and in a row. */
	uint32_t history;
	unsigned row;

	/* A hold: nothing is sent; then one request, the scout. */
	bool holds;
	bool is_scout_out;
	bool is_drought;	/* it holds because nothing was served */
	int64_t held_since, held_until;
	int64_t hold_ms;
	int64_t cycle;		/* when the last hold ended */
	unsigned cycle_served;
};

/** limiter_init(limiter): Initialize ${limiter}; no limit is known. */
void limiter_init(struct limiter *);

/**
 * limiter_next(limiter, now):
 * Return when the next request may be sent; INT64_MAX: once one in flight has
 * ended.
 */
int64_t limiter_next(const struct limiter *, int64_t);

/**
 * limiter_sent(limiter, again, full, ticket, now):
 * A request was sent.  ${again}: it was refused before; ${full}: the
 * concurrency limit is reached.  Pass its ${ticket} to one of the next three.
 */
void limiter_sent(
    struct limiter *, bool, bool, struct limiter_ticket *, int64_t);

/** limiter_served(limiter, ticket, now): It was answered, even by an error. */
void limiter_served(struct limiter *, const struct limiter_ticket *, int64_t);

/** limiter_lost(limiter, ticket, now): It was not answered at all. */
void limiter_lost(struct limiter *, const struct limiter_ticket *, int64_t);

/**
 * limiter_refused(limiter, ticket, refusal, now):
 * It was refused.  Return whether that is for the rate limit: then all wait,
 * and it does not count against the request.
 */
bool limiter_refused(struct limiter *, const struct limiter_ticket *,
    const struct limiter_refusal *, int64_t);

/**
 * limiter_refused_at(limiter, before, ticket, refusal, word, now):
 * As limiter_refused(), given what http_width.c concluded, ${word}.  A refusal
 * for concurrency does not count.  When a concurrency limit is found, start
 * over with the rate; ${before} keeps the old state, in case that conclusion
 * was wrong.
 */
bool limiter_refused_at(struct limiter *, struct limiter *,
    const struct limiter_ticket *, const struct limiter_refusal *,
    enum width_result, int64_t);

/** limiter_waits(limiter, now): Return for how many ms nothing is sent. */
int64_t limiter_waits(const struct limiter *, int64_t);

/* ---------------------------- shared by the files of the limiter */

#define BELOW 0.8	/* of what was served */
#define HOLD_MS 50
#define MIN_RATE 0.02	/* requests a second */
#define BLOCK_MS 1000	/* to measure the rate served */
#define STEP_REQUESTS 10
#define PROBE_FIRST_MS 2000
#define DOUBT_MS 20000	/* until the next trial, at first */
#define NUDGE_MS 40000
#define AFTER_MS 1200	/* after the end of a hold */
#define CALM 60		/* requests between two alarms */

/** limiter_begin(limiter, now): Start an epoch: a new rate to measure. */
void limiter_begin(struct limiter *, int64_t);

/**
 * limiter_set_free(limiter, baseline, now):
 * There is no limit; the share ${baseline} is refused at any rate.
 */
void limiter_set_free(struct limiter *, double, int64_t);

/** limiter_set_limited(limiter, now): The current rate is about the limit. */
void limiter_set_limited(struct limiter *, int64_t);

/**
 * limiter_hold(limiter, retry_after, is_drought, now):
 * Start a hold, for at least ${retry_after} ms.
 */
void limiter_hold(struct limiter *, int64_t, bool, int64_t);

/** limiter_hold_longer(limiter, retry_after, now): The scout was refused. */
void limiter_hold_longer(struct limiter *, int64_t, int64_t);

/** limiter_end_hold(limiter, now): A request was served: end the hold. */
void limiter_end_hold(struct limiter *, int64_t);

/** limiter_longer(wait): Return the next, longer wait between two probes. */
int64_t limiter_longer(int64_t);

/**
 * limiter_is_long(limiter, ms, requests, now):
 * Has the step lasted for ${ms} and ${requests}?
 */
bool limiter_is_long(const struct limiter *, double, double, int64_t);

/** limiter_step_up(limiter, now): Nothing was refused: raise the rate. */
void limiter_step_up(struct limiter *, int64_t);

/** limiter_step_down(limiter, now): Too many were refused: lower the rate. */
void limiter_step_down(struct limiter *, int64_t);

#endif
