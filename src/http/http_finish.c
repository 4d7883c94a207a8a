/*
 * What becomes of a transfer that has ended: a reply, another attempt, or a
 * redirect.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/http_internal.h"

#define MAX_REDIRECTS 5
#define MAX_UNREACHED 3	/* attempts while no server has ever answered */
#define MAX_SLOW 2	/* slow attempts before asking for a smaller page */

/* The circuit breaker opened: stop sending, with the last failure as reason. */
static void
stop_for(struct http *http, const struct http_reply *reply)
{
	char why[400];

	http_reason(reply, why);
	http_end(http, ERR_NET, why);
}

/* Make the reply available to http_wait(). */
static void
finish(struct transfer *transfer, enum http_outcome outcome)
{
	transfer->reply.outcome = outcome;
	transfer->is_over = true;
	transfer->http->n_open--;
	transfer->http->n_ready++;
	if (outcome != HTTP_GOOD)
		http_log_failure(transfer, -1);
}

static bool
is_spent(const struct transfer *transfer)
{
	const struct http_reply *reply = &transfer->reply;
	unsigned max = transfer->http->settings.attempts;

	if (reply->request.attempts > 0 && reply->request.attempts < max)
		max = reply->request.attempts;
	if (reply->is_slow && reply->request.may_be_smaller &&
	    max > MAX_SLOW)
		max = MAX_SLOW;
	if (reply->is_unreached && max > MAX_UNREACHED)
		max = MAX_UNREACHED;
	return reply->attempts >= max;
}

void
http_retry(struct transfer *transfer)
{
	struct http *http = transfer->http;
	struct http_reply *reply = &transfer->reply;
	int64_t now = clock_ms(), wait;

	if (http_is_refusal(transfer)) {
		wait = http_classify_refusal(transfer, now);
	} else {
		reply->attempts++;
		transfer->refusals = 0;
		wait = reply->status == 502 ? http_soon(http,
		    reply->attempts) : http_backoff(http, reply->attempts);
		if (reply->status > 0)
			limit_answered(transfer, now);
		else
			limit_lost(transfer, now);
		limit_failure(&http->limit, reply->status > 0);
	}
	reply->is_slow |= reply->status == 504;
	if (is_spent(transfer)) {
		finish(transfer, HTTP_SPENT);
	} else {
		/* Only a server's wait may exceed the user's maximum. */
		if (wait > http->settings.max_wait_ms)
			wait = http->settings.max_wait_ms;
		/* Any failure may come with a Retry-After; obey it. */
		wait = http_asked(transfer, wait);
		transfer->due = now + wait;
		http->counts.retries++;
		http_spare_body(http, &reply->body);
		http_log_failure(transfer, wait);
	}
	if (limit_is_broken(&http->limit))
		stop_for(http, reply);
}

static void
log_redirect(const struct transfer *transfer, const char *message,
    const char *url)
{
	const struct http *http = transfer->http;
	char *from = http_hidden(http, transfer->url);
	char *to = http_hidden(http, url);

	log_event(http->settings.log, LOG_INFO, "http", message, "resource",
	    transfer->reply.request.what, "url", from, "to", to, NULL);
	free(from);
	free(to);
}

static void
redirect(struct transfer *transfer)
{
	struct http_reply *reply = &transfer->reply;
	char *url = http_resolve(transfer->url, transfer->location);
	const char *why = NULL;
	char asked[200], message[300];
	int64_t wait;

	if (url == NULL)
		why = "redirected to an invalid URL";
	else if (reply->request.body != NULL && ((reply->status != 307 &&
	    reply->status != 308) || !http_is_same_server(url,
	    transfer->http->settings.base,
	    transfer->http->settings.hosts)))
		why = "refusing to redirect a POST";
	else if (++transfer->redirects > MAX_REDIRECTS)
		why = "too many redirects";
	if (why != NULL) {
		snprintf(reply->why, sizeof(reply->why), "HTTP %d: %s",
		    reply->status, why);
		free(url);
		reply->attempts++;
		finish(transfer, HTTP_REFUSED);
		return;
	}
	wait = http_asked(transfer, 0);
	http_say_asked(transfer, wait, asked, sizeof(asked));
	snprintf(message, sizeof(message), "redirected%s", asked);
	log_redirect(transfer, message, url);
	free(transfer->url);
	transfer->url = url;
	transfer->due = clock_ms() + wait;
}

