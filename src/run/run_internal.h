#ifndef RUN_INTERNAL_H
#define RUN_INTERNAL_H

#include "crawl/crawl.h"
#include "http/http.h"
#include "manifest/manifest.h"
#include "page/page.h"
#include "run/run.h"
#include "tree/tree.h"

/*
 * A window on its way, from crawl_next() until it is committed.  It is in the
 * hands of http, then, if windows before it are missing, held by its listing.
 */
struct run_task {
	struct crawl_job job;
	char *key;		/* its listing's */
	struct http_reply *reply;	/* when it has come */
	struct page page;	/* what is in it */
	struct run_twins *twins;	/* see run_twins.c; or NULL */
	char *next_cursor;	/* of the next page, or NULL */
	bool failed;		/* it can't be had: ${gap} says why */
	bool nothing;		/* there is nothing there, and that's right */
	bool held;		/* it came before its turn */
	struct manifest_gap gap;
	struct run_task *prev, *next;
};

/* What the run knows of a listing that is open. */
struct run_listing {
	struct crawl_listing *crawl;
	struct set *seen;	/* records of the export, by key */
	struct set *pass_seen;	/* of this reading, if not the same */
	struct set *known;	/* held against the server: what is on disk */
	struct set *tally;	/* of records without a key, by their bytes */
	struct set *pages;	/* of these, as they came in pages */
	bool has_unnamed;
	bool is_equal;		/* the last record is one of several equal */
	uint64_t print;		/* of the keys of this reading, in order, */
	uint64_t known_print;	/* of those among them that are not new, */
	uint64_t duplicates_print; /* and of those that came before in it */
	uint64_t inserted;	/* new ones between others of this reading, */
	uint64_t maybe_inserted;	/* and those that may be */
	bool has_known;		/* one of an earlier reading came */
	struct set *shared;	/* keys that several records have; or NULL */
	bool is_twin;		/* the last record has one of them */
	struct set *unclear;	/* of these keys: what came before it was known
				 * is not told apart; or NULL */
	unsigned char last[SHA256_BYTES];	/* of the last record's bytes */
	bool has_last;
	struct run_duplicates
	    *held_duplicates;	/* see run_duplicate.c; or NULL */
	struct set *versions;	/* of the reading before: what came in several
				 * versions, by key and bytes; or NULL */
	struct set *exact;	/* of a list by time: keys and bytes of this
				 * reading; or NULL */
	bool is_partial;	/* a record of it could not be kept */
	struct run_restore *restore;	/* see run_restore.c; or NULL */
	uint64_t changed;	/* records whose later version was taken */
	uint64_t same_key;	/* kept beside another one of their key */
	bool is_unsure;		/* equal records may be one or several */
	bool is_doubtful;	/* so may they, if no total counts them */
	bool is_repeated;	/* a page of several kinds came again */
	char *dir;		/* of a stream */
	struct tree_stream *stream;
	uint64_t records;	/* kept, in all runs */
	uint64_t duplicates;
	bool alone;		/* one window, and not yet in the manifest */
	uint64_t same_print;	/* of the last reply of a list by time that */
	unsigned n_same;	/* was cut, and how often it came in a row */
	bool is_weighed;	/* a dry run has decided: */
	bool is_enough;		/* its first page tells enough */
	struct tree_stream *again;	/* as this reading has it, or NULL */
	bool is_legacy;		/* another tool's: nothing is added to it */
	bool has_damage;	/* and there are lines that can't be read */
	struct run_kept *kept;	/* see run_keep.c; or NULL */
	struct set *twice;	/* keys that several of its records have */
	uint64_t older;		/* records that are others on the server now */
	uint64_t gone;		/* and that the last reading did not have */
};

struct run {
	struct run_settings settings;
	struct tree *tree;	/* NULL: a dry run */
	struct manifest *manifest;	/* likewise */
	struct http *http;
	struct crawl *crawl;
	json_t *options;	/* those of the export's header */
	char started[32];
	struct http_rule **rules;	/* by resource */
	struct page_plan **plans;	/* likewise */
	struct set *reported;	/* what was said once and for all */

