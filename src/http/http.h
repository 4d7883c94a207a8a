#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

/*
 * An HTTP client with a pull interface: http_send() queues a request,
 * http_wait() returns the next reply.  Retries, waits, redirects and rate
 * limiting happen in between, all in this room.  One thread, one libcurl multi
 * handle, and no callbacks to other rooms.
 */
struct http;

#define HTTP_KEPT 2	/* reply headers that a request may ask for */

/* Overrides whether http_retry.c retries a status. */
struct http_rule {
	int status;
	bool retry;
};

struct http_settings {
	const char *base;	/* the server, from http_check_server() */
	char *const *hosts;	/* others that get the key; NULL-terminated */
	const char *auth_header;	/* NULL: none */
	const char *auth_prefix;
	bool basic;		/* the key is "user:password", sent as HTTP's
				 * Basic (RFC 7617) */
	const char *key;
	char *const *headers;	/* "Name: value", sent along with the key;
				 * NULL-terminated, or NULL */
	const char *agent;	/* User-Agent */
	const char *ca_file;	/* NULL: the system's certificates */
	unsigned jobs;		/* the most requests in flight */
	unsigned attempts;	/* per request */
	int64_t max_wait_ms;	/* the longest wait a server may ask for */
	int64_t stall_ms;	/* without a byte, before a retry */
	int64_t first_byte_ms;	/* for all requests; 0: see each request */
	size_t max_body;	/* decoded bytes */
	struct log *log;
	int wake_fd;		/* readable: wake http_wait(); -1: none */
};

struct http_request {
	char *url;		/* new; http_send() takes ownership */
	char *body;		/* JSON of a POST, likewise; NULL: a GET */
	/* Reply headers to keep, or NULL. */
	const char *headers[HTTP_KEPT];
	const char *what;	/* for messages and the log; borrowed */
	bool is_text;		/* the reply need not be JSON */
	uint32_t first_byte_s;
	bool may_be_smaller;	/* if slow, ask for a smaller page */
	unsigned attempts;	/* 0: as in the settings */
	const struct http_rule *rules;	/* borrowed */
	size_t n_rules;
	void *tag;		/* the caller's, returned with the reply */
};

enum http_outcome {
	HTTP_GOOD,		/* 2xx, complete */
	HTTP_REFUSED,		/* a status that is not retried */
	HTTP_SPENT,		/* all attempts failed */
	HTTP_TOO_LARGE		/* larger than ${max_body} */
};

/* A reply; return it with http_reply_free() or http_requeue(). */
struct http_reply {
	enum http_outcome outcome;
	int status;		/* 0: no answer */
	struct text body;
	bool is_html;		/* by its Content-Type */
	bool is_json;
	unsigned attempts;
	bool is_slow;		/* the last attempt timed out */
	bool is_unreached;	/* no server has answered any request so far */
	bool has_retry_after;	/* refused, with a time to retry */
	char why[300];		/* why it is not HTTP_GOOD, for people */
	char *headers[HTTP_KEPT];	/* the headers to keep */
	char *id;		/* the server's request ID, or NULL */
	struct http_request request;
};

enum http_event {
	HTTP_REPLY,	/* ${reply} is set */
	HTTP_IDLE,	/* no request is pending */
	HTTP_TICK,	/* the timeout expired */
	HTTP_WOKEN,	/* ${wake_fd} is readable */
	HTTP_FAILED	/* no request can succeed any more; see ${err} */
};

/**
 * http_check_server(url, err):
 * Check that ${url} is a server's URL: http or https, a host, no user, no
 * query.  Return it normalized, without a trailing slash, new; or NULL with
 * ${err} set (ERR_USAGE).
 */
char *http_check_server(const char *, struct err *);

/**
 * http_check_key(key, err):
 * Can ${key} be sent in a header?  Return 0, or -1 with ${err} set
 * (ERR_USAGE); the message never has the key.
 */
int http_check_key(const char *, struct err *);

/**
 * http_check_host(text, err):
 * Is ${text} a host, or a host and a port ("h", "h:8443", "[::1]:8443")?
 * Return 0, or -1 with ${err} set (ERR_USAGE).
 */
int http_check_host(const char *, struct err *);

