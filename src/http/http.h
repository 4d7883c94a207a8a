#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

/*
 * Requests and their replies.  Requests are handed in, replies are taken out
 * one by one; between the two lie the retries, the waits, the redirects and
 * the pace, all of them here.  One thread, one libcurl multi handle, and no
 * callback that leaves this room.
 */
struct http;

#define HTTP_KEPT 2	/* headers of a reply that may be asked for */

/* What to do about a status, where it is not what http_retry.c does. */
struct http_rule {
	int status;
	bool retry;
};

struct http_settings {
	const char *base;	/* the server, as http_check_server() gave it */
	char *const *hosts;	/* others that may have the key; NULL at end */
	const char *auth_header;	/* NULL: none */
	const char *auth_prefix;
	bool basic;		/* the key is "user:password", sent as HTTP's
				 * Basic (RFC 7617) */
	const char *key;
	char *const *headers;	/* "Name: value", for all that have the key;
				 * NULL at the end, or none */
	const char *agent;	/* User-Agent */
	const char *ca_file;	/* NULL: the system's certificates */
	unsigned jobs;		/* requests under way, at most */
	unsigned attempts;	/* for each request */
	int64_t max_wait_ms;	/* that a server may ask for */
	int64_t stall_ms;	/* without a byte, before a retry */
	int64_t first_byte_ms;	/* for all requests, or 0: as each says */
	size_t max_body;	/* decoded */
	struct log *log;
	int wake_fd;		/* readable: wake http_wait(); -1: none */
};

struct http_request {
	char *url;		/* new; ours from then on */
	char *body;		/* of a POST, JSON; NULL: a GET; likewise */
	/* Headers of the reply to be kept, or NULL. */
	const char *headers[HTTP_KEPT];
	const char *what;	/* for people and the log; kept by the caller */
	bool is_text;		/* the reply need not be JSON */
	uint32_t first_byte_s;
	bool may_be_smaller;	/* if it takes too long, less will be asked */
	unsigned attempts;	/* 0: as for all */
	const struct http_rule *rules;	/* kept by the caller */
	size_t n_rules;
	void *tag;		/* the caller's, given back */
};

enum http_outcome {
	HTTP_GOOD,		/* 2xx, whole */
	HTTP_REFUSED,		/* a status that a retry won't change */
	HTTP_SPENT,		/* it failed as often as it may */
	HTTP_TOO_LARGE		/* larger than ${max_body} */
};

/* A reply; the caller gives it back by http_reply_free() or http_requeue(). */
struct http_reply {
	enum http_outcome outcome;
	int status;		/* 0: there was no answer */
	struct text body;
	bool is_html;		/* by its content type */
	bool is_json;
	unsigned attempts;
	bool is_slow;		/* it took too long, the last time */
	bool is_unreached;	/* no server has answered anything so far */
	bool has_retry_after;	/* it is refused, with a time to come again */
	char why[300];		/* of what is not HTTP_GOOD, for people */
	char *headers[HTTP_KEPT];	/* those that were to be kept */
	char *id;		/* that the server gave the request, or NULL */
	struct http_request request;
};

enum http_event {
	HTTP_REPLY,	/* here is one */
	HTTP_IDLE,	/* nothing is under way */
	HTTP_TICK,	/* the time given is over */
	HTTP_WOKEN,	/* ${wake_fd} is readable */
	HTTP_FAILED	/* no use going on; ${err} says why */
};

/**
 * http_check_server(url, err):
 * Is ${url} the address of a server: http or https, a host, no user, no
 * query?  Return it as it is used, without a slash at its end, new; or NULL
 * with ${err} set (ERR_USAGE).
 */
char *http_check_server(const char *, struct err *);

/**
 * http_check_key(key, err):
 * Can ${key} be sent in a header?  Return 0, or -1 with ${err} set
 * (ERR_USAGE), which does not tell the key.
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
 * Return the address, new, to which ${link} in the reply from ${from} leads,
 * if it is on the server ${base} or one of ${hosts}, a list that ends in NULL,
 * or NULL; else return NULL with ${err} set (ERR_DATA).
 */
