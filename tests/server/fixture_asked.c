/*
 * The record of requests, and what a complete export contains.
 */

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fixture.h"

#define MAX_ORDER 200000

struct asked {
	char *what;		/* "logs pr_x 3 100" */
	bool known_key;
};

static struct asked order[MAX_ORDER];
static size_t n_order;
static uint64_t requests, refused, too_fast, elsewhere, elsewhere_with_key;
static unsigned in_flight, max_in_flight;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void
asked_begin(const char *route, const char *id, uint64_t page, uint64_t size,
    bool known_key)
{
	struct buf buf = { NULL, 0, 0 };

	buf_addf(&buf, "%s %s", route, id != NULL ? id : "-");
	if (page > 0)
		buf_addf(&buf, " %" PRIu64 " %" PRIu64, page, size);
	pthread_mutex_lock(&lock);
	requests++;
	refused += !known_key;
	if (++in_flight > max_in_flight)
		max_in_flight = in_flight;
	if (n_order < MAX_ORDER)
		order[n_order++] = (struct asked){ buf_take(&buf),
		    known_key };
	pthread_mutex_unlock(&lock);
	free(buf.data);
}

void
asked_too_fast(void)
{
	pthread_mutex_lock(&lock);
	too_fast++;
	pthread_mutex_unlock(&lock);
}

void
asked_end(void)
{
	pthread_mutex_lock(&lock);
	in_flight--;
	pthread_mutex_unlock(&lock);
}

void
asked_elsewhere(bool with_key)
{
	pthread_mutex_lock(&lock);
	elsewhere++;
	elsewhere_with_key += with_key;
	pthread_mutex_unlock(&lock);
}

void
asked_clear(void)
{
	pthread_mutex_lock(&lock);
	while (n_order > 0)
		free(order[--n_order].what);
	requests = refused = too_fast = elsewhere = elsewhere_with_key = 0;
	max_in_flight = 0;
	pthread_mutex_unlock(&lock);
}

char *
asked_report(void)
{
	struct buf buf = { NULL, 0, 0 };
	size_t i;

	pthread_mutex_lock(&lock);
	buf_addf(&buf, "{\"requests\": %" PRIu64 ", \"without_key\": %"
	    PRIu64 ", \"too_fast\": %" PRIu64
	    ", \"max_in_flight\": %u, \"elsewhere\": %" PRIu64
	    ", \"elsewhere_with_key\": %" PRIu64 ", \"order\": [",
	    requests, refused, too_fast, max_in_flight, elsewhere,
	    elsewhere_with_key);
	for (i = 0; i < n_order; i++) {
		buf_adds(&buf, i > 0 ? ",\n" : "\n");
		buf_json(&buf, order[i].what);
	}
	buf_adds(&buf, "]}\n");
	pthread_mutex_unlock(&lock);
	return buf_take(&buf);
}

/* ---------------------------------------------------------------- truth */

struct lines {
	char **items;
	size_t n, capacity;
};

static void
add_line(struct lines *lines, const char *a, const char *b)
{
	struct buf buf = { NULL, 0, 0 };

	if (lines->n == lines->capacity) {
		lines->capacity = lines->capacity * 2 + 64;
		lines->items = must_grow(lines->items,
		    lines->capacity * sizeof(*lines->items));
	}
	buf_addf(&buf, "%s%s%s", a, b != NULL ? " " : "", b != NULL ? b : "");
	lines->items[lines->n++] = buf_take(&buf);
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
add_list(struct lines *lines, const char *id, const struct list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		add_line(lines, id, list->items[i].id);
}

/* The keys of one kind of record in one file. */
static void
collect(struct lines *lines, const char *kind, const struct file *file)
{
	size_t i;

	if (strcmp(kind, "files") == 0)
		add_line(lines, file->record.id, NULL);
	if (strcmp(kind, "logs") == 0)
		add_list(lines, file->record.id, &file->logs);
	for (i = 0; i < file->n_versions; i++) {
		const struct version *version = &file->versions[i];

		if (strcmp(kind, "versions") == 0)
			add_line(lines, file->record.id, version->record.id);
		if (strcmp(kind, "datapoints") == 0)
			add_list(lines, version->record.id,
			    &version->datapoints);
	}
	for (i = 0; i < file->n_evaluations; i++) {
		const struct evaluation *evaluation = &file->evaluations[i];

		if (strcmp(kind, "evaluations") == 0)
			add_line(lines, file->record.id,
			    evaluation->record.id);
		if (strcmp(kind, "runs") == 0)
			add_list(lines, evaluation->record.id,
			    &evaluation->runs);
		if (strcmp(kind, "evaluation_logs") == 0)
			add_list(lines, evaluation->record.id,
			    &evaluation->logs);
	}
}

/* The keys of one kind, sorted, one per line. */
char *
world_truth_of(const struct world *world, const char *kind, size_t *n)
{
	struct lines lines = { NULL, 0, 0 };
	struct buf buf = { NULL, 0, 0 };
	size_t i;

	for (i = 0; i < world->n_files; i++)
		collect(&lines, kind, &world->files[i]);
	qsort(lines.items, lines.n, sizeof(*lines.items), by_bytes);
	for (i = 0; i < lines.n; i++) {
		buf_addf(&buf, "%s\n", lines.items[i]);
		free(lines.items[i]);
	}
	free(lines.items);
	*n = lines.n;
	return buf_take(&buf);
}

char *
world_truth(const struct world *world)
{
	static const char *const kinds[] = { "files", "versions",
	    "datapoints", "evaluations", "runs", "evaluation_logs",
	    "logs" };
	struct buf buf = { NULL, 0, 0 };
	size_t i, n;

	buf_adds(&buf, "{");
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		free(world_truth_of(world, kinds[i], &n));
		buf_addf(&buf, "%s\"%s\": %zu", i > 0 ? ", " : "", kinds[i],
		    n);
	}
	buf_adds(&buf, "}\n");
	return buf_take(&buf);
}
