#ifndef MANIFEST_H
#define MANIFEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "source/source.h"
#include "tree/tree.h"

/*
 * The journal of an export, manifest.jsonl: what is on disk and counts, and
 * what could not be had.  It is appended to while an export goes on, and
 * written once more, in order, when it is sealed.  doc/FORMAT.md describes it.
 *
 * What is said here is in memory at once and in the file at the next
 * manifest_flush(), which must come after tree_flush(); or in the time after
 * manifest_flush_begin().
 */
struct manifest;

#define MANIFEST_NAME "manifest.jsonl"
#define MANIFEST_COPY "manifest.copy.jsonl"
#define MANIFEST_FORMAT 1

/* Where a line of it stands. */
struct manifest_line {
	int64_t offset;
	size_t len;		/* with its end */
};

/* A window of a listing that is there. */
struct manifest_page {
	uint64_t first;
	uint32_t count;
	unsigned pass;
	bool partial;		/* a record of it could not be kept */
	uint64_t received;
	uint64_t distinct;	/* new in its pass */
	uint64_t kept;		/* new in the export: on disk */
	uint64_t same_key;	/* of them, beside another one of their key */
	uint64_t position;		/* lines of the stream before it */
	int64_t total;		/* what the reply said, or -1 */
	uint32_t size;		/* records a page, by the reply */
	const char *next;	/* the mark of the next page, or NULL */
	bool by_time;		/* ${first} and ${count} are in seconds */
	bool moved;		/* records before it came or went */
	uint64_t sequence;	/* the manifest's own: after so many others */
	struct manifest_line line;	/* and where it stands */
};

/* What could not be had.  Numbers are -1 where they don't apply. */
struct manifest_gap {
	char *listing;		/* its key */
	int64_t first, count;	/* the window */
	int64_t record;		/* the one record, from 0 in its listing */
	int64_t have, total, expected;	/* counts that differ */
	int64_t status;
	char *url;
	char *why;
	char *request;		/* the server's id of the request, or NULL */
	char *path;		/* of the file that is damaged, or NULL */
	bool by_time;		/* ${first} and ${count} are in seconds */
	struct manifest_gap *next;
	struct manifest_line line;	/* the manifest's own */
};

/* What is known of a listing. */
struct manifest_listing {
	const char *key;
	bool ended;		/* it is whole */
	uint64_t records;	/* when ended; else kept so far */
	uint64_t distinct;	/* of the current pass */
	uint64_t duplicates;	/* records that came twice in a reading */
	int64_t total;		/* the last one said, or -1 */
	bool unsteady;		/* its total changed, or a record came twice */
	unsigned pass;
	const struct manifest_page *pages;	/* of one not ended */
	size_t n_pages;
	const struct manifest_gap *gaps;
	uint32_t size;		/* records a page; 0: there are no pages */
	bool replaces;		/* new shards are to replace the old */
	bool moved;		/* records came or went while it was read */
	uint64_t gone;		/* of its records: not there any more */
	uint64_t changed;	/* records that came in several versions */
	uint64_t same_key;	/* kept beside another one of their key */
	bool capped;		/* there were more than the total says */
};

/* --------------------------------------------------- opening and closing */

/**
 * manifest_create(tree, header, err):
 * Begin the manifest of a new export with ${header}, whose members come
 * behind the format's own.  Return NULL with ${err} set; manifest_close() it.
 */
struct manifest *manifest_create(struct tree *, json_t *, struct err *);

/**
 * manifest_new(tree, header):
 * As manifest_create(), but nothing is on disk before manifest_save().
 */
struct manifest *manifest_new(struct tree *, json_t *);

/**
 * manifest_open(tree, log, err):
 * Read the manifest of an export; of one that tree_peek() opened, only to
 * ask.  A last line that is torn is cut off, with a word to ${log}, which may
 * be NULL; a damaged one before it is an error (ERR_DATA) that names it.
 * ERR_USAGE: there is none, or it is of another format.
 */
