/*
 * The answers of the v5 API.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fixture_serve.h"

static struct body
body_of(char *text)
{
	return (struct body){ text, strlen(text) };
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

/* The two forms of the platform's 404. */
static void
not_found(const struct route *route, struct answer *answer)
{
	const char *id = route->id != NULL ? route->id : "";
	struct buf buf = { NULL, 0, 0 };

	answer->status = 404;
	if (strlen(id) % 2 == 0)
		buf_adds(&buf, "{\"detail\": {\"description\": \"No such "
		    "object.\"}}");
	else
		buf_adds(&buf, "{\"detail\": \"Not Found\"}");
	answer->body = body_of(buf_take(&buf));
}

static void
invalid(const char *name, const char *message, const char *type,
    struct answer *answer)
{
	struct buf buf = { NULL, 0, 0 };

	answer->status = 422;
	buf_addf(&buf, "{\"detail\": [{\"loc\": [\"query\", \"%s\"], "
	    "\"msg\": \"%s\", \"type\": \"%s\"}]}", name, message, type);
	answer->body = body_of(buf_take(&buf));
}

/* Check page and size. */
static bool
check_page(const struct route *route, const struct serve_settings *settings,
    struct answer *answer)
{
	if (route->bad_page) {
		invalid("page", "ensure this value is greater than or equal "
		    "to 1", "value_error.number.not_ge", answer);
		return false;
	}
	if (route->bad_size || (settings->reject > 0 &&
	    route->size > settings->reject)) {
		invalid("size", "ensure this value is less than or equal to "
		    "100", "value_error.number.not_le", answer);
		return false;
	}
	return true;
}

static void
answer_list(const struct route *route, struct list *list, bool children,
    uint64_t leave_out, struct answer *answer)
{
	const struct record *picked[4096];
	uint64_t first = (route->page - 1) * route->size, n = 0;

	if (leave_out == 0) {
		answer->body = page_of(list, route->page, route->size,
		    children);
		return;
	}
	while (first + n < list->n && n < route->size && n < 4096) {
		picked[n] = &list->items[first + n];
		n++;
	}
	n = n > leave_out ? n - leave_out : 0;
	answer->body = page_of_picked(picked, n, route->page, route->size,
	    (int64_t)list->n, children);
}

static void
answer_array(char *const *texts, size_t n, const char *name,
    struct answer *answer)
{
	struct buf buf = { NULL, 0, 0 };
	size_t i;

	if (name != NULL)
		buf_addf(&buf, "{\"%s\": ", name);
	buf_adds(&buf, "[");
	for (i = 0; i < n; i++)
		buf_addf(&buf, "%s%s", i > 0 ? ", " : "", texts[i]);
	buf_adds(&buf, name != NULL ? "]}" : "]");
	answer->body.len = buf.len;
	answer->body.data = buf_take(&buf);
}

/* ----------------------------------------------------------- directories */

static void
answer_directories(const struct world *world, struct answer *answer)
{
	char **texts = must_alloc((world->n_directories + 1) *
	    sizeof(*texts));
	size_t i;

	for (i = 0; i < world->n_directories; i++)
		texts[i] = world->directories[i].text;
	answer_array(texts, world->n_directories, NULL, answer);
	free(texts);
}

static void
answer_directory(const struct route *route, const struct world *world,
    struct answer *answer)
{
	const struct directory *directory = NULL;
	struct buf buf = { NULL, 0, 0 };
	size_t i;

	for (i = 0; i < world->n_directories; i++)
		if (strcmp(world->directories[i].id, route->id) == 0 ||
		    (strcmp(route->id, "root") == 0 && i == 0))
			directory = &world->directories[i];
	if (directory == NULL) {
		not_found(route, answer);
		return;
	}
	buf_add(&buf, directory->text, strlen(directory->text) - 1);
	buf_adds(&buf, ", \"subdirectories\": [], \"files\": [], "
	    "\"parents\": []}");
	answer->body = body_of(buf_take(&buf));
}

/* ---------------------------------------------------------------- files */

