/*
 * The server: from a request to an answer, changed by faults.
 */

#include <arpa/inet.h>
#include <sys/socket.h>

#include <errno.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "fixture_serve.h"

static struct world *world;
static struct serve_settings settings;
static struct MHD_Daemon *daemon_here, *daemon_elsewhere;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ----------------------------------------------------------- the answer */

/* A body that is sent slowly, or not completely. */
struct slow {
	struct answer answer;
	struct fault fault;
};

static ssize_t
slow_read(void *cookie, uint64_t offset, char *out, size_t max)
{
	struct slow *slow = cookie;
	uint64_t end = slow->answer.body.len;
	size_t n;

	if (slow->fault.kind == FAULT_CUT ||
	    slow->fault.kind == FAULT_CHUNK_CUT) {
		if (end > (uint64_t)slow->fault.value)
			end = (uint64_t)slow->fault.value;
		if (offset >= end)
			return MHD_CONTENT_READER_END_WITH_ERROR;
	}
	if (slow->fault.kind == FAULT_STALL &&
	    offset >= (uint64_t)slow->fault.value) {
		/* Ten minutes are practically forever. */
		sleep(600);
		return MHD_CONTENT_READER_END_WITH_ERROR;
	}
	if (offset >= end)
		return MHD_CONTENT_READER_END_OF_STREAM;
	n = end - offset < max ? (size_t)(end - offset) : max;
	if (slow->fault.kind == FAULT_STALL &&
	    n > (uint64_t)slow->fault.value - offset)
		n = (size_t)((uint64_t)slow->fault.value - offset);
	if (slow->fault.kind == FAULT_TRICKLE) {
		usleep(100000);
		if (n > (size_t)slow->fault.value)
			n = (size_t)slow->fault.value;
	}
	memcpy(out, &slow->answer.body.data[offset], n);
	return (ssize_t)n;
}

/* ${value} MB of spaces instead of the body. */
static ssize_t
big_read(void *cookie, uint64_t offset, char *out, size_t max)
{
	struct slow *slow = cookie;

	if (offset >= (uint64_t)slow->fault.value << 20)
		return MHD_CONTENT_READER_END_OF_STREAM;
	memset(out, ' ', max);
	return (ssize_t)max;
}

static struct MHD_Response *
slow_response(const struct answer *answer, const struct fault *fault)
{
	struct slow *slow = must_alloc(sizeof(*slow));
	bool big = fault->kind == FAULT_BIG;

	slow->answer = *answer;
	slow->fault = *fault;
	return MHD_create_response_from_callback(big ||
	    fault->kind == FAULT_CHUNK_CUT ? MHD_SIZE_UNKNOWN :
	    answer->body.len, 65536, big ? big_read : slow_read, slow, NULL);
}

static struct body
gzipped(struct body body, bool broken)
{
	z_stream z = { .next_in = (Bytef *)body.data,
	    .avail_in = (uInt)body.len };
	struct body out;

	deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
	out.len = deflateBound(&z, body.len);
	out.data = must_alloc(out.len);
	z.next_out = (Bytef *)out.data;
	z.avail_out = (uInt)out.len;
	deflate(&z, Z_FINISH);
	out.len = z.total_out;
	deflateEnd(&z);
	if (broken && out.len > 40)
		memset(&out.data[out.len / 2], 0xa5, 16);
	return out;
}

