/*
 * Merging the server's records with the lines on disk, and finding the bytes
 * of a damaged shard among them: see run_align.c.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/run_align.h"

#define MAX_SHIFT 64	/* new records that may be left out */
#define MAX_DIFFER 8	/* records that may be from either side */
#define MAX_STRANGE 64	/* records on disk that may be damage */

/* Merge both lists, in the order of both. */
struct run_align_item *
run_align_merge(const struct run_align_group *server,
    struct run_align_group *disk, size_t *n)
{
	struct run_align_item *all =
	    mem_zero(server->n + disk->n + 1, sizeof(*all));
	size_t i, k, next = 0;

	*n = 0;
	for (i = 0; i < server->n; i++) {
		struct run_align_item *item = &server->items[i];

		/* Usually it is the next one. */
		for (k = next; k < disk->n && memcmp(disk->items[k].key,
		    item->key, SHA256_BYTES) != 0; k++)
			;
		if (k == disk->n && disk->items != NULL &&
		    set_has(disk->seen, item->key, SHA256_BYTES)) {
			for (k = 0; memcmp(disk->items[k].key, item->key,
			    SHA256_BYTES) != 0; k++)
				;
			item->disk = disk->items[k].disk;
			disk->items[k].is_used = true;
		} else if (k < disk->n) {
			item->disk = disk->items[k].disk;
			disk->items[k].is_used = true;
			/* Records only on disk come before it. */
			for (; next < k; next++)
				if (!disk->items[next].is_used &&
				    !set_has(server->seen,
				    disk->items[next].key, SHA256_BYTES))
					all[(*n)++] = disk->items[next];
			next = k + 1;
		}
		all[(*n)++] = *item;
	}
	for (; next < disk->n; next++)
		if (!disk->items[next].is_used && !set_has(server->seen,
		    disk->items[next].key, SHA256_BYTES))
			all[(*n)++] = disk->items[next];
	return all;
}

static int
read_chunk(struct run_align *align, const struct run_align_chunk *chunk,
    struct err *err)
{
	struct text *line = &align->line;
	size_t done = 0;
	ssize_t n;

	text_clear(line);
	line->data = mem_need(line->data, chunk->len + 1, &line->capacity, 1);
	while (done < chunk->len) {
		n = pread(align->spool, &line->data[done], chunk->len - done,
		    chunk->offset + (off_t)done);
		if (n <= 0)
			return err_errno(err, ERR_DISK, "read " SPOOL);
		done += (size_t)n;
	}
	line->len = chunk->len;
	return 0;
}

static bool
is_same_chunk(struct run_align *align, const struct run_align_item *item,
    struct err *err)
{
	struct text server;
	bool is;

	if (item->server.len != item->disk.len)
		return false;
	if (read_chunk(align, &item->server, err) == -1)
		return false;
	text_init(&server, SIZE_MAX / 4);
	text_add(&server, align->line.data, align->line.len);
	is = read_chunk(align, &item->disk, err) == 0 && memcmp(server.data,
	    align->line.data, server.len) == 0;
	text_release(&server);
	return is;
}

/*
 * Find the records that both sides have but differ in, at most MAX_DIFFER + 1.
 */
static size_t
find_differing(struct run_align *align, struct run_align_item *items, size_t n,
    size_t differ[MAX_DIFFER + 1], struct err *err)
{
	size_t i, found = 0;

	for (i = 0; i < n && found <= MAX_DIFFER; i++)
		if (items[i].server.is_there && items[i].disk.is_there &&
		    !is_same_chunk(align, &items[i], err))
			differ[found++] = i;
	return found;
}

/*
 * Write the items to a draft of the shard.  For those that differ, ${disk}
 * chooses the disk's version: one bit each, or ~0 for all.  Return 1 if the
 * draft matches; 0 if not; or -1.
 */
