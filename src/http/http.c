/*
 * The queue of requests: what is on the wire, what sleeps, what is over.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "http/http_internal.h"

#define MAX_REDIRECTS 5
#define MAX_UNREACHED 3	/* tries, as long as nothing ever answered */
#define MAX_SLOW 2	/* times that too long is waited for too much */
#define MAX_ASLEEP 32	/* of refused requests, times those under way */

/* Those that were refused and wait for their time, and keep no other off. */
static unsigned
asleep(const struct http *http)
{
	const struct transfer *transfer;
	int64_t now = clock_ms();
	unsigned n = 0;

	DL_FOREACH(http->all, transfer)
		n += transfer->easy == NULL && !transfer->is_over &&
		    transfer->refusals > 0 && transfer->due > now;
	return n < http->limit.max * MAX_ASLEEP ? n :
	    http->limit.max * MAX_ASLEEP;
}

unsigned
http_free_slots(const struct http *http)
{
	unsigned busy = http->n_open + http->n_ready, free;

	if (http->stopped.kind != ERR_NONE || http->giving_up)
		return 0;
	/* Replies that wait to be taken have their place in memory too. */
	free = busy < http->limit.max ? http->limit.max - busy : 0;
	if (free > 0)
		return free;
	busy -= asleep(http);
	return busy < http->limit.max ? http->limit.max - busy : 0;
}

void
http_send(struct http *http, const struct http_request *request)
{
	struct transfer *transfer = mem_zero(1, sizeof(*transfer));
	int64_t first_byte = (int64_t)request->first_byte_s * 1000;

	transfer->http = http;
	transfer->reply.request = *request;
	transfer->url = mem_text(request->url);
	transfer->first_byte_ms = http->settings.first_byte_ms > 0 ?
	    http->settings.first_byte_ms : first_byte;
	if (http->n_spare > 0)
		transfer->reply.body = http->spare[--http->n_spare];
	else
		text_init(&transfer->reply.body, http->settings.max_body);
	text_init(&transfer->reported, SAID_ALL);
	DL_APPEND(http->all, transfer);
	http->n_open++;
}

/* Too much has failed; this was the last of it. */
static void
stop_for(struct http *http, const struct http_reply *reply)
{
	char why[400];

	http_reason(reply, why);
	http_end(http, ERR_NET, why);
}

/* It will not be tried again. */
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

/* Try it again later, or see that it was tried often enough. */
static void
retry(struct transfer *transfer)
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
		/* Our own wait is never too long, whatever the setting. */
		if (wait > http->settings.max_wait_ms)
			wait = http->settings.max_wait_ms;
		/* Whatever it was, a wait that was asked for is obeyed. */
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
		why = "it leads to no address that may be asked";
	else if (reply->request.body != NULL && ((reply->status != 307 &&
	    reply->status != 308) || !http_is_same_server(url,
	    transfer->http->settings.base,
	    transfer->http->settings.hosts)))
		why = "a POST is not sent to another place";
	else if (++transfer->redirects > MAX_REDIRECTS)
		why = "redirected too often";
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

/* Whatever its header says: what begins like JSON is, and nothing isn't. */
static void
note_prescans(struct http_reply *reply)
{
	const char *body = reply->body.len > 0 ? reply->body.data : "";

	body += strspn(body, " \t\r\n");
	if (*body == '\0')
		reply->is_json = false;
	else if ((*body == '{' || *body == '[') && !reply->is_html)
		reply->is_json = true;
}

/*
 * It says that it is coded in a way nobody knows ("utf-8"), and most likely
 * isn't: from now on nothing is asked to be coded, nor decoded.
 */
static void
take_native(struct transfer *transfer)
{
	struct http *http = transfer->http;

	char *url = http_hidden(http, transfer->url);

	if (!http->plain)
		log_event(http->settings.log, LOG_WARN, "http", "the "
		    "server's Content-Encoding is unknown; bodies are read "
		    "as they are", "url", url, NULL);
	free(url);
	http->plain = true;
	limit_lost(transfer, clock_ms());
	transfer->due = 0;
}

