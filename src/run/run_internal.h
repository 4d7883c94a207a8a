#ifndef RUN_INTERNAL_H
#define RUN_INTERNAL_H

#include "crawl/crawl.h"
#include "http/http.h"
#include "manifest/manifest.h"
#include "page/page.h"
#include "run/run.h"
#include "tree/tree.h"

/*
 * A page from crawl_next() until it is committed: first in flight in http,
 * then, if pages before it are missing, held back.
 */
struct run_task {
	struct crawl_job job;
	char *key;		/* name of the page, for messages */
	struct http_reply *reply;	/* once it has arrived */
	struct page page;	/* the records of the reply */
	struct run_page_keys *page_keys;	/* see run_shared.c; or NULL */
	char *next_cursor;	/* of the next page, or NULL */
	bool failed;		/* it can't be fetched; ${gap} says why */
	bool nothing;		/* the server has nothing there, as defined */
	bool held;		/* it arrived before its turn */
	struct manifest_gap gap;
	struct run_task *prev, *next;
};

/* What the run knows of an open listing. */
struct run_listing {
	struct crawl_listing *crawl;
	struct set *seen;	/* keys of the records in the export */
	struct set *pass_seen;	/* of this reading, if different */
	struct set *known;	/* of a comparison: keys on disk */
	struct set *tally;	/* counts equal records without a key */
	struct set *pages;	/* hashes of pages of such records */
	bool has_unnamed;
	bool is_equal;		/* the last record equals an earlier one */
	uint64_t print;		/* hash of this reading's keys, in order */
	uint64_t known_print;	/* of those also seen in earlier readings */
	uint64_t duplicates_print; /* of those that came twice in it */
	uint64_t inserted;	/* new records between known ones */
	uint64_t maybe_inserted;	/* new ones so far after the last
					 * known one */
	bool has_known;		/* a record of an earlier reading came */
	struct set *shared;	/* keys of several records; or NULL */
	bool is_shared;		/* the last record has such a key */
	struct set *unclear;	/* of these: keys whose first record came
				 * before they were known to be shared; or
				 * NULL */
	unsigned char last[SHA256_BYTES];	/* hash of the last record */
	bool has_last;
	struct run_duplicates
	    *held_duplicates;	/* see run_duplicate.c; or NULL */
	struct set *versions;	/* of the reading before: records that came
				 * in several versions, by key and bytes; or
				 * NULL */
	struct set *exact;	/* of a list by time: keys and bytes of this
				 * reading; or NULL */
	bool is_partial;	/* one of its records could not be kept */
	struct run_restore *restore;	/* see run_restore.c; or NULL */
	uint64_t changed;	/* records replaced by a later version */
	uint64_t same_key;	/* kept beside another record of their key */
	bool is_unsure;		/* equal records may be one or several */
	bool is_doubtful;	/* likewise, unless a total counts them */
	bool is_repeated;	/* a page of different records came twice */
	char *dir;		/* of a stream */
	struct tree_stream *stream;
	uint64_t records;	/* kept, in all runs */
	uint64_t duplicates;
	bool is_single_page;	/* a single page, not in the manifest yet */
	uint64_t same_print;	/* hash of the last full reply of a list by
				 * time */
	unsigned n_same;	/* how often it came in a row */
	bool is_checked;	/* a dry run has looked at its first page */
	bool is_enough;		/* the first page was enough */
	struct tree_stream *again;	/* written by this reading, or NULL */
	bool is_legacy;		/* another tool's: replaced, not extended */
	bool has_damage;	/* some of its lines can't be read */
	struct run_kept *kept;	/* see run_keep.c; or NULL */
	struct set *repeated;	/* keys that occur more than once in it */
	uint64_t outdated;	/* records that differ on the server now */
	uint64_t gone;		/* records that the last reading lacked */
};

struct run {
	struct run_settings settings;
	struct tree *tree;	/* NULL: a dry run */
	struct manifest *manifest;	/* likewise */
	struct http *http;
	struct crawl *crawl;
	json_t *options;	/* of the export's header */
	char started[32];
	struct http_rule **rules;	/* by resource */
	struct page_plan **plans;	/* likewise */
	struct set *reported;	/* warnings that were given */

