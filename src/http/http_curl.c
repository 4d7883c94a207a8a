/*
 * libcurl: the options of a handle, and its callbacks.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/http_internal.h"

#define CONNECT_MS 10000L

#define SPAN_MS 60000

int64_t
http_span_ms(const struct transfer *transfer)
{
	int64_t stall = transfer->http->settings.stall_ms;

	return stall > SPAN_MS ? stall : SPAN_MS;
}

const char *
http_version(void)
{
	return curl_version();
}

int
http_global(struct err *err)
{
	static bool done;

	if (!done && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, ERR_INTERNAL, "cannot initialize libcurl");
	done = true;
	return 0;
}

/* Count received bytes, of headers or of the decoded body. */
static void
note_bytes(struct transfer *transfer, size_t n)
{
	int64_t now = clock_ms();

	transfer->last_byte = now;
	if (transfer->span_since == 0 || (transfer->span_bytes >= SPAN_BYTES &&
	    now >= transfer->span_since + http_span_ms(transfer))) {
		transfer->span_since = now;
		transfer->span_bytes = 0;
	}
	transfer->span_bytes += n;
}

/* libcurl's callback for decoded bytes of a body. */
static size_t
on_body(char *data, size_t size, size_t n, void *cookie)
{
	struct transfer *transfer = cookie;

	note_bytes(transfer, size * n);
	if (text_add(&transfer->reply.body, data, size * n) == -1) {
		transfer->too_large = true;
		return 0;
	}
	return size * n;
}

static bool
is_header(const char *line, size_t len, const char *name)
{
	size_t n = strlen(name);

	return len > n && line[n] == ':' && strncasecmp(line, name, n) == 0;
}

/* The value of a header line, new. */
static char *
header_value(const char *line, size_t len)
{
	const char *p = memchr(line, ':', len), *end = line + len;

	for (p++; p < end && (*p == ' ' || *p == '\t'); p++)
		;
	while (end > p && strchr(" \t\r\n", end[-1]) != NULL)
		end--;
	return mem_copy(p, (size_t)(end - p));
}

/* Keep headers about waits and limits. */
static void
note_reported(struct transfer *transfer, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	char *name, *value;

	if (colon == NULL || memchr(line, '\0', len) != NULL)
		return;
	name = mem_copy(line, (size_t)(colon - line));
	value = header_value(line, len);
	reported_header(transfer, name, value);
	free(name);
	free(value);
}

/* Store a header to show to people: escaped, and truncated. */
static char *
visible_value(const char *line, size_t len)
{
	char *value = header_value(line, len);
	struct text text;

	text_init(&text, 128);
	(void)text_add_visible(&text, value, strlen(value));
	free(value);
	if (text.len == 0) {
		text_release(&text);
		return NULL;
	}
	return text_take(&text);
}

/* Keep the headers that the request asks for; join those of one name. */
static void
keep_header(char **kept, const char *line, size_t len)
{
	char *value = header_value(line, len), *before = *kept;

	if (before == NULL) {
		*kept = value;
		return;
	}
	*kept = mem_format("%s, %s", before, value);
	free(before);
	free(value);
}

static void
note_header(struct transfer *transfer, const char *line, size_t len)
{
	const char *wanted;
	char *value;
	size_t i;

	for (i = 0; i < HTTP_KEPT; i++) {
		wanted = transfer->reply.request.headers[i];
		if (wanted != NULL && is_header(line, len, wanted))
			keep_header(&transfer->reply.headers[i], line, len);
	}
	if (is_header(line, len, "x-request-id")) {
		free(transfer->reply.id);
		transfer->reply.id = visible_value(line, len);
		http_hide(transfer->http, transfer->reply.id);
		return;
	}
	note_reported(transfer, line, len);
	if (is_header(line, len, "location")) {
		free(transfer->location);
		transfer->location = header_value(line, len);
	} else if (is_header(line, len, "content-encoding")) {
		value = header_value(line, len);
		transfer->odd_encoding |= !http_is_coding(value);
		free(value);
	} else if (is_header(line, len, "content-type")) {
		value = header_value(line, len);
		transfer->reply.is_html = strncasecmp(value, "text/html",
		    9) == 0;
		transfer->reply.is_json = strcasestr(value, "json") != NULL;
		free(value);
	}
}

