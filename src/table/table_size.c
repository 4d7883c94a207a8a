/*
 * How many records fit into a given amount of memory, estimated from the bytes
 * and lines of their shards without reading them all.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "table/table_internal.h"

/* Estimate the lines of a file without a manifest from its first ones. */
static uint64_t
guess_lines(const struct table_db *db, const struct audit_file *file)
{
	static char chunk[1 << 16];
	struct err err;
	int fd = file_open(db->dir, file->path, O_RDONLY, &err);
	uint64_t bytes = 0, lines = 0;
	ssize_t n = 0, i;

	while (fd != -1 && lines == 0 && (n = read(fd, chunk,
	    sizeof(chunk))) > 0) {
		bytes += (uint64_t)n;
		for (i = 0; i < n; i++)
			lines += chunk[i] == '\n';
	}
	if (fd != -1)
		close(fd);
	if (bytes == 0 || lines == 0)
		return 1;
	lines = file->bytes / (bytes / lines);
	/* The first lines may be the shortest. */
	if (lines > TREE_SHARD_LINES)
		return TREE_SHARD_LINES;
	return lines > 0 ? lines : 1;
}

void
table_sums_init(struct table_db *db)
{
	struct table_sums *sums = &db->sums;
	size_t i;

	sums->lines = mem_zero(db->files.n + 1, sizeof(*sums->lines));
	sums->bytes = mem_zero(db->files.n + 1, sizeof(*sums->bytes));
	for (i = 0; i < db->files.n; i++) {
		const struct audit_file *file = &db->files.items[i];
		uint64_t lines = file->lines;

		if (file->resource->store != SOURCE_KEEP_SHARDS)
			continue;
		if (lines == 0)
			lines = guess_lines(db, file);
		sums->lines[sums->n + 1] = sums->lines[sums->n] + lines;
		sums->bytes[sums->n + 1] = sums->bytes[sums->n] + file->bytes;
		sums->n++;
		if (file->bytes / lines > sums->largest)
			sums->largest = file->bytes / lines;
	}
}

/* The most bytes of any ${rows} records that begin with a shard. */
static uint64_t
max_bytes(const struct table_sums *sums, uint64_t rows)
{
	uint64_t max = 0, lines, bytes, part;
	size_t from, to = 0;

	for (from = 0; from < sums->n; from++) {
		while (to < sums->n &&
		    sums->lines[to + 1] - sums->lines[from] <= rows)
			to++;
		bytes = sums->bytes[to] - sums->bytes[from];
		if (to < sums->n) {
			lines = sums->lines[to + 1] - sums->lines[to];
			part = rows - (sums->lines[to] - sums->lines[from]);
			bytes += (sums->bytes[to + 1] - sums->bytes[to]) /
			    lines * part;
		}
		if (bytes > max)
			max = bytes;
	}
	return max;
}

void
table_sums_release(struct table_db *db)
{
	free(db->sums.lines);
	free(db->sums.bytes);
}

static bool
is_one_of(const struct table_resources *resources,
    const struct source_resource *resource)
{
	size_t i;

	for (i = 0; i < resources->n; i++)
		if (resources->items[i] == resource)
			return true;
	return false;
}

/* The sums for some resources only; both arrays are new. */
static struct table_sums
sums_of(const struct table_db *db, const struct table_resources *resources)
{
	const struct table_sums *all = &db->sums;
	struct table_sums some = {
		.lines = mem_zero(all->n + 1, sizeof(*some.lines)),
		.bytes = mem_zero(all->n + 1, sizeof(*some.bytes)),
	};
	size_t i, k = 0, n = 0;

	for (i = 0; i < db->files.n; i++) {
		const struct source_resource *resource =
		    db->files.items[i].resource;

		if (resource->store != SOURCE_KEEP_SHARDS)
			continue;
		k++;
		if (!is_one_of(resources, resource))
			continue;
		n++;
		some.lines[n] = some.lines[n - 1] + all->lines[k] -
		    all->lines[k - 1];
		some.bytes[n] = some.bytes[n - 1] + all->bytes[k] -
		    all->bytes[k - 1];
	}
	some.n = n;
	return some;
}

bool
table_is_even(const struct table_db *db,
    const struct table_resources *resources, uint64_t rows, uint64_t bytes)
{
	struct table_sums sums = sums_of(db, resources);
	bool even = true;
	size_t from, to = 0;

	for (from = 0; from < sums.n && even; from++) {
		while (to < sums.n &&
		    sums.lines[to] < sums.lines[from + 1] + rows)
			to++;
		even = sums.bytes[to] - sums.bytes[from] <= bytes;
	}
	free(sums.lines);
	free(sums.bytes);
	return even;
}

uint64_t
table_memory(const struct table_db *db)
{
	return db->settings.memory;
}

unsigned
table_threads(const struct table_db *db)
{
	return db->settings.threads;
}

uint64_t
table_rows_within(const struct table_db *db, uint64_t bytes, uint64_t max)
{
	const struct table_sums *sums = &db->sums;
	uint64_t rows = max;

	while (rows > 1 && rows > sums->lines[sums->n] / TABLE_GROUPS &&
	    max_bytes(sums, rows) > bytes + sums->largest)
		rows /= 2;
	return rows;
}