static void
add_headers(struct MHD_Response *response, int64_t kilobytes)
{
	char name[32], value[1000];
	int64_t i;

	memset(value, 'h', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	for (i = 0; i < kilobytes; i++) {
		snprintf(name, sizeof(name), "X-Filler-%" PRId64, i);
		MHD_add_response_header(response, name, value);
	}
}

static struct MHD_Response *
make_response(struct answer *answer, const struct fault *fault)
{
	struct MHD_Response *response;
	size_t i;

	if (fault != NULL && (fault->kind == FAULT_GZIP ||
	    fault->kind == FAULT_BAD_GZIP))
		answer->body = gzipped(answer->body,
		    fault->kind == FAULT_BAD_GZIP);
	if (fault != NULL && (fault->kind == FAULT_CUT ||
	    fault->kind == FAULT_CHUNK_CUT || fault->kind == FAULT_STALL ||
	    fault->kind == FAULT_TRICKLE || fault->kind == FAULT_BIG))
		response = slow_response(answer, fault);
	else
		response = MHD_create_response_from_buffer(answer->body.len,
		    answer->body.data, MHD_RESPMEM_PERSISTENT);
	MHD_add_response_header(response, "Content-Type", answer->type);
	if (answer->location != NULL)
		MHD_add_response_header(response, "Location",
		    answer->location);
	if (answer->retry_after != NULL)
		MHD_add_response_header(response, "Retry-After",
		    answer->retry_after);
	for (i = 0; i < answer->n_headers; i++) {
		MHD_add_response_header(response, answer->headers[i].name,
		    answer->headers[i].value);
		free(answer->headers[i].value);
	}
	if (fault != NULL && (fault->kind == FAULT_GZIP ||
	    fault->kind == FAULT_BAD_GZIP))
		MHD_add_response_header(response, "Content-Encoding",
		    "gzip");
	if (fault != NULL && fault->kind == FAULT_CODED)
		MHD_add_response_header(response, "Content-Encoding",
		    fault->text);
	if (fault != NULL && fault->kind == FAULT_CLOSE)
		MHD_add_response_header(response, "Connection", "close");
	if (fault != NULL && fault->kind == FAULT_HEADERS)
		add_headers(response, fault->value);
	return response;
}

/* ------------------------------------------------------------ the fault */

static struct body
body_of(const char *text)
{
	return (struct body){ (char *)text, strlen(text) };
}

static void
set_error_form(struct answer *answer, const struct fault *fault)
{
	struct buf buf = { NULL, 0, 0 };
	const char *form = fault->form != NULL ? fault->form : "json";

	if (strcmp(form, "html") == 0) {
		answer->type = "text/html";
		buf_addf(&buf, "<html><body><h1>%d</h1></body></html>",
		    answer->status);
	} else if (strcmp(form, "empty") != 0) {
		buf_addf(&buf, "{\"detail\": \"scripted fault, status %d\"}",
		    answer->status);
	}
	answer->body = body_of(buf_take(&buf));
}

/* "total": 123 becomes "total": 456. */
static void
set_total(struct answer *answer, int64_t total)
{
	struct buf buf = { NULL, 0, 0 };
	char *pos = NULL, *next = answer->body.data;

	while ((next = strstr(next, "\"total\": ")) != NULL)
		pos = next++;
	if (pos == NULL)
		return;
	buf_add(&buf, answer->body.data, (size_t)(pos - answer->body.data));
	buf_addf(&buf, "\"total\": %" PRId64 "}", total);
	answer->body.len = buf.len;
	answer->body.data = buf_take(&buf);
}

/* Change the answer as the fault says.  Return false for no answer at all. */
static bool
apply_fault(const struct fault *fault, struct answer *answer)
{
	switch (fault->kind) {
	case FAULT_STATUS:
		answer->status = (int)fault->value;
		answer->retry_after = fault->text;
		set_error_form(answer, fault);
		return true;
	case FAULT_DELAY:
		usleep((useconds_t)fault->value * 1000);
		return true;
	case FAULT_BAD_JSON:
		if (answer->body.len > (size_t)fault->value)
			answer->body.len = (size_t)fault->value;
		return true;
	case FAULT_RESET:
		return false;
	case FAULT_REDIRECT:
		answer->status = (int)fault->value;
		answer->location = fault->text;
		answer->body = body_of("");
		return true;
	case FAULT_BODY:
		answer->status = fault->value > 0 ? (int)fault->value : 200;
		answer->body = body_of(fault->text != NULL ? fault->text :
		    "");
		if (fault->form != NULL && strcmp(fault->form, "html") == 0)
			answer->type = "text/html";
		return true;
	case FAULT_TOTAL:
		set_total(answer, fault->value);
		return true;
	case FAULT_TRICKLE:
	case FAULT_STALL:
	case FAULT_CUT:
	case FAULT_CHUNK_CUT:
	case FAULT_CLOSE:
	case FAULT_GZIP:
	case FAULT_BAD_GZIP:
	case FAULT_CODED:
	case FAULT_BIG:
	case FAULT_HEADERS:
	case FAULT_SHORT:
	case FAULT_SAME:
	case FAULT_INSERT:
	case FAULT_DELETE:
		return true;
	}
	return true;
}

/* -------------------------------------------------------------- serving */

static enum MHD_Result
send_answer(struct MHD_Connection *connection, struct answer *answer,
    const struct fault *fault)
{
	struct MHD_Response *response = make_response(answer, fault);
	enum MHD_Result rc = MHD_queue_response(connection,
	    (unsigned)answer->status, response);

	MHD_destroy_response(response);
	return rc;
}

/* Requests that control the server, for tests. */
static enum MHD_Result
serve_control(struct MHD_Connection *connection, const char *url)
{
	struct answer answer = { .status = 200,
	    .type = "application/json", .body = body_of("{}\n") };
	const char *fault = MHD_lookup_connection_value(connection,
	    MHD_GET_ARGUMENT_KIND, "spec");
	size_t n;

	pthread_mutex_lock(&lock);
	if (strcmp(url, "/_asked") == 0)
		answer.body = body_of(asked_report());
	else if (strcmp(url, "/_truth") == 0)
		answer.body = body_of(world_truth(world));
	else if (strncmp(url, "/_truth/", 8) == 0 && settings.trace)
		answer.body = body_of(trace_truth(url + 8, &n));
	else if (strncmp(url, "/_truth/", 8) == 0)
		answer.body = body_of(world_truth_of(world, url + 8, &n));
	else if (strcmp(url, "/_clear") == 0) {
		asked_clear();
		rate_forget();
	}
	else if (strcmp(url, "/_heal") == 0)
		fault_clear();
	else if (strcmp(url, "/_fault") == 0 && fault != NULL) {
		char *spec = route_decode(fault, strlen(fault), true);

		if (fault_add(spec) == -1)
			answer.status = 400;
		free(spec);
	} else {
		answer.status = 404;
	}
	pthread_mutex_unlock(&lock);
	return send_answer(connection, &answer, NULL);
}

static bool
has_key(struct MHD_Connection *connection)
{
	const char *key = MHD_lookup_connection_value(connection,
	    MHD_HEADER_KIND, "X-API-KEY");

	return key != NULL && strcmp(key, settings.key) == 0;
}

static pthread_rwlock_t moving = PTHREAD_RWLOCK_INITIALIZER;

/* The list that a route reads, or NULL. */
static struct list *
list_of(const struct route *route)
{
	struct evaluation *evaluation;
	struct file *file;

	if (strcmp(route->name, "evaluation_logs") == 0) {
		evaluation = world_evaluation(world, route->id);
		return evaluation != NULL ? &evaluation->logs : NULL;
	}
	if (strcmp(route->name, "logs") != 0 || route->id == NULL)
		return NULL;
	file = world_file(world, route->id);
	return file != NULL ? &file->logs : NULL;
}

static void
move(const struct route *route, const struct fault *fault)
{
	struct list *list = list_of(route);

	pthread_rwlock_wrlock(&moving);
	if (list != NULL && list->n > 0)
		list_move(list, fault);
	pthread_rwlock_unlock(&moving);
}

static enum MHD_Result
serve_api(struct MHD_Connection *connection, const char *url,
    const char *method)
{
	struct answer answer = { .status = 200,
	    .type = "application/json" };
	struct fault fault;
	struct route route;
	bool faulty;

	route_parse(&route, &settings, connection, url);
	asked_begin(route.name, route.id, route.page, route.size,
	    has_key(connection));
	if (settings.latency_ms > 0)
		usleep(settings.latency_ms * 1000);
	faulty = fault_take(route.name, route.id, route.page, route.size,
	    &fault);
	if (faulty && fault.kind == FAULT_SAME)
		route.page = (uint64_t)fault.value;
	if (faulty && (fault.kind == FAULT_INSERT ||
	    fault.kind == FAULT_DELETE))
		move(&route, &fault);
	if (!rate_allows(&settings)) {
		answer.status = 429;
		answer.retry_after = "1";
		answer.body = body_of("{\"detail\": \"Too Many Requests\"}");
		asked_too_fast();
	} else if (settings.refuse > 0 && rate_refuses(&settings, route.name,
	    route.id, route.page, route.size)) {
		answer.status = (int)settings.refuse_with;
		answer.body = body_of("{\"detail\": \"Try again\"}");
	} else if (!has_key(connection)) {
		answer.status = 401;
		answer.body = body_of("{\"detail\": \"Invalid API key\"}");
	} else if (strcmp(method, "GET") != 0) {
		answer.status = 405;
		answer.body = body_of("{\"detail\": \"Method Not "
		    "Allowed\"}");
	} else {
		pthread_rwlock_rdlock(&moving);
		route_answer(&route, world, &settings,
		    faulty && fault.kind == FAULT_SHORT ?
		    (uint64_t)fault.value : 0, &answer);
		pthread_rwlock_unlock(&moving);
	}
	route_release(&route);
	if (faulty && !apply_fault(&fault, &answer))
		return MHD_NO;
	return send_answer(connection, &answer, faulty ? &fault : NULL);
}

/* The trace API: the same faults, other routes. */
static enum MHD_Result
serve_trace(struct MHD_Connection *connection, const char *url,
    const char *method, struct body body)
{
	struct trace_request request = { .connection = connection,
	    .method = method, .path = "", .body = body };
	size_t prefix = strlen(settings.prefix);
	struct answer answer = { .status = 200,
	    .type = "application/json" };
	bool known = trace_has_key(connection, &settings), faulty;
	struct fault fault;

	if (strncmp(url, settings.prefix, prefix) == 0)
		request.path = url + prefix;
	trace_parse(&request, &settings);
	asked_begin(request.route.name, request.route.id,
	    request.route.page, request.route.size, known);
	if (settings.latency_ms > 0)
		usleep(settings.latency_ms * 1000);
	faulty = fault_take(request.route.name, request.route.id,
	    request.route.page, request.route.size, &fault);
	if (!trace_rate(&settings, &answer))
		asked_too_fast();
	else if (!known)
		trace_error(&answer, 401, "invalid_token", "the token is not "
		    "valid", NULL);
	else
		trace_answer(&request, &settings, faulty ? &fault : NULL,
		    &answer);
	if (faulty && !apply_fault(&fault, &answer)) {
		route_release(&request.route);
		return MHD_NO;
	}
	if (faulty && fault.kind == FAULT_STATUS)
		trace_error(&answer, (int)fault.value, fault.value >= 500 ?
		    "internal_error" : "bad_request", "scripted fault",
		    fault.form);
	trace_headers(&settings, &answer);
	route_release(&request.route);
	return send_answer(connection, &answer, faulty ? &fault : NULL);
}

/* A request that is being received. */
struct incoming {
	bool is_asked;		/* it is counted */
	struct buf body;
};

static enum MHD_Result
on_request(void *cookie, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *data,
    size_t *data_len, void **state)
{
	struct incoming *incoming = *state;

	(void)cookie, (void)version;
	if (incoming == NULL) {
		*state = must_alloc(sizeof(*incoming));
		return MHD_YES;
	}
	if (*data_len > 0) {
		buf_add(&incoming->body, data, *data_len);
		*data_len = 0;
		return MHD_YES;
	}
	/* A proxy gets an absolute URL. */
	if (strncmp(url, "http://", 7) == 0 && strchr(url + 7, '/') != NULL)
		url = strchr(url + 7, '/');
	if (strncmp(url, "/_", 2) == 0)
		return serve_control(connection, url);
	incoming->is_asked = true;
	if (settings.trace)
		return serve_trace(connection, url, method, (struct body){
		    incoming->body.data, incoming->body.len });
	return serve_api(connection, url, method);
}

static enum MHD_Result
on_request_elsewhere(void *cookie, struct MHD_Connection *connection,
    const char *url, const char *method, const char *version,
    const char *data, size_t *data_len, void **state)
{
	struct answer answer = { .status = 200, .type = "application/json",
	    .body = body_of("{\"records\": [], \"page\": 1, \"size\": 100, "
	    "\"total\": 0}") };

	(void)cookie, (void)url, (void)method, (void)version, (void)data;
	(void)data_len, (void)state;
	asked_elsewhere(MHD_lookup_connection_value(connection,
	    MHD_HEADER_KIND, "X-API-KEY") != NULL);
	return send_answer(connection, &answer, NULL);
}

static void
on_completed(void *cookie, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode code)
{
	struct incoming *incoming = *state;

	(void)cookie, (void)connection, (void)code;
	if (incoming == NULL)
		return;
	if (incoming->is_asked)
		asked_end();
	free(incoming->body.data);
	free(incoming);
}

/* Keep the path encoded: IDs may contain slashes. */
static size_t
keep_escapes(void *cookie, struct MHD_Connection *connection, char *text)
{
	(void)cookie, (void)connection;
	return strlen(text);
}

static struct MHD_Daemon *
start(unsigned port, MHD_AccessHandlerCallback handler)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION |
	    MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0, NULL, NULL,
	    handler, NULL,
	    MHD_OPTION_SOCK_ADDR, &address,
	    MHD_OPTION_CONNECTION_LIMIT, 600,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)512 * 1024,
	    MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
	    MHD_OPTION_END);
}

static unsigned
port_of(struct MHD_Daemon *daemon)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon,
	    MHD_DAEMON_INFO_BIND_PORT);

	return info != NULL ? info->port : 0;
}

int
serve_start(struct world *served, const struct serve_settings *how,
    unsigned *port, unsigned *port_elsewhere)
{
	world = served;
	settings = *how;
	if (settings.trace)
		trace_make(&settings);
	daemon_here = start(how->port, on_request);
	daemon_elsewhere = start(0, on_request_elsewhere);
	if (daemon_here == NULL || daemon_elsewhere == NULL)
		return -1;
	*port = port_of(daemon_here);
	*port_elsewhere = port_of(daemon_elsewhere);
	return 0;
}

void
serve_stop(void)
{
	MHD_stop_daemon(daemon_here);
	MHD_stop_daemon(daemon_elsewhere);
}
