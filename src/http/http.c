/*
 * The queue of requests: those in flight, those waiting, those with a reply.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "http/http_internal.h"

#define MAX_ASLEEP 32	/* refused requests, per request in flight */

/* Count refused requests that wait for a retry; these occupy no slot. */
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
	/* Replies that were not taken yet use memory too. */
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
	text_init(&transfer->reported, HEADERS_KEPT_MAX);
	DL_APPEND(http->all, transfer);
	http->n_open++;
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

/* Send it, if it is due and the limits allow it. */
static void
start(struct transfer *transfer, int64_t now)
{
	struct http *http = transfer->http;

	if (transfer->easy == NULL && !transfer->is_over &&
	    transfer->due <= now && !http->giving_up &&
	    http->stopped.kind == ERR_NONE &&
	    limit_allows(&http->limit, http->n_wire, now) &&
	    http_start(transfer) == -1)
		http_end(http, ERR_INTERNAL, "libcurl failed to create a "
		    "handle");
}

/* In a hold, prefer a scout that was never refused; else send another. */
static void
start_scout(struct http *http, int64_t now)
{
	struct transfer *transfer;

	DL_FOREACH(http->all, transfer)
		if (limit_holds(&http->limit) && transfer->refusals > 0)
			start(transfer, now);
}

/*
 * Once a limit is found, the back-off of requests that were refused for it is
 * pointless: make them due, unless the server asked for their wait.
 */
static void
wake(struct http *http, int64_t now)
{
	bool limited = limit_is_known(&http->limit);
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
 * Start transfers that are due, and abort those that stalled.  Return when to
 * do it next, at most ${until}.
 */
static int64_t
update_transfers(struct http *http, int64_t now, int64_t until)
{
	struct transfer *transfer;
	int64_t next;

	wake(http, now);
	DL_FOREACH(http->all, transfer) {
		if (transfer->is_over)
			continue;
		if (transfer->easy != NULL &&
		    now >= http_deadline(transfer)) {
			http_end_slow(transfer, now);
			http_retry(transfer);
		}
		if (!limit_holds(&http->limit) || transfer->refusals == 0)
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
	if (http->n_open > http->n_wire) {
		next = limit_next(&http->limit, http->n_wire, now);
		if (next < until)
			until = next;
		next = limit_quota_next(&http->limit, http->n_wire, now);
		if (next < INT64_MAX)
			http_end_used_up(http, next - now);
	}
	return until;
}

/* Finish the transfers that ended.  Return whether there were any. */
static bool
finish_all(struct http *http)
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
		http_finish(transfer, message->data.result);
		any = true;
	}
	return any;
}

/* The oldest reply that was not taken, or NULL. */
static struct transfer *
next_reply(struct http *http)
{
	struct transfer *transfer;

	DL_FOREACH(http->all, transfer)
		if (transfer->is_over && !transfer->is_taken)
			return transfer;
	return NULL;
}

/* Can no more replies arrive? */
static bool
is_idle(const struct http *http)
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
	bool finished;
	int running;

	for (;;) {
		until = update_transfers(http, now, end);
		curl_multi_perform(http->multi, &running);
		finished = finish_all(http);
		if ((transfer = next_reply(http)) != NULL) {
			transfer->is_taken = true;
			http->n_ready--;
			*reply = &transfer->reply;
			return HTTP_REPLY;
		}
		if (is_idle(http)) {
			if (http->stopped.kind == ERR_NONE)
				return HTTP_IDLE;
			if (err != NULL)
				*err = http->stopped;
			return HTTP_FAILED;
		}
		now = clock_ms();
		if (finished)
			continue;	/* slots are free */
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
	int64_t now = clock_ms(), quota;

	*counts = http->counts;
	counts->under_way = http->n_wire;
	counts->waiting = http->n_open - http->n_wire;
	counts->pause_ms = limit_pause(&http->limit, now);
	quota = limit_quota_next(&http->limit, http->n_wire, now);
	if (quota < INT64_MAX && quota - now > counts->pause_ms &&
	    counts->waiting > 0)
		counts->pause_ms = quota - now;
}
