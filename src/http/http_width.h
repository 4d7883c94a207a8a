#ifndef HTTP_WIDTH_H
#define HTTP_WIDTH_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Finds the server's concurrency limit: see http_width.c.  Pure logic, without
 * clock or network: the caller passes each event with its time, in ms.
 */

#define WIDTH_SAMPLES 1024
#define MAX_WIDTH 256

/* What is remembered about a request in flight. */
struct width_ticket {
	uint64_t number;	/* of the request, from 1 */
	unsigned place;		/* in flight when sent, itself included */
};

/* A recent request. */
struct width_sample {
	unsigned beside;	/* in flight when it was sent, served later */
	bool is_served, is_refused;
};

struct width {
	unsigned max;		/* the user's setting */
	unsigned allowed;	/* requests in flight allowed now */
	unsigned good;		/* the same, without trying one more */
	bool is_known;		/* a limit was found */
	bool is_proved;		/* it held for a while */
	unsigned wrong;		/* grows with each wrong conclusion */

	/* The requests in flight, and the results of recent ones. */
	uint64_t last;		/* the last number assigned */
	uint64_t since;		/* the last number before ${good} was set */
	uint64_t counted_to;	/* numbers up to it are counted below */
	uint64_t out[MAX_WIDTH];
	unsigned n_out;
	struct width_sample samples[WIDTH_SAMPLES];	/* by number */
	double served[MAX_WIDTH + 1];	/* by the number beside */
	double refused[MAX_WIDTH + 1];
	double counted;		/* in both */
	bool was_refused;	/* the last one counted */

	/* Requests in the last allowed place, since it changed. */
	unsigned fine, over;
	int64_t try_after, try_wait;
};

/* The conclusion from a request that has ended. */
enum width_result {
	WIDTH_NOTHING,
	WIDTH_OVER,	/* refused for concurrency, not for the rate */
	WIDTH_FOUND,	/* a limit was found; it explains the refusals */
	WIDTH_WRONG	/* the limit that was found last does not exist */
};

/** width_init(width, max): No limit is known but the user's, ${max}. */
void width_init(struct width *, unsigned);

/**
 * width_sent(width, on_wire, ticket):
 * A request was sent; ${on_wire} are in flight, itself included.  Pass its
 * ${ticket} to one of the next two.
 */
void width_sent(struct width *, unsigned, struct width_ticket *);

/** width_served(width, ticket, now): It was answered, or lost. */
void width_served(struct width *, const struct width_ticket *, int64_t);

/** width_refused(width, ticket, now): It was refused.  Return what follows. */
enum width_result width_refused(struct width *, const struct width_ticket *,
    int64_t);

#endif
