#ifndef RUN_RESTORE_H
#define RUN_RESTORE_H

#include "run/run_internal.h"

/* Damaged or unproven files, and how they are restored. */

/* ---------------------------------------------------- run_damage.c */

/**
 * run_damage_begin(run, err):
 * Find what is damaged: what the settings list, or, when resuming, files that
 * are missing or too short.  Register all files with the tree.
 */
int run_damage_begin(struct run *, struct err *);

/** run_is_damaged(run, path): Does the file differ from its receipt? */
bool run_is_damaged(const struct run *, const char *);

/**
 * run_is_written_again(run, path):
 * In a repair: was the damaged file of an unfinished listing written again, and
 * does it begin with its original bytes?
 */
bool run_is_written_again(struct run *, const char *);

/**
 * run_is_forgotten(run, listing):
 * Was the listing damaged, so that it begins again?
 */
bool run_is_forgotten(const struct run *, const char *);

/** run_has_damage(run, listing): Is one of the listing's files damaged? */
bool run_has_damage(const struct run *, const char *);

/** run_is_above_damage(run, record): Is something below the record damaged? */
bool run_is_above_damage(const struct run *, const char *);

/**
 * run_leads_to_damage(run, listing):
 * Must the listing's records be read to find damage?
 */
bool run_leads_to_damage(const struct run *, const char *);

/** run_damage_free(run): Free what is known of damage. */
void run_damage_free(struct run *);

/* ------------------------------------------------------ run_keep.c */

/**
 * run_sums_prove(run, dir, shards):
 * Of a manifest that lost lines: does SHA256SUMS have exactly these ${shards}
 * in the directory ${dir}?
 */
bool run_sums_prove(struct run *, const char *, const struct tree_receipts *);

/**
 * run_kept_read(run, own, err):
 * Read the stream on disk as far as possible: note the keys of its records,
 * link their children, and set ${own->kept}.
 */
int run_kept_read(struct run *, struct run_listing *, struct err *);

/**
 * run_is_same_value(one, other):
 * Do the two JSON texts have the same value?  The legacy tool parsed and
 * re-encoded records, so its bytes differ.
 */
bool run_is_same_value(struct span, struct span);

/**
 * run_kept_line(run, own, record, line, err):
 * Does the disk have ${record}, whose key is in run->scratch, with other bytes?
 * If so, set ${line} to these and return 1; else 0; or -1 with ${err} set.
 */
int run_kept_line(struct run *, struct run_listing *, struct span,
    struct span *, struct err *);

/**
 * run_kept_proven(run, own):
 * Return the shards on disk, borrowed, if SHA256SUMS proves them, else NULL.
 */
const struct tree_receipts *run_kept_proven(struct run *,
    const struct run_listing *);

/** run_kept_free(kept): Free ${kept}, which may be NULL. */
void run_kept_free(struct run_kept *);

/**
 * run_keep_object(run, listing, bytes, receipt, err):
 * A record arrived whose path is run->path and whose key is in run->scratch.
 * If the file on disk is to stay, set its ${receipt} and return 1; else 0; or
 * -1 with ${err} set.
 */
int run_keep_object(struct run *, const struct crawl_listing *, struct span,
    struct tree_receipt *, struct err *);

/**
 * run_set_aside(run, path, err):
 * Keep a copy of a file that will be replaced.
 */
int run_set_aside(struct run *, const char *, struct err *);

/* ---------------------------------------------- run_restore_plan.c */

/* Files of a listing that are restored. */
struct run_restore {
	struct tree_receipts files;
	bool *damaged;		/* by file: not restored yet */
	size_t *order;		/* damaged files, by path */
	size_t n_order, left;
	bool by_place;		/* a record's position tells its file */
	bool has_shared_keys;		/* records share keys */
	bool has_failed;	/* a page could not be fetched */
	uint32_t size;		/* records a page */
	struct set *seen, *tally;	/* of this reading */
	struct tree_draft *draft;	/* of the shard ${shard} */
	size_t shard;
	struct run_align *align;	/* if the whole list is read */
	struct run_straight *straight;	/* likewise */
};

/**
 * run_restore_list(run, restore, err):
 * Find the damaged files among ${restore->files}.
 */
int run_restore_list(struct run *, struct run_restore *, struct err *);

