#ifndef HTTP_INTERNAL_H
#define HTTP_INTERNAL_H

#include <curl/curl.h>

#include "http/http.h"
#include "http/http_limiter.h"
#include "http/http_width.h"

#define HTTP_HEADERS_MAX (256 * 1024)
#define SAID_MAX 96	/* of a header that a message quotes */

#define SAID_ALL (512 * 1024)	/* of all headers that are kept: enough */

/* A reply brings so many bytes in each span of a minute; else it drips. */
#define SPAN_BYTES 6000

/* What a reply's headers say of the requests that may still be sent. */
struct reported {
	int64_t limit, left;	/* -1: not said */
	int64_t reset;		/* ms from when it came; -1: not said */
	char reported[SAID_MAX];	/* the header with the reset */
	char limit_text[SAID_MAX];
};

/* How many requests may be sent until when: see http_quota.c. */
struct quota {
	int64_t limit;		/* -1: not known */
	int64_t left;		/* the least that was told; -1: not known */
	int64_t until;		/* when there are ${limit} again */
	int64_t blocked;	/* until then none may be sent */
	char reported[SAID_MAX];	/* by what header */
};

/*
 * A request on its way.  Its state is told by its fields:
 *
 *	easy != NULL			it is on the wire
 *	easy == NULL, is_over		a reply, waiting to be taken, or taken
 *	easy == NULL, due > now		it sleeps until it is tried again
 *	else				it waits for a place on the wire
 */
struct transfer {
	struct http_reply reply;	/* first: the caller holds this */
	struct http *http;
	struct transfer *prev, *next;
	CURL *easy;
	char *url;		/* the one asked for, after redirects */
	unsigned redirects;
	bool is_over;
	bool is_taken;
	int64_t due;
	int64_t started;	/* when it went on the wire */
	int64_t last_byte;	/* when something came; 0: nothing yet */
	int64_t span_since;	/* so many bytes came since then */
	size_t span_bytes;
	int64_t first_byte_ms;
	size_t header_bytes;
	bool has_begun;		/* something of the reply came */
	bool too_large;
	int64_t retry_after;	/* ms from when it came; -1: not said */
	char retry_text[SAID_MAX];	/* the header that said it */
	struct text reported;	/* headers to be read: name, value, each with
				 * a NUL behind it */
	int64_t reported_at;	/* when the last of them came */
	struct reported report;	/* of the budget */
	struct reported members;	/* likewise, by a RateLimit header */
	char *location;
	uint64_t successes;	/* of all, when it was last sent */
	struct limiter_ticket ticket;
	struct width_ticket place;
	bool is_plain;		/* nothing was decoded */
	bool odd_encoding;	/* its Content-Encoding is no known one */
	bool is_doubtful;	/* good, and says when to come again */
	unsigned refusals;	/* 429, 503: how often in a row */
	uint64_t refused_at;	/* limit.successes at the first of them */
	char curl_says[CURL_ERROR_SIZE];
};

/* How many requests may be on the wire, and when: see http_limit.c. */
struct limit {
	struct limiter limiter;
	struct limiter before;	/* the width was known */
	struct width width;
	struct quota quota;
	unsigned max;		/* the user's word */
	int64_t refused_since;	/* the first since a success; 0: none */
	unsigned broken;	/* in a row: no answer at all */
	unsigned failed;	/* in a row: an answer of no use */
	uint64_t successes;
};

#define HTTP_SECRETS 3

struct http {
	struct http_settings settings;
	CURLM *multi;
	struct curl_slist *with_key, *without_key;
	struct curl_slist *post;	/* with the key, and JSON in the body */
	CURL **idle;		/* handles for use again */
	size_t n_idle;
	struct transfer *all;	/* not given back, the oldest first */
	unsigned n_wire, n_open;	/* on the wire; not over */
	unsigned n_ready;	/* over, and not taken */
	struct text *spare;	/* bodies' memory, for use again */
	unsigned n_spare;
	struct limit limit;
	struct http_counts counts;
	uint64_t random;
	struct err stopped;	/* why no more is sent; kind ERR_NONE: it is */
	bool giving_up;		/* http_stop() */
	bool was_reached;	/* something answered */
	int64_t over;		/* when nothing is waited for any more */
	bool is_limited;	/* a limit is known, of pace or of width */
	bool plain;		/* bodies are taken as they come */
	/* The key as it is, as base64, and the password in it; or NULL. */
	char *secrets[HTTP_SECRETS];
	struct set *ignored;	/* headers that the log has a line about */
};