static bool
file_fits(const struct route *route, const struct file *file)
{
	const char *path = argument(route, "path");
	bool any_type = false, type_fits = false;
	size_t i, len;

	if (path != NULL && *path != '\0') {
		len = strlen(path);
		if (strncmp(file->path, path, len) != 0 ||
		    file->path[len] != '/')
			return false;
	}
	for (i = 0; i < route->n_arguments; i++) {
		if (strcmp(route->arguments[i].name, "type") != 0)
			continue;
		any_type = true;
		if (strcmp(route->arguments[i].value, file->type) == 0)
			type_fits = true;
	}
	return !any_type || type_fits;
}

static int
by_age(const void *a, const void *b)
{
	const struct record *one = *(const struct record *const *)a;
	const struct record *other = *(const struct record *const *)b;

	return one->created < other->created ? -1 :
	    one->created > other->created;
}

/* Check that the value of a query is one of ${words}. */
static bool
check_word(const struct route *route, const char *name, const char *words,
    struct answer *answer)
{
	const char *value = argument(route, name);
	const char *pos = value != NULL ? strstr(words, value) : NULL;

	if (value == NULL || (pos != NULL && *value != '\0' &&
	    (pos == words || pos[-1] == ' ')))
		return true;
	invalid(name, "value is not a valid enumeration member",
	    "type_error.enum", answer);
	return false;
}

static void
answer_files(const struct route *route, const struct world *world,
    const char *type, uint64_t leave_out, struct answer *answer)
{
	const struct record **fit = must_alloc((world->n_files + 1) *
	    sizeof(*fit)), **from;
	const char *order = argument(route, "order");
	uint64_t first = (route->page - 1) * route->size, total = 0, n;
	size_t i;

	if (!check_word(route, "order", "asc desc", answer) ||
	    !check_word(route, "sort_by", "created_at updated_at name",
	    answer) || !check_word(route, "type", "prompt tool dataset "
	    "evaluator flow agent", answer))
		return;
	for (i = 0; i < world->n_files; i++)
		if (file_fits(route, &world->files[i]) && (type == NULL ||
		    strncmp(type, world->files[i].type,
		    strlen(type) - 1) == 0))
			fit[total++] = &world->files[i].record;
	qsort(fit, total, sizeof(*fit), by_age);
	if (order == NULL || strcmp(order, "desc") == 0) {
		for (i = 0; i < total / 2; i++) {
			const struct record *held = fit[i];

			fit[i] = fit[total - 1 - i];
			fit[total - 1 - i] = held;
		}
	}
	n = first >= total ? 0 : total - first < route->size ?
	    total - first : route->size;
	from = &fit[first < total ? first : 0];
	n = n > leave_out ? n - leave_out : 0;
	answer->body = page_of_picked(from, n, route->page, route->size,
	    (int64_t)total, true);
	free(fit);
}

static void
answer_versions(const struct route *route, const struct file *file,
    struct answer *answer)
{
	const char *aggregates = argument(route, "evaluator_aggregates");
	char **texts = must_alloc((file->n_versions + 1) * sizeof(*texts));
	struct buf buf = { NULL, 0, 0 };
	char *pos;
	size_t i;

	for (i = 0; i < file->n_versions; i++) {
		texts[i] = file->versions[i].record.text;
		pos = strstr(texts[i], "\"evaluator_aggregates\": null");
		if (aggregates == NULL || strcmp(aggregates, "true") != 0 ||
		    pos == NULL)
			continue;
		buf_add(&buf, texts[i], (size_t)(pos - texts[i]));
		buf_adds(&buf, "\"evaluator_aggregates\": [{\"value\": 0.75, "
		    "\"evaluator_id\": \"ev_2wSx3eDc4rFv5tGb6yHn7\", "
		    "\"evaluator_version_id\": \"evv_4rFv5tGb6yHn7ujM8ikL9\", "
		    "\"created_at\": \"2025-03-03T03:03:03Z\", "
		    "\"updated_at\": \"2025-03-03T03:03:03Z\"}]");
		buf_adds(&buf, pos + strlen("\"evaluator_aggregates\": null"));
		texts[i] = buf_take(&buf);
	}
	answer_array(texts, file->n_versions, "records", answer);
	free(texts);
}