/**
 * run_restore_find(run, restore, file):
 * Set ${file} to the damaged one with the path run->path, if any.
 */
bool run_restore_find(const struct run *, const struct run_restore *,
    size_t *);

/** run_restore_note(run, restore, file): Note that ${file} is restored. */
void run_restore_note(struct run *, struct run_restore *, size_t);

/**
 * run_restore_has_places(run, listing, restore, known):
 * Does a record's place on disk tell its position in the listing?
 */
bool run_restore_has_places(struct run *, const struct crawl_listing *,
    const struct run_restore *, const struct manifest_listing *);

/**
 * run_restore_whole_pages(restore, is_stream, records, size, part):
 * Return the pages that need not be requested, and count them in ${part}.
 */
struct crawl_range *run_restore_whole_pages(const struct run_restore *, bool,
    uint64_t, uint32_t, struct crawl_known *);

/** run_restore_free(restore): Free ${restore}, which may be NULL. */
void run_restore_free(struct run_restore *);

/* --------------------------------------------------- run_restore.c */

/**
 * run_restore_open(run, own, known, err):
 * Begin to restore damaged files of a listing that has ended.
 */
int run_restore_open(struct run *, struct run_listing *,
    const struct manifest_listing *, struct err *);

/** run_restore_commit(run, task, err): As run_commit(), for such a listing. */
int run_restore_commit(struct run *, struct run_task *, struct err *);

/**
 * run_restore_state(run, own, state, err):
 * As run_listing_state(), for such a listing.
 */
int run_restore_state(struct run *, struct run_listing *, enum crawl_state,
    struct err *);

/** run_restore_rows(run, own, rows, err): Restore a derived file. */
int run_restore_rows(struct run *, struct run_listing *, struct span,
    struct err *);

/* ----------------------------------------------------- run_align.c */

struct run_align;

/**
 * run_align_new(run, own, files, damaged, by_bytes):
 * Rebuild the ${damaged} shards among ${files} from the list's pages, given to
 * run_align_page(), and from the lines on disk.  Both arrays belong to the
 * caller and must outlive the result.  With ${by_bytes}, records may share a
 * key.
 */
struct run_align *run_align_new(struct run *, struct run_listing *,
    const struct tree_receipts *, const bool *, bool);

/** run_align_page(run, align, task, err): Add a page of the list. */
int run_align_page(struct run *, struct run_align *, const struct run_task *,
    struct err *);

/** run_align_end(run, align, err): The list is complete: rebuild the shards. */
int run_align_end(struct run *, struct run_align *, struct err *);

/**
 * run_align_take(align, shard):
 * Set ${shard} to the next rebuilt shard; return false if there are no more.
 */
bool run_align_take(struct run_align *, size_t *);

/** run_align_free(align): Free ${align}, which may be NULL. */
void run_align_free(struct run_align *);

/* -------------------------------------------------- run_straight.c */

struct run_straight;

/**
 * run_straight_new(run, files, damaged):
 * Write the ${damaged} ones of ${files} again, from all records of the list in
 * order.  Both arrays belong to the caller and must outlive the result.
 */
struct run_straight *run_straight_new(struct run *,
    const struct tree_receipts *, const bool *);

/** run_straight_page(run, straight, task, err): Add a page of the list. */
int run_straight_page(struct run *, struct run_straight *, struct run_task *,
    struct err *);

/** run_straight_end(straight, err): The list is complete. */
int run_straight_end(struct run_straight *, struct err *);

/**
 * run_straight_take(straight, file):
 * Set ${file} to the next restored file; return false if there are no more.
 */
bool run_straight_take(struct run_straight *, size_t *);

/** run_straight_free(straight): Free ${straight}, which may be NULL. */
void run_straight_free(struct run_straight *);

/* ---------------------------------------------------- run_repair.c */

/** run_repair_open(run, err): Open the export, with a layer over it. */
int run_repair_open(struct run *, struct err *);

/** run_repair_asks(run): Does the repair need the server? */
bool run_repair_asks(const struct run *);

/**
 * run_restore_done(run, err):
 * Write damaged done markers again; they are empty files.
 */
int run_restore_done(struct run *, struct err *);

/**
 * run_repair_end(run, state, err):
 * All requests are done: merge the layer, or leave it.
 */
enum run_state run_repair_end(struct run *, enum run_state, struct err *);

#endif
