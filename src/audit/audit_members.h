#ifndef AUDIT_MEMBERS_H
#define AUDIT_MEMBERS_H

#include <sys/types.h>

#include "audit/audit_prescan.h"

/*
 * The files of an export that come one by one, as they stand in an archive.
 *
 * The walk wants them in an order of its own, so what it takes from a file is
 * kept until it gets there: whether the file is whole, how many records are in
 * it, and of the records that others hang from the keys and fields.  The walk
 * is then the same as that of a directory, and finds the same.
 *
 * Keys of records are compared as they come, a folder of shards at a time; the
 * set is freed when the last of its shards has come.
 */

/* The shards of one folder. */
struct audit_group {
	char *folder;
	struct set *seen;	/* keys of records; NULL: none yet */
	struct set *tally;	/* of those without a key, by bytes */
	uint64_t duplicates;
	uint64_t same_key;	/* records that share their key, rightly */
	size_t left;		/* shards that have not come */
};

/* A record that the walk has to know. */
struct audit_entry {
	char *key;		/* of an object, else NULL */
	size_t key_len;
	bool named;
	char **parts, **values;	/* or NULL */
	char *raw;		/* of a file that was derived; or NULL */
	size_t raw_len;
};

/* A file, by its number. */
struct audit_received {
	const struct source_resource *resource;	/* NULL: it has no records */
	const char *listing;	/* its key; NULL: not known yet */
	struct audit_group *group;	/* of a shard */
	bool is_there, is_whole;
	uint64_t records, duplicates, lines, rows, bytes;
	unsigned char sha256[SHA256_BYTES];
	struct audit_entry *entries;
	size_t n, capacity;
};

struct audit_members {
	struct tree_receipts files;	/* by path */
	struct audit_received *received;	/* of each */
	struct tree_receipts others;	/* that no one knows: the paths, and
					 * hashes of what has ${bytes} */
	struct audit_group *groups;
	size_t n_groups, groups_capacity;
	uint64_t largest;	/* bytes that no record will have */
	bool is_lost;		/* not all could be read */

	/* The file that comes. */
	size_t now;		/* SIZE_MAX: the last one of ${others} */
	struct sha256 *other;	/* of that one */
	uint64_t bytes;		/* all that came of it */
	struct audit_content content;
	struct audit_desk desk;
};

/** audit_members_find(members, path): Return the file's number; or -1. */
ssize_t audit_members_find(const struct audit_members *, const char *);

/** audit_members_take(content, line, record): A record has come. */
void audit_members_take(struct audit_content *, uint64_t,
    const struct page_record *);

/**
 * audit_members_other(members, path):
 * Return the hash of the file that no one knows at ${path}, borrowed, when all
 * have come and are sorted; NULL: there is none.
 */
const unsigned char *audit_members_other(const struct audit_members *,
    const char *);

#endif