static void
answer_raw(const struct route *route, const struct file *file,
    struct answer *answer)
{
	const char *id = argument(route, "version_id");
	const struct version *version = id != NULL ? file_version(file, id) :
	    file->n_versions > 0 ? &file->versions[file->n_versions - 1] :
	    NULL;

	if (version == NULL || version->raw == NULL) {
		not_found(route, answer);
		return;
	}
	answer->type = "text/plain; charset=utf-8";
	answer->body = body_of(version->raw);
}

static void
answer_datapoints(const struct route *route, struct file *file,
    uint64_t leave_out, struct answer *answer)
{
	const char *id = argument(route, "version_id");
	struct version *version = id != NULL ? file_version(file, id) :
	    file->n_versions > 0 ? &file->versions[file->n_versions - 1] :
	    NULL;

	if (version == NULL)
		not_found(route, answer);
	else
		answer_list(route, &version->datapoints, true, leave_out,
		    answer);
}

/* A single file, or one version of it. */
static void
answer_file(const struct route *route, const struct file *file,
    struct answer *answer)
{
	const char *id = argument(route, "version_id");
	const struct version *version = id != NULL ? file_version(file, id) :
	    NULL;

	if (id != NULL && version == NULL)
		not_found(route, answer);
	else
		answer->body = body_of(version != NULL ?
		    version->record.text : file->record.text);
}

static void
answer_of_file(const struct route *route, struct world *world,
    const struct serve_settings *settings, uint64_t leave_out,
    struct answer *answer)
{
	struct file *file = world_file(world, route->parts[1]);

	if (file == NULL || strncmp(route->parts[0], file->type,
	    strlen(file->type)) != 0)
		not_found(route, answer);
	else if (strcmp(route->name, "file") == 0)
		answer_file(route, file, answer);
	else if (strcmp(route->name, "versions") == 0)
		answer_versions(route, file, answer);
	else if (strcmp(route->name, "environments") == 0)
		answer->body = body_of(file->environments);
	else if (strcmp(route->name, "serialize") == 0)
		answer_raw(route, file, answer);
	else if (strcmp(route->name, "environment-variables") == 0 &&
	    file->variables != NULL)
		answer->body = body_of(file->variables);
	else if (strcmp(route->name, "datapoints") == 0 &&
	    strcmp(file->type, "dataset") == 0) {
		if (check_page(route, settings, answer))
			answer_datapoints(route, file, leave_out, answer);
	} else {
		not_found(route, answer);
	}
}

/* ----------------------------------------------------------- evaluations */

static void
answer_evaluations(const struct route *route, const struct file *file,
    uint64_t leave_out, struct answer *answer)
{
	const struct record **all;
	uint64_t first = (route->page - 1) * route->size, n;
	size_t i, total = file != NULL ? file->n_evaluations : 0;

	all = must_alloc((total + 1) * sizeof(*all));
	for (i = 0; i < total; i++)
		all[i] = &file->evaluations[i].record;
	n = first >= total ? 0 : total - first < route->size ?
	    total - first : route->size;
	n = n > leave_out ? n - leave_out : 0;
	answer->body = page_of_picked(&all[first < total ? first : 0], n,
	    route->page, route->size, (int64_t)total, true);
	free(all);
}

static void
answer_of_evaluation(const struct route *route, struct world *world,
    const struct serve_settings *settings, uint64_t leave_out,
    struct answer *answer)
{
	struct evaluation *evaluation = world_evaluation(world,
	    route->parts[1]);
	char **texts;
	size_t i;

	if (evaluation == NULL) {
		not_found(route, answer);
	} else if (strcmp(route->name, "evaluation") == 0) {
		answer->body = body_of(evaluation->record.text);
	} else if (strcmp(route->name, "stats") == 0) {
		answer->body = body_of(evaluation->stats);
	} else if (strcmp(route->name, "runs") == 0) {
		texts = must_alloc((evaluation->runs.n + 1) *
		    sizeof(*texts));
		for (i = 0; i < evaluation->runs.n; i++)
			texts[i] = evaluation->runs.items[i].text;
		answer_array(texts, evaluation->runs.n, "runs", answer);
		free(texts);
	} else if (check_page(route, settings, answer)) {
		answer_list(route, &evaluation->logs, true, leave_out,
		    answer);
	}
}

/* ----------------------------------------------------------------- logs */

