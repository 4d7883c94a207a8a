#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

struct record *
list_add(struct list *list, char *id, char *text, int64_t created)
{
	if (list->n == list->capacity) {
		list->capacity = list->capacity * 2 + 8;
		list->items = must_grow(list->items,
		    list->capacity * sizeof(*list->items));
	}
	list->items[list->n] = (struct record){ id, text, NULL, created };
	return &list->items[list->n++];
}

struct file *
world_add_file(struct world *world)
{
	world->files = must_grow(world->files,
	    (world->n_files + 1) * sizeof(*world->files));
	return memset(&world->files[world->n_files++], 0,
	    sizeof(*world->files));
}

struct version *
file_add_version(struct file *file)
{
	file->versions = must_grow(file->versions,
	    (file->n_versions + 1) * sizeof(*file->versions));
	return memset(&file->versions[file->n_versions++], 0,
	    sizeof(*file->versions));
}

struct evaluation *
file_add_evaluation(struct file *file)
{
	file->evaluations = must_grow(file->evaluations,
	    (file->n_evaluations + 1) * sizeof(*file->evaluations));
	return memset(&file->evaluations[file->n_evaluations++], 0,
	    sizeof(*file->evaluations));
}

struct file *
world_file(const struct world *world, const char *id)
{
	size_t i;

	for (i = 0; i < world->n_files; i++)
		if (strcmp(world->files[i].record.id, id) == 0)
			return &world->files[i];
	return NULL;
}

struct version *
file_version(const struct file *file, const char *id)
{
	size_t i;

	for (i = 0; i < file->n_versions; i++)
		if (strcmp(file->versions[i].record.id, id) == 0)
			return &file->versions[i];
	return NULL;
}

struct evaluation *
world_evaluation(const struct world *world, const char *id)
{
	size_t i, k;

	for (i = 0; i < world->n_files; i++)
		for (k = 0; k < world->files[i].n_evaluations; k++)
			if (strcmp(world->files[i].evaluations[k].record.id,
			    id) == 0)
				return &world->files[i].evaluations[k];
	return NULL;
}

static int
by_id(const void *a, const void *b)
{
	const struct record *one = a, *other = b;

	return strcmp(one->id, other->id);
}

static void
index_list(struct world *world, const struct list *list, size_t *capacity)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (world->n_logs_by_id == *capacity) {
			*capacity = *capacity * 2 + 64;
			world->logs_by_id = must_grow(world->logs_by_id,
			    *capacity * sizeof(*world->logs_by_id));
		}
		world->logs_by_id[world->n_logs_by_id++] = list->items[i];
	}
}

/*
 * Index the logs at "log" in an evaluation's logs; ${plain} of the record is
 * the form in which such a log is served alone.
 */
static void
index_evaluation(struct world *world, const struct evaluation *evaluation,
    size_t *capacity)
{
	size_t i;

	for (i = 0; i < evaluation->logs.n; i++) {
		const struct record *record = &evaluation->logs.items[i];
		const char *id = strchr(record->id, ' ');
		struct list one = { NULL, 0, 0, NULL, 0 };

		if (id == NULL || record->plain == NULL)
			continue;
		list_add(&one, must_copy(id + 1), record->plain,
		    record->created);
		index_list(world, &one, capacity);
		free(one.items);
	}
}

/* Every log that can be fetched alone, sorted by ID. */
static void
index_logs(struct world *world)
{
	size_t i, k, capacity = 0;

	for (i = 0; i < world->n_files; i++) {
		struct file *file = &world->files[i];

		index_list(world, &file->logs, &capacity);
		for (k = 0; k < file->n_evaluations; k++)
			index_evaluation(world, &file->evaluations[k],
			    &capacity);
	}
	if (world->n_logs_by_id > 0)
		qsort(world->logs_by_id, world->n_logs_by_id,
		    sizeof(*world->logs_by_id), by_id);
}

const struct record *
world_log(struct world *world, const char *id)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct record key = { .id = (char *)id };

	pthread_mutex_lock(&lock);
	if (world->logs_by_id == NULL)
		index_logs(world);
	pthread_mutex_unlock(&lock);
	return world->n_logs_by_id == 0 ? NULL : bsearch(&key,
	    world->logs_by_id, world->n_logs_by_id,
	    sizeof(*world->logs_by_id), by_id);
}

/* splitmix64, after Vigna. */
static uint64_t
mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

uint64_t
world_random(const struct world *world, uint64_t a, uint64_t b, uint64_t c)
{
	return mix(mix(mix(mix(world->seed) ^ a) ^ b) ^ c);
}

void
world_id(const struct world *world, const char *prefix, uint64_t a,
    uint64_t b, uint64_t c, char id[64])
{
	static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz";
	uint64_t kind = 0, bits = 0;
	size_t n = strlen(prefix), i;

	for (i = 0; i < n; i++)
		kind = kind * 257 + (unsigned char)prefix[i];
	memcpy(id, prefix, n);
	for (i = 0; i < 21; i++) {
		if (i % 10 == 0)
			bits = world_random(world, kind * 31 + i, a << 32 | b,
			    c);
		id[n + i] = letters[bits % 62];
		bits /= 62;
	}
	id[n + 21] = '\0';
}
