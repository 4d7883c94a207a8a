#ifndef HTTP_LIMITER_H
#define HTTP_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

#include "http/http_width.h"

/*
 * How many requests a second the server takes: see http_limiter.c.  It knows no
 * clock and no server: it is told what happened, and when, in ms.
 */

enum limiter_state {
	LIMITER_FREE,	/* there is none: refusals don't depend on it */
	LIMITER_TRIAL,	/* slower for a while: are there fewer refusals? */
	LIMITER_LIMITED	/* there is: they do */
};

/* What is remembered of a request that was sent. */
struct limiter_ticket {
	unsigned epoch;
	bool again;	/* it was refused before */
	bool full;	/* as many were under way as may be */
};

/* Why a request was refused, as far as it is known. */
struct limiter_refusal {
	int64_t retry_after;	/* ms; -1: not said */
	bool is_plain;	/* a 503 which may as well mean something else */
};

/* What came of requests that were sent at one pace. */
struct limiter_block {
	int64_t since;		/* 0: it has not begun */
	unsigned served;	/* of those sent for the first time */
	unsigned refused;	/* likewise */
	unsigned all;		/* served, with those sent again */
	unsigned full;		/* sent while as many were under way as may */
};

struct limiter {
	enum limiter_state state;
	unsigned epoch;		/* counts changes of the pace */
	double rate;		/* requests a second; 0: no pace */
	double next;		/* when the next may go, in ms */
	int64_t last;		/* when the last one went */
	struct limiter_block block;
	double share;		/* refused before the trial */
	unsigned tried;		/* of so many served */
	double baseline;		/* refused whatever the pace, of one */
	int64_t try_after;	/* when to doubt LIMITER_FREE again */
	int64_t try_wait;
	int64_t settled;	/* when the trial counts */
	int64_t limited;	/* when a limit was found, last */

	/* LIMITER_LIMITED: it grows by steps. */
	struct limiter_block life; /* at paces that were good, without holds */
	double good;		/* a pace that was taken long enough */
	int64_t good_since;
	double sure;		/* one that was taken for longer */
	int64_t full_since;	/* 0: more could be under way */
	double ceiling;		/* one that was not */
	double base;		/* the one before the probe */
	unsigned calm;		/* served since the last alarm */
	int64_t alarmed;	/* when that was */
	bool is_probe;		/* twice as fast: has the limit gone up? */
	int64_t probe_after, probe_wait;
	int64_t crept;		/* when it went up a little, last */
	double creep;		/* by how much */
	int64_t creep_wait;
	unsigned after;		/* alarms soon after a hold */
	double alarm;		/* evidence of too many refusals */
	unsigned alarms;	/* one after the other */

	/* The last refusals: bits, and in a row. */
	uint32_t history;
	unsigned row;

	/* All wait; then one is sent, to see. */
	bool holds;
	bool is_scout_out;
	bool is_drought;	/* it holds for nothing was served */
	int64_t held_since, held_until;
	int64_t hold_ms;
	int64_t cycle;		/* since the last hold ended */
	unsigned cycle_served;
};

/** limiter_init(limiter): No limit is known. */
void limiter_init(struct limiter *);

/**
 * limiter_next(limiter, now):
 * Return from when on the next request may be sent; INT64_MAX: when one that
 * is under way has come.
 */
int64_t limiter_next(const struct limiter *, int64_t);

/**
 * limiter_sent(limiter, again, full, ticket, now):
 * A request was sent, ${again} if it was refused before; ${full}: no more may
 * be under way.  Its ${ticket} is to be given to one of the next three.
 */
void limiter_sent(
    struct limiter *, bool, bool, struct limiter_ticket *, int64_t);

/** limiter_served(limiter, ticket, now): It was answered, be it by an error. */
void limiter_served(struct limiter *, const struct limiter_ticket *, int64_t);

/** limiter_lost(limiter, ticket, now): It was not answered at all. */
void limiter_lost(struct limiter *, const struct limiter_ticket *, int64_t);

/**
 * limiter_refused(limiter, ticket, refusal, now):
 * It was refused.  Return whether that is a matter of the pace, so that all
 * wait, and it says nothing of the request.
 */
bool limiter_refused(struct limiter *, const struct limiter_ticket *,
    const struct limiter_refusal *, int64_t);

/**
 * limiter_refused_at(limiter, before, ticket, refusal, word, now):
 * The same, where http_width.c has a ${word} of it: what was refused for its
 * place does not count.  Where a limit of width is found, the pace is found
 * out anew; ${before} keeps what was known, in case that there is no such
 * limit.
 */
bool limiter_refused_at(struct limiter *, struct limiter *,
    const struct limiter_ticket *, const struct limiter_refusal *,
    enum width_word, int64_t);

/** limiter_waits(limiter, now): Return how long all wait from now on, in ms. */
int64_t limiter_waits(const struct limiter *, int64_t);

/* ------------------------------- between http_limiter.c and
 * http_limiter_step.c */

/* What both know. */
#define BLOCK_MS 1000	/* to measure what is served */
#define STEP_REQUESTS 10
#define PROBE_FIRST_MS 2000
#define CREEP_MS 40000
#define AFTER_MS 1200	/* the end of a hold */
#define CALM 60		/* requests between two alarms */

/** limiter_begin(limiter, now): What was sent before tells nothing of this
 * pace. */
void limiter_begin(struct limiter *, int64_t);

/** limiter_set_free(limiter, baseline, now): None; so many are refused at any.
 */
void limiter_set_free(struct limiter *, double, int64_t);

/** limiter_longer(wait): Return the next wait between two probes. */
int64_t limiter_longer(int64_t);

/** limiter_is_long(limiter, ms, requests, now): Has the step lasted so long? */
bool limiter_is_long(const struct limiter *, double, double, int64_t);

/** limiter_step_up(limiter, now): Nothing was refused for so long: go on. */
void limiter_step_up(struct limiter *, int64_t);

/** limiter_step_down(limiter, now): Too many are refused at this pace. */
void limiter_step_down(struct limiter *, int64_t);

#endif