struct manifest *manifest_open(struct tree *, struct log *, struct err *);

/**
 * manifest_is_there(path):
 * Is there a manifest in the directory ${path}, its copy, or a log that has
 * what it began with?
 */
bool manifest_is_there(const char *);

/**
 * manifest_peek(path, err):
 * Return the header of the export in the directory ${path}, new; where it is
 * damaged, as manifest_recover() finds it.  NULL with ${err} set as
 * manifest_open() would.
 */
json_t *manifest_peek(const char *, struct err *);

/**
 * manifest_has_any(path): Does the manifest in ${path} say more than how the
 * export was begun?
 */
bool manifest_has_any(const char *);

/** manifest_is_sealed(path): Is the export in ${path} there, and sealed? */
bool manifest_is_sealed(const char *);

/** manifest_close(manifest): Free ${manifest}, which may be NULL. */
void manifest_close(struct manifest *);

/** manifest_header(manifest): Return the header, borrowed. */
json_t *manifest_header(const struct manifest *);

/**
 * manifest_is_partial(manifest):
 * Is it that of another tool's tree, of which not all is known?
 */
bool manifest_is_partial(const struct manifest *);

/** manifest_sealed(manifest): Return the seal, borrowed, or NULL. */
json_t *manifest_sealed(const struct manifest *);

/* --------------------------------------------------------------- asking */

/** manifest_find(manifest, key, listing): Is anything known of it? */
bool manifest_find(const struct manifest *, const char *,
    struct manifest_listing *);

/**
 * manifest_widen(manifest, options):
 * The export takes more, as its header's new ${options} say; manifest_save()
 * it.  The seal and the marks of finished records are dropped, so that a run
 * looks below each record again.  No listing is forgotten.
 */
void manifest_widen(struct manifest *, json_t *);

/** manifest_is_done(manifest, key): Is all below that record there? */
bool manifest_is_done(const struct manifest *, const char *);

/**
 * manifest_files(manifest, key, receipts, err):
 * Add the receipts of the listing's files, objects in the order of their
 * records.
 */
int manifest_files(struct manifest *, const char *, struct tree_receipts *,
    struct err *);

/**
 * manifest_fields(manifest, key, err):
 * Return what manifest_say_end() was given as fields, new; or NULL.
 */
json_t *manifest_fields(struct manifest *, const char *, struct err *);

/**
 * manifest_each(manifest, after, listing):
 * Set ${listing} to the one after the key ${after} (NULL: the first), in the
 * order in which they were first met.  Return false at the end.
 */
bool manifest_each(const struct manifest *, const char *,
    struct manifest_listing *);

/**
 * manifest_all_files(manifest, receipts, err):
 * Add the receipts of all files that count.
 */
int manifest_all_files(struct manifest *, struct tree_receipts *,
    struct err *);

/* --------------------------------------------------------------- saying */

/** manifest_say_page(manifest, key, page, receipts): A window is there. */
void manifest_say_page(struct manifest *, const char *,
    const struct manifest_page *, const struct tree_receipts *);

/**
 * manifest_say_end(manifest, key, listing, fields, receipts, err):
 * The listing is whole: its ${records}, its ${total} (or -1), and whether
 * tree_stream_replace() has still to be called.  ${fields} (stolen, or NULL)
 * are kept for manifest_fields().
 * ${receipts} are those of all its files, or NULL: those of its pages.
 */
int manifest_say_end(struct manifest *, const char *,
    const struct manifest_listing *, json_t *, const struct tree_receipts *,
    struct err *);

/** manifest_say_done(manifest, key, receipt): All below it is there. */
void manifest_say_done(struct manifest *, const char *,
    const struct tree_receipt *);

/**
 * manifest_gap_where(gap, out):
 * Write to ${out} which part of its listing it is: " page 7 (records 601 to
 * 700)", " record 38", or nothing.
 */