/* A transfer came off the wire. */
static void
finish_transfer(struct transfer *transfer, CURLcode code)
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
	note_prescans(reply);
	reported_finish(transfer, clock_ms());
	if (code == CURLE_BAD_CONTENT_ENCODING && transfer->odd_encoding &&
	    !transfer->is_plain) {
		take_native(transfer);
		return;
	}
	switch (http_classify(transfer, code)) {
	case GOOD:
		reply->attempts++;
		http->counts.bytes += reply->body.len;
		/* With a Retry-After, it may yet prove to be a refusal. */
		transfer->is_doubtful = transfer->retry_after >= 0;
		if (!transfer->is_doubtful)
			limit_success(transfer, clock_ms());
		finish(transfer, HTTP_GOOD);
		break;
	case RETRY:
		retry(transfer);
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

/* A reply that was no use: return how long to wait for the next. */
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

void
http_reply_free(struct http *http, struct http_reply *reply)
{
	if (reply == NULL)
		return;
	if (reply->outcome == HTTP_GOOD) {
		http_accept(http, reply);
		limit_accepted(&http->limit);
	}
	http_free_transfer((struct transfer *)(void *)reply);
}

void
http_stop(struct http *http, int64_t ms)
{
	int64_t now = clock_ms(), until = ms < INT64_MAX - now ? now + ms :
	    INT64_MAX;

	if (!http->giving_up || until < http->over)
		http->over = until;
	http->giving_up = true;
}

/* Start it, if its time has come. */
static void
start(struct transfer *transfer, int64_t now)
{
	struct http *http = transfer->http;

	if (transfer->easy == NULL && !transfer->is_over &&
	    transfer->due <= now && !http->giving_up &&
	    http->stopped.kind == ERR_NONE &&
	    limit_allows(&http->limit, http->n_wire, now) &&
	    http_start(transfer) == -1)
		http_end(http, ERR_INTERNAL, "libcurl has no handle");
}

/* A scout that was not refused before tells more; is there none? */
static void
start_scout(struct http *http, int64_t now)
{
	struct transfer *transfer;

	DL_FOREACH(http->all, transfer)
		if (http->limit.limiter.holds && transfer->refusals > 0)
			start(transfer, now);
}

/*
 * A limit was found: those that were refused for it, and wait for longer and
 * longer, have waited for nothing.  What the server asked for is kept to.
 */
static void
wake(struct http *http, int64_t now)
{
	bool limited = http->limit.limiter.state == LIMITER_LIMITED ||
	    http->limit.width.is_known;
	struct transfer *transfer;

	if (limited && !http->is_limited)
		DL_FOREACH(http->all, transfer)
			if (transfer->easy == NULL && !transfer->is_over &&
			    transfer->refusals > 0 &&
			    transfer->retry_after < 0 && transfer->due > now)
				transfer->due = now;
	http->is_limited = limited;
}

/*
 * Look at all transfers: start those whose time has come, end those that are
 * silent.  Return when something is due next, at most ${until}.
 */
static int64_t
look_after(struct http *http, int64_t now, int64_t until)
{
	struct transfer *transfer;
	int64_t budget, wait_rate;

	wake(http, now);
	DL_FOREACH(http->all, transfer) {
		if (transfer->is_over)
			continue;
		if (transfer->easy != NULL &&
		    now >= http_deadline(transfer)) {
			http_end_slow(transfer, now);
			retry(transfer);
		}
		if (!http->limit.limiter.holds || transfer->refusals == 0)
			start(transfer, now);
		if (transfer->is_over)
			continue;
		if (transfer->easy != NULL) {
			if (http_deadline(transfer) < until)
				until = http_deadline(transfer);
		} else if (transfer->due > now && transfer->due < until) {
			until = transfer->due;
		}
	}
	start_scout(http, now);
	wait_rate = limiter_next(&http->limit.limiter, now);
	if (wait_rate > now && wait_rate < until && http->n_open > http->n_wire)
		until = wait_rate;
	budget = quota_next(&http->limit.quota, http->n_wire, now);
	if (budget > now && budget < until && http->n_open > http->n_wire)
		until = budget;
	if (budget < INT64_MAX && http->n_open > http->n_wire)
		http_end_used_up(http, budget - now);
	return until;
}

/* Take what has come off the wire.  Return whether anything has. */
static bool
resolve_all(struct http *http)
{
	bool any = false;
	struct transfer *transfer;
	CURLMsg *message;
	char *private;
	int left;

	while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
		    &private);
		transfer = (struct transfer *)(void *)private;
		finish_transfer(transfer, message->data.result);
		any = true;
	}
	return any;
}

/* The oldest reply that has not been taken, or NULL. */
static struct transfer *
next_reply(struct http *http)
{
	struct transfer *transfer;

	DL_FOREACH(http->all, transfer)
		if (transfer->is_over && !transfer->is_taken)
			return transfer;
	return NULL;
}

/* Is there nothing that could still come? */
static bool
nothing_comes(const struct http *http)
{
	if (http->giving_up && clock_ms() >= http->over)
		return true;
	if (http->giving_up || http->stopped.kind != ERR_NONE)
		return http->n_wire == 0;
	return http->n_open == 0;
}

enum http_event
http_wait(struct http *http, int64_t ms, struct http_reply **reply,
    struct err *err)
{
	struct curl_waitfd wake = { .fd = http->settings.wake_fd,
	    .events = CURL_WAIT_POLLIN };
	int64_t now = clock_ms(), until, end = now + ms;
	struct transfer *transfer;
	bool settled;
	int running;

	for (;;) {
		until = look_after(http, now, end);
		curl_multi_perform(http->multi, &running);
		settled = resolve_all(http);
		if ((transfer = next_reply(http)) != NULL) {
			transfer->is_taken = true;
			http->n_ready--;
			*reply = &transfer->reply;
			return HTTP_REPLY;
		}
		if (nothing_comes(http)) {
			if (http->stopped.kind == ERR_NONE)
				return HTTP_IDLE;
			if (err != NULL)
				*err = http->stopped;
			return HTTP_FAILED;
		}
		now = clock_ms();
		if (settled)
			continue;	/* there may be room on the wire */
		if (now >= end)
			return HTTP_TICK;
		if (http->n_wire == 0 && clock_skips()) {
			clock_forward(until - now);
		} else if (until > now) {
			curl_multi_poll(http->multi, &wake,
			    wake.fd != -1 ? 1 : 0, (int)(until - now), NULL);
		}
		if (wake.revents != 0)
			return HTTP_WOKEN;
		now = clock_ms();
	}
}

void
http_count(const struct http *http, struct http_counts *counts)
{
	int64_t now = clock_ms(), budget;

	*counts = http->counts;
	counts->under_way = http->n_wire;
	counts->waiting = http->n_open - http->n_wire;
	counts->pause_ms = limiter_waits(&http->limit.limiter, now);
	budget = quota_next(&http->limit.quota, http->n_wire, now);
	if (budget < INT64_MAX && budget - now > counts->pause_ms &&
	    counts->waiting > 0)
		counts->pause_ms = budget - now;
}
