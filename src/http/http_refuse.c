/*
 * Refused requests: how long they wait, how that is reported, and when the
 * wait is so long that the run ends.
 */

#include <stdio.h>
#include <stdlib.h>

#include "http/http_internal.h"

/* Tolerance by which a server's wait may exceed --max-wait. */
#define ROUNDED_MS 2000

/* How often a 503 of one request may be attributed to the rate. */
#define MAX_PLAIN 12

/* After this many served, a refusal is not attributed to the rate. */
#define SERVED_MANY 16

void
http_end(struct http *http, enum err_kind kind, const char *text)
{
	if (http->stopped.kind == ERR_NONE)
		err_set(&http->stopped, kind, "%s", text);
}

/* Did the server ask for this wait?  "Retry-After: 120" is 2m00s. */
void
http_say_asked(const struct transfer *transfer, int64_t wait, char *out,
    size_t capacity)
{
	char human[24];

	*out = '\0';
	if (wait < 0 || transfer->retry_after <= 0)
		return;
	text_human_time(wait, human);
	snprintf(out, capacity, "; the server says \"%s\": waiting %s",
	    transfer->retry_text, human);
}

void
http_log_failure(struct transfer *transfer, int64_t wait)
{
	struct http_reply *reply = &transfer->reply;
	const struct http_settings *settings = &transfer->http->settings;
	char status[16], attempt[32], seconds[32], asked[200], message[700];
	char *url = http_hidden(transfer->http, transfer->url);

	snprintf(status, sizeof(status), "%d", reply->status);
	snprintf(attempt, sizeof(attempt), "%u/%u", reply->attempts,
	    settings->attempts);
	snprintf(seconds, sizeof(seconds), "%.3f", (double)wait / 1000);
	http_say_asked(transfer, wait, asked, sizeof(asked));
	snprintf(message, sizeof(message), "%s %.100s: %.300s%s",
	    wait >= 0 ? "retry" : "failed", reply->request.what, reply->why,
	    asked);
	log_event(settings->log, LOG_INFO, "http", message,
	    "resource", reply->request.what, "url", url,
	    "status", reply->status > 0 ? status : NULL, "request_id",
	    reply->id, "attempt", attempt, "wait_s",
	    wait >= 0 ? seconds : NULL, NULL);
	free(url);
}

int64_t
http_asked(struct transfer *transfer, int64_t wait)
{
	struct http *http = transfer->http;
	char text[400], human[24], max[24];

	if (transfer->retry_after > wait)
		wait = transfer->retry_after;
	if (transfer->retry_after <= http->settings.max_wait_ms)
		return wait;
	text_human_time(transfer->retry_after, human);
	text_human_time(http->settings.max_wait_ms, max);
	snprintf(text, sizeof(text), "the server says \"%s\" (HTTP %d): a "
	    "wait of %s, and --max-wait allows %s", transfer->retry_text,
	    transfer->reply.status, human, max);
	http_end(http, ERR_STOPPED, text);
	return wait;
}

/* End the run if nothing was served for longer than --max-wait. */
static void
check_refused(struct transfer *transfer, int64_t now)
{
	struct http *http = transfer->http;
	int64_t since = now - http->limit.refused_since;
	char text[400], human[24];

	if (since <= http->settings.max_wait_ms)
		return;
	text_human_time(since, human);
	snprintf(text, sizeof(text), "the server has refused every request "
	    "for %s (HTTP %d), longer than --max-wait allows", human,
	    transfer->reply.status);
	http_end(http, ERR_STOPPED, text);
}

void
http_end_used_up(struct http *http, int64_t wait)
{
	char text[400], human[24], max[24];

	if (wait <= http->settings.max_wait_ms + ROUNDED_MS)
		return;
	text_human_time(wait, human);
	text_human_time(http->settings.max_wait_ms, max);
	snprintf(text, sizeof(text), "the server says that no requests are "
	    "left (%s): a wait of %s, and --max-wait allows %s",
	    limit_quota_header(&http->limit), human, max);
	http_end(http, ERR_STOPPED, text);
}

/*
 * Is the request refused for its own sake, whatever the rate?  Many others
 * were served since its first refusal.
 */
static bool
is_left_over(const struct transfer *transfer)
{
	const struct http *http = transfer->http;
	const struct transfer *other;

	if (http->limit.successes - transfer->refused_at < SERVED_MANY)
		return false;
	for (other = http->all; other != NULL; other = other->next)
		if (!other->is_over && other->refusals == 0)
			return false;
	return true;
}

int64_t
http_classify_refusal(struct transfer *transfer, int64_t now)
{
	struct http *http = transfer->http;
	struct http_reply *reply = &transfer->reply;
	struct limiter_refusal refusal = { transfer->retry_after,
	    reply->status == 503 && transfer->retry_after < 0 };
	bool is_rate = limit_refused(transfer, &refusal, now);
	bool others = transfer->successes != http->limit.successes;
	bool is_failure = reply->status < 300;
	int64_t wait;

	reply->has_retry_after = transfer->retry_after >= 0;
	if (transfer->refusals++ == 0)
		transfer->refused_at = http->limit.successes;
	if (refusal.is_plain || is_failure) {
		/* While others are served, it may be the rate for some time. */
		reply->attempts += !is_rate || !others ||
		    transfer->refusals > MAX_PLAIN;
		if (refusal.is_plain)
			limit_failure(&http->limit, true);
	} else if ((!is_rate && others) || is_left_over(transfer)) {
		reply->attempts++;
	}
	wait = http_soon(http, is_rate && transfer->refusals > 2 ? 2 :
	    transfer->refusals);
	wait = http_asked(transfer, wait);
	if (!refusal.is_plain && !is_failure)
		check_refused(transfer, now);
	return wait;
}
