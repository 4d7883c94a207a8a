#ifndef RUN_SEEN_H
#define RUN_SEEN_H

#include "run/run_internal.h"

/*
 * Which records came before, and what tells those with the same key apart.
 */

/* ------------------------------------------------------ run_note.c */

enum run_seen {
	RUN_NEW,	/* not in the export so far */
	RUN_REPEAT,	/* an earlier reading had it, and now this one */
	RUN_DUPLICATE	/* this reading had it already */
};

/** run_note_start(own): Records without a key are counted anew. */
void run_note_start(struct run_listing *);

/** run_note_restart(own): Another reading begins. */
void run_note_restart(struct run_listing *);

/**
 * run_note(run, own, record, named):
 * Note that ${record} came; its key is in run->scratch then, and ${named}
 * says whether it has one.
 */
enum run_seen run_note(struct run *, struct run_listing *,
    const struct page_record *, bool *);

/** run_note_is_unnamed(task): Has no record of the page a key? */
bool run_note_is_unnamed(const struct run_task *);

/**
 * run_note_is_same_page(task):
 * Note the page.  Did the same records, which have no key, come in one page
 * before?  Then no one can tell whether the server looked at what was asked.
 */
bool run_note_is_same_page(const struct run_task *);

/** run_note_is_uniform(task): Are all records of the page equal? */
bool run_note_is_uniform(const struct run_task *);

/**
 * run_note_has_news(run, task):
 * Is there a record on the page that is like none of this reading?
 */
bool run_note_has_news(struct run *, const struct run_task *);

/** run_note_last(own, bytes): This is the last record that came so far. */
void run_note_last(struct run_listing *, struct span);

/**
 * run_note_has_time(task, record):
 * Of a list by time, whose intervals overlap: does the record say its time?
 * Equal ones are then of the same second, which both intervals have whole.
 */
bool run_note_has_time(const struct run_task *, struct span);

/**
 * run_note_is_overlap(task, i):
 * Is record ${i} of the page the one with which the page before ended?
 */
bool run_note_is_overlap(const struct run_task *, size_t);

/* ----------------------------------------------------- run_twins.c */

/**
 * run_note_reply(run, task, i, named):
 * As run_note(), of record ${i} of the page.  Where several records have its
 * key, own->is_twin is set, and it is told from these by its bytes.
 */
enum run_seen run_note_reply(struct run *, struct run_task *, size_t,
    bool *);

/**
 * run_twins_tell(run, own, bytes):
 * Add to the key in run->scratch what tells the record with these ${bytes}
 * from its like.
 */
void run_twins_tell(struct run *, const struct run_listing *, struct span);

/**
 * run_twins_key(run, own, bytes):
 * Do several records have the key in run->scratch?  Then add to it what tells
 * the one with these ${bytes} apart, and return true.
 */
bool run_twins_key(struct run *, const struct run_listing *, struct span);

/** run_twins_share(run, own): Several records have the key in run->scratch. */
void run_twins_share(struct run *, struct run_listing *);

/**
 * run_twins_see(run, own, bytes, in_pass):
 * A record with the key in run->scratch, which is shared, and with these
 * ${bytes} is on disk, and if ${in_pass} came in this reading.
 */
void run_twins_see(struct run *, struct run_listing *, struct span, bool);

/** run_twins_known(run, own, record): A record that may be one is on disk. */
void run_twins_known(struct run *, struct run_listing *,
    const struct page_record *);

/**
 * run_twins_is_other(run, own, bytes):
 * Of a list by time, whose parts overlap: note the record with the key in
 * run->scratch.  Have none with its key these ${bytes}, in this reading?
 */
bool run_twins_is_other(struct run *, struct run_listing *, struct span);

/** run_twins_free(twins): Free them; they may be NULL. */
void run_twins_free(struct run_twins *);

/* -------------------------------------------------- run_versions.c */

/**
 * run_versions_new(run, own, err):
 * A stream was read again: look at the records in the new one whose key
 * several may have.  run_versions_free() it; or NULL with
 * ${err} set.
 */
struct run_versions *run_versions_new(struct run *,
    const struct run_listing *, struct err *);

/**
 * run_versions_is_other(run, versions, bytes):
 * The record on disk with the key in run->scratch: may several have its key,
 * and has none that was noted its value?  It is noted then.
 */
bool run_versions_is_other(struct run *, const struct run_versions *,
    struct span);

/** run_versions_free(versions): Free them; they may be NULL. */
void run_versions_free(struct run_versions *);

/* ---------------------------------------------------- run_duplicate.c */

/**
 * run_duplicate(own, key, record):
 * A record with the key ${key} came again in this reading: hold it.
 */
void run_duplicate(struct run_listing *, const struct text *, struct span);

/**
 * run_duplicates_share(run, own, counted, err):
 * A reading of the listing has ended.  Are records held of which a key is
 * shared with one that is kept?  So it is for all if they are ${counted} by a
 * total, or if one reply showed that keys are shared here.  Return 2: they are
 * told apart from now on, if the listing is read once more; 1: nobody can tell
 * yet, but if it is read once more; 0; or -1 with ${err} set.
 */
int run_duplicates_share(struct run *, struct run_listing *, bool,
    struct err *);

/**
 * run_duplicates_count(run, own, n, err):
 * Set ${n} to how many records that are held have other bytes than any that
 * is kept.
 */
int run_duplicates_count(struct run *, struct run_listing *, uint64_t *,
    struct err *);

/**
 * run_duplicates_replace(run, own, whole, err):
 * After that: have the latest take the place of those that are kept.  The
 * listing has ended, as ${whole} says.
 */
int run_duplicates_replace(struct run *, struct run_listing *,
    struct manifest_listing *, struct err *);

/** run_duplicates_are_over(own): Were there more than can be held? */
bool run_duplicates_are_over(const struct run_listing *);

/** run_duplicates_free(held_duplicates): Free them; they may be NULL. */
void run_duplicates_free(struct run_duplicates *);

#endif