/* Correct the Content-Type: a body that begins like JSON is JSON. */
static void
sniff_type(struct http_reply *reply)
{
	const char *body = reply->body.len > 0 ? reply->body.data : "";

	body += strspn(body, " \t\r\n");
	if (*body == '\0')
		reply->is_json = false;
	else if ((*body == '{' || *body == '[') && !reply->is_html)
		reply->is_json = true;
}

/*
 * The Content-Encoding is unknown ("utf-8"); most likely the body isn't
 * encoded.  Send it again, and stop decoding from now on.
 */
static void
stop_decoding(struct transfer *transfer)
{
	struct http *http = transfer->http;

	char *url = http_hidden(http, transfer->url);

	if (!http->plain)
		log_event(http->settings.log, LOG_WARN, "http", "the "
		    "server's Content-Encoding is unknown; reading bodies "
		    "without decoding them", "url", url, NULL);
	free(url);
	http->plain = true;
	limit_lost(transfer, clock_ms());
	transfer->due = 0;
}

void
http_finish(struct transfer *transfer, CURLcode code)
{
	struct http *http = transfer->http;
	struct http_reply *reply = &transfer->reply;
	curl_off_t begun = 0;
	long status = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(transfer->easy, CURLINFO_STARTTRANSFER_TIME_T,
	    &begun);
	transfer->has_begun = begun > 0;
	reply->status = (int)status;
	reply->is_unreached = false;
	http->was_reached |= status > 0;
	http_leave_wire(transfer);
	sniff_type(reply);
	reported_finish(transfer, clock_ms());
	if (code == CURLE_BAD_CONTENT_ENCODING && transfer->odd_encoding &&
	    !transfer->is_plain) {
		stop_decoding(transfer);
		return;
	}
	switch (http_classify(transfer, code)) {
	case GOOD:
		reply->attempts++;
		http->counts.bytes += reply->body.len;
		/* With a Retry-After, the body may still be a refusal. */
		transfer->is_doubtful = transfer->retry_after >= 0;
		if (!transfer->is_doubtful)
			limit_success(transfer, clock_ms());
		finish(transfer, HTTP_GOOD);
		break;
	case RETRY:
		http_retry(transfer);
		break;
	case REFUSE:
		reply->attempts++;
		limit_success(transfer, clock_ms());
		finish(transfer, HTTP_REFUSED);
		break;
	case REDIRECT:
		limit_answered(transfer, clock_ms());
		redirect(transfer);
		break;
	case TOO_LARGE:
		limit_answered(transfer, clock_ms());
		reply->attempts++;
		finish(transfer, HTTP_TOO_LARGE);
		break;
	case FATAL:
		http_end(http, ERR_NET, reply->why);
		finish(transfer, HTTP_SPENT);
		break;
	}
}

void
http_accept(struct http *http, struct http_reply *reply)
{
	struct transfer *transfer = (struct transfer *)(void *)reply;

	(void)http;
	if (transfer->is_doubtful)
		limit_success(transfer, clock_ms());
	transfer->is_doubtful = false;
}

/* The caller rejected a 2xx reply: return how long to wait. */
static int64_t
classify_failure(struct transfer *transfer)
{
	struct http *http = transfer->http;

	if (transfer->is_doubtful) {
		transfer->is_doubtful = false;
		transfer->reply.attempts--;
		return http_classify_refusal(transfer, clock_ms());
	}
	limit_failure(&http->limit, true);
	reported_failed(transfer);
	return http_backoff(http, transfer->reply.attempts);
}

bool
http_requeue(struct http *http, struct http_reply *reply, const char *why)
{
	struct transfer *transfer = (struct transfer *)(void *)reply;
	int64_t wait;

	snprintf(reply->why, sizeof(reply->why), "%.*s",
	    (int)sizeof(reply->why) - 1, why);
	http_hide(http, reply->why);
	wait = classify_failure(transfer);
	if (limit_is_broken(&http->limit))
		stop_for(http, reply);
	if (is_spent(transfer)) {
		reply->outcome = HTTP_SPENT;
		http_log_failure(transfer, -1);
		return false;
	}
	transfer->is_over = transfer->is_taken = false;
	transfer->redirects = 0;
	free(transfer->url);
	transfer->url = mem_text(reply->request.url);
	wait = http_asked(transfer, wait);
	transfer->due = clock_ms() + wait;
	http->n_open++;
	http->counts.retries++;
	http_log_failure(transfer, wait);
	return true;
}