	struct run_damage *damage;	/* see run_damage.c */
	size_t n_damage, damage_capacity;
	struct set *damaged, *damaged_listings, *tainted, *leading;
	struct set *forgotten;	/* keys of listings that begin again */
	struct set *restored;	/* paths of restored files */
	struct tree_receipts begun;	/* original receipts of damaged files
					 * in listings that had not ended */
	uint64_t unfetched;	/* files that could not be fetched */
	uint64_t lost;		/* files that the server no longer has */
	bool is_merged;		/* a repair has changed the export */
	bool is_doubtful;	/* the repair was not merged: its result does
				 * not match the seal of a manifest that lost
				 * lines */
	bool is_narrow;		/* only records that lead to damage are read */
	bool is_salvaged;	/* lines of the manifest are lost */
	struct tree_receipts sums;	/* SHA256SUMS, if read */
	bool has_sums;		/* it was read */
	struct tree_receipts aside;	/* a repair: files to keep aside */

	struct run_task *tasks;	/* not committed */
	uint64_t held_bytes;
	bool interrupted;
	bool any_success;
	char *first_why;	/* reason of the first failure */
	int64_t first_status;	/* or -1 */
	bool is_discarded;	/* nothing was fetched; its files are removed */
	bool adopted;		/* the export is another tool's */
	unsigned refused;	/* 401 and 403 replies in a row */
	struct err stop;	/* why the run stops, if it does */

	int64_t began;
	uint64_t records, pages, listings, gaps;
	uint64_t units_done;
	int64_t units_total;	/* -1: unknown */
	const struct source_resource *unit;
	struct text scratch;	/* for keys */
	struct text path;
	struct tree *online_tree;	/* the export to compare with */
	struct manifest *online;
	struct run_change *changes;
	size_t n_changes, changes_capacity;
	struct run_estimate *estimates;	/* see run_estimate.c */
	size_t n_estimates, estimates_capacity;
};

#include "run/run_mode.h"
#include "run/run_restore.h"
#include "run/run_seen.h"

/* ----------------------------------------------------- run_header.c */

/**
 * run_log_header(run):
 * Log the manifest's first line, so that it can be restored from the log, as
 * the last line is.
 */
void run_log_header(struct run *);

/**
 * run_check_server(run, header, where, err):
 * Is the export ${where}, whose manifest has ${header}, from the run's source
 * and, unless the server moved, from its server?
 */
int run_check_server(const struct run *, json_t *, const char *,
    struct err *);

/**
 * run_wants_more(run):
 * Do the options select more than the export began with?
 */
bool run_wants_more(const struct run *);

/**
 * run_lookup(run):
 * Return a scope with the options, which is all that is known before the first
 * record.
 */
struct source_lookup run_lookup(struct run *);

/* ------------------------------------------------------- run_task.c */

/** run_free_task(run, task): Free ${task} and its reply. */
void run_free_task(struct run *, struct run_task *);

/* ----------------------------------------------------- run_listing.c */

/** run_close(listing): Free ${listing}, which may be NULL. */
void run_close(struct run_listing *);

/* ----------------------------------------------------- run_stream.c */

/**
 * run_replace_stream(run, own, copy, whole, err):
 * Put ${copy} in place of the stream, in steps that can be repeated, and note
 * it in the manifest.  Both are freed.
 */
int run_replace_stream(struct run *, struct run_listing *,
    struct tree_stream *, struct manifest_listing *, struct err *);

/* ----------------------------------------------------- run_begin.c */

/** run_begin(run, err): Create or open the export.  Return 0 or -1. */
int run_begin(struct run *, struct err *);

/* -------------------------------------------------- run_children.c */

/**
 * run_take_records(run, own, note, err):
 * Read the records on disk: with ${note}, note their keys; link their
 * children.
 */
int run_take_records(struct run *, struct run_listing *, bool,
    struct err *);

/**
 * run_take_children(run, own, err):
 * Link the readable records on disk to the listings below them.
 */
int run_take_children(struct run *, struct run_listing *, struct err *);

/* ------------------------------------------------------ run_open.c */

/**
 * run_open(run, listing, err):
 * A listing begins: look it up in the manifest and tell the crawl.
 */
int run_open(struct run *, struct crawl_listing *, struct err *);

