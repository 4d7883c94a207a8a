/*
 * A second API: conversation records and logs of a namespace, fetched by POST,
 * newest first.  The table below has the routes, the nesting of their bodies
 * and their filters.  Rows are generated from their numbers on request.
 */

#include <inttypes.h>
#include <jansson.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/base.h"
#include "fixture_plan.h"
#include "fixture_serve.h"

#define NAMESPACE "customer-support"
#define STEP INT64_C(20000)	/* ms between one row and the next */

/* Rows added while the server runs: their numbers and times. */
#define LATE 10000000u
#define LATE_START INT64_C(1893456000000)	/* 2030-01-01 */

static const struct trace_route {
	const char *path, *name;
	int kind;		/* of rows */
	const char *nested;	/* where the filters are, or NULL */
	bool bulk;		/* no pages, but a cap */
	const char *filters[2];
} routes[] = {
	{ "/record_query", "record_query", TRACE_RECORDS, "query", false,
	    { "agent", "session_id" } },
	{ "/logs/query", "logs_query", TRACE_LOGS, NULL, false,
	    { "level", "resource_id" } },
	{ "/records/export", "records_export", TRACE_RECORDS, NULL, true,
	    { "agent", "session_id" } },
	{ "/logs/export", "logs_export", TRACE_LOGS, NULL, true,
	    { "level", "resource_id" } },
};

static const char *const kinds[] = { "records", "logs" };

/* The numbers of the rows, the oldest first; new ones come at the end. */
static struct {
	uint32_t *items;
	size_t n, capacity;
} rows[2];
static uint32_t next_row[2];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* --------------------------------------------------------------- the rows */

static int64_t
time_of(uint32_t number)
{
	/* Now and then ten in the same second. */
	if (number % 500 < 10)
		number -= number % 500;
	return (number < LATE ? START : LATE_START) +
	    (int64_t)(number % LATE) * STEP + number % 7 * 100;
}

static const char *const agents[] = { "Triage", "Orders", "Jos\xc3\xa9" };
static const char *const levels[] = { "debug", "info", "info", "info",
    "info", "info", "info", "warn", "warn", "error" };

/* The value of a row for one of the route's two filters. */
static void
value_of(int kind, uint32_t number, int which, char out[64])
{
	if (kind == TRACE_RECORDS)
		snprintf(out, 64, "%s", agents[number % 3]);
	else
		snprintf(out, 64, "%s", levels[number % 10]);
	if (which == 1)
		snprintf(out, 64, kind == TRACE_RECORDS ? "s-%u" : "res_%u",
		    kind == TRACE_RECORDS ? number / 20 : number % 5);
}

static void
add_record(struct buf *buf, uint32_t number, const char *when)
{
	char session[64];

	value_of(TRACE_RECORDS, number, 1, session);
	buf_addf(buf, "{\"id\": \"0b8f6a52-6f0e-4c0b-9a0f-%012x\", "
	    "\"namespace\": \"" NAMESPACE "\", \"agent\": \"%s\", "
	    "\"session_id\": \"%s\", ", number, agents[number % 3], session);
	if (number % 4 == 0)
		buf_addf(buf, "\"msg\": {\"role\": \"user\", \"content\": "
		    "\"m %u\", \"sender\": null}, ", number);
	else
		buf_addf(buf, "\"msg\": [{\"role\": \"user\", \"content\": "
		    "\"Onde est\\u00e1 \\/ n\xc2\xba %u?\"}, {\"role\": "
		    "\"assistant\", \"content\": \"Um momento, "
		    "\\\"Ana\\\".\\nD\xc3\xa9j\xc3\xa0 vu\"}], ", number);
	buf_addf(buf, "\"input_tokens\": %u, \"output_tokens\": %u, "
	    "\"process_tokens\": 120, \"memory_tokens\": null, "
	    "\"total_tokens\": %u, \"transfers\": [], "
	    "\"inserted_at\": \"%s\", \"created_at\": \"%s\", "
	    "\"external_user_channel\": \"whatsapp\"", number % 100,
	    number % 50, number % 100 + number % 50 + 120, when, when);
	/* Numbers that change when they are decoded and encoded. */
	if (number % 50 == 0)
		buf_adds(buf, ", \"wam_id\": 12345678901234567890123, "
		    "\"cost\": 1.50E-7, \"x\": 1E400");
	buf_adds(buf, "}");
}

