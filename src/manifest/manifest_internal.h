#ifndef MANIFEST_INTERNAL_H
#define MANIFEST_INTERNAL_H

#include "manifest/manifest.h"

/* Left alone, uthash ends the program without a word. */
#define uthash_malloc(size) mem_alloc(size)
/* A stranger can make many keys that uthash's own function takes for one. */
#define HASH_FUNCTION(key, len, hash) \
	((hash) = (unsigned)set_hash_of((key), (len)).a)
#include <uthash.h>

/* A listing, by its key. */
struct manifest_entry {
	char *key;
	struct manifest_listing known;	/* see manifest_sum_up() */
	/* In the order of pass and position, after manifest_order(). */
	struct manifest_page *pages;
	size_t n_pages, pages_capacity;
	uint64_t sequence;		/* of the last page */
	bool is_mixed;		/* they are not in order */
	void *gap_tree;		/* by position, for tsearch(3) */
	struct manifest_gap *gaps;	/* the same as a list, if... */
	bool is_linked;
	struct manifest_line end;	/* when it has ended */
	bool is_stale;		/* ${known} does not count all pages */
	UT_hash_handle hh;
};

/* A record below which all is there. */
struct manifest_done {
	char *key;
	struct manifest_line line;
	UT_hash_handle hh;
};

struct manifest {
	struct tree *tree;
	int fd;
	json_t *header, *seal;
	json_t *lost_seal;	/* that of what was salvaged; or NULL */
	char *lost_sha256;	/* and its hash */
	struct manifest_entry *entries;
	struct manifest_done *done_markers;
	int64_t size;		/* of the file */
	struct text memory;	/* what it holds, if that is in no file */
	bool was_sealed;	/* and is no more: a copy is there */
	bool is_below;		/* the file is not the one to be written */
	struct text on_its_way;	/* said, and being written to the file */
	struct text pending;	/* said, and not yet in the file */
	int64_t compact_at;	/* look at its size again from here */
};

/**
 * manifest_apply(manifest, json, line, err):
 * Take in what a line says; it stands at ${line}.  This is the one place
 * where lines get their meaning, read or said.  Return 0, or -1 with ${err}
 * set (ERR_DATA) where it is no line of a manifest.
 */
int manifest_apply(struct manifest *, json_t *, struct manifest_line,
    struct err *);

/** manifest_is_valid(line): Can all its numbers and receipts be? */
bool manifest_is_valid(json_t *);

/** manifest_order(entry): Put its pages and gaps in order. */
void manifest_order(struct manifest_entry *);

/** manifest_sum_up(entry): Work out from all pages what is known. */
void manifest_sum_up(struct manifest_entry *);

/** manifest_say(manifest, json): Say ${json}, stolen. */
void manifest_say(struct manifest *, json_t *);

/* ------------------------------------------------ manifest_journal.c */

/**
 * manifest_commit(manifest, err):
 * Wait for what is on its way to the file; it is there then.
 */
int manifest_commit(struct manifest *, struct err *);

/** manifest_read_line(manifest, line, err): Return the line, parsed, new. */
json_t *manifest_read_line(struct manifest *, struct manifest_line,
    struct err *);

/** manifest_copy_line(manifest, line, text, err): Add the line as it is. */
int manifest_copy_line(struct manifest *, struct manifest_line, struct text *,
    struct err *);

/* ------------------------------------------------ manifest_rewrite.c */

/** manifest_rewrite(manifest, seal, err): Write it in order; see FORMAT. */
int manifest_rewrite(struct manifest *, json_t *, struct err *);

/** manifest_live(manifest): Return how many bytes still matter. */
int64_t manifest_live(const struct manifest *);

/** manifest_check_header(json, where, err): Is it one that we can read? */
int manifest_check_header(json_t *, const char *, struct err *);

/** manifest_check_seal(manifest, text, err): Is the seal unbroken? */
int manifest_check_seal(json_t *, struct span, size_t, struct err *);

/** manifest_of_text(tree, text, err): A manifest that is in no file. */
struct manifest *manifest_of_text(struct tree *, const struct text *,
    struct err *);

/** manifest_free_gaps(entry): Forget the gaps of ${entry}. */
void manifest_free_gaps(struct manifest_entry *);

/** manifest_free_entry(manifest, entry): Forget and free ${entry}. */
void manifest_free_entry(struct manifest *, struct manifest_entry *);

/* --------------------------------------------- manifest_logged.c */

/**
 * manifest_add_logged(line, len, value):
 * Add to ${value} what a line of the log says of the manifest, if it does.
 */
void manifest_add_logged(const char *, size_t, struct text *);

#endif