/* ----------------------------------------------------- http_new.c */

/**
 * http_spare_body(http, body):
 * Keep ${body}'s memory for the next one: asking for it anew is slow.
 */
void http_spare_body(struct http *, struct text *);

/** http_free_transfer(transfer): It is no longer wanted. */
void http_free_transfer(struct transfer *);

/* ---------------------------------------------------- http_curl.c */

/** http_start(transfer): Put it on the wire.  Return 0 or -1. */
int http_start(struct transfer *);

/** http_leave_wire(transfer): Take it off, whatever its state. */
void http_leave_wire(struct transfer *);

/** http_global(err): Set libcurl up, once.  Return 0 or -1. */
int http_global(struct err *);

/* ---------------------------------------------------- http_slow.c */

/** http_span_ms(transfer): Return how long a span is. */
int64_t http_span_ms(const struct transfer *);

/**
 * http_deadline(transfer):
 * Return when a transfer on the wire is given up, if nothing more comes.
 */
int64_t http_deadline(const struct transfer *);

/** http_end_slow(transfer, now): Take it off the wire, and note why. */
void http_end_slow(struct transfer *, int64_t);

/* --------------------------------------------------- http_retry.c */

/* What to do with a transfer that came off the wire. */
enum reply_class { GOOD, RETRY, REFUSE, REDIRECT, TOO_LARGE, FATAL };

/**
 * http_classify(transfer, code):
 * Decide by libcurl's result and the status; for all but GOOD and REDIRECT,
 * the reply's ${why} says what was wrong.
 */
enum reply_class http_classify(struct transfer *, CURLcode);

/**
 * http_is_limit(transfer):
 * Is it a 403 which is no matter of rights: one that says when to come again,
 * or that no requests are left?
 */
bool http_is_limit(const struct transfer *);

/**
 * http_is_refusal(transfer):
 * Was it refused as such, be it for the pace: a 429, a 503, or such a 403?
 */
bool http_is_refusal(const struct transfer *);

/** http_backoff(http, attempts): Return how long to wait, in ms. */
int64_t http_backoff(struct http *, unsigned);

/** http_soon(http, attempts): The same where others are served meanwhile. */
int64_t http_soon(struct http *, unsigned);

/* ---------------------------------------------------- http_when.c */

/**
 * http_when(value, now):
 * Return how many ms after ${now}, in ms since 1970, the time is that a header
 * says; or -1.
 */
int64_t http_when(const char *, int64_t);

/** http_date(value): Return the HTTP date in ms since 1970, or -1. */
int64_t http_date(const char *);

/* ---------------------------------------------------- http_reported.c */

/**
 * reported_header(transfer, name, value):
 * Keep a header that says when to come again or what is left, or what time it
 * is at the server.
 */
void reported_header(struct transfer *, const char *, const char *);

/** reported_read(transfer): No more headers come; note what they say. */
void reported_read(struct transfer *);

/**
 * reported_finish(transfer, now):
 * The reply is in, or lost: read its headers, and tell the budget of them.  A
 * refusal's ${retry_after} is set then from all that its headers say.
 */
void reported_finish(struct transfer *, int64_t);

/** reported_failed(transfer): It is a failure: a reset says when, as for a
 * 429. */
void reported_failed(struct transfer *);

/* -------------------------------------------------- http_refuse.c */

/**
 * http_end(http, kind, text): Send no more, and let http_wait() say why.
 */
void http_end(struct http *, enum err_kind, const char *);

/**
 * http_say_asked(transfer, wait, out, capacity):
 * Write whose wait it is, if the server asked for one, to be put behind a
 * message.
 */
void http_say_asked(const struct transfer *, int64_t, char *, size_t);

/** http_log_failure(transfer, wait): A try failed; ${wait} -1: the last. */
void http_log_failure(struct transfer *, int64_t);