	struct run_damage *damage;	/* see run_damage.c */
	size_t n_damage, damage_capacity;
	struct set *damaged, *hurt, *tainted, *leading;
	struct set *forgotten;	/* keys of listings that begin anew */
	struct set *restored;	/* paths of files that were brought back */
	struct tree_receipts begun;	/* of damaged files in listings that had
				 * not ended: what they were to begin with */
	uint64_t unfetched;	/* files that could not be fetched */
	uint64_t lost;		/* and those that the server has no more */
	bool is_merged;		/* a repair has changed the export */
	bool is_doubtful;	/* it would have, but for a manifest of which
				 * lines are lost: they may not be right */
	bool is_narrow;		/* only what leads to damage is looked at */
	bool is_salvaged;	/* lines of the manifest are lost */
	struct tree_receipts sums;	/* what SHA256SUMS says, if */
	bool has_sums;		/* it was read */
	struct tree_receipts aside;	/* a repair: what is to be set aside */

	struct run_task *tasks;	/* all that are not committed */
	uint64_t held_bytes;
	bool interrupted;
	bool any_success;
	char *first_why;	/* of the first thing that was not to be had */
	int64_t first_status;	/* or -1 */
	bool is_discarded;	/* nothing came, and nothing is left */
	bool adopted;		/* another tool began the export */
	unsigned refused;	/* keys refused in a row */
	struct err stop;	/* why no further job is taken */

	int64_t began;
	uint64_t records, pages, listings, gaps;
	uint64_t units_done;
	int64_t units_total;	/* -1: not known */
	const struct source_resource *unit;
	struct text scratch;	/* for keys */
	struct text path;
	struct tree *online_tree;	/* what a dry run is held against */
	struct manifest *online;
	struct run_change *changes;
	size_t n_changes, changes_capacity;
	struct run_estimate *estimates;	/* of a dry run: see run_dry.c */
	size_t n_estimates, estimates_capacity;
};

#include "run/run_restore.h"
#include "run/run_seen.h"

/* ----------------------------------------------------- run_begin.c */

/**
 * run_check_server(run, header, where, err):
 * Is the export ${where}, whose manifest begins with ${header}, from the
 * run's source and, unless it moved, its server?
 */
int run_check_server(const struct run *, json_t *, const char *,
    struct err *);

/** run_begin(run, err): Make or open the export.  Return 0 or -1. */
int run_begin(struct run *, struct err *);

/**
 * run_log_header(run):
 * The log has the first line of the manifest, and the last one, too: what is
 * lost of it can be told from there.
 */
void run_log_header(struct run *);

/**
 * run_log_rest(run):
 * The run that sealed the manifest was ended before the log had the seal: log
 * it now.  A log that has another seal is left as it is, for verify to find.
 */
void run_log_rest(struct run *);

/**
 * run_lookup(run):
 * Return the scope of what is known before any record is: the options.
 */
struct source_lookup run_lookup(struct run *);

/* ------------------------------------------------------ run_open.c */

/** run_open(run, listing, err): A listing begins; see what is there. */
int run_open(struct run *, struct crawl_listing *, struct err *);

/**
 * run_take_children(run, own, err):
 * See to what hangs from the records on disk, as far as they can be read.
 */
int run_take_children(struct run *, struct run_listing *, struct err *);

/** run_close(listing): Free what the run holds of it; it may be NULL. */
void run_close(struct run_listing *);

/* ----------------------------------------------------- run_fetch.c */

/** run_fetch(run, job, err): Ask for a window. */
int run_fetch(struct run *, const struct crawl_job *, struct err *);

/** run_reply(run, reply, err): Something came. */
int run_reply(struct run *, struct http_reply *, struct err *);

/** run_free_task(run, task): Free ${task} and give its reply back. */
void run_free_task(struct run *, struct run_task *);

/* ------------------------------------------------------ run_page.c */

/**
 * run_page_read(run, task, err):
 * Is the reply of ${task} what was asked for?  If so, set its page and where
 * the next one is; else return -1 with ${err} set: ERR_DATA, or ERR_USAGE if
 * the definition is wrong and no other reply would be better.
 */
int run_page_read(struct run *, struct run_task *, struct err *);

/**
 * run_page_is_cut(run, task):
 * Has it as many records as a reply of a list by time may have?
 */
bool run_page_is_cut(struct run *, const struct run_task *);

/**
 * run_page_is_same(task):
 * Note a page that was cut: have so many been the same in a row that the
 * server can't have looked at the times that it was asked for?
 */
bool run_page_is_same(const struct run_task *);

/**
 * run_page_middle(task):
 * Return a time, in ms, before which about half of its records are; or
 * INT64_MIN.
 */
