#ifndef HTTP_WIDTH_H
#define HTTP_WIDTH_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How many requests the server takes at a time: see http_width.c.  It knows no
 * clock and no server: it is told what happened, and when, in ms.
 */

#define WIDTH_SAMPLES 1024
#define MAX_WIDTH 256

/* What is remembered of a request that was sent. */
struct width_ticket {
	uint64_t number;	/* of the request, from 1 on */
	unsigned place;		/* so many were on the wire, this one too */
};

/* One that was sent lately. */
struct width_sample {
	unsigned beside;	/* on the wire then, and served afterwards */
	bool is_served, is_refused;
};

struct width {
	unsigned max;		/* the user's word */
	unsigned allowed;	/* at a time, now */
	unsigned good;		/* likewise, without a try of one more */
	bool is_known;		/* there is such a limit */
	bool is_proved;		/* it held for a while */
	unsigned wrong;		/* grows with each that was none */

	/* Which requests are on the wire, and what became of the last. */
	uint64_t last;		/* number given out */
	uint64_t since;		/* the last one before ${good} was set */
	uint64_t judged;	/* up to here they are counted below */
	uint64_t out[MAX_WIDTH];
	unsigned n_out;
	struct width_sample samples[WIDTH_SAMPLES];	/* by the number */
	double served[MAX_WIDTH + 1];	/* of those with so many beside */
	double refused[MAX_WIDTH + 1];
	double counted;		/* in both */
	bool was_refused;	/* the last that was looked at */

	/* Those in the last place that is allowed, since it changed. */
	unsigned fine, over;
	int64_t try_after, try_wait;
};

/* What a request says that came to its end. */
enum width_word {
	WIDTH_NOTHING,
	WIDTH_OVER,	/* it was refused for its place: no matter of pace */
	WIDTH_FOUND,	/* a limit was found: what was refused was for it */
	WIDTH_WRONG	/* the one that was found last was none */
};

/** width_init(width, max): No limit is known; ${max} is the user's. */
void width_init(struct width *, unsigned);

/**
 * width_sent(width, on_wire, ticket):
 * A request was sent; with it ${on_wire} are on the wire.  Its ${ticket} is to
 * be given to one of the next two.
 */
void width_sent(struct width *, unsigned, struct width_ticket *);

/** width_served(width, ticket, now): It was answered, or lost. */
void width_served(struct width *, const struct width_ticket *, int64_t);

/** width_refused(width, ticket, now): It was refused.  Return what of it. */
enum width_word width_refused(struct width *, const struct width_ticket *,
    int64_t);

#endif
