#ifndef UNIT_HTTP_H
#define UNIT_HTTP_H

/*
 * The room http on a simulated clock, with a fake libcurl that plays the
 * server.  A function of the test makes its answers.
 */

#include "unit.h"

#include "http/http_internal.h"

#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

#define MAX_URLS 2000
#define WIRE 16
#define SLACK 2		/* ms: two clocks are compared, each of them rounded */

/* What the server answers. */
struct reply {
	int status;
	char headers[4][200];
	unsigned n_headers;
	int64_t wait;		/* this request: not before; ms */
	int64_t all;		/* likewise, all requests */
	CURLcode code;		/* libcurl's result */
	const char *body;
	unsigned chunks;	/* the body, so often */
	int64_t gap;		/* ms between two of these */
};

static struct {
	void (*answer)(unsigned, struct reply *);
	int64_t not_before[MAX_URLS], blocked;
	int64_t sent[16384];	/* when */
	unsigned n_sent;
	unsigned too_soon, in_vain, unclear;
	uint64_t random;
} server;

struct fake {
	unsigned url;
	curl_write_callback on_header, on_body;
	void *header_data, *body_data;
	char *private;
	int status;
	int64_t comes;
	struct reply reply;	/* while it comes in pieces */
	bool is_on;
	bool is_new;		/* no byte has arrived */
	bool is_done;
};

static struct fake *wire[WIRE];

static double
chance(void)
{
	server.random ^= server.random << 13;
	server.random ^= server.random >> 7;
	server.random ^= server.random << 17;
	return (double)(server.random >> 11) / 9007199254740992.0;
}

/* ------------------------------------------- the parts of libcurl in use */

CURL *
curl_easy_init(void)
{
	return mem_zero(1, sizeof(struct fake));
}

void
curl_easy_cleanup(CURL *easy)
{
	free(easy);
}

CURLcode
curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
	struct fake *fake = easy;
	va_list args;

	va_start(args, option);
	if (option == CURLOPT_URL)
		fake->url = (unsigned)atoi(strrchr(va_arg(args, char *),
		    '/') + 1);
	else if (option == CURLOPT_HEADERFUNCTION)
		fake->on_header = va_arg(args, curl_write_callback);
	else if (option == CURLOPT_WRITEFUNCTION)
		fake->on_body = va_arg(args, curl_write_callback);
	else if (option == CURLOPT_HEADERDATA)
		fake->header_data = va_arg(args, void *);
	else if (option == CURLOPT_WRITEDATA)
		fake->body_data = va_arg(args, void *);
	else if (option == CURLOPT_PRIVATE)
		fake->private = va_arg(args, char *);
	va_end(args);
	return CURLE_OK;
}

CURLcode
curl_easy_getinfo(CURL *easy, CURLINFO info, ...)
{
	struct fake *fake = easy;
	va_list args;

	va_start(args, info);
	if (info == CURLINFO_RESPONSE_CODE)
		*va_arg(args, long *) = fake->status;
	else if (info == CURLINFO_PRIVATE)
		*va_arg(args, char **) = fake->private;
	va_end(args);
	return CURLE_OK;
}

CURLM *
curl_multi_init(void)
{
	return mem_zero(1, 1);
}

CURLMcode
curl_multi_cleanup(CURLM *multi)
{
	free(multi);
	return CURLM_OK;
}

CURLMcode
curl_multi_setopt(CURLM *multi, CURLMoption option, ...)
{
	(void)multi, (void)option;
	return CURLM_OK;
}

CURLMcode
curl_multi_add_handle(CURLM *multi, CURL *easy)
{
	struct fake *fake = easy;
	int64_t now = clock_ms();
	unsigned i;

	(void)multi;
	for (i = 0; wire[i] != NULL; i++)
		assert_true(i + 1 < WIRE);
	wire[i] = fake;
	fake->is_on = fake->is_new = true;
	fake->is_done = false;
	fake->comes = now + 5 + (int64_t)(chance() * 75);
	server.too_soon += now + SLACK < server.not_before[fake->url];
	server.in_vain += now + SLACK < server.blocked;
	if (server.n_sent < LENGTH(server.sent))
		server.sent[server.n_sent++] = now;
	return CURLM_OK;
}

CURLMcode
curl_multi_remove_handle(CURLM *multi, CURL *easy)
{
	unsigned i;

	(void)multi;
	for (i = 0; i < WIRE; i++)
		if (wire[i] == easy)
			wire[i] = NULL;
	return CURLM_OK;
}

static void
say(struct fake *fake, const char *line)
{
	char *copy = mem_format("%s\r\n", line);

	fake->on_header(copy, 1, strlen(copy), fake->header_data);
	free(copy);
}

/* Make the reply when it arrives: it contains times. */
static void
deliver_head(struct fake *fake)
{
	struct reply *reply = &fake->reply;
	int64_t now = clock_ms();
	unsigned i;

	*reply = (struct reply){ .status = 200, .wait = -1, .all = -1,
	    .body = "{}", .chunks = 1 };
	server.answer(fake->url, reply);
	fake->status = reply->status;
	if (reply->status > 0)
		say(fake, "HTTP/1.1 200");
	for (i = 0; i < reply->n_headers; i++)
		say(fake, reply->headers[i]);
	server.not_before[fake->url] = now + reply->wait;
	if (now + reply->all > server.blocked)
		server.blocked = now + reply->all;
}