int64_t run_page_middle(const struct run_task *);

/**
 * run_page_inside(task, n):
 * Set ${n} to how many of its records are of the window of time itself, not
 * of what it overlaps with.  Return whether all have a key and say their time.
 */
bool run_page_inside(const struct run_task *, uint64_t *);

/* ------------------------------------------------------ run_next.c */

/**
 * run_next_page(run, task, err):
 * Set ${task->next_cursor} to what names the page after this one, NULL if there
 * is none.  Return 0; or -1 with ${err} set, ERR_USAGE if the definition is
 * wrong.
 */
int run_next_page(struct run *, struct run_task *, struct err *);

/** run_tell_once(run, task, format, ...): Warn, once for its resource. */
void run_tell_once(struct run *, const struct run_task *, const char *, ...)
    __attribute__((format(printf, 3, 4)));

/* ----------------------------------------------------- run_lines.c */

/**
 * run_lines_check(run, err):
 * Records are to be printed: is it one list that is asked for?
 */
int run_lines_check(struct run *, struct err *);

/**
 * run_lines(run, task, page, err):
 * Print the records of a window that were not printed before, and set
 * ${page} to how many these are.
 */
int run_lines(struct run *, struct run_task *, struct manifest_page *,
    struct err *);

/* ---------------------------------------------------- run_commit.c */

/**
 * run_commit(run, task, err):
 * Put a window on disk; it is its turn.  ${task} is gone then.  Return 1; 0
 * if that was the end of its listing, which is gone too; -1 with ${err} set.
 */
int run_commit(struct run *, struct run_task *, struct err *);

/* ---------------------------------------------------- run_object.c */

/**
 * run_put(run, listing, record, beside, files, err):
 * Write the record to its file, or with ${beside} to one that is named by its
 * bytes too, and add the receipt to ${files}.  run->scratch has its key.
 * Return 0; or -1 with ${err} set, ERR_DATA if it has no file to go to.
 */
int run_put(struct run *, const struct crawl_listing *,
    const struct page_record *, bool, struct tree_receipts *, struct err *);

/**
 * run_differs(run, listing, record, err):
 * Has its file other bytes?  In another tool's tree, another value?
 */
int run_differs(struct run *, const struct crawl_listing *,
    const struct page_record *, struct err *);

/** run_put_again(run, listing, record, files, err): Replace its file. */
int run_put_again(struct run *, const struct crawl_listing *,
    const struct page_record *, struct tree_receipts *, struct err *);

/**
 * run_find_path(run, listing, record, beside):
 * Set run->path to where run_put() would write it.  Return 0 or -1.
 */
int run_find_path(struct run *, const struct crawl_listing *,
    const struct page_record *, bool);

/* ---------------------------------------------------- run_record.c */

/**
 * run_fields(run, listing, record):
 * If ${listing} is a document with fields, tell the crawl those of ${record}
 * and return them, new, for the manifest; else return NULL.
 */
json_t *run_fields(struct run *, struct crawl_listing *,
    const struct page_record *);

/** run_link(run, listing, record): It may have children; see to them. */
void run_link(struct run *, struct crawl_listing *,
    const struct page_record *);

/* ------------------------------------------------------ run_read.c */

struct run_reader;

/**
 * run_reader_new(run, key, dir, err):
 * Read the records of the listing ${key} back from disk, as the manifest has
 * them: a stream in ${dir}, or if that is NULL objects.
 */
struct run_reader *run_reader_new(struct run *, const char *, const char *,
    struct err *);

/**
 * run_reader_on_disk(run, key, dir, err):
 * Read what is in the directory ${dir}, whatever the manifest says, as far as
 * it can be read.
 */
struct run_reader *run_reader_on_disk(struct run *, const char *,
    const char *, struct err *);

/** run_reader_skipped(reader): How many lines or files were left out. */
uint64_t run_reader_skipped(const struct run_reader *);

/** run_reader_tolerate(reader): What can't be read is left out. */
void run_reader_tolerate(struct run_reader *);

/**
 * run_reader_next(reader, record, err):
 * Set ${record} to the next one, valid until the next call.  Return 1; 0 at
 * the end; -1 with ${err} set.
 */
int run_reader_next(struct run_reader *, struct page_record *,
    struct err *);

/** run_reader_free(reader): Free ${reader}, which may be NULL. */
void run_reader_free(struct run_reader *);

