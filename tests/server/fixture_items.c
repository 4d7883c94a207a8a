/*
 * An API over the same rows with every way to name the next page, and with a
 * list by time range.
 *
 *	GET  /marked?size=N&after=MARK		{"items": [...], "next": MARK}
 *	POST /marked {"size": N, "after": MARK}	the same
 *	GET  /headed?size=N&after=MARK		[...], and X-Next-Mark: MARK
 *	GET  /linked?size=N			[...], and Link: <URL>; rel=next
 *	GET  /pointed?size=N		{"items": [...], "links": {"next": URL}}
 *	GET  /elsewhere			as /pointed, to another server
 *	GET  /ring			as /marked, and it never ends
 *	GET  /span?from=T&to=T		{"items": [...]}, at most ${cap}:
 *		after the first and up to the second; edges=open: before it,
 *		edges=closed: from the first on
 */

#include <inttypes.h>
#include <jansson.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "fixture_serve.h"

static const char *const names[] = { "marked", "headed", "linked", "pointed",
    "elsewhere", "ring", "span" };

/* A value of the query, or of the body. */
static char *
value_of(const struct trace_request *request, const char *name)
{
	const char *text = MHD_lookup_connection_value(request->connection,
	    MHD_GET_ARGUMENT_KIND, name);
	json_t *body, *value;
	char *copy = NULL;

	if (text != NULL)
		return route_decode(text, strlen(text), true);
	body = json_loadb(request->body.data, request->body.len, 0, NULL);
	value = json_object_get(body, name);
	if (json_is_string(value))
		copy = must_copy(json_string_value(value));
	else if (json_is_integer(value))
		copy = json_dumps(value, JSON_ENCODE_ANY);
	json_decref(body);
	return copy;
}

/* Decode a cursor; no client could guess it by counting. */
static uint64_t
position_of(const char *mark)
{
	return mark != NULL && strncmp(mark, "m/+ ", 4) == 0 ?
	    strtoull(mark + 4, NULL, 16) / 7 : 0;
}

bool
items_parse(struct trace_request *request,
    const struct serve_settings *settings)
{
	const char *name = request->path + (*request->path == '/');
	char *size, *after;
	size_t i;

	(void)settings;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			break;
	if (i == sizeof(names) / sizeof(names[0]))
		return false;
	request->route.name = names[i];
	if (strcmp(name, "span") == 0)
		return true;
	size = value_of(request, "size");
	after = value_of(request, "after");
	request->route.size = size != NULL ? strtoull(size, NULL, 10) : 10;
	if (request->route.size == 0)
		request->route.size = 10;
	request->route.page = position_of(after) / request->route.size + 1;
	free(size);
	free(after);
	return true;
}

static void
add_items(struct buf *buf, uint64_t first, uint64_t n)
{
	uint64_t i;

	buf_adds(buf, "[");
	for (i = first; i < first + n; i++) {
		buf_adds(buf, i > first ? ", " : "");
		trace_row(buf, TRACE_LOGS, i);
	}
	buf_adds(buf, "]");
}

/* Add the URL of the next page. */
static void
add_url(struct buf *buf, const struct trace_request *request,
    const struct serve_settings *settings, uint64_t next)
{
	const char *host = MHD_lookup_connection_value(request->connection,
	    MHD_HEADER_KIND, "Host");

	if (strcmp(request->route.name, "elsewhere") == 0 &&
	    strcmp(settings->elsewhere, "self") != 0)
		host = settings->elsewhere;
	if (strcmp(request->route.name, "linked") != 0)
		buf_addf(buf, "http://%s", host);
	buf_addf(buf, "%s%s?size=%" PRIu64 "&after=m%%2F%%2B%%20%" PRIx64,
	    settings->prefix, request->path, request->route.size, next * 7);
}

/* Name the next page, in the way of the route. */
static void
add_next(struct buf *buf, struct trace_request *request,
    const struct serve_settings *settings, uint64_t next,
    struct answer *answer)
{
	const char *name = request->route.name;
	struct buf value = { NULL, 0, 0 };

	if (strcmp(name, "headed") == 0) {
		buf_addf(&value, "m/+ %" PRIx64, next * 7);
		answer_header(answer, "X-Next-Mark", buf_take(&value));
	} else if (strcmp(name, "linked") == 0) {
		buf_adds(&value, "</help>; rel=\"help\", <");
		add_url(&value, request, settings, next);
		buf_adds(&value, ">; title=\"a, b\"; rel=\"next\"");
		answer_header(answer, "Link", buf_take(&value));
	} else if (strcmp(name, "marked") == 0 || strcmp(name, "ring") == 0) {
		buf_addf(buf, ", \"next\": \"m/+ %" PRIx64 "\"", next * 7);
	} else {
		buf_adds(buf, ", \"links\": {\"next\": \"");
		add_url(buf, request, settings, next);
		buf_adds(buf, "\"}");
	}
}

static void
answer_list(struct trace_request *request,
    const struct serve_settings *settings, struct answer *answer)
{
	bool bare = strcmp(request->route.name, "headed") == 0 ||
	    strcmp(request->route.name, "linked") == 0;
	uint64_t total = trace_rows(TRACE_LOGS), n = request->route.size;
	char *after = value_of(request, "after");
	uint64_t first = position_of(after);
	struct buf buf = { NULL, 0, 0 };

	if (first > total)
		first = total;
	if (n > total - first)
		n = total - first;
	buf_adds(&buf, bare ? "" : "{\"items\": ");
	add_items(&buf, first, n);
	if (strcmp(request->route.name, "ring") == 0)
		add_next(&buf, request, settings, first + n == total ?
		    request->route.size : first + n, answer);
	else if (first + n < total)
		add_next(&buf, request, settings, first + n, answer);
	buf_adds(&buf, bare ? "" : "}");
	answer->body.len = buf.len;
	answer->body.data = buf_take(&buf);
	free(after);
}

static void
answer_span(const struct trace_request *request,
    const struct serve_settings *settings, struct answer *answer)
{
	char *from_text = value_of(request, "from");
	char *to_text = value_of(request, "to");
	char *edges = value_of(request, "edges");
	bool open = edges != NULL && strcmp(edges, "open") == 0;
	bool closed = edges != NULL && strcmp(edges, "closed") == 0;
	int64_t from = INT64_MIN, to = INT64_MAX, offset;
	struct buf buf = { NULL, 0, 0 };
	size_t i, n = 0;

	if (from_text != NULL)
		(void)clock_parse(from_text, &from);
	if (to_text != NULL)
		(void)clock_parse(to_text, &to);
	buf_adds(&buf, "{\"items\": [");
	for (i = 0; i < trace_rows(TRACE_LOGS) && n < settings->cap; i++) {
		offset = trace_row(NULL, TRACE_LOGS, i);
		if (offset < from || offset > to ||
		    (offset == from && !closed) || (offset == to && open))
			continue;
		buf_adds(&buf, n++ > 0 ? ", " : "");
		trace_row(&buf, TRACE_LOGS, i);
	}
	buf_adds(&buf, "]}");
	answer->body.len = buf.len;
	answer->body.data = buf_take(&buf);
	free(from_text);
	free(to_text);
	free(edges);
}

void
items_answer(struct trace_request *request,
    const struct serve_settings *settings, struct answer *answer)
{
	if (strcmp(request->route.name, "unknown") == 0)
		trace_error(answer, 404, "not_found", "no such route", NULL);
	else if (strcmp(request->route.name, "span") == 0)
		answer_span(request, settings, answer);
	else
		answer_list(request, settings, answer);
}
