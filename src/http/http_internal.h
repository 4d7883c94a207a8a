#ifndef HTTP_INTERNAL_H
#define HTTP_INTERNAL_H

#include <curl/curl.h>

#include "http/http.h"
#include "http/http_limiter.h"
#include "http/http_width.h"

#define HTTP_HEADERS_MAX (256 * 1024)
#define QUOTE_MAX 96	/* bytes of a header that a message quotes */

#define HEADERS_KEPT_MAX (512 * 1024)	/* bytes of headers kept per reply */

/* The fewest bytes per span of a minute; else a reply is too slow. */
#define SPAN_BYTES 6000

/* The rate limit that a reply's headers report. */
struct reported {
	int64_t limit, left;	/* -1: not reported */
	int64_t reset;		/* ms from its arrival; -1: not reported */
	char reported[QUOTE_MAX];	/* the header with the reset */
	char limit_text[QUOTE_MAX];
};

/* The reported number of requests left, and until when: see http_quota.c. */
struct quota {
	int64_t limit;		/* -1: not known */
	int64_t left;		/* the least reported; -1: not known */
	int64_t until;		/* when ${limit} requests are left again */
	int64_t blocked;	/* no request may be sent before */
	char reported[QUOTE_MAX];	/* the header that reported it */
};

/*
 * A request until its reply is freed.  Its fields define its state:
 *
 *	easy != NULL			in flight ("on the wire")
 *	easy == NULL, is_over		has a reply, taken or not
 *	easy == NULL, due > now		sleeps before a retry
 *	else				waits for a free slot
 */
struct transfer {
	struct http_reply reply;	/* first: the caller holds this */
	struct http *http;
	struct transfer *prev, *next;
	CURL *easy;
	char *url;		/* the current one, after redirects */
	unsigned redirects;
	bool is_over;
	bool is_taken;
	int64_t due;
	int64_t started;	/* when it was put in flight */
	int64_t last_byte;	/* when it last received bytes; 0: never */
	int64_t span_since;	/* start of the span that ${span_bytes} is of */
	size_t span_bytes;
	int64_t first_byte_ms;
	size_t header_bytes;
	bool has_begun;		/* the reply has begun to arrive */
	bool too_large;
	int64_t retry_after;	/* ms from its arrival; -1: not reported */
	char retry_text[QUOTE_MAX];	/* the header that has it */
	struct text reported;	/* rate limit headers to parse: name, value,
				 * each NUL-terminated */
	int64_t reported_at;	/* when the last of them arrived */
	struct reported report;	/* the quota, by simple headers */
	struct reported members;	/* the quota, by a RateLimit header */
	char *location;
	uint64_t successes;	/* limit.successes when it was last sent */
	struct limiter_ticket ticket;
	struct width_ticket place;
	bool is_plain;		/* the body was not decoded */
	bool odd_encoding;	/* its Content-Encoding is unknown */
	bool is_doubtful;	/* 2xx, but with a Retry-After */
	unsigned refusals;	/* 429 or 503, in a row */
	uint64_t refused_at;	/* limit.successes at the first of them */
	char curl_error[CURL_ERROR_SIZE];
};

/* How many requests may be in flight, and when: see http_limit.c. */
struct limit {
	struct limiter limiter;
	struct limiter before;	/* the limiter before ${width} was found */
	struct width width;
	struct quota quota;
	unsigned max;		/* the user's setting */
	int64_t refused_since;	/* the first since a success; 0: none */
	unsigned broken;	/* requests in a row without an answer */
	unsigned failed;	/* requests in a row with an error */
	uint64_t successes;
};

#define HTTP_SECRETS 3

struct http {
	struct http_settings settings;
	CURLM *multi;
	struct curl_slist *with_key, *without_key;
	struct curl_slist *post;	/* with the key, for a JSON body */
	CURL **idle;		/* handles for reuse */
	size_t n_idle;
	struct transfer *all;	/* not freed, oldest first */
	unsigned n_wire, n_open;	/* in flight; not over */
	unsigned n_ready;	/* over, and not taken */
	struct text *spare;	/* memory of bodies, for reuse */
	unsigned n_spare;
	struct limit limit;
	struct http_counts counts;
	uint64_t random;
	struct err stopped;	/* why sending stopped; ERR_NONE: it did not */
	bool giving_up;		/* http_stop() was called */
	bool was_reached;	/* some server answered */
	int64_t over;		/* the deadline of http_stop() */
	bool is_limited;	/* a rate or concurrency limit is known */
	bool plain;		/* don't decode bodies */
	/* The key plain, as base64, and its password; or NULL. */
	char *secrets[HTTP_SECRETS];
	struct set *ignored;	/* header names logged as ignored */
};

/* ----------------------------------------------------- http_new.c */

/**
 * http_spare_body(http, body):
 * Keep the memory of ${body} for the next one; allocating it is slow.
 */
void http_spare_body(struct http *, struct text *);

/** http_free_transfer(transfer): Free ${transfer}. */
void http_free_transfer(struct transfer *);