/**
 * http_follow(base, hosts, from, link, err):
 * Resolve ${link} in the reply from ${from}.  Return the URL, new, if it is on
 * the server ${base} or one of ${hosts} (NULL-terminated, or NULL); else
 * return NULL with ${err} set (ERR_DATA).
 */
char *http_follow(const char *, char *const *, const char *, const char *,
    struct err *);

/**
 * http_next_link(value, is_odd):
 * Return the target of the relation "next" in a Link header (RFC 8288), new;
 * or NULL with ${*is_odd} set if the header mentions a next page but cannot be
 * parsed.
 */
char *http_next_link(const char *, bool *);

/**
 * http_new(settings, err):
 * Return a new client; http_free() it.  The strings in ${settings}, except for
 * the key, must outlive it.  Return NULL with ${err} set if libcurl fails.
 */
struct http *http_new(const struct http_settings *, struct err *);

/** http_free(http): Cancel all requests and free ${http} (may be NULL). */
void http_free(struct http *);

/** http_free_slots(http): Return how many requests may be sent now. */
unsigned http_free_slots(const struct http *);

/** http_send(http, request): Queue ${request}. */
void http_send(struct http *, const struct http_request *);

/**
 * http_wait(http, ms, reply, err):
 * Transfer data until there is an event, for at most ${ms}.  Return the event.
 */
enum http_event http_wait(struct http *, int64_t, struct http_reply **,
    struct err *);

/**
 * http_accept(http, reply):
 * Report that the caller found the body of the HTTP_GOOD ${reply} valid.  Call
 * it before committing the reply: the limiter may be waiting for it.
 */
void http_accept(struct http *, struct http_reply *);

/**
 * http_requeue(http, reply, why):
 * Report that the body of the HTTP_GOOD ${reply} is invalid, because of
 * ${why}.  If an attempt is left, take ${reply} back, retry and return true.
 * Else return false; ${reply}, now HTTP_SPENT, stays the caller's.  A reply
 * with a Retry-After counts as a refusal.
 */
bool http_requeue(struct http *, struct http_reply *, const char *);

/**
 * http_reason(reply, out):
 * Write why ${reply} is not HTTP_GOOD, with the server's request ID, which
 * helps its operators to find the request.
 */
void http_reason(const struct http_reply *, char [400]);

/**
 * http_hide(http, text):
 * Replace the key in ${text} with "***": plain, percent-encoded or with JSON
 * escapes; also half of it or more, and a prefix at the end, where the text
 * may be truncated.  ${text} may become shorter.  A reply's ${why} and ${id}
 * never have the key; use this for what a caller quotes from bodies and
 * headers.  A key of less than 6 characters is not hidden; ${http} and ${text}
 * may be NULL.
 */
void http_hide(const struct http *, char *);

/** http_hidden(http, text): Return a copy of ${text} without the key, new. */
char *http_hidden(const struct http *, const char *);

/** http_reply_free(http, reply): Free ${reply}. */
void http_reply_free(struct http *, struct http_reply *);

/**
 * http_stop(http, ms):
 * Cancel waiting requests; let those in flight finish within ${ms}.
 */
void http_stop(struct http *, int64_t);

/* Statistics. */
struct http_counts {
	uint64_t requests;	/* attempts sent */
	uint64_t retries;
	uint64_t bytes;		/* of decoded bodies */
	unsigned under_way;	/* requests in flight */
	unsigned waiting;	/* requests waiting to be retried */
	int64_t pause_ms;	/* until the next request may be sent */
};

/** http_count(http, counts): Fill ${counts}. */
void http_count(const struct http *, struct http_counts *);

/** http_version(): Return libcurl's name and version, borrowed. */
const char *http_version(void);

/**
 * http_check_header(value, err):
 * Is ${value} a valid header value?  Return 0, or -1 with ${err} set
 * (ERR_USAGE) to "has ...".
 */
int http_check_header(const char *, struct err *);

/**
 * http_explain(body, text):
 * Summarize the body of an error reply: its JSON "detail", "error" or
 * "message", in any of their usual forms, with the code beside it; or the
 * start of a text.
 */
void http_explain(struct span, struct text *);

#endif