/* Parse a date or a date-time in UTC; -1: malformed. */
static int64_t
wall_of(const char *text)
{
	struct tm tm = { .tm_mday = 1 };
	const char *end = strptime(text, "%Y-%m-%d", &tm);
	int64_t ms = 0;

	if (end != NULL && *end == 'T')
		end = strptime(end, "T%H:%M:%S", &tm);
	if (end != NULL && *end == '.')
		ms = strtol(end + 1, NULL, 10);
	return end == NULL ? -1 : (int64_t)timegm(&tm) * 1000 + ms;
}

/* A page of the logs between two dates. */
static void
answer_logs_between(const struct route *route, struct list *list,
    int64_t start, int64_t end, bool children, struct answer *answer)
{
	const struct record **fit = must_alloc((list->n + 1) *
	    sizeof(*fit));
	uint64_t first = (route->page - 1) * route->size, n;
	size_t i, total = 0;

	for (i = 0; i < list->n; i++)
		if (list->items[i].created >= start &&
		    list->items[i].created < end)
			fit[total++] = &list->items[i];
	n = first >= total ? 0 : total - first < route->size ?
	    total - first : route->size;
	answer->body = page_of_picked(&fit[first < total ? first : 0], n,
	    route->page, route->size, (int64_t)total, children);
	free(fit);
}

static bool
all_between(const struct list *list, int64_t start, int64_t end)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->items[i].created < start ||
		    list->items[i].created >= end)
			return false;
	return true;
}

static void
answer_logs(const struct route *route, struct world *world,
    uint64_t leave_out, struct answer *answer)
{
	static struct list nothing;
	const char *start = argument(route, "start_date");
	const char *end = argument(route, "end_date");
	const char *children = argument(route, "include_trace_children");
	bool nested = children != NULL && strcmp(children, "true") == 0;
	struct file *file = world_file(world, route->id);
	struct list *list = file != NULL ? &file->logs : &nothing;
	int64_t from = start != NULL ? wall_of(start) : 0;
	int64_t to = end != NULL ? wall_of(end) : INT64_MAX;

	if (from == -1 || to == -1)
		invalid(from == -1 ? "start_date" : "end_date", "invalid "
		    "datetime format", "value_error.datetime", answer);
	else if (all_between(list, from, to))
		answer_list(route, list, nested, leave_out, answer);
	else
		answer_logs_between(route, list, from, to, nested, answer);
}

static void
answer_log(const struct route *route, struct world *world,
    struct answer *answer)
{
	const struct record *record = world_log(world, route->parts[1]);

	if (record == NULL)
		not_found(route, answer);
	else
		answer->body = body_of(record->text);
}

void
route_answer(const struct route *route, struct world *world,
    const struct serve_settings *settings, uint64_t leave_out,
    struct answer *answer)
{
	const char *name = route->name;

	if (strcmp(name, "unknown") == 0) {
		answer->status = 404;
		answer->body = body_of(must_copy("{\"detail\":\"Not "
		    "Found\"}"));
	} else if (strcmp(name, "directories") == 0) {
		answer_directories(world, answer);
	} else if (strcmp(name, "directory") == 0) {
		answer_directory(route, world, answer);
	} else if (strcmp(name, "log") == 0) {
		answer_log(route, world, answer);
	} else if (strcmp(name, "files") == 0 ||
	    strcmp(name, "typed") == 0) {
		if (check_page(route, settings, answer))
			answer_files(route, world, *name == 't' ?
			    route->parts[0] : NULL, leave_out, answer);
	} else if (strcmp(name, "logs") == 0 ||
	    strcmp(name, "evaluations") == 0) {
		if (route->id == NULL)
			invalid("file_id", "field required",
			    "value_error.missing", answer);
		else if (check_page(route, settings, answer)) {
			if (*name == 'l')
				answer_logs(route, world, leave_out, answer);
			else
				answer_evaluations(route, world_file(world,
				    route->id), leave_out, answer);
		}
	} else if (strcmp(route->parts[0], "evaluations") == 0) {
		answer_of_evaluation(route, world, settings, leave_out,
		    answer);
	} else {
		answer_of_file(route, world, settings, leave_out, answer);
	}
}
