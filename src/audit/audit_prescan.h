#ifndef AUDIT_LOOK_H
#define AUDIT_LOOK_H

#include "audit/audit_internal.h"

/*
 * A look at one file, by any thread: what is wrong with it, and what of its
 * records matters to others, in the order in which it stands there.  It waits
 * in the look until it is its turn in the walk, and is then given to the
 * audit, by the first thread.  So what is found, and its order, does not
 * depend on how many threads there are.
 *
 * Of the audit, a look reads only what doesn't change after it has begun.
 */

/* What a thread needs for one look at a time. */
struct audit_desk {
	struct page page;	/* the record at hand */
	struct text buffer;	/* what is no whole record yet */
	struct text key;	/* of a record */
	char *chunk;		/* of the file, as it is read */
	struct sha256 *hash;
};

/** audit_desk_init(desk): Make it ready. */
void audit_desk_init(struct audit_desk *);

/** audit_desk_release(desk): Free what ${desk} holds. */
void audit_desk_release(struct audit_desk *);

/* A finding, or a record. */
struct audit_item {
	char *what;		/* is wrong; NULL: it is a record */
	enum audit_problem kind;
	bool named;		/* it has a key of its own */
	uint64_t line;
	size_t key_len;		/* its key's, which stand one by one */
	struct set_hash hash;	/* of the key, if it is its own */
	char **parts, **values;	/* or NULL */
	char *raw;		/* of a file that was derived; or NULL */
	size_t raw_len;
};

enum audit_state {
	AUDIT_WAITS,
	AUDIT_GOES_ON,		/* it belongs to a thread */
	AUDIT_OVER
};

struct audit_prescan {
	struct audit_content content;	/* knows which file */
	const struct source_resource *resource;	/* of its records; or NULL */
	enum audit_wanted wanted;
	bool may_grow;		/* what stands behind it is no damage */
	bool is_at_once;	/* it need not wait: it gives on the way */
	int fd;			/* -1: not open */
	uint64_t size;
	struct span chunk;	/* that was read last */
	bool is_last;		/* behind it there is nothing */

	/* What waits; audit_give() takes it. */
	struct audit_item *items;
	size_t n, capacity;
	struct text keys;
	uint64_t odds[AUDIT_ODDS];	/* by bit, how often */
	uint64_t records;	/* that were read, */
	uint64_t counted;	/* and those in them */
	size_t weight;		/* about how many bytes that takes */

	/* In the end. */
	bool is_read;		/* all that counts of it */
	bool is_passed;		/* it was not to be read */
	bool is_too_much;	/* to wait: the look is to be made at once */
	bool has_failed;	/* by ${err} */
	struct err err;

	enum audit_state state;	/* the pool's */
	struct audit_prescan *next;
};

/**
 * audit_prescan_new(verify, receipt, listing, wanted):
 * Return a look at the file of ${receipt}, in the listing with the key
 * ${listing} (or NULL); both have to live as long.  audit_prescan_free() it.
 */
struct audit_prescan *audit_prescan_new(struct audit_verify *,
    const struct tree_receipt *, const char *, enum audit_wanted);

/** audit_prescan_free(prescan): Free ${prescan}, which may be NULL. */
void audit_prescan_free(struct audit_prescan *);

/** audit_prescan_begin(prescan, desk): Open it.  Return whether to read on. */
bool audit_prescan_begin(struct audit_prescan *, struct audit_desk *);

/**
 * audit_prescan_read(prescan):
 * Read the next piece.  Return it, for the hash of the look's desk; the
 * length is 0 where nothing is to be hashed.
 */
struct span audit_prescan_read(struct audit_prescan *);

/**
 * audit_prescan_take(prescan):
 * Look at the records in that piece, which is hashed.  Return whether to read
 * on; else the look is over.
 */
bool audit_prescan_take(struct audit_prescan *);

/** audit_prescan_at_once(prescan, desk): All of it, anew, giving on the way. */
void audit_prescan_at_once(struct audit_prescan *, struct audit_desk *);

/** audit_give(verify, prescan): Take what waits in ${prescan} into the audit.
 */
void audit_give(struct audit_verify *, struct audit_prescan *);

/* --------------------------------------------------- audit_pool.c */

struct audit_pool;

/** audit_pool_new(threads): Return a pool of so many, the caller's with it. */
struct audit_pool *audit_pool_new(unsigned);

/** audit_pool_ahead(pool): Return how many looks should be in it. */
size_t audit_pool_ahead(const struct audit_pool *);

/** audit_pool_add(pool, prescan): It is to be made; it is the pool's. */
void audit_pool_add(struct audit_pool *, struct audit_prescan *);

/**
 * audit_pool_wait(pool, prescan):
 * Take part in what there is to do until ${prescan} is over; it is the caller's
 * again.
 */
void audit_pool_wait(struct audit_pool *, struct audit_prescan *);

/** audit_pool_free(pool): End it; what looks it has are the caller's again. */
void audit_pool_free(struct audit_pool *);

/* -------------------------------------------------- audit_ahead.c */

/** audit_ahead_fill(verify): Let the next files of the walk be looked at. */
void audit_ahead_fill(struct audit_verify *);

/**
 * audit_ahead_open(verify):
 * The listing that the walk has come to is open: take its files, if they are
 * known already.  Return whether they are.
 */
bool audit_ahead_open(struct audit_verify *);

/** audit_ahead_free(verify): Free what was made for listings to come. */
void audit_ahead_free(struct audit_verify *);

#endif
