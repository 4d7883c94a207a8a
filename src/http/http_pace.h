#ifndef HTTP_PACE_H
#define HTTP_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "http/http_width.h"

/*
 * How many requests a second the server takes: see http_pace.c.  It knows no
 * clock and no server: it is told what happened, and when, in ms.
 */

enum pace_state {
	PACE_FREE,	/* there is none: refusals don't depend on it */
	PACE_TRIAL,	/* slower for a while: are there fewer refusals? */
	PACE_LIMITED	/* there is: they do */
};

/* What is remembered of a request that was sent. */
struct pace_ticket {
	unsigned epoch;
	bool again;	/* it was refused before */
	bool full;	/* as many were under way as may be */
};

/* Why a request was refused, as far as it is known. */
struct pace_refusal {
	int64_t retry_after;	/* ms; -1: not said */
	bool is_plain;	/* a 503 which may as well mean something else */
};

/* What came of requests that were sent at one pace. */
struct pace_block {
	int64_t since;		/* 0: it has not begun */
	unsigned served;	/* of those sent for the first time */
	unsigned refused;	/* likewise */
	unsigned all;		/* served, with those sent again */
	unsigned full;		/* sent while as many were under way as may */
};

struct pace {
	enum pace_state state;
	unsigned epoch;		/* counts changes of the pace */
	double rate;		/* requests a second; 0: no pace */
	double next;		/* when the next may go, in ms */
	int64_t last;		/* when the last one went */
	struct pace_block block;
	double share;		/* refused before the trial */
	unsigned tried;		/* of so many served */
	double baseline;		/* refused whatever the pace, of one */
	int64_t try_after;	/* when to doubt PACE_FREE again */
	int64_t try_wait;
	int64_t settled;	/* when the trial counts */
	int64_t limited;	/* when a limit was found, last */

	/* PACE_LIMITED: it grows by steps. */
	struct pace_block life;	/* at paces that were good, without holds */
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

/** pace_init(pace): No limit is known. */
void pace_init(struct pace *);

/**
 * pace_next(pace, now):
 * Return from when on the next request may be sent; INT64_MAX: when one that
 * is under way has come.
 */
int64_t pace_next(const struct pace *, int64_t);

/**
 * pace_sent(pace, again, full, ticket, now):
 * A request was sent, ${again} if it was refused before; ${full}: no more may
 * be under way.  Its ${ticket} is to be given to one of the next three.
 */
void pace_sent(struct pace *, bool, bool, struct pace_ticket *, int64_t);

/** pace_served(pace, ticket, now): It was answered, be it by an error. */
void pace_served(struct pace *, const struct pace_ticket *, int64_t);

/** pace_lost(pace, ticket, now): It was not answered at all. */
void pace_lost(struct pace *, const struct pace_ticket *, int64_t);

/**
 * pace_refused(pace, ticket, refusal, now):
 * It was refused.  Return whether that is a matter of the pace, so that all
 * wait, and it says nothing of the request.
 */
bool pace_refused(struct pace *, const struct pace_ticket *,
    const struct pace_refusal *, int64_t);

/**
 * pace_refused_at(pace, before, ticket, refusal, word, now):
 * The same, where http_width.c has a ${word} of it: what was refused for its
 * place does not count.  Where a limit of width is found, the pace is found
 * out anew; ${before} keeps what was known, in case that there is no such
 * limit.
 */
bool pace_refused_at(struct pace *, struct pace *, const struct pace_ticket *,
    const struct pace_refusal *, enum width_word, int64_t);

/** pace_waits(pace, now): Return how long all wait from now on, in ms. */
int64_t pace_waits(const struct pace *, int64_t);

/* ------------------------------- between http_pace.c and http_pace_step.c */

/* What both know. */
#define BLOCK_MS 1000	/* to measure what is served */
#define STEP_REQUESTS 10
#define PROBE_FIRST_MS 2000
#define CREEP_MS 40000
#define AFTER_MS 1200	/* the end of a hold */
#define CALM 60		/* requests between two alarms */

/** pace_begin(pace, now): What was sent before tells nothing of this pace. */
void pace_begin(struct pace *, int64_t);

/** pace_set_free(pace, baseline, now): None; so many are refused at any. */
void pace_set_free(struct pace *, double, int64_t);

/** pace_longer(wait): Return the next wait between two probes. */
int64_t pace_longer(int64_t);

/** pace_is_long(pace, ms, requests, now): Has the step lasted so long? */
bool pace_is_long(const struct pace *, double, double, int64_t);

/** pace_step_up(pace, now): Nothing was refused for so long: go on. */
void pace_step_up(struct pace *, int64_t);

/** pace_step_down(pace, now): Too many are refused at this pace. */
void pace_step_down(struct pace *, int64_t);

#endif
