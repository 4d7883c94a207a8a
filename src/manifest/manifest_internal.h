#ifndef MANIFEST_INTERNAL_H
#define MANIFEST_INTERNAL_H

#include "manifest/manifest.h"

/* By default, uthash exits without a message. */
#define uthash_malloc(size) mem_alloc(size)
/* uthash's own hash function is open to crafted collisions. */
#define HASH_FUNCTION(key, len, hash) \
	((hash) = (unsigned)set_hash_of((key), (len)).a)
#include <uthash.h>

/* A listing, by its key. */
struct manifest_entry {
	char *key;
	struct manifest_listing known;	/* see manifest_sum_up() */
	/* Sorted by pass and position after manifest_order(). */
	struct manifest_page *pages;
	size_t n_pages, pages_capacity;
	uint64_t sequence;		/* of the last page */
	bool is_mixed;		/* they are not sorted */
	void *gap_tree;		/* by position, for tsearch(3) */
	struct manifest_gap *gaps;	/* the same as a list, if
					 * ${is_linked} */
	bool is_linked;
	struct manifest_line end;	/* its last line, if it has ended */
	bool is_stale;		/* ${known} does not count all pages */
	UT_hash_handle hh;
};

/* The done marker of a record. */
struct manifest_done {
	char *key;
	struct manifest_line line;
	UT_hash_handle hh;
};

struct manifest {
	struct tree *tree;
	int fd;
	json_t *header, *seal;
	json_t *lost_seal;	/* of a salvaged manifest; or NULL */
	char *lost_sha256;	/* and its hash */
	struct manifest_entry *entries;
	struct manifest_done *done_markers;
	int64_t size;		/* of the file */
	struct text memory;	/* its bytes, if they are in no file */
	bool was_sealed;	/* but is not now: there is a copy */
	bool is_below;		/* the file is the export's, below the layer */
	struct text on_its_way;	/* lines that are being written */
	struct text pending;	/* lines not yet being written */
	int64_t compact_at;	/* the size at which to consider a rewrite */
};

/**
 * manifest_apply(manifest, json, line, err):
 * Apply a line, at position ${line}, to what is known.  All lines, read or new,
 * pass through here.  Return 0; or -1 with ${err} set (ERR_DATA: not a line of
 * a manifest).
 */
int manifest_apply(struct manifest *, json_t *, struct manifest_line,
    struct err *);

/**
 * manifest_is_valid(line):
 * Return whether its numbers and receipts are valid.
 */
bool manifest_is_valid(json_t *);

/** manifest_order(entry): Sort its pages and gaps. */
void manifest_order(struct manifest_entry *);

/** manifest_sum_up(entry): Compute ${known} from all pages. */
void manifest_sum_up(struct manifest_entry *);

/** manifest_say(manifest, json): Add the line ${json}, stolen. */
void manifest_say(struct manifest *, json_t *);

/* ------------------------------------------------ manifest_journal.c */

/**
 * manifest_commit(manifest, err):
 * Wait until the lines that are being written are in the file.
 */
int manifest_commit(struct manifest *, struct err *);

/** manifest_read_line(manifest, line, err): Return the line, parsed, new. */
json_t *manifest_read_line(struct manifest *, struct manifest_line,
    struct err *);

/** manifest_copy_line(manifest, line, text, err): Add the line as it is. */
int manifest_copy_line(struct manifest *, struct manifest_line, struct text *,
    struct err *);

/* ------------------------------------------------ manifest_rewrite.c */

/**
 * manifest_rewrite(manifest, seal, err):
 * Write it in order; see doc/FORMAT.md.
 */
int manifest_rewrite(struct manifest *, json_t *, struct err *);

/** manifest_live(manifest): Return how many bytes a rewrite would keep. */
int64_t manifest_live(const struct manifest *);

/** manifest_check_header(json, where, err): Check its format. */
int manifest_check_header(json_t *, const char *, struct err *);

/** manifest_check_seal(manifest, text, err): Check the seal. */
int manifest_check_seal(json_t *, struct span, size_t, struct err *);

/** manifest_of_text(tree, text, err): Return a manifest that is in no file. */
struct manifest *manifest_of_text(struct tree *, const struct text *,
    struct err *);

/** manifest_free_gaps(entry): Forget the gaps of ${entry}. */
void manifest_free_gaps(struct manifest_entry *);

/** manifest_free_entry(manifest, entry): Forget and free ${entry}. */
void manifest_free_entry(struct manifest *, struct manifest_entry *);

/* --------------------------------------------- manifest_logged.c */

/**
 * manifest_add_logged(line, len, value):
 * Add the manifest line that a line of the log contains, if any, to ${value}.
 */
void manifest_add_logged(const char *, size_t, struct text *);

#endif