static void
add_log(struct buf *buf, uint32_t number, const char *when)
{
	buf_addf(buf, "{\"id\":\"5f0c%08x\",\"namespace\":\"" NAMESPACE
	    "\",\"level\":\"%s\",\"message\":\"upstream 502 (%u)\","
	    "\"resource_id\":\"res_%u\",\"timestamp\":\"%s\","
	    "\"created_at\":\"%s\",\"custom_object\":%s}", number,
	    levels[number % 10], number, number % 5, when, when,
	    number % 2 == 0 ? "null" : "{\"try\":2,\"tags\":[\"a\",\"b\"]}");
}

static void
add_row(struct buf *buf, int kind, uint32_t number)
{
	char when[32];

	clock_rfc3339(time_of(number), when);
	/* Older data has another form. */
	if (number < 100 && kind == TRACE_RECORDS) {
		when[10] = ' ';
		when[strlen(when) - 1] = '\0';
	}
	if (kind == TRACE_RECORDS)
		add_record(buf, number, when);
	else
		add_log(buf, number, when);
}

size_t
trace_rows(int kind)
{
	return rows[kind].n;
}

int64_t
trace_row(struct buf *buf, int kind, size_t i)
{
	uint32_t number = rows[kind].items[rows[kind].n - 1 - i];

	if (buf != NULL)
		add_row(buf, kind, number);
	return time_of(number);
}

static void
append(int kind)
{
	if (rows[kind].n == rows[kind].capacity) {
		rows[kind].capacity = rows[kind].capacity * 2 + 1024;
		rows[kind].items = must_grow(rows[kind].items,
		    rows[kind].capacity * sizeof(*rows[kind].items));
	}
	rows[kind].items[rows[kind].n++] = next_row[kind]++;
}

void
trace_make(const struct serve_settings *settings)
{
	unsigned i;

	for (i = 0; i < settings->records; i++)
		append(TRACE_RECORDS);
	for (i = 0; i < settings->rows; i++)
		append(TRACE_LOGS);
	next_row[TRACE_RECORDS] = next_row[TRACE_LOGS] = LATE;
}

char *
trace_truth(const char *kind, size_t *n)
{
	int which = strcmp(kind, "logs") == 0 ? TRACE_LOGS : TRACE_RECORDS;
	struct buf buf = { NULL, 0, 0 };
	size_t i;

	pthread_mutex_lock(&lock);
	*n = rows[which].n;
	for (i = 0; i < *n; i++) {
		trace_row(&buf, which, i);
		buf_adds(&buf, "\n");
	}
	pthread_mutex_unlock(&lock);
	return buf_take(&buf);
}

/* Add the newest rows, or remove rows in the middle. */
static void
move_rows(int kind, const struct fault *fault)
{
	int64_t i;

	for (i = 0; i < fault->value; i++) {
		size_t offset = rows[kind].n / 2;

		if (fault->kind == FAULT_INSERT) {
			append(kind);
		} else if (fault->kind == FAULT_DELETE && rows[kind].n > 1) {
			memmove(&rows[kind].items[offset],
			    &rows[kind].items[offset + 1],
			    (rows[kind].n - offset - 1) * sizeof(uint32_t));
			rows[kind].n--;
		}
	}
}

/* ----------------------------------------------------- headers and errors */

void
answer_header(struct answer *answer, const char *name, char *value)
{
	if (answer->n_headers == MAX_HEADERS)
		return;
	answer->headers[answer->n_headers].name = name;
	answer->headers[answer->n_headers++].value = value;
}

void
trace_error(struct answer *answer, int status, const char *code,
    const char *message, const char *form)
{
	struct buf buf = { NULL, 0, 0 };

	answer->status = status;
	answer->type = "application/json";
	if (form != NULL && strcmp(form, "html") == 0) {
		answer->type = "text/html";
		buf_addf(&buf, "<html><body><h1>%d</h1></body></html>",
		    status);
	} else if (form != NULL && strcmp(form, "flat") == 0) {
		buf_addf(&buf, "{\"error\": \"%s\"}", message);
	} else {
		buf_addf(&buf, "{\"error\": {\"code\": \"%s\", \"message\": "
		    "\"%s\", \"request_id\": \"in the header\"}, "
		    "\"suggestion\": \"see the guide\"}", code, message);
	}
	answer->body.len = buf.len;
	answer->body.data = buf_take(&buf);
}

static char *
number_text(int64_t number)
{
	struct buf buf = { NULL, 0, 0 };

	buf_addf(&buf, "%" PRId64, number);
	return buf_take(&buf);
}