/* Forget the headers so far. */
static void
forget_head(struct transfer *transfer)
{
	size_t i;

	for (i = 0; i < HTTP_KEPT; i++) {
		free(transfer->reply.headers[i]);
		transfer->reply.headers[i] = NULL;
	}
	free(transfer->location);
	free(transfer->reply.id);
	transfer->location = NULL;
	transfer->reply.id = NULL;
	transfer->odd_encoding = false;
	transfer->retry_after = -1;
	text_clear(&transfer->reported);
	transfer->report = transfer->members = (struct reported){ .limit = -1,
	    .left = -1, .reset = -1 };
	transfer->reply.is_html = transfer->reply.is_json = false;
}

/* libcurl's callback for a header line.  A status line starts a new block of
 * headers (after 100 Continue, or a proxy's reply). */
static size_t
on_header(char *line, size_t size, size_t n, void *cookie)
{
	struct transfer *transfer = cookie;
	size_t len = size * n;

	note_bytes(transfer, len);
	transfer->header_bytes += len;
	if (transfer->header_bytes > HTTP_HEADERS_MAX)
		return 0;
	if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
		forget_head(transfer);
	} else {
		note_header(transfer, line, len);
	}
	return len;
}

/* Set the options that all requests share. */
static CURL *
new_handle(const struct http_settings *settings)
{
	CURL *easy = curl_easy_init();

	if (easy == NULL)
		return NULL;
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
	    (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, settings->agent);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	/* Send the request's headers to the server, never to a proxy. */
	curl_easy_setopt(easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 128L * 1024);
	curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE,
	    (curl_off_t)settings->max_body);
	if (settings->ca_file != NULL)
		curl_easy_setopt(easy, CURLOPT_CAINFO, settings->ca_file);
	return easy;
}

/* Reset the reply for another attempt. */
static void
forget_reply(struct transfer *transfer)
{
	struct http_reply *reply = &transfer->reply;

	text_clear(&reply->body);
	reply->status = 0;
	reply->why[0] = '\0';
	forget_head(transfer);
	transfer->header_bytes = 0;
	transfer->too_large = false;
	transfer->curl_error[0] = '\0';
}

int
http_start(struct transfer *transfer)
{
	struct http *http = transfer->http;
	bool is_native = http_is_same_server(transfer->url, http->settings.base,
	    http->settings.hosts);
	CURL *easy = http->n_idle > 0 ? http->idle[--http->n_idle] :
	    new_handle(&http->settings);

	if (easy == NULL)
		return -1;
	forget_reply(transfer);
	curl_easy_setopt(easy, CURLOPT_URL, transfer->url);
	if (transfer->reply.request.body != NULL) {
		/* redirect() sends a POST to no other server. */
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE,
		    (long)strlen(transfer->reply.request.body));
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
		    transfer->reply.request.body);
	} else {
		curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
	}
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER,
	    !is_native ? http->without_key :
	    transfer->reply.request.body != NULL ? http->post :
	    http->with_key);
	transfer->is_plain = http->plain;
	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING,
	    http->plain ? NULL : "");
	curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING,
	    http->plain ? 0L : 1L);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->curl_error);
	if (curl_multi_add_handle(http->multi, easy) != CURLM_OK) {
		curl_easy_cleanup(easy);
		return -1;
	}
	transfer->easy = easy;
	limit_sent(transfer, http->n_wire + 1);
	transfer->started = clock_ms();
	transfer->reply.is_slow = false;
	transfer->last_byte = transfer->span_since = 0;
	transfer->successes = http->limit.successes;
	http->n_wire++;
	http->counts.requests++;
	return 0;
}

void
http_leave_wire(struct transfer *transfer)
{
	struct http *http = transfer->http;

	if (transfer->easy == NULL)
		return;
	curl_multi_remove_handle(http->multi, transfer->easy);
	curl_easy_setopt(transfer->easy, CURLOPT_ERRORBUFFER, NULL);
	http->idle[http->n_idle++] = transfer->easy;
	transfer->easy = NULL;
	http->n_wire--;
}
