/*
 * What to retry, and when.
 *
 * Retry: no answer; an answer that is truncated, not HTTP or cannot be decoded;
 * 408, 409, 425, 429, 5xx; and 401 or 403 without JSON (from a proxy, not the
 * API).  Any other status is final.  A request's own rules take precedence.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/http_internal.h"

#define MIN_WAIT_MS 500
#define MAX_WAIT_MS 30000
#define TOO_LONG 100	/* CURLE_TOO_LARGE, missing from old headers */

/* A limit of 0 means a lack of permission. */
bool
http_is_limit(const struct transfer *transfer)
{
	const struct reported *reported = &transfer->report;

	return transfer->reply.status == 403 &&
	    (transfer->retry_after >= 0 ||
	    (reported->left == 0 && reported->limit != 0) ||
	    (transfer->members.left == 0 && transfer->members.limit != 0) ||
	    (reported->left < 0 && reported->reset >= 0));
}

bool
http_is_refusal(const struct transfer *transfer)
{
	return transfer->reply.status == 429 ||
	    transfer->reply.status == 503 || http_is_limit(transfer);
}

static bool
is_retried(const struct transfer *transfer)
{
	const struct http_reply *reply = &transfer->reply;
	size_t i;

	for (i = 0; i < reply->request.n_rules; i++)
		if (reply->request.rules[i].status == reply->status)
			return reply->request.rules[i].retry;
	switch (reply->status) {
	case 401:
	case 403:
		return !reply->is_json || http_is_limit(transfer);
	case 408:
	case 409:
	case 425:
	case 429:
		return true;
	default:
		return reply->status >= 500;
	}
}

void
http_reason(const struct http_reply *reply, char out[400])
{
	bool has_id = reply->id != NULL;

	snprintf(out, 400, "%s%s%.64s%s", reply->why,
	    has_id ? " (request " : "", has_id ? reply->id : "",
	    has_id ? ")" : "");
}

/*
 * Is a header line longer than libcurl accepts?  Before 8.6, libcurl reported
 * that as out of memory; a real lack of memory occurs before the reply begins.
 */
static bool
is_long_line(const struct transfer *transfer, CURLcode code)
{
	return transfer->has_begun && (code == CURLE_OUT_OF_MEMORY ||
	    (int)code == TOO_LONG);
}

/*
 * Would every other request fail too?  A fault of one reply, or of a server
 * that a redirect led to, fails only its own request.
 */
static bool
ends_all(const struct transfer *transfer, CURLcode code)
{
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
		return transfer->redirects == 0;
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ENGINE_NOTFOUND:
	case CURLE_OUT_OF_MEMORY:
		return !is_long_line(transfer, code);
	case CURLE_FAILED_INIT:
	case CURLE_NOT_BUILT_IN:
		return true;
	default:
		/* libcurl reports garbage as UNSUPPORTED_PROTOCOL. */
		return false;
	}
}

/* Describe an error status: the body, and the server if redirected. */
static void
explain_status(struct transfer *transfer)
{
	const struct http_settings *settings = &transfer->http->settings;
	struct http_reply *reply = &transfer->reply;
	struct text text, origin;

	text_init(&text, 160);
	text_init(&origin, 400);
	http_explain((struct span){ reply->body.data, reply->body.len },
	    &text);
	http_hide(transfer->http, text.data);
	if (transfer->redirects > 0 && !http_is_same_server(transfer->url,
	    settings->base, settings->hosts)) {
		text_adds(&origin, ", from ");
		http_add_origin(transfer->url, &origin);
		text_adds(&origin, ", where a redirect leads and no key is "
		    "sent there");
	}
	snprintf(reply->why, sizeof(reply->why), "HTTP %d%s%s%s",
	    reply->status, origin.len > 0 ? origin.data : "",
	    text.len > 0 ? ": " : "", text.len > 0 ? text.data : "");
	http_hide(transfer->http, reply->why);
	text_release(&origin);
	text_release(&text);
}

static enum reply_class
classify_status(struct transfer *transfer)
{
	struct http_reply *reply = &transfer->reply;

	if (reply->status >= 200 && reply->status < 300)
		return GOOD;
	if (reply->status >= 300 && reply->status < 400 &&
	    transfer->location != NULL)
		return REDIRECT;
	explain_status(transfer);
	return is_retried(transfer) ? RETRY : REFUSE;
}

/* Did the connection fail? */
static bool
is_no_connection(CURLcode code)
{
	return code == CURLE_COULDNT_RESOLVE_HOST ||
	    code == CURLE_COULDNT_RESOLVE_PROXY ||
	    code == CURLE_COULDNT_CONNECT || code == CURLE_PROXY;
}

enum reply_class
http_classify(struct transfer *transfer, CURLcode code)
{
	struct http_reply *reply = &transfer->reply;

	if (code == CURLE_OK)
		return classify_status(transfer);
	if (transfer->too_large || code == CURLE_FILESIZE_EXCEEDED) {
		snprintf(reply->why, sizeof(reply->why), "the reply is larger "
		    "than --max-body (%zu bytes)",
		    transfer->http->settings.max_body);
		return TOO_LARGE;
	}
	if (transfer->header_bytes > HTTP_HEADERS_MAX ||
	    is_long_line(transfer, code)) {
		snprintf(reply->why, sizeof(reply->why), "the reply has a "
		    "header that is too long (libcurl: %s)",
		    curl_easy_strerror(code));
		return RETRY;
	}
	reply->is_unreached = !transfer->http->was_reached &&
	    is_no_connection(code);
	snprintf(reply->why, sizeof(reply->why), "%.*s",
	    (int)sizeof(reply->why) - 1, transfer->curl_error[0] != '\0' ?
	    transfer->curl_error : curl_easy_strerror(code));
	http_mask(reply->why);
	http_hide(transfer->http, reply->why);
	return ends_all(transfer, code) ? FATAL : RETRY;
}

double
http_random(struct http *http)
{
	/* xorshift64* (Marsaglia, Vigna); good enough for jitter. */
	http->random ^= http->random >> 12;
	http->random ^= http->random << 25;
	http->random ^= http->random >> 27;
	return (double)(http->random * UINT64_C(2685821657736338717) >> 11) /
	    (double)(UINT64_C(1) << 53);
}

int64_t
http_backoff(struct http *http, unsigned attempts)
{
	int64_t max = attempts < 6 ? (int64_t)MIN_WAIT_MS << attempts :
	    MAX_WAIT_MS;

	if (max > MAX_WAIT_MS)
		max = MAX_WAIT_MS;
	return MIN_WAIT_MS + (int64_t)(http_random(http) *
	    (double)(max - MIN_WAIT_MS));
}

int64_t
http_soon(struct http *http, unsigned attempts)
{
	static const int64_t waits[][2] = { { 10, 40 }, { 40, 120 },
	    { 1000, 2000 }, { 3000, 9000 }, { 7500, MAX_WAIT_MS } };
	size_t last = sizeof(waits) / sizeof(waits[0]) - 1, i;

	i = attempts == 0 ? 0 : attempts - 1 < last ? attempts - 1 : last;
	return waits[i][0] + (int64_t)(http_random(http) *
	    (double)(waits[i][1] - waits[i][0]));
}
