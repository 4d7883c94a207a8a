#ifndef RUN_SEEN_H
#define RUN_SEEN_H

#include "run/run_internal.h"

/*
 * Which records came before, and how records with the same key are
 * distinguished.
 */

/* ------------------------------------------------------ run_note.c */

enum run_seen {
	RUN_NEW,	/* not in the export so far */
	RUN_REPEAT,	/* in an earlier reading, and now in this one */
	RUN_DUPLICATE	/* in this reading before */
};

/** run_note_start(own): Count records without a key from 0 again. */
void run_note_start(struct run_listing *);

/** run_note_restart(own): Begin another reading. */
void run_note_restart(struct run_listing *);

/** run_note_key(run, own): Note the key in run->scratch. */
enum run_seen run_note_key(const struct run *, struct run_listing *);

/**
 * run_note(run, own, record, named):
 * Note ${record}.  Set run->scratch to its key and ${named} to whether it has
 * one.
 */
enum run_seen run_note(struct run *, struct run_listing *,
    const struct page_record *, bool *);

/** run_note_is_unnamed(task): Do all records of the page lack a key? */
bool run_note_is_unnamed(const struct run_task *);

/**
 * run_note_is_same_page(task):
 * Note a page of records without a key.  Did an earlier page have exactly
 * these?  Then nobody can tell whether the server took the request into
 * account.
 */
bool run_note_is_same_page(const struct run_task *);

/** run_note_is_uniform(task): Are all records of the page equal? */
bool run_note_is_uniform(const struct run_task *);

/**
 * run_note_has_news(run, task):
 * Does the page have a record unlike any other of this reading?
 */
bool run_note_has_news(struct run *, const struct run_task *);

/** run_note_last(own, bytes): Remember the last record received. */
void run_note_last(struct run_listing *, struct span);

/**
 * run_note_has_time(task, record):
 * In a list by time, whose intervals overlap: does the record have a time?
 * Equal records then are of the same second, which both intervals have in full.
 */
bool run_note_has_time(const struct run_task *, struct span);

/**
 * run_note_is_overlap(task, i):
 * Is record ${i} the one that the page before ended with?
 */
bool run_note_is_overlap(const struct run_task *, size_t);

/* ---------------------------------------------------- run_shared.c */

/**
 * run_note_reply(run, task, i, named):
 * As run_note(), for record ${i} of the page.  If several records have its key,
 * set own->is_shared and distinguish it by its bytes.
 */
enum run_seen run_note_reply(struct run *, struct run_task *, size_t,
    bool *);

/**
 * run_shared_extend(run, own, bytes):
 * Extend the key in run->scratch by a hash of ${bytes}, which distinguishes the
 * record from others with the same key.
 */
void run_shared_extend(struct run *, const struct run_listing *, struct span);

/**
 * run_shared_key(run, own, bytes):
 * Is the key in run->scratch shared?  If so, extend it as run_shared_extend()
 * and return true.
 */
bool run_shared_key(struct run *, const struct run_listing *, struct span);

/**
 * run_shared_add(run, own):
 * Note that several records have the key in run->scratch.
 */
void run_shared_add(struct run *, struct run_listing *);

/**
 * run_shared_note(run, own, bytes, in_pass):
 * Note that a record with the shared key in run->scratch and these ${bytes} is
 * on disk and, if ${in_pass}, came in this reading.
 */
void run_shared_note(struct run *, struct run_listing *, struct span, bool);

/**
 * run_shared_load(run, own, record):
 * If the record on disk has a shared key, note it.
 */
void run_shared_load(struct run *, struct run_listing *,
    const struct page_record *);

/**
 * run_shared_is_other(run, own, bytes):
 * In a list by time, whose intervals overlap: note the record whose key is in
 * run->scratch.  Is it the first with its key and ${bytes} in this reading?
 */
bool run_shared_is_other(struct run *, struct run_listing *, struct span);

/** run_page_keys_free(page_keys): Free ${page_keys}, which may be NULL. */
void run_page_keys_free(struct run_page_keys *);

/* -------------------------------------------------- run_versions.c */

/**
 * run_versions_new(run, own, err):
 * A stream was read again: note the records in the new stream whose keys may be
 * shared.  Free the result with run_versions_free(); NULL with ${err} set on
 * failure.
 */
struct run_versions *run_versions_new(struct run *,
    const struct run_listing *, struct err *);

/**
 * run_versions_is_other(run, versions, bytes):
 * Of a record on disk with the key in run->scratch: may its key be shared, and
 * was no record with its value noted?  It is noted then.
 */
bool run_versions_is_other(struct run *, const struct run_versions *,
    struct span);

/** run_versions_free(versions): Free ${versions}, which may be NULL. */
void run_versions_free(struct run_versions *);

/* ---------------------------------------------------- run_duplicate.c */

/**
 * run_duplicate(own, key, record):
 * Hold a record with the key ${key} that came again in this reading.
 */
void run_duplicate(struct run_listing *, const struct text *, struct span);

/**
 * run_duplicates_share(run, own, counted, err):
 * A reading has ended.  Do held records share a key with a kept one?  They all
 * do if a total ${counted} them, or if one reply showed that keys are shared in
 * this list.  Return 2 if so: the listing must be read once more to distinguish
 * them; 1 if one more reading may tell; 0; or -1 with ${err} set.
 */
int run_duplicates_share(struct run *, struct run_listing *, bool,
    struct err *);

/**
 * run_duplicates_count(run, own, n, err):
 * Set ${n} to the number of held records whose bytes no kept record has.
 */
int run_duplicates_count(struct run *, struct run_listing *, uint64_t *,
    struct err *);

/**
 * run_duplicates_replace(run, own, whole, err):
 * After that: replace kept records by their latest version.  The listing has
 * ended, as ${whole} says.
 */
int run_duplicates_replace(struct run *, struct run_listing *,
    struct manifest_listing *, struct err *);

/** run_duplicates_are_over(own): Were there more than can be held? */
bool run_duplicates_are_over(const struct run_listing *);

/**
 * run_duplicates_free(held_duplicates):
 * Free ${held_duplicates}, which may be NULL.
 */
void run_duplicates_free(struct run_duplicates *);

#endif