void manifest_gap_where(const struct manifest_gap *, char [96]);

/** manifest_say_gap(manifest, gap): Something could not be had. */
void manifest_say_gap(struct manifest *, const struct manifest_gap *);

/* ------------------------------------------------------------- the file */

/** manifest_flush(manifest, err): Get all that was said onto the disk. */
int manifest_flush(struct manifest *, struct err *);

/**
 * manifest_flush_begin(manifest, err):
 * Begin to get what was written to the tree onto the disk, and then what was
 * said of it: see tree_flush_begin().
 */
int manifest_flush_begin(struct manifest *, struct err *);

/**
 * manifest_seal(manifest, seal, err):
 * Write the manifest in order, with ${seal} (stolen) as its last line, and a
 * copy of it.
 */
int manifest_seal(struct manifest *, json_t *, struct err *);

/* ------------------------------------------------------------ repairing */

/* How a manifest came to be known. */
enum manifest_state {
	MANIFEST_INTACT,
	MANIFEST_COPIED,	/* it is damaged, and its copy is whole */
	MANIFEST_MERGED,	/* both are; together they fit the seal */
	MANIFEST_SALVAGED	/* the lines that could be read; no seal fits */
};

/* What the log calls a line of the manifest that it repeats. */
#define MANIFEST_LOGGED "manifest"

/**
 * manifest_recover(tree, log, state, err):
 * As manifest_open(), or if it is damaged or lost from what else there is;
 * ${state} says from what, and ${err} what is wrong with it.  Nothing is
 * written; what is said to it later is, all of it.
 */
struct manifest *manifest_recover(struct tree *, struct log *,
    enum manifest_state *, struct err *);

/**
 * manifest_restore(manifest, err):
 * Write the manifest as it is, and of a sealed one the copy, wherever they
 * are not that already.
 */
int manifest_restore(struct manifest *, struct err *);

/**
 * manifest_lost_seal(manifest):
 * Return the seal, borrowed, that a manifest which was salvaged had; or NULL.
 */
json_t *manifest_lost_seal(const struct manifest *);

/**
 * manifest_is_as_lost(manifest):
 * Of one that was salvaged and is sealed now: is it what it was, to the byte?
 * So it is, too, where nothing is left that could tell.
 */
bool manifest_is_as_lost(struct manifest *);

/**
 * manifest_forget_all(manifest):
 * Forget everything but the header and the seal that a salvaged one had.
 */
void manifest_forget_all(struct manifest *);

/** manifest_line_text(manifest, seal): Its first line, or its seal, new. */
char *manifest_line_text(struct manifest *, bool);

/**
 * manifest_last_logged(fd):
 * Return the last line of a manifest that the log in ${fd} has, a header or a
 * seal; new, or NULL.
 */
char *manifest_last_logged(int);

/** manifest_forget(manifest, key): Forget all that is known of a listing. */
void manifest_forget(struct manifest *, const char *);

/** manifest_unseal(manifest): Forget the seal. */
void manifest_unseal(struct manifest *);

/** manifest_forget_gaps(manifest, key): Nothing of the listing is missing. */
void manifest_forget_gaps(struct manifest *, const char *);

/** manifest_forget_done(manifest, key): Not all below that record is there. */
void manifest_forget_done(struct manifest *, const char *);

/**
 * manifest_fits(manifest, source, err):
 * Can each file that it names be one of the listing's that names it?  Return
 * 0; or -1 with ${err} set (ERR_DATA).
 */
int manifest_fits(struct manifest *, const struct source *, struct err *);

/**
 * manifest_done_markers(manifest, receipts, err):
 * Add the receipts of the marks that all below a record is there.
 */
int manifest_done_markers(
    struct manifest *, struct tree_receipts *, struct err *);

/** manifest_save(manifest, err): Write it anew, in order, as it is now. */
int manifest_save(struct manifest *, struct err *);

#endif