static int
try_once(struct run_align *align, size_t shard,
    const struct run_align_item *items, const size_t *differ, size_t n_differ,
    unsigned disk, struct err *err)
{
	const struct tree_receipt *wanted = &align->files->items[shard];
	struct tree_draft *draft = tree_draft_new(align->tree, wanted->path,
	    err);
	const struct run_align_chunk *chunk;
	size_t i, k = 0;
	bool from_disk;

	if (draft == NULL)
		return -1;
	for (i = 0; i < wanted->lines; i++) {
		from_disk = disk == ~0u;
		if (k < n_differ && differ[k] == i)
			from_disk = disk >> k++ & 1;
		chunk = items[i].disk.is_there && (from_disk ||
		    !items[i].server.is_there) ? &items[i].disk :
		    &items[i].server;
		if (read_chunk(align, chunk, err) == -1 ||
		    tree_draft_line(draft, (struct span){ align->line.data,
		    align->line.len }, false, err) == -1) {
			tree_draft_free(draft);
			return -1;
		}
	}
	return tree_draft_end(draft, wanted, err);
}

/* Try all variants of the items as the shard.  Return 1, 0, or -1. */
static int
try_items(struct run_align *align, size_t shard, struct run_align_item *items,
    struct err *err)
{
	size_t differ[MAX_DIFFER + 1] = { 0 }, n_differ;
	size_t n = (size_t)align->files->items[shard].lines;
	unsigned choice, choices;
	int rc;

	n_differ = find_differing(align, items, n, differ, err);
	if (n_differ > MAX_DIFFER) {
		rc = try_once(align, shard, items, NULL, 0, 0, err);
		return rc != 0 ? rc : try_once(align, shard, items, NULL, 0,
		    ~0u, err);
	}
	choices = 1u << n_differ;
	for (choice = 0, rc = 0; choice < choices && rc == 0; choice++)
		rc = try_once(align, shard, items, differ, n_differ, choice,
		    err);
	return rc;
}

static void
note_taken(struct run_align *align, size_t shard)
{
	align->taken = mem_need(align->taken, align->n_taken + 1,
	    &align->taken_capacity, sizeof(*align->taken));
	align->taken[align->n_taken++] = shard;
}

/*
 * Find a shard of the group among its ${n} items.  ${before} lines of the group
 * come before it.
 */
static int
find_shard(struct run_align *align, const struct run_align_group *group,
    size_t shard, uint64_t before, struct run_align_item *items, size_t n,
    struct err *err)
{
	uint64_t lines = align->files->items[shard].lines;
	uint64_t extra = n > group->lines ? n - group->lines : 0, shift;
	int rc = 0;

	for (shift = 0; shift <= extra && shift <= MAX_SHIFT && rc == 0;
	    shift++)
		if (before + shift + lines <= n)
			rc = try_items(align, shard, &items[before + shift],
			    err);
	/* Some are missing, before it or after it. */
	if (rc == 0 && n < group->lines && before + n >= group->lines &&
	    before + lines <= group->lines)
		rc = try_items(align, shard, &items[before + n -
		    group->lines], err);
	return rc;
}

/*
 * Find a shard in all items, in the server's, or in all but one of the disk's.
 */
int
run_align_find(struct run_align *align, const struct run_align_group *group,
    size_t shard, uint64_t before, struct run_align_item *items, size_t n,
    struct err *err)
{
	struct run_align_item *some = mem_zero(n + 1, sizeof(*some));
	size_t i, k, left, strange = 0;
	int rc = find_shard(align, group, shard, before, items, n, err);

	for (i = 0, left = 0; i < n; i++) {
		if (items[i].server.is_there)
			some[left++] = items[i];
		else
			strange++;
	}
	if (rc == 0 && strange > 0)
		rc = find_shard(align, group, shard, before, some, left,
		    err);
	for (k = 0; k < n && rc == 0 && strange > 1 &&
	    strange <= MAX_STRANGE && n > group->lines; k++) {
		if (items[k].server.is_there)
			continue;
		for (i = 0, left = 0; i < n; i++)
			if (i != k)
				some[left++] = items[i];
		rc = find_shard(align, group, shard, before, some, left,
		    err);
	}
	free(some);
	if (rc == 1)
		note_taken(align, shard);
	return rc == -1 ? -1 : 0;
}