/* Fixed windows, from the first request on. */
static struct {
	int64_t ends;
	unsigned used;
} window;

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
trace_headers(const struct serve_settings *settings, struct answer *answer)
{
	static unsigned id;
	struct buf buf = { NULL, 0, 0 };
	int64_t left, reset;

	pthread_mutex_lock(&lock);
	buf_addf(&buf, "req-%06u", ++id);
	left = settings->limit > window.used ?
	    settings->limit - window.used : 0;
	reset = (window.ends - now_ms() + 999) / 1000;
	pthread_mutex_unlock(&lock);
	answer_header(answer, "X-Request-ID", buf_take(&buf));
	if (settings->limit == 0)
		return;
	answer_header(answer, "X-RateLimit-Limit",
	    number_text(settings->limit));
	answer_header(answer, "X-RateLimit-Remaining", number_text(left));
	answer_header(answer, "X-RateLimit-Reset", number_text(reset));
	answer_header(answer, "RateLimit-Remaining", number_text(left));
	answer_header(answer, "RateLimit-Reset", number_text(reset));
	if (answer->status == 429)
		answer_header(answer, "Retry-After", number_text(reset));
}

bool
trace_rate(const struct serve_settings *settings, struct answer *answer)
{
	int64_t now = now_ms();
	bool ok;

	if (settings->limit == 0)
		return true;
	pthread_mutex_lock(&lock);
	if (now >= window.ends) {
		window.ends = now + (int64_t)settings->window_s * 1000;
		window.used = 0;
	}
	ok = window.used < settings->limit;
	window.used += ok;
	pthread_mutex_unlock(&lock);
	if (!ok)
		trace_error(answer, 429, "rate_limit_exceeded",
		    "Too many requests", NULL);
	return ok;
}

bool
trace_has_key(struct MHD_Connection *connection,
    const struct serve_settings *settings)
{
	const char *sent = MHD_lookup_connection_value(connection,
	    MHD_HEADER_KIND, "Authorization");

	/* The old header takes precedence. */
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
	    "tracer_token") == NULL && sent != NULL &&
	    strncmp(sent, "Bearer ", 7) == 0 &&
	    strcmp(sent + 7, settings->key) == 0;
}

/* -------------------------------------------------------------- the routes */