/**
 * http_classify_refusal(transfer, now):
 * Weigh a refusal.  It counts as a try unless it is a matter of the pace, or
 * the server served no others since this one was sent (of a plain 503, and of a
 * failure with status 200: unless it is the pace, and the server served others,
 * a dozen times).  Where the server asks for a wait longer than --max-wait, the
 * run ends.  Return how long the request waits.
 */
int64_t http_classify_refusal(struct transfer *, int64_t);

/**
 * http_asked(transfer, wait):
 * Return the longer of ${wait} and what the server asks for, which ends the
 * run if --max-wait is less.
 */
int64_t http_asked(struct transfer *, int64_t);

/** http_end_used_up(http, wait): Nothing is left, for too long. */
void http_end_used_up(struct http *, int64_t);

/* -------------------------------------------------- http_quota.c */

/** quota_init(quota): Nothing is known. */
void quota_init(struct quota *);

/**
 * quota_reported(quota, reported, now):
 * A reply's headers say so much.  Return whether none may be sent for longer
 * than was known.
 */
bool quota_reported(struct quota *, const struct reported *, int64_t);

/** quota_lost(quota): A request ended without a word of it. */
void quota_lost(struct quota *);

/**
 * quota_next(quota, on_wire, now):
 * Return from when on one more may be sent while ${on_wire} are under way;
 * INT64_MAX: when one of these has come.
 */
int64_t quota_next(const struct quota *, unsigned, int64_t);

/** quota_count(value): Return the number a header begins with, or -1. */
int64_t quota_count(const char *);

/* --------------------------------------------------- http_limit.c */

/** limit_init(limit, max): Start with all there may be. */
void limit_init(struct limit *, unsigned);

/** limit_allows(limit, on_wire, now): May one more go on the wire? */
bool limit_allows(const struct limit *, unsigned, int64_t);

/** limit_sent(transfer, on_wire): It is the last of ${on_wire} sent. */
void limit_sent(struct transfer *, unsigned);

/** limit_answered(transfer, now): It was no refusal. */
void limit_answered(struct transfer *, int64_t);

/** limit_lost(transfer, now): It was not answered, or is sent again. */
void limit_lost(struct transfer *, int64_t);

/** limit_success(transfer, now): A reply came. */
void limit_success(struct transfer *, int64_t);

/** limit_accepted(limit): A reply was what was promised. */
void limit_accepted(struct limit *);

/**
 * limit_refused(transfer, refusal, now):
 * Return whether it says nothing of the request: see limiter_refused().
 */
bool limit_refused(struct transfer *, const struct limiter_refusal *, int64_t);

/** limit_failure(limit, answered): A request failed; was it answered? */
void limit_failure(struct limit *, bool);

/** limit_is_broken(limit): Is it no use to go on? */
bool limit_is_broken(const struct limit *);

/* ---------------------------------------------------- http_hide.c */

/** http_keep_secrets(http, settings): Note what http_hide() is to hide. */
void http_keep_secrets(struct http *, const struct http_settings *);

/* ----------------------------------------------------- http_url.c */

/** http_is_coding(value): Is each word of Content-Encoding a known one? */
bool http_is_coding(const char *);

/** http_same_origin(a, b): Are scheme, host and port of the two the same? */
bool http_same_origin(const char *, const char *);

/** http_add_origin(url, text): Add scheme, host and port, if not usual. */
void http_add_origin(const char *, struct text *);

/**
 * http_is_same_server(url, base, hosts):
 * May ${url} have the key: is it on the server ${base}, or on one of ${hosts}
 * (NULL: none), and no less safe on its way?
 */
bool http_is_same_server(const char *, const char *, char *const *);

/**
 * http_resolve(base, location):
 * Return the address, new; NULL: a bad one, or one with a user in it.
 */
char *http_resolve(const char *, const char *);

/**
 * http_mask(text):
 * Put "***" in ${text} where an address has a user and a password: libcurl
 * repeats a proxy's address as it was given.  It may become shorter.
 */
void http_mask(char *);

/** http_random(http): Return the next number from 0 to under 1. */
double http_random(struct http *);

#endif