/* ----------------------------------------------------- run_again.c */

/**
 * run_again_begin(run, own, err):
 * The listing is read again.  A stream is written once more beside itself, so
 * that it can have the order of this reading.
 */
int run_again_begin(struct run *, struct run_listing *, struct err *);

/**
 * run_again_end(run, own, whole, err):
 * It is whole: give its stream the order of the last reading, and behind that
 * what only earlier ones had, if the order is not that already.  Return 1 if
 * ${whole} was said to the manifest; 0 if not; -1 with ${err} set.
 */
int run_again_end(struct run *, struct run_listing *,
    struct manifest_listing *, struct err *);

/**
 * run_again_gone(own, whole):
 * Report the records that an earlier reading had and the last one had not,
 * also those of an earlier run.
 */
void run_again_gone(struct run_listing *, struct manifest_listing *);

/**
 * run_replace_stream(run, own, anew, whole, err):
 * Have ${anew} take the stream's place, in steps that can be done twice, and
 * say so.  ${anew} and the stream are gone then.
 */
int run_replace_stream(struct run *, struct run_listing *,
    struct tree_stream *, struct manifest_listing *, struct err *);

/* ------------------------------------------------------- run_end.c */

/**
 * run_listing_state(run, own, state, err):
 * A window of the listing was committed or failed, and it stands at ${state}
 * now: do what is to be done at its end.  Return 1 while it goes on, be it to
 * be read once more; 0 when it and ${own} are gone; -1 with ${err} set.
 */
int run_listing_state(struct run *, struct run_listing *, enum crawl_state,
    struct err *);

/** run_done(run, node, err): All below a record is there. */
int run_done(struct run *, struct crawl_node *, struct err *);

/* ---------------------------------------------------- run_derive.c */

/** run_derive(run, job, err): Make a listing from another. */
int run_derive(struct run *, const struct crawl_job *, struct err *);

/* ------------------------------------------------------- run_gap.c */

/** run_gap(run, gap): Record a gap, and say so. */
void run_gap(struct run *, const struct manifest_gap *);

/** run_no_gap(key): Return a gap of the listing ${key} with no numbers. */
struct manifest_gap run_no_gap(const char *);

/* ------------------------------------------------------ run_seal.c */

/**
 * run_check_there(run, all, err):
 * Is each file that the manifest knows there, as large as it says?  Without
 * ${all}, those that are known to be damaged need not be.
 */
int run_check_there(struct run *, bool, struct err *);

/** run_wants_more(run): Is more wanted of the export than it began with? */
bool run_wants_more(const struct run *);

/** run_put_sums(run, err): Write SHA256SUMS, unless it is as it should be. */
int run_put_sums(struct run *, struct err *);

/** run_log_seal(run): The log has the seal last, as run_log_header(). */
void run_log_seal(struct run *);

/** run_flush(run, err): Get all onto the disk, in the order that counts. */
int run_flush(struct run *, struct err *);

/**
 * run_seal(run, err):
 * Write what stands at the end of an export: SHA256SUMS, and if nothing is
 * missing the sealed manifest.
 */
int run_seal(struct run *, struct err *);

/* ---------------------------------------------------- run_online.c */

/** run_online_begin(run, err): Open what the run is held against. */
int run_online_begin(struct run *, struct err *);

/**
 * run_online_page(run, task, page, err):
 * A page of a dry run came: what is new?  Where it is held against an export,
 * set in ${page} how many of its records this reading has not seen before.
 */
int run_online_page(struct run *, struct run_task *, struct manifest_page *,
    struct err *);

/** run_online_goes_on(run, own): Must the list be read to its end? */
bool run_online_goes_on(const struct run *, const struct run_listing *);

/** run_online_end(run, own, err): It was read: what has gone? */
int run_online_end(struct run *, struct run_listing *, struct err *);

/** run_online_free(run): Free what these hold. */
void run_online_free(struct run *);

/* ------------------------------------------------------- run_dry.c */

/**
 * run_dry_open(run, listing):
 * A listing begins in a dry run.  Return whether it is to be asked for; if
 * not, it is counted.
 */
bool run_dry_open(struct run *, const struct crawl_listing *);

/** run_dry_page(run, task): Count a window, and see to children. */
void run_dry_page(struct run *, const struct run_task *);

/** run_dry_goes_on(resource): Is a listing of it read to its end? */
bool run_dry_goes_on(const struct source_resource *);

#endif
