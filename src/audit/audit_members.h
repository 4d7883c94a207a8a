#ifndef AUDIT_MEMBERS_H
#define AUDIT_MEMBERS_H

#include <sys/types.h>

#include "audit/audit_prescan.h"

/*
 * The files of an export that come one at a time, in the order of an archive.
 *
 * The walk needs another order, so what it takes from a file is kept until it
 * gets there: whether the file is intact, its number of records, and the keys
 * and fields of records with children.  The walk is then that of a directory,
 * with the same findings.
 *
 * Record keys are compared per folder of shards; its set is freed after the
 * last shard.
 */

/* The shards of one folder. */
struct audit_group {
	char *folder;
	struct set *seen;	/* keys of records; NULL: none yet */
	struct set *tally;	/* records without a key, by bytes */
	uint64_t duplicates;
	uint64_t same_key;	/* records that share a key on the server too */
	size_t left;		/* shards still to come */
};

/* A record that the walk needs. */
struct audit_entry {
	char *key;		/* of an object, else NULL */
	size_t key_len;
	bool named;
	char **parts, **values;	/* or NULL */
	char *raw;		/* rows of a derived file; or NULL */
	size_t raw_len;
};

/* What is known of a file. */
struct audit_received {
	const struct source_resource *resource;	/* NULL: no records */
	const char *listing;	/* its key; NULL: not known */
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
	struct tree_receipts others;	/* files that don't belong to the
					 * export, with the hashes of those that
					 * have ${bytes} */
	struct audit_group *groups;
	size_t n_groups, groups_capacity;
	uint64_t largest;	/* the limit of a record's bytes */
	bool is_lost;		/* the archive could not be read to its end */

	/* The current file. */
	size_t now;		/* its index; SIZE_MAX: the last of ${others} */
	struct sha256 *other;	/* hash of that one */
	uint64_t bytes;		/* its bytes so far */
	struct audit_content content;
	struct audit_desk desk;
};

/** audit_members_find(members, path): Return the file's index; or -1. */
ssize_t audit_members_find(const struct audit_members *, const char *);

/** audit_members_take(content, line, record): Take a record. */
void audit_members_take(struct audit_content *, uint64_t,
    const struct page_record *);

/**
 * audit_members_other(members, path):
 * Return the hash, borrowed, of the file at ${path} that does not belong to the
 * export; NULL: there is none. ${others} must be complete and sorted.
 */
const unsigned char *audit_members_other(const struct audit_members *,
    const char *);

#endif
