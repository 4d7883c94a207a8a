/*
 * Creating and freeing the client and its transfers.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <utlist.h>

#include "http/http_internal.h"

#define MAX_SPARE (4 << 20)	/* bytes; larger bodies' memory is not kept */

/* Wipe and free memory that may have the key. */
static void
wipe(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

static struct curl_slist *
headers(const struct http_settings *settings, bool with_key, bool post)
{
	char *const *more = with_key ? settings->headers : NULL;
	struct curl_slist *list = NULL;
	bool accepts = false;
	char *line, *value;

	for (; more != NULL && *more != NULL; more++) {
		list = curl_slist_append(list, *more);
		accepts |= strncasecmp(*more, "Accept:", 7) == 0;
	}
	if (!accepts)
		list = curl_slist_append(list, "Accept: application/json, "
		    "text/plain;q=0.9, */*;q=0.1");
	if (post) {
		list = curl_slist_append(list,
		    "Content-Type: application/json");
		/* Bodies are small: don't wait for 100 Continue. */
		list = curl_slist_append(list, "Expect:");
	}
	if (with_key && settings->auth_header != NULL) {
		value = settings->basic ? text_base64(settings->key,
		    strlen(settings->key)) : mem_text(settings->key);
		line = mem_format("%s: %s%s", settings->auth_header,
		    settings->basic ? "Basic " : settings->auth_prefix,
		    value);
		list = curl_slist_append(list, line);
		wipe(line);
		wipe(value);
	}
	return list;
}

struct http *
http_new(const struct http_settings *settings, struct err *err)
{
	struct http *http;

	if (http_global(err) == -1)
		return NULL;
	http = mem_zero(1, sizeof(*http));
	http->settings = *settings;
	http->random = (uint64_t)clock_real() * 2654435761u +
	    (uint64_t)getpid();
	if ((http->multi = curl_multi_init()) == NULL) {
		err_set(err, ERR_INTERNAL, "cannot initialize libcurl");
		free(http);
		return NULL;
	}
	curl_multi_setopt(http->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
	    (long)settings->jobs);
	curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS,
	    (long)settings->jobs);
	http->with_key = headers(settings, true, false);
	http->without_key = headers(settings, false, false);
	http->post = headers(settings, true, true);
	http_keep_secrets(http, settings);
	http->settings.key = NULL;
	http->settings.headers = NULL;
	http->idle = mem_zero(settings->jobs, sizeof(CURL *));
	http->spare = mem_zero(settings->jobs, sizeof(*http->spare));
	http->ignored = set_new();
	limit_init(&http->limit, settings->jobs);
	return http;
}

void
http_spare_body(struct http *http, struct text *body)
{
	text_clear(body);
	if (body->data != NULL && body->capacity <= MAX_SPARE &&
	    http->n_spare < http->settings.jobs) {
		http->spare[http->n_spare++] = *body;
		text_init(body, http->settings.max_body);
	} else {
		text_release(body);
	}
}

void
http_free_transfer(struct transfer *transfer)
{
	size_t i;

	http_leave_wire(transfer);
	DL_DELETE(transfer->http->all, transfer);
	http_spare_body(transfer->http, &transfer->reply.body);
	text_release(&transfer->reported);
	free(transfer->reply.request.url);
	free(transfer->reply.request.body);
	for (i = 0; i < HTTP_KEPT; i++)
		free(transfer->reply.headers[i]);
	free(transfer->reply.id);
	free(transfer->url);
	free(transfer->location);
	free(transfer);
}

/* Wipe and free headers, which may have the key. */
static void
free_headers(struct curl_slist *list)
{
	struct curl_slist *item;

	for (item = list; item != NULL; item = item->next)
		explicit_bzero(item->data, strlen(item->data));
	curl_slist_free_all(list);
}

void
http_free(struct http *http)
{
	size_t i;

	if (http == NULL)
		return;
	while (http->all != NULL)
		http_free_transfer(http->all);
	while (http->n_spare > 0)
		text_release(&http->spare[--http->n_spare]);
	free(http->spare);
	while (http->n_idle > 0)
		curl_easy_cleanup(http->idle[--http->n_idle]);
	curl_multi_cleanup(http->multi);
	free_headers(http->with_key);
	free_headers(http->without_key);
	free_headers(http->post);
	for (i = 0; i < HTTP_SECRETS; i++)
		wipe(http->secrets[i]);
	free(http->idle);
	set_free(http->ignored);
	free(http);
}
