/*
 * Parsing requests to the v5 API.
 */

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "fixture_serve.h"

static int
hex(char c)
{
	const char *digits = "0123456789abcdef0123456789ABCDEF", *pos;

	pos = c != '\0' ? strchr(digits, c) : NULL;
	return pos != NULL ? (int)(pos - digits) % 16 : -1;
}

char *
route_decode(const char *text, size_t len, bool is_query)
{
	char *out = must_alloc(len + 1);
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		if (text[i] == '%' && i + 2 < len &&
		    hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
			out[n++] = (char)(hex(text[i + 1]) * 16 +
			    hex(text[i + 2]));
			i += 2;
		} else {
			out[n++] = is_query && text[i] == '+' ? ' ' :
			    text[i];
		}
	}
	return out;
}

static enum MHD_Result
add_argument(void *cookie, enum MHD_ValueKind kind, const char *name,
    const char *value)
{
	struct route *route = cookie;

	(void)kind;
	if (route->n_arguments == 64)
		return MHD_NO;
	if (value == NULL)
		value = "";
	route->arguments[route->n_arguments++] = (struct argument){
	    route_decode(name, strlen(name), true),
	    route_decode(value, strlen(value), true) };
	return MHD_YES;
}

static void
cut_path(struct route *route, const char *url)
{
	size_t n;

	while (*url == '/' && route->n_parts < 8) {
		url++;
		n = strcspn(url, "/");
		route->parts[route->n_parts++] = route_decode(url, n, false);
		url += n;
	}
}

static bool
is_type(const char *part)
{
	static const char *const types[] = { "prompts", "tools", "datasets",
	    "evaluators", "flows", "agents" };
	size_t i;

	for (i = 0; i < 6; i++)
		if (strcmp(types[i], part) == 0)
			return true;
	return false;
}

/* A route below an id: /T/ID/REST or /evaluations/ID/REST. */
static const char *
name_of_third(const char *first, const char *third)
{
	static const char *const of_files[] = { "versions", "environments",
	    "serialize", "datapoints", "environment-variables" };
	static const char *const of_evaluations[] = { "runs", "stats",
	    "logs" };
	size_t i;

	if (strcmp(first, "evaluations") == 0) {
		for (i = 0; i < 3; i++)
			if (strcmp(third, of_evaluations[i]) == 0)
				return i == 2 ? "evaluation_logs" :
				    of_evaluations[i];
		return "unknown";
	}
	for (i = 0; i < 5; i++)
		if (strcmp(third, of_files[i]) == 0)
			return of_files[i];
	return "unknown";
}

static const char *
name_of(const struct route *route)
{
	const char *first = route->n_parts > 0 ? route->parts[0] : "";

	switch (route->n_parts) {
	case 1:
		if (strcmp(first, "directories") == 0 ||
		    strcmp(first, "files") == 0 ||
		    strcmp(first, "evaluations") == 0 ||
		    strcmp(first, "logs") == 0)
			return first;
		return is_type(first) ? "typed" : "unknown";
	case 2:
		if (strcmp(first, "directories") == 0)
			return "directory";
		if (strcmp(first, "evaluations") == 0)
			return "evaluation";
		if (strcmp(first, "logs") == 0)
			return "log";
		return is_type(first) ? "file" : "unknown";
	case 3:
		if (is_type(first) || strcmp(first, "evaluations") == 0)
			return name_of_third(first, route->parts[2]);
		return "unknown";
	default:
		return "unknown";
	}
}

static const char *
argument(const struct route *route, const char *name)
{
	size_t i;

	for (i = 0; i < route->n_arguments; i++)
		if (strcmp(route->arguments[i].name, name) == 0)
			return route->arguments[i].value;
	return NULL;
}

static bool
is_paged(const char *name)
{
	static const char *const paged[] = { "files", "typed", "datapoints",
	    "evaluations", "evaluation_logs", "logs" };
	size_t i;

	for (i = 0; i < sizeof(paged) / sizeof(paged[0]); i++)
		if (strcmp(paged[i], name) == 0)
			return true;
	return false;
}

static uint64_t
number(const struct route *route, const char *name, uint64_t default_value,
    bool *bad)
{
	const char *text = argument(route, name);
	char *end;
	long long n;

	if (text == NULL)
		return default_value;
	n = strtoll(text, &end, 10);
	if (*text == '\0' || *end != '\0' || n < 0) {
		*bad = true;
		return default_value;
	}
	return (uint64_t)n;
}

static void
find_page(struct route *route, const struct serve_settings *settings)
{
	if (!is_paged(route->name))
		return;
	route->page = number(route, "page", 1, &route->bad_page);
	if (route->page == 0) {
		route->bad_page = true;
		route->page = 1;
	}
	route->size = number(route, "size",
	    strcmp(route->name, "datapoints") == 0 ? 50 : 10,
	    &route->bad_size);
	if (settings->clamp > 0 && route->size > settings->clamp)
		route->size = settings->clamp;
}

/* The ID that faults match, and that is recorded. */
static void
find_id(struct route *route)
{
	const char *id = route->n_parts > 1 ? route->parts[1] : NULL;

	if (strcmp(route->name, "logs") == 0 ||
	    strcmp(route->name, "evaluations") == 0)
		id = argument(route, "file_id");
	else if (strcmp(route->name, "datapoints") == 0 ||
	    strcmp(route->name, "serialize") == 0)
		id = argument(route, "version_id") != NULL ?
		    argument(route, "version_id") : id;
	route->id = must_copy(id);
}

void
route_parse(struct route *route, const struct serve_settings *settings,
    struct MHD_Connection *connection, const char *url)
{
	size_t prefix = strlen(settings->prefix);

	*route = (struct route){ .name = "unknown" };
	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND,
	    add_argument, route);
	if (strncmp(url, settings->prefix, prefix) == 0) {
		cut_path(route, url + prefix);
		route->name = name_of(route);
	}
	find_page(route, settings);
	find_id(route);
}

void
route_release(struct route *route)
{
	size_t i;

	for (i = 0; i < route->n_parts; i++)
		free(route->parts[i]);
	for (i = 0; i < route->n_arguments; i++) {
		free(route->arguments[i].name);
		free(route->arguments[i].value);
	}
	free(route->id);
}
