#ifndef RUN_MEND_H
#define RUN_MEND_H

#include "run/run_internal.h"

/*
 * What is damaged, or not proven, and how it is brought back.
 */

/* ---------------------------------------------------- run_damage.c */

/**
 * run_damage_begin(run, err):
 * Find out what is damaged: what the settings say, or in a resume what is not
 * there or too short; and tell the tree which files there are.
 */
int run_damage_begin(struct run *, struct err *);

/** run_is_damaged(run, path): Is the file not as its receipt says? */
bool run_is_damaged(const struct run *, const char *);

/**
 * run_is_written_again(run, path):
 * In a repair: was the damaged file of a listing that had not ended written
 * again, and does it begin with the bytes that it had?
 */
bool run_is_written_again(struct run *, const char *);

/** run_is_forgotten(run, listing): Was it damaged, and begins anew? */
bool run_is_forgotten(const struct run *, const char *);

/** run_is_hurt(run, listing): Is one of the listing's files damaged? */
bool run_is_hurt(const struct run *, const char *);

/** run_is_tainted(run, record): Is something below the record damaged? */
bool run_is_tainted(const struct run *, const char *);

/** run_leads_on(run, listing): Must its records be looked at? */
bool run_leads_on(const struct run *, const char *);

/** run_damage_free(run): Free what is known of damage. */
void run_damage_free(struct run *);

/* ------------------------------------------------------ run_keep.c */

/**
 * run_sums_prove(run, dir, shards):
 * Of a manifest that lost lines: does SHA256SUMS have just these ${shards} in
 * the directory ${dir}?
 */
bool run_sums_prove(struct run *, const char *, const struct tree_receipts *);

/**
 * run_kept_read(run, own, err):
 * Read the stream that is on disk, as far as it can be read: note its records'
 * keys, see to what hangs from them, and set ${own->kept}.
 */
int run_kept_read(struct run *, struct run_listing *, struct err *);

/**
 * run_is_same_value(one, other):
 * Are the two JSON texts of the same value?  The old tool read and wrote what
 * came, so its bytes are others.
 */
bool run_is_same_value(struct span, struct span);

/**
 * run_kept_line(run, own, record, line, err):
 * Is ${record}, whose key is in run->scratch, on disk with other bytes?  Then
 * return 1, and ${line} is what it is there.  0; or -1 with ${err} set.
 */
int run_kept_line(struct run *, struct run_listing *, struct span,
    struct span *, struct err *);

/**
 * run_kept_proven(run, own):
 * Return the shards that are on disk, borrowed, if SHA256SUMS says that they
 * are what was written; else NULL.
 */
const struct tree_receipts *run_kept_proven(struct run *,
    const struct run_listing *);

/** run_kept_free(kept): Free ${kept}, which may be NULL. */
void run_kept_free(struct run_kept *);

/**
 * run_keep_object(run, listing, bytes, receipt, err):
 * A record came whose file is run->path and whose key is in run->scratch.  If
 * a file is there that stays, return 1 and set its ${receipt}; 0 if not; or
 * -1 with ${err} set.
 */
int run_keep_object(struct run *, const struct crawl_listing *, struct span,
    struct tree_receipt *, struct err *);

/** run_set_aside(run, path, err): The file is replaced: keep what it was. */
int run_set_aside(struct run *, const char *, struct err *);

/* --------------------------------------------------- run_restore.c */

/**
 * run_restore_open(run, own, known, err):
 * Files of the listing, which has ended, are damaged: bring them back.
 */
int run_restore_open(struct run *, struct run_listing *,
    const struct manifest_listing *, struct err *);

/** run_restore_commit(run, task, err): As run_commit(), of such a listing. */
int run_restore_commit(struct run *, struct run_task *, struct err *);

/**
 * run_restore_state(run, own, state, err):
 * As run_listing_state(), of such a listing; but return 1 while it goes on,
 * and 0 when it and ${own} are gone.
 */
int run_restore_state(struct run *, struct run_listing *, enum crawl_state,
    struct err *);

/** run_restore_rows(run, own, rows, err): A file that is derived. */
int run_restore_rows(struct run *, struct run_listing *, struct span,
    struct err *);

/** run_restore_free(restore): Free ${restore}, which may be NULL. */
void run_restore_free(struct run_restore *);

/* ----------------------------------------------------- run_align.c */

struct run_align;

/**
 * run_align_new(run, own, files, damaged, by_bytes):
 * Put the ${damaged} shards among ${files} together from the whole list, whose
 * pages run_align_page() is given, and what is on disk.  Both stay the
 * caller's and must live as long.  ${by_bytes}: several records have a key.
 */
struct run_align *run_align_new(struct run *, struct run_listing *,
    const struct tree_receipts *, const bool *, bool);

/** run_align_page(run, align, task, err): A page of the list came. */
int run_align_page(struct run *, struct run_align *, const struct run_task *,
    struct err *);

/** run_align_end(run, align, err): All have come: put them together. */
int run_align_end(struct run *, struct run_align *, struct err *);

/** run_align_take(align, shard): After that: the next one that is whole. */
bool run_align_take(struct run_align *, size_t *);

/** run_align_free(align): Free ${align}, which may be NULL. */
void run_align_free(struct run_align *);

/* -------------------------------------------------- run_straight.c */

struct run_straight;

/**
 * run_straight_new(run, files, damaged):
 * Write those of ${files} that are ${damaged} again, from all records of the
 * list in their order.  Both stay the caller's and must live as long.
 */
struct run_straight *run_straight_new(struct run *,
    const struct tree_receipts *, const bool *);

/** run_straight_page(run, straight, task, err): A page of the list came. */
int run_straight_page(struct run *, struct run_straight *, struct run_task *,
    struct err *);

/** run_straight_end(straight, err): All have come. */
int run_straight_end(struct run_straight *, struct err *);

/** run_straight_take(straight, file): The next one that is what it was. */
bool run_straight_take(struct run_straight *, size_t *);

/** run_straight_free(straight): Free ${straight}, which may be NULL. */
void run_straight_free(struct run_straight *);

/* ---------------------------------------------------- run_repair.c */

/** run_repair_open(run, err): Open the export, and a layer over it. */
int run_repair_open(struct run *, struct err *);

/** run_repair_asks(run): Does the repair take a server? */
bool run_repair_asks(const struct run *);

/** run_restore_done(run, err): Those that are damaged: they are empty. */
int run_restore_done(struct run *, struct err *);

/** run_repair_end(run, state, err): All is asked: merge, or leave it. */
enum run_state run_repair_end(struct run *, enum run_state, struct err *);

#endif