/* ---------------------------------------------------- http_curl.c */

/** http_start(transfer): Put it in flight.  Return 0 or -1. */
int http_start(struct transfer *);

/** http_leave_wire(transfer): Remove it from flight, whatever its state. */
void http_leave_wire(struct transfer *);

/** http_global(err): Initialize libcurl, once.  Return 0 or -1. */
int http_global(struct err *);

/* -------------------------------------------------- http_finish.c */

/**
 * http_finish(transfer, code):
 * The transfer ended with libcurl's result ${code}: make its reply available,
 * or send it again.
 */
void http_finish(struct transfer *, CURLcode);

/**
 * http_retry(transfer):
 * The attempt failed: schedule another, or make the failure its reply if no
 * attempt is left.
 */
void http_retry(struct transfer *);

/* ---------------------------------------------------- http_slow.c */

/** http_span_ms(transfer): Return the length of a span. */
int64_t http_span_ms(const struct transfer *);

/**
 * http_deadline(transfer):
 * Return when a transfer in flight times out unless more bytes arrive.
 */
int64_t http_deadline(const struct transfer *);

/** http_end_slow(transfer, now): Abort it, and record why. */
void http_end_slow(struct transfer *, int64_t);

/* --------------------------------------------------- http_retry.c */

/* What to do with a finished transfer. */
enum reply_class { GOOD, RETRY, REFUSE, REDIRECT, TOO_LARGE, FATAL };

/**
 * http_classify(transfer, code):
 * Decide by libcurl's result and the status.  Except for GOOD and REDIRECT,
 * set the reply's ${why}.
 */
enum reply_class http_classify(struct transfer *, CURLcode);

/**
 * http_is_limit(transfer):
 * Is it a 403 for a rate limit: with a Retry-After, or with no requests left?
 */
bool http_is_limit(const struct transfer *);

/**
 * http_is_refusal(transfer):
 * Was it refused in a way that may be for a rate limit: 429, 503, or a 403 for
 * which http_is_limit() holds?
 */
bool http_is_refusal(const struct transfer *);

/** http_backoff(http, attempts): Return the back-off in ms. */
int64_t http_backoff(struct http *, unsigned);

/** http_soon(http, attempts): As http_backoff(), while others are served. */
int64_t http_soon(struct http *, unsigned);

/* ---------------------------------------------------- http_when.c */

/**
 * http_when(value, now):
 * Parse a header with a time.  Return it in ms after ${now} (ms since 1970), or
 * -1.
 */
int64_t http_when(const char *, int64_t);

/** http_date(value): Parse an HTTP date.  Return ms since 1970, or -1. */
int64_t http_date(const char *);

/* --------------------------------------------------- http_members.c */

/* A member of RateLimit or RateLimit-Policy. */
struct member {
	int64_t left, reset_s, limit;	/* -1: not reported */
};

/** members_limit(value): Return a limit, 0 if it is negative, or -1: none. */
int64_t members_limit(const char *);

/**
 * members_next(p, member):
 * Parse the next member, or all of the older form, which is separated by
 * commas.  Return its end.
 */
const char *members_next(const char *, struct member *);

/**
 * members_is_tighter(a, b):
 * Does ${a} leave fewer requests than ${b}, or if none, for longer?
 */
bool members_is_tighter(const struct member *, const struct member *);

/* ---------------------------------------------------- http_reported.c */

/**
 * reported_header(transfer, name, value):
 * Keep the header if it reports when to retry, the quota or the server's time.
 */
void reported_header(struct transfer *, const char *, const char *);

/** reported_read(transfer): The headers are complete; parse those kept. */
void reported_read(struct transfer *);

/**
 * reported_finish(transfer, now):
 * The reply is complete or lost: parse its headers and update the quota.  Sets
 * a refusal's ${retry_after}.
 */
void reported_finish(struct transfer *, int64_t);

/** reported_failed(transfer): A 2xx that reports a failure: use its reset as
 * the time to retry, as for a 429. */
void reported_failed(struct transfer *);

/* -------------------------------------------------- http_refuse.c */

/**
 * http_end(http, kind, text): Stop sending; http_wait() reports the error.
 */
void http_end(struct http *, enum err_kind, const char *);

/**
 * http_say_asked(transfer, wait, out, capacity):
 * If the server asked for the wait, write a clause that says so.
 */
void http_say_asked(const struct transfer *, int64_t, char *, size_t);

/** http_log_failure(transfer, wait): Log a failed attempt; -1: the last. */
void http_log_failure(struct transfer *, int64_t);

/**
 * http_classify_refusal(transfer, now):
 * Decide how long a refused request waits, and return that.  The refusal does
 * not count as an attempt if it is for a rate limit, or if the server served
 * no other request since this one was sent; a plain 503 and a failure with
 * status 200 count after a dozen times even so.  A wait longer than --max-wait
 * ends the run.
 */
int64_t http_classify_refusal(struct transfer *, int64_t);

/**
 * http_asked(transfer, wait):
 * Return the longer of ${wait} and the wait that the server asks for; if that
 * is longer than --max-wait, end the run.
 */
