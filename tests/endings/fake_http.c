/*
 * The room http without a network: what is asked for is answered at once by
 * endings_answer(), the oldest request first or, with several of them, any.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "endings.h"

#define ATTEMPTS 2

struct request {
	struct http_reply reply;	/* first: the caller holds this */
	struct request *prev, *next;
};

struct http {
	struct http_settings settings;
	struct request *waiting;
	unsigned n_waiting;
	bool stopped;
	struct http_counts counts;
};

struct http *
http_new(const struct http_settings *settings, struct err *err)
{
	struct http *http = mem_zero(1, sizeof(*http));

	(void)err;
	http->settings = *settings;
	return http;
}

static void
free_request(struct request *request)
{
	text_release(&request->reply.body);
	free(request->reply.headers[0]);
	free(request->reply.request.url);
	free(request->reply.request.body);
	free(request);
}

void
http_free(struct http *http)
{
	struct request *request;

	if (http == NULL)
		return;
	while ((request = http->waiting) != NULL) {
		DL_DELETE(http->waiting, request);
		free_request(request);
	}
	free(http);
}

unsigned
http_free_slots(const struct http *http)
{
	return http->stopped ? 0 : http->settings.jobs - http->n_waiting;
}

void
http_send(struct http *http, const struct http_request *wanted)
{
	struct request *request = mem_zero(1, sizeof(*request));

	request->reply.request = *wanted;
	text_init(&request->reply.body, SIZE_MAX / 4);
	DL_APPEND(http->waiting, request);
	http->n_waiting++;
}

enum http_event
http_wait(struct http *http, int64_t ms, struct http_reply **reply,
    struct err *err)
{
	struct request *request = http->waiting;
	unsigned n;

	(void)ms;
	(void)err;
	if (request == NULL || http->stopped)
		return HTTP_IDLE;
	for (n = endings_dice(http->n_waiting); n > 0; n--)
		request = request->next;
	DL_DELETE(http->waiting, request);
	http->n_waiting--;
	http->counts.requests++;
	text_clear(&request->reply.body);
	free(request->reply.headers[0]);
	request->reply.headers[0] = NULL;
	request->reply.attempts++;
	request->reply.status = endings_answer(&request->reply);
	request->reply.is_json = true;
	request->reply.outcome = request->reply.status == 200 ? HTTP_GOOD :
	    request->reply.status < 500 ? HTTP_REFUSED : HTTP_SPENT;
	snprintf(request->reply.why, sizeof(request->reply.why), "HTTP %d",
	    request->reply.status);
	*reply = &request->reply;
	return HTTP_REPLY;
}

void
http_accept(struct http *http, struct http_reply *reply)
{
	(void)http, (void)reply;
}

bool
http_requeue(struct http *http, struct http_reply *reply, const char *why)
{
	struct request *request = (struct request *)(void *)reply;

	snprintf(reply->why, sizeof(reply->why), "%.250s", why);
	reply->outcome = HTTP_SPENT;
	if (reply->attempts >= ATTEMPTS)
		return false;
	DL_APPEND(http->waiting, request);
	http->n_waiting++;
	return true;
}

void
http_reason(const struct http_reply *reply, char out[400])
{
	snprintf(out, 400, "%s", reply->why);
}

void
http_reply_free(struct http *http, struct http_reply *reply)
{
	(void)http;
	if (reply != NULL)
		free_request((struct request *)(void *)reply);
}

void
http_stop(struct http *http, int64_t ms)
{
	(void)ms;
	http->stopped = true;
}

void
http_count(const struct http *http, struct http_counts *counts)
{
	*counts = http->counts;
}

/* No key is sent, so none can come back. */
void
http_hide(const struct http *http, char *text)
{
	(void)http;
	(void)text;
}

char *
http_hidden(const struct http *http, const char *text)
{
	(void)http;
	return text != NULL ? mem_text(text) : NULL;
}