char *http_follow(const char *, char *const *, const char *, const char *,
    struct err *);

/**
 * http_next_link(value, is_odd):
 * Return the target, new, that a Link header (RFC 8288) gives for the
 * relation "next"; or NULL, and ${is_odd} says if it speaks of a next page in
 * a way that can't be read.
 */
char *http_next_link(const char *, bool *);

/**
 * http_new(settings, err):
 * Start.  What ${settings} points to is kept by the caller, but for the key.
 * Return NULL with ${err} set where libcurl can't be used; http_free() it.
 */
struct http *http_new(const struct http_settings *, struct err *);

/** http_free(http): Give up all requests; ${http} may be NULL. */
void http_free(struct http *);

/** http_free_slots(http): How many more requests may be handed in now. */
unsigned http_free_slots(const struct http *);

/** http_send(http, request): Hand in ${request}. */
void http_send(struct http *, const struct http_request *);

/**
 * http_wait(http, ms, reply, err):
 * Work on the requests until something is to be told, at most ${ms}.
 */
enum http_event http_wait(struct http *, int64_t, struct http_reply **,
    struct err *);

/**
 * http_accept(http, reply):
 * The good reply is what was promised.  To be said soon, and not when it is
 * dropped: others may wait for it.
 */
void http_accept(struct http *, struct http_reply *);

/**
 * http_requeue(http, reply, why):
 * The good reply is not what was promised, for the reason ${why}.  If the
 * request may be tried again, take ${reply} back and return true.  Else
 * ${reply}, now HTTP_SPENT, stays the caller's; return false.  Where the reply
 * said when to come again, it was a refusal.
 */
bool http_requeue(struct http *, struct http_reply *, const char *);

/**
 * http_reason(reply, out):
 * Write why ${reply} is not HTTP_GOOD, and the id that the server gave the
 * request, by which its makers can find it.
 */
void http_reason(const struct http_reply *, char [400]);

/**
 * http_hide(http, text):
 * Put "***" in ${text} wherever the key stands, as it is, percent-encoded, or
 * with JSON's escapes; likewise where the half of it stands or more, and at
 * the end, where it may have been cut.  It may become shorter.  What ${http}
 * hands out to be told (why, id) has no key; what a caller quotes of a body
 * or a header may have one.  A key of less than 6 characters is not hidden;
 * ${http} and ${text} may be NULL.
 */
void http_hide(const struct http *, char *);

/** http_hidden(http, text): Return a copy of ${text} so changed, new. */
char *http_hidden(const struct http *, const char *);

/** http_reply_free(http, reply): The caller is done with ${reply}. */
void http_reply_free(struct http *, struct http_reply *);

/**
 * http_stop(http, ms):
 * Give up what waits; what is under way may come in within ${ms}.
 */
void http_stop(struct http *, int64_t);

/* What was done so far. */
struct http_counts {
	uint64_t requests;	/* sent, each attempt counted */
	uint64_t retries;
	uint64_t bytes;		/* of bodies, decoded */
	unsigned under_way;
	unsigned waiting;	/* for their time to be tried again */
	int64_t pause_ms;	/* until the server may be asked again */
};

/** http_count(http, counts): Fill ${counts}. */
void http_count(const struct http *, struct http_counts *);

/** http_version(): Return libcurl's name and version, borrowed. */
const char *http_version(void);

/**
 * http_check_header(value, err):
 * Can ${value} be that of a header?  Return 0, or -1 with ${err} set
 * (ERR_USAGE) to "has ...".
 */
int http_check_header(const char *, struct err *);

/**
 * http_explain(body, text):
 * Add what an error's body says, in a few words: its JSON "detail" or
 * "error" or "message", in any of their usual forms, with the code that
 * stands beside it, or the start of a text.
 */
void http_explain(struct span, struct text *);

#endif