static const struct trace_route *
find_route(const char *path)
{
	size_t i;

	for (i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (strcmp(routes[i].path, path) == 0)
			return &routes[i];
	return NULL;
}

/* The part of the body where the filters are, borrowed; or NULL. */
static json_t *
filters_of(const struct trace_route *route, json_t *body)
{
	return route->nested != NULL ? json_object_get(body, route->nested) :
	    body;
}

void
trace_parse(struct trace_request *request,
    const struct serve_settings *settings)
{
	const struct trace_route *route = find_route(request->path);
	json_t *body, *filters, *limit, *offset;

	request->route = (struct route){ .name = "unknown" };
	if (items_parse(request, settings) || route == NULL)
		return;
	request->route.name = route->name;
	body = json_loadb(request->body.data, request->body.len, 0, NULL);
	request->route.id = must_copy(json_string_value(json_object_get(body,
	    "namespace")));
	filters = filters_of(route, body);
	limit = json_object_get(filters, "limit");
	offset = json_object_get(filters, "offset");
	if (!route->bulk) {
		request->route.size = json_is_integer(limit) ?
		    (uint64_t)json_integer_value(limit) : 100;
		request->route.page = request->route.size > 0 &&
		    json_is_integer(offset) ?
		    (uint64_t)json_integer_value(offset) /
		    request->route.size + 1 : 1;
	}
	json_decref(body);
}

/* A time in the filters, or the default. */
static int64_t
when(json_t *filters, const char *name, int64_t default_value)
{
	const char *text = json_string_value(json_object_get(filters, name));
	int64_t offset;

	return text != NULL && clock_parse(text, &offset) == 0 ? offset
							       : default_value;
}

static bool
fits(const struct trace_route *route, json_t *filters, uint32_t number)
{
	const char *wanted;
	char value[64];
	int i;

	for (i = 0; i < 2; i++) {
		wanted = json_string_value(json_object_get(filters,
		    route->filters[i]));
		if (wanted == NULL)
			continue;
		value_of(route->kind, number, i, value);
		if (strcmp(value, wanted) != 0)
			return false;
	}
	return true;
}

/* What is beside the rows. */
static void
add_rest(struct buf *buf, const struct trace_route *route, const char *shape,
    size_t total, size_t n, uint64_t limit, uint64_t offset)
{
	if (route->bulk || strcmp(shape, "bare") == 0)
		return;
	if (strcmp(shape, "total") == 0)
		buf_addf(buf, ", \"count\": %zu", total);
	else if (strcmp(shape, "page") == 0)
		buf_addf(buf, ", \"count\": %zu", n);
	else
		buf_addf(buf, ", \"metadata\": {\"total_count\": %zu, "
		    "\"returned_count\": %zu, \"limit\": %" PRIu64
		    ", \"offset\": %" PRIu64 ", \"has_more\": %s}, "
		    "\"filters\": {\"user_id\": null}, \"token_summary\": "
		    "{\"total_tokens\": 7}", total, n, limit, offset,
		    offset + n < total ? "true" : "false");
}

/* Add the requested rows, and the values beside them. */
static void
add_rows(const struct trace_request *request,
    const struct serve_settings *settings, const struct trace_route *route,
    json_t *filters, struct answer *answer)
{
	uint64_t limit = route->bulk ? settings->cap : request->route.size;
	uint64_t offset = route->bulk ? 0 : (uint64_t)json_integer_value(
	    json_object_get(filters, "offset"));
	int64_t from = settings->no_dates ? INT64_MIN : when(filters,
	    "start_date", INT64_MIN);
	int64_t to = settings->no_dates ? INT64_MAX : when(filters,
	    "end_date", INT64_MAX);
	struct buf buf = { NULL, 0, 0 };
	size_t i, total = 0, n = 0;

	if (settings->clamp > 0 && limit > settings->clamp && !route->bulk)
		limit = settings->clamp;
	buf_addf(&buf, "{\"%s\": [", kinds[route->kind]);
	for (i = rows[route->kind].n; i-- > 0; ) {
		uint32_t number = rows[route->kind].items[i];
		int64_t position = time_of(number);

		/* From ${from} on and before ${to}. */
		if (position < from || position >= to ||
		    !fits(route, filters, number))
			continue;
		if (total++ < offset || n == limit)
			continue;
		buf_adds(&buf, n++ > 0 ? ",\n  " : "");
		add_row(&buf, route->kind, number);
	}
	buf_adds(&buf, "]");
	add_rest(&buf, route, settings->shape, total, n, limit, offset);
	buf_adds(&buf, "}");
	answer->body.len = buf.len;
	answer->body.data = buf_take(&buf);
}

/* Validate the request; if it is invalid, set the answer. */
static bool
check(const struct trace_request *request, const struct trace_route *route,
    json_t *body, json_t *filters, struct answer *answer)
{
	json_t *limit = json_object_get(filters, "limit");
	json_t *offset = json_object_get(filters, "offset");
	const char *format = json_string_value(json_object_get(body,
	    "format"));

	if (strcmp(request->method, "POST") != 0)
		trace_error(answer, 405, "bad_request", "POST only", NULL);
	else if (!json_is_object(body))
		trace_error(answer, 400, "invalid_payload", "no JSON object",
		    NULL);
	else if (!json_is_string(json_object_get(body, "namespace")))
		trace_error(answer, 400, "missing_field",
		    "namespace is required", NULL);
	else if (!json_is_object(filters))
		trace_error(answer, 400, "missing_field",
		    "query is required", NULL);
	else if (strcmp(json_string_value(json_object_get(body,
	    "namespace")), NAMESPACE) != 0)
		trace_error(answer, 403, "forbidden", "this namespace is not "
		    "bound to the token", NULL);
	else if ((limit != NULL && (!json_is_integer(limit) ||
	    json_integer_value(limit) < 1 ||
	    json_integer_value(limit) > 1000)) || (offset != NULL &&
	    (!json_is_integer(offset) || json_integer_value(offset) < 0)))
		trace_error(answer, 400, "bad_request", "limit must be from "
		    "1 to 1000", NULL);
	else if (route->bulk && format != NULL && strcmp(format, "json") != 0)
		trace_error(answer, 400, "bad_request", "unknown format",
		    NULL);
	else
		return true;
	return false;
}

void
trace_answer(struct trace_request *request,
    const struct serve_settings *settings, const struct fault *fault,
    struct answer *answer)
{
	const struct trace_route *route = find_route(request->path);
	json_t *body, *filters;

	answer->type = "application/json";
	if (route == NULL) {
		items_answer(request, settings, answer);
		return;
	}
	body = json_loadb(request->body.data, request->body.len, 0, NULL);
	filters = filters_of(route, body);
	pthread_mutex_lock(&lock);
	if (fault != NULL)
		move_rows(route->kind, fault);
	if (check(request, route, body, filters, answer))
		add_rows(request, settings, route, filters, answer);
	pthread_mutex_unlock(&lock);
	json_decref(body);
}