/* Return whether that was the end of the reply. */
static bool
deliver(struct fake *fake)
{
	struct reply *reply = &fake->reply;
	char *body;

	if (fake->is_new)
		deliver_head(fake);
	fake->is_new = false;
	if (reply->code == CURLE_OK && reply->chunks > 0) {
		body = mem_text(reply->body);
		fake->on_body(body, 1, strlen(body), fake->body_data);
		free(body);
		reply->chunks--;
	}
	fake->comes = clock_ms() + reply->gap;
	return reply->code != CURLE_OK || reply->chunks == 0;
}

CURLMcode
curl_multi_perform(CURLM *multi, int *running)
{
	unsigned i;

	(void)multi;
	for (*running = 0, i = 0; i < WIRE; i++) {
		if (wire[i] == NULL || !wire[i]->is_on)
			continue;
		if (wire[i]->comes <= clock_ms() && deliver(wire[i])) {
			wire[i]->is_on = false;
			wire[i]->is_done = true;
		} else {
			++*running;
		}
	}
	return CURLM_OK;
}

CURLMsg *
curl_multi_info_read(CURLM *multi, int *left)
{
	static CURLMsg message;
	unsigned i;

	(void)multi;
	for (*left = 0, i = 0; i < WIRE; i++) {
		if (wire[i] == NULL || !wire[i]->is_done)
			continue;
		wire[i]->is_done = false;
		message = (CURLMsg){ .msg = CURLMSG_DONE,
		    .easy_handle = wire[i],
		    .data.result = wire[i]->reply.code };
		return &message;
	}
	return NULL;
}

CURLMcode
curl_multi_poll(CURLM *multi, struct curl_waitfd *fds, unsigned n, int ms,
    int *ready)
{
	int64_t now = clock_ms(), until = now + ms;
	unsigned i;

	(void)multi, (void)fds, (void)n, (void)ready;
	for (i = 0; i < WIRE; i++)
		if (wire[i] != NULL && wire[i]->is_on &&
		    wire[i]->comes < until)
			until = wire[i]->comes;
	clock_forward(until - now);
	return CURLM_OK;
}

/* -------------------------------------------------------------- the client */

static unsigned tries = 100;	/* of each request */
static FILE *log_file;
static struct log *said_log;
static struct http *http;
static struct err ended;

static void
open_http(int64_t max_wait_ms)
{
	struct http_settings settings = { .base = "http://127.0.0.1:1",
	    .agent = "test", .jobs = WIRE, .attempts = tries,
	    .max_wait_ms = max_wait_ms, .stall_ms = 60000,
	    .first_byte_ms = 60000, .max_body = 1 << 20, .wake_fd = -1 };
	struct err err;
	uint64_t random = server.random;

	memset(&server, 0, sizeof(server));
	server.random = random;
	log_file = tmpfile();
	said_log = log_new(LOG_ERROR, LOG_INFO);
	log_to_file(said_log, fileno(log_file), LOG_TEXT);
	settings.log = said_log;
	http = http_new(&settings, &err);
	assert_non_null(http);
	ended = (struct err){ .kind = ERR_NONE };
}

/* The log's text; new. */
static char *
close_http(void)
{
	char *reported = mem_zero(1, 1 << 20);

	http_free(http);
	log_free(said_log);
	rewind(log_file);
	assert_true(
	    fread(reported, 1, (1 << 20) - 1, log_file) < (1 << 20) - 1);
	fclose(log_file);
	return reported;
}

/* A 2xx reply that reports a failure. */
static bool
is_failure(const struct http_reply *reply)
{
	return reply->outcome == HTTP_GOOD && reply->body.len > 0 &&
	    strstr(reply->body.data, "failed") != NULL;
}

/* Fetch ${n} URLs.  Return how many succeeded. */
static unsigned
have(unsigned n)
{
	struct http_reply *reply;
	unsigned next = 0, good = 0;
	enum http_event event;

	for (;;) {
		for (; next < n && http_free_slots(http) > 0; next++)
			http_send(http, &(struct http_request){
			    .url = mem_format("http://127.0.0.1:1/%u", next),
			    .what = "it" });
		event = http_wait(http, 1000, &reply, &ended);
		if (event == HTTP_REPLY && is_failure(reply) &&
		    http_requeue(http, reply, "it says that it failed")) {
			continue;
		} else if (event == HTTP_REPLY) {
			good += reply->outcome == HTTP_GOOD;
			if (reply->outcome == HTTP_GOOD)
				http_accept(http, reply);
			http_reply_free(http, reply);
		} else if (event == HTTP_FAILED ||
		    (event == HTTP_IDLE && next == n)) {
			return good;
		}
	}
}

/* Count lines of the log that contain both. */
static unsigned __attribute__((unused))
count(const char *text, const char *part, const char *other)
{
	unsigned n = 0;
	char *line;

	for (; *text != '\0'; text += strcspn(text, "\n") + 1) {
		line = mem_copy(text, strcspn(text, "\n"));
		n += strstr(line, part) != NULL &&
		    strstr(line, other) != NULL;
		free(line);
	}
	return n;
}

#endif