int64_t http_asked(struct transfer *, int64_t);

/** http_end_used_up(http, wait): End the run: no requests left for too long. */
void http_end_used_up(struct http *, int64_t);

/* -------------------------------------------------- http_quota.c */

/** quota_init(quota): Initialize ${quota}; nothing is known. */
void quota_init(struct quota *);

/**
 * quota_reported(quota, reported, now):
 * Update the quota from a reply's headers.  Return whether sending is now
 * blocked for longer than before.
 */
bool quota_reported(struct quota *, const struct reported *, int64_t);

/** quota_lost(quota): A request ended without reporting the quota. */
void quota_lost(struct quota *);

/**
 * quota_next(quota, on_wire, now):
 * Return when one more request may be sent while ${on_wire} are in flight;
 * INT64_MAX: once one of these has ended.
 */
int64_t quota_next(const struct quota *, unsigned, int64_t);

/** quota_count(value): Return the number at the start of a header, or -1. */
int64_t quota_count(const char *);

/*
 * --------------------------------------------------- http_limit.c
 *
 * The facade of all limits: the other files call neither the limiter nor the
 * quota nor the width directly.
 */

/** limit_init(limit, max): Start with ${max} requests in flight allowed. */
void limit_init(struct limit *, unsigned);

/** limit_allows(limit, on_wire, now): May one more request be sent? */
bool limit_allows(const struct limit *, unsigned, int64_t);

/**
 * limit_next(limit, on_wire, now):
 * Return the next time after ${now} when the rate or the quota may allow a
 * request; INT64_MAX: none, or once one in flight has ended.
 */
int64_t limit_next(const struct limit *, unsigned, int64_t);

/** limit_quota_next(limit, on_wire, now): See quota_next(). */
int64_t limit_quota_next(const struct limit *, unsigned, int64_t);

/** limit_quota_header(limit): Return the header that reported the quota. */
const char *limit_quota_header(const struct limit *);

/** limit_pause(limit, now): Return for how many ms nothing is sent. */
int64_t limit_pause(const struct limit *, int64_t);

/** limit_holds(limit): Is the limiter in a hold, so that scouts are sent? */
bool limit_holds(const struct limit *);

/** limit_is_known(limit): Was a rate or concurrency limit found? */
bool limit_is_known(const struct limit *);

/**
 * limit_reported(limit, reported, now):
 * Update the quota from a reply's headers.  If sending is now blocked for
 * longer than before, return for how many ms; else -1.
 */
int64_t limit_reported(struct limit *, const struct reported *, int64_t);

/** limit_unreported(limit): A request ended without reporting the quota. */
void limit_unreported(struct limit *);

/** limit_sent(transfer, on_wire): It was sent; ${on_wire} are in flight. */
void limit_sent(struct transfer *, unsigned);

/** limit_answered(transfer, now): It was answered and not refused. */
void limit_answered(struct transfer *, int64_t);

/** limit_lost(transfer, now): It was not answered, or is sent again. */
void limit_lost(struct transfer *, int64_t);

/** limit_success(transfer, now): It got a 2xx reply. */
void limit_success(struct transfer *, int64_t);

/** limit_accepted(limit): The caller found a reply valid. */
void limit_accepted(struct limit *);

/**
 * limit_refused(transfer, refusal, now):
 * It was refused.  Return whether that was for a limit, and so does not count
 * against the request: see limiter_refused().
 */
bool limit_refused(struct transfer *, const struct limiter_refusal *, int64_t);

/** limit_failure(limit, answered): A request failed, with an answer or not. */
void limit_failure(struct limit *, bool);

/** limit_is_broken(limit): Is the circuit breaker open? */
bool limit_is_broken(const struct limit *);

/* ---------------------------------------------------- http_hide.c */

/** http_keep_secrets(http, settings): Store what http_hide() hides. */
void http_keep_secrets(struct http *, const struct http_settings *);

/* ----------------------------------------------------- http_url.c */

/** http_is_coding(value): Are all codings in this Content-Encoding known? */
bool http_is_coding(const char *);

/** http_same_origin(a, b): Do both have the same scheme, host and port? */
bool http_same_origin(const char *, const char *);

/** http_add_origin(url, text): Add scheme, host and any non-default port. */
void http_add_origin(const char *, struct text *);

/**
 * http_is_same_server(url, base, hosts):
 * May the key be sent to ${url}: is it on the server ${base}, or on one of
 * ${hosts} (NULL: none), with no weaker transport security?
 */
bool http_is_same_server(const char *, const char *, char *const *);

/**
 * http_resolve(base, location):
 * Return the URL, new; or NULL if it is invalid or has a user in it.
 */
char *http_resolve(const char *, const char *);

/**
 * http_mask(text):
 * Replace user and password in ${text}'s URLs with "***": libcurl's messages
 * repeat a proxy's URL.  ${text} may become shorter.
 */
void http_mask(char *);

/** http_random(http): Return a random number from 0 to below 1. */
double http_random(struct http *);

#endif
