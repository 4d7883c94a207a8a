#ifndef AUDIT_PRESCAN_H
#define AUDIT_PRESCAN_H

#include "audit/audit_internal.h"

/*
 * The prescan of one file, by any thread: its findings and what the walk needs
 * of its records, in the order of the file.  The prescan keeps them until the
 * walk reaches the file; then the first thread passes them to the audit.  So
 * the findings and their order don't depend on the number of threads.
 *
 * Of the audit, a prescan reads only what doesn't change after the start.
 */

/* What a thread needs for one prescan. */
struct audit_desk {
	struct page page;	/* the current record */
	struct text buffer;	/* an incomplete record */
	struct text key;	/* key of a record */
	char *chunk;		/* of the file */
	struct sha256 *hash;
};

/** audit_desk_init(desk): Initialize ${desk}. */
void audit_desk_init(struct audit_desk *);

/** audit_desk_release(desk): Free what ${desk} holds. */
void audit_desk_release(struct audit_desk *);

/* A finding, or a record. */
struct audit_item {
	char *what;		/* the finding; NULL: it is a record */
	enum audit_problem kind;
	bool named;		/* it has a key */
	uint64_t line;
	size_t key_len;		/* of its key in ${keys} */
	struct set_hash hash;	/* of the key, if it has one */
	char **parts, **values;	/* or NULL */
	char *raw;		/* rows of a derived file; or NULL */
	size_t raw_len;
};

enum audit_state {
	AUDIT_WAITS,
	AUDIT_GOES_ON,		/* a thread has it */
	AUDIT_OVER
};

struct audit_prescan {
	struct audit_content content;	/* of the file */
	const struct source_resource *resource;	/* of its records; or NULL */
	enum audit_wanted wanted;
	bool may_grow;		/* bytes after those that count are not
				 * damage */
	bool is_at_once;	/* nothing is kept: records go to the audit as
				 * they are read */
	int fd;			/* -1: not open */
	uint64_t size;
	struct span chunk;	/* the last one read */
	bool is_last;		/* it is the last of the file */

	/* What is kept, until audit_give() takes it. */
	struct audit_item *items;
	size_t n, capacity;
	struct text keys;
	uint64_t odds[AUDIT_ODDS];	/* by bit, the count */
	uint64_t records;	/* read, */
	uint64_t counted;	/* and counted as */
	size_t weight;		/* bytes that this takes, roughly */

	/* The result. */
	bool is_read;		/* to its end */
	bool is_passed;		/* the settings left it out */
	bool is_too_much;	/* to keep: audit_prescan_at_once() has to read
				 * it */
	bool has_failed;	/* see ${err} */
	struct err err;

	enum audit_state state;	/* the pool's */
	struct audit_prescan *next;
};

/**
 * audit_prescan_new(verify, receipt, listing, wanted):
 * Return a prescan of the file of ${receipt} in the listing ${listing} (or
 * NULL); both are borrowed.  Free it with audit_prescan_free().
 */
struct audit_prescan *audit_prescan_new(struct audit_verify *,
    const struct tree_receipt *, const char *, enum audit_wanted);

/** audit_prescan_free(prescan): Free ${prescan}, which may be NULL. */
void audit_prescan_free(struct audit_prescan *);

/**
 * audit_prescan_begin(prescan, desk):
 * Open the file.  Return whether to read it.
 */
bool audit_prescan_begin(struct audit_prescan *, struct audit_desk *);

/**
 * audit_prescan_read(prescan):
 * Read the next chunk.  Return it, for the hash of the desk; its length is 0 if
 * nothing is to be hashed.
 */
struct span audit_prescan_read(struct audit_prescan *);

/**
 * audit_prescan_take(prescan):
 * Process the records of the chunk, which is hashed.  Return whether to read
 * on; if not, the prescan is over.
 */
bool audit_prescan_take(struct audit_prescan *);

/**
 * audit_prescan_at_once(prescan, desk):
 * Read the file again, passing records to the audit as they come.
 */
void audit_prescan_at_once(struct audit_prescan *, struct audit_desk *);

/** audit_give(verify, prescan): Pass what ${prescan} keeps to the audit. */
void audit_give(struct audit_verify *, struct audit_prescan *);

/* --------------------------------------------------- audit_pool.c */

struct audit_pool;

/**
 * audit_pool_new(threads):
 * Return a pool of ${threads}, including the caller.
 */
struct audit_pool *audit_pool_new(unsigned);

/** audit_pool_ahead(pool): Return how many prescans to keep in it. */
size_t audit_pool_ahead(const struct audit_pool *);

/**
 * audit_pool_add(pool, prescan):
 * Queue ${prescan}; the pool has it until audit_pool_wait().
 */
void audit_pool_add(struct audit_pool *, struct audit_prescan *);

/**
 * audit_pool_wait(pool, prescan):
 * Work on queued prescans until ${prescan} is over, and take it back.
 */
void audit_pool_wait(struct audit_pool *, struct audit_prescan *);

/** audit_pool_free(pool): Stop the threads.  The caller frees the prescans. */
void audit_pool_free(struct audit_pool *);

/* -------------------------------------------------- audit_ahead.c */

/** audit_ahead_fill(verify): Queue prescans of the next files of the walk. */
void audit_ahead_fill(struct audit_verify *);

/**
 * audit_ahead_open(verify):
 * Give the listing that the walk opened its files and prescans, if there are
 * any.  Return whether there are.
 */
bool audit_ahead_open(struct audit_verify *);

/** audit_ahead_free(verify): Free the prescans of listings not yet opened. */
void audit_ahead_free(struct audit_verify *);

/* ------------------------------------------------------ audit_item.c */

/** audit_add_item(prescan): Add an empty item and return it. */
struct audit_item *audit_add_item(struct audit_prescan *);

#endif