/* ----------------------------------------------------- run_fetch.c */

/** run_fetch(run, job, err): Request a page. */
int run_fetch(struct run *, const struct crawl_job *, struct err *);

/** run_reply(run, reply, err): Handle a reply. */
int run_reply(struct run *, struct http_reply *, struct err *);

/* ------------------------------------------------------ run_page.c */

/**
 * run_page_read(run, task, err):
 * Does the reply of ${task} match the request?  If so, read its page and the
 * next cursor; else return -1 with ${err} set: ERR_DATA, or ERR_USAGE if the
 * definition is wrong and no other reply would be better.
 */
int run_page_read(struct run *, struct run_task *, struct err *);

/** run_page_is_cut(run, task): Is the reply of a list by time full? */
bool run_page_is_cut(struct run *, const struct run_task *);

/**
 * run_page_is_same(task):
 * Note a full reply.  Were enough in a row identical to prove that the server
 * ignores the time range?
 */
bool run_page_is_same(const struct run_task *);

/**
 * run_page_middle(task):
 * Return a time, in ms, before which about half of the page's records are, or
 * INT64_MIN.
 */
int64_t run_page_middle(const struct run_task *);

/**
 * run_page_inside(task, n):
 * Set ${n} to the number of records in the interval itself, without its
 * overlap.  Return whether all records have a key and a time.
 */
bool run_page_inside(const struct run_task *, uint64_t *);

/* ------------------------------------------------------ run_next.c */

/**
 * run_next_page(run, task, err):
 * Set ${task->next_cursor} to the cursor of the next page, or NULL. Return 0;
 * or -1 with ${err} set, ERR_USAGE if the definition is wrong.
 */
int run_next_page(struct run *, struct run_task *, struct err *);

/** run_warn_once(run, task, format, ...): Warn once for the task's resource. */
void run_warn_once(struct run *, const struct run_task *, const char *, ...)
    __attribute__((format(printf, 3, 4)));

/* ----------------------------------------------------- run_print.c */

/**
 * run_print_begin(run, err):
 * Before records are printed: do the options select exactly one list?
 */
int run_print_begin(struct run *, struct err *);

/**
 * run_print_page(run, task, page, err):
 * Print the page's new records, and set ${page} to their counts.
 */
int run_print_page(struct run *, struct run_task *, struct manifest_page *,
    struct err *);

/* ---------------------------------------------------- run_commit.c */

/**
 * run_commit(run, task, err):
 * Write a page, whose turn it is, to disk, and free ${task}.  Return 1; 0 if
 * that ended its listing, which is freed too; -1 with ${err} set.
 */
int run_commit(struct run *, struct run_task *, struct err *);

/* ---------------------------------------------------- run_object.c */

/**
 * run_put(run, listing, record, beside, files, err):
 * Write the record to its file, or with ${beside} to one also named by the
 * record's hash, and add the receipt to ${files}. run->scratch has its key.
 * Return 0; or -1 with ${err} set, ERR_DATA if a value for the file's name is
 * missing.
 */
int run_put(struct run *, const struct crawl_listing *,
    const struct page_record *, bool, struct tree_receipts *, struct err *);

/**
 * run_differs(run, listing, record, err):
 * Does the record's file have other bytes, or in another tool's tree another
 * value?
 */
int run_differs(struct run *, const struct crawl_listing *,
    const struct page_record *, struct err *);

/**
 * run_put_again(run, listing, record, files, err):
 * Replace the record's file.
 */
int run_put_again(struct run *, const struct crawl_listing *,
    const struct page_record *, struct tree_receipts *, struct err *);

/**
 * run_find_path(run, listing, record, beside):
 * Set run->path to the path that run_put() would use.  Return 0 or -1.
 */
int run_find_path(struct run *, const struct crawl_listing *,
    const struct page_record *, bool);

/* ---------------------------------------------------- run_record.c */

/**
 * run_fields(run, listing, record):
 * If ${listing} is a document with fields, give the crawl those of ${record}
 * and return them, newly allocated, for the manifest; else return NULL.
 */
json_t *run_fields(struct run *, struct crawl_listing *,
    const struct page_record *);

/**
 * run_link(run, listing, record):
 * Add the record to the crawl if it may have children.
 */
