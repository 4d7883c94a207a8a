/*
 * The modes of a run, and the files that a mode has to itself.  Included by
 * run_internal.h.
 */
#ifndef RUN_MODE_H
#define RUN_MODE_H

#include <stdbool.h>

#include "crawl/crawl.h"
#include "manifest/manifest.h"
#include "run/run.h"

struct run_task;
struct run_listing;

/* ------------------------------------------------------ run_mode.c */

/** run_writes(run): Does the run write files? */
bool run_writes(const struct run *);

/**
 * run_notes_keys(run):
 * Does it note the key of each record, so that a listing that is read again
 * needs new sets?
 */
bool run_notes_keys(const struct run *);

/**
 * run_finish_page(run, task, page, news):
 * Give the counts of a page, with ${news} new records in this reading, to the
 * crawl, and adjust ${page} for the manifest.  Return the listing's new state.
 */
enum crawl_state run_finish_page(struct run *, const struct run_task *,
    struct manifest_page *, uint64_t);

/* --------------------------------------------------- run_compare.c */

/** run_compare_begin(run, err): Open the export to compare with. */
int run_compare_begin(struct run *, struct err *);

/**
 * run_compare_page(run, task, page, err):
 * Note which records of the page are new.  Of a comparison, set ${page} to how
 * many this reading has not seen before.
 */
int run_compare_page(struct run *, struct run_task *, struct manifest_page *,
    struct err *);

/** run_compare_reads_all(run, own): Must the list be read to its end? */
bool run_compare_reads_all(const struct run *, const struct run_listing *);

/**
 * run_compare_end(run, own, err):
 * The list was read: note which records were removed.
 */
int run_compare_end(struct run *, struct run_listing *, struct err *);

/** run_compare_free(run): Free what a comparison holds. */
void run_compare_free(struct run *);

/* ------------------------------------------------------- run_dry.c */

/** run_dry_commit(run, task, err): As run_commit(), but writes no files. */
int run_dry_commit(struct run *, struct run_task *, struct err *);

/* -------------------------------------------------- run_estimate.c */

/**
 * run_estimate_open(run, listing):
 * A listing begins in a dry run.  Return whether to request it; if not, it is
 * counted.
 */
bool run_estimate_open(struct run *, const struct crawl_listing *);

/** run_estimate_page(run, task): Count a page and link its records. */
void run_estimate_page(struct run *, const struct run_task *);

/**
 * run_estimate_reads_all(resource):
 * Must a dry run read listings of ${resource} to their end?
 */
bool run_estimate_reads_all(const struct source_resource *);

#endif
