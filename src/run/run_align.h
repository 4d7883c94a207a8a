#ifndef RUN_ALIGN_H
#define RUN_ALIGN_H

#include "run/run_internal.h"

#define SPOOL ".hlexport-spool"

/* A line in the spool. */
struct run_align_chunk {
	off_t offset;	/* in it */
	size_t len;
	bool is_there;
};

struct run_align_item {
	unsigned char key[SHA256_BYTES];
	struct run_align_chunk server, disk;
	bool is_used;		/* of the disk's: merged */
};

struct run_align_group {
	size_t first, end;	/* its shards */
	uint64_t lines;
	struct set *before, *after;	/* keys of its neighbours */
	struct set *seen;
	struct run_align_item *items;	/* the server's records */
	size_t n, capacity;
	bool is_over;		/* too many records */
};

struct run_align {
	struct tree *tree;
	struct run_listing *own;
	bool by_bytes;		/* keys are shared: compare bytes too */
	const struct page_plan *plan;
	const struct tree_receipts *files;
	const bool *damaged;
	struct run_align_group *groups;
	size_t n_groups;
	size_t next;		/* the group that the next records belong to */
	struct set *known;	/* keys in intact shards */
	int spool;
	off_t spooled;
	struct set *tally;	/* records without a key */
	size_t *taken, n_taken, taken_capacity;
	struct text line;
};

/**
 * run_align_merge(server, disk, n):
 * Merge both lists, in the order of both.  Return the ${n} items, new.
 */
struct run_align_item *run_align_merge(const struct run_align_group *,
    struct run_align_group *, size_t *);

/**
 * run_align_find(align, group, shard, before, items, n, err):
 * Find the bytes of ${shard} in all ${n} items, in the server's, or in all but
 * one of the disk's.  ${before} lines of the group come before the shard.  Note
 * the shard if it was found.  Return 0, or -1 with ${err} set.
 */
int run_align_find(struct run_align *, const struct run_align_group *, size_t,
    uint64_t, struct run_align_item *, size_t, struct err *);

#endif