void run_link(struct run *, struct crawl_listing *,
    const struct page_record *);

/* ------------------------------------------------------ run_read.c */

struct run_reader;

/**
 * run_reader_new(run, key, dir, err):
 * Read the records of the listing ${key} from disk, as listed in the manifest:
 * a stream in ${dir}, or objects if ${dir} is NULL.
 */
struct run_reader *run_reader_new(struct run *, const char *, const char *,
    struct err *);

/**
 * run_reader_on_disk(run, key, dir, err):
 * Read the readable records in the directory ${dir}, whatever the manifest
 * says.
 */
struct run_reader *run_reader_on_disk(struct run *, const char *,
    const char *, struct err *);

/** run_reader_skipped(reader): Return how many lines or files were left out. */
uint64_t run_reader_skipped(const struct run_reader *);

/** run_reader_tolerate(reader): Leave out what can't be read, from now on. */
void run_reader_tolerate(struct run_reader *);

/**
 * run_reader_next(reader, record, err):
 * Set ${record} to the next record, valid until the next call.  Return 1; 0 at
 * the end; -1 with ${err} set.
 */
int run_reader_next(struct run_reader *, struct page_record *,
    struct err *);

/** run_reader_free(reader): Free ${reader}, which may be NULL. */
void run_reader_free(struct run_reader *);

/* ----------------------------------------------------- run_again.c */

/**
 * run_again_begin(run, own, err):
 * The listing is read again.  Begin a second stream beside the first, for the
 * records in the order of this reading.
 */
int run_again_begin(struct run *, struct run_listing *, struct err *);

/**
 * run_again_end(run, own, whole, err):
 * The listing is complete.  If the streams differ, put the last reading's
 * stream, followed by the records that only earlier readings had, in place of
 * the first.  Return 1 if ${whole} was written to the manifest; 0 if not; -1
 * with ${err} set.
 */
int run_again_end(struct run *, struct run_listing *,
    struct manifest_listing *, struct err *);

/**
 * run_again_gone(own, whole):
 * Report records that earlier readings, of any run, had and the last one did
 * not.
 */
void run_again_gone(struct run_listing *, struct manifest_listing *);

/* ------------------------------------------------------- run_end.c */

/**
 * run_listing_state(run, own, state, err):
 * A page of the listing was committed or failed, and ${state} is the listing's
 * new state: if it has ended, finish it.  Return 1 while it continues or is
 * read once more; 0 when it and ${own} are freed; -1 with ${err} set.
 */
int run_listing_state(struct run *, struct run_listing *, enum crawl_state,
    struct err *);

/**
 * run_done(run, node, err):
 * Everything below a record is on disk: write its done marker.
 */
int run_done(struct run *, struct crawl_node *, struct err *);

/* ---------------------------------------------------- run_derive.c */

/** run_derive(run, job, err): Make a listing from another. */
int run_derive(struct run *, const struct crawl_job *, struct err *);

/* ------------------------------------------------------- run_gap.c */

/** run_gap(run, gap): Record a gap and log it. */
void run_gap(struct run *, const struct manifest_gap *);

/** run_no_gap(key): Return a gap of the listing ${key} with no numbers set. */
struct manifest_gap run_no_gap(const char *);

/* ------------------------------------------------------ run_seal.c */

/**
 * run_check_there(run, all, err):
 * Does each file in the manifest exist with its size?  Without ${all}, files
 * known to be damaged are excepted.
 */
int run_check_there(struct run *, bool, struct err *);

/** run_put_sums(run, err): Write SHA256SUMS, unless it is up to date. */
int run_put_sums(struct run *, struct err *);

/**
 * run_log_seal(run):
 * Log the seal, unless it is the last that was logged: as run_log_header().
 */
void run_log_seal(struct run *);

/**
 * run_log_rest(run):
 * Log the seal, if the run that sealed the manifest ended before it did.  If
 * the log has a different seal, leave it for verify to find.
 */
void run_log_rest(struct run *);

/** run_flush(run, err): Sync the files, then the manifest. */
int run_flush(struct run *, struct err *);

/**
 * run_seal(run, err):
 * Finish an export: write SHA256SUMS and, if nothing is missing, seal the
 * manifest.
 */
int run_seal(struct run *, struct err *);

#endif
