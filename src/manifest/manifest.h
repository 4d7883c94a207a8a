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
 * The journal of an export, manifest.jsonl: the files that count, and the gaps.
 * It is appended to during an export, and rewritten in order when it is sealed.
 * doc/FORMAT.md describes it.
 *
 * A new line is known in memory at once and is in the file after the next
 * manifest_flush(), which must follow tree_flush(), or some time after
 * manifest_flush_begin().
 */
struct manifest;

#define MANIFEST_NAME "manifest.jsonl"
#define MANIFEST_COPY "manifest.copy.jsonl"
#define MANIFEST_FORMAT 1

/* The position of a line in the file. */
struct manifest_line {
	int64_t offset;
	size_t len;		/* with its newline */
};

/* A page or interval of a listing that is on disk. */
struct manifest_page {
	uint64_t first;
	uint32_t count;
	unsigned pass;
	bool partial;		/* a record of it was not kept */
	uint64_t received;
	uint64_t distinct;	/* new in its pass */
	uint64_t kept;		/* new in the export, and on disk */
	uint64_t same_key;	/* of these, records whose key another one
				 * has */
	uint64_t position;		/* lines of the stream before it */
	int64_t total;		/* of the reply, or -1 */
	uint32_t size;		/* records per page, by the reply */
	const char *next;	/* the cursor of the next page, or NULL */
	bool by_time;		/* ${first} and ${count} are in seconds */
	bool moved;		/* records before it were added or removed */
	uint64_t sequence;	/* the manifest's: the number of pages before
				 * it */
	struct manifest_line line;	/* the manifest's: its line */
};

/* What could not be fetched.  Numbers that don't apply are -1. */
struct manifest_gap {
	char *listing;		/* its key */
	int64_t first, count;	/* the page or interval */
	int64_t record;		/* a single record, from 0 in its listing */
	int64_t have, total, expected;	/* counts that differ */
	int64_t status;
	char *url;
	char *why;
	char *request;		/* the server's request id, or NULL */
	char *path;		/* of a damaged file, or NULL */
	bool by_time;		/* ${first} and ${count} are in seconds */
	struct manifest_gap *next;
	struct manifest_line line;	/* the manifest's: its line */
};

/* What is known of a listing. */
struct manifest_listing {
	const char *key;
	bool ended;		/* it is complete */
	uint64_t records;	/* on disk, so far or at the end */
	uint64_t distinct;	/* in the current pass */
	uint64_t duplicates;	/* records that came twice in a pass */
	int64_t total;		/* the last one reported, or -1 */
	bool unsteady;		/* its total changed, or it had duplicates */
	unsigned pass;
	const struct manifest_page *pages;	/* if it has not ended */
	size_t n_pages;
	const struct manifest_gap *gaps;
	uint32_t size;		/* records per page; 0: no pages */
	bool replaces;		/* new shards have yet to replace the old
				 * ones */
	bool moved;		/* records were added or removed during the
				 * export */
	uint64_t gone;		/* records that the server does not have any
				 * more */
	uint64_t changed;	/* records that came in several versions */
	uint64_t same_key;	/* records whose key another one has */
	bool capped;		/* the total is a limit: there were more
				 * records */
};

/* --------------------------------------------------- opening and closing */

/**
 * manifest_create(tree, header, err):
 * Create the manifest of a new export with the members of ${header}.  Free it
 * with manifest_close().  Return NULL with ${err} set on failure.
 */
struct manifest *manifest_create(struct tree *, json_t *, struct err *);

/**
 * manifest_new(tree, header):
 * As manifest_create(), but write nothing before manifest_save().
 */
struct manifest *manifest_new(struct tree *, json_t *);

/**
 * manifest_open(tree, log, err):
 * Read the manifest of an export, read-only if tree_peek() opened it.  A torn
 * last line is removed, with a warning to ${log}, which may be NULL; any other
 * damaged line is an error (ERR_DATA) that names it.  ERR_USAGE: it does not
 * exist, or has another format.
 */
struct manifest *manifest_open(struct tree *, struct log *, struct err *);

/**
 * manifest_is_there(path):
 * Return whether the directory ${path} has a manifest, its copy, or a log with
 * its header.
 */
bool manifest_is_there(const char *);

/**
 * manifest_peek(path, err):
 * Return the header of the export ${path}, new; of a damaged manifest, as
 * manifest_recover() finds it.  Return NULL with ${err} set as by
 * manifest_open().
 */
json_t *manifest_peek(const char *, struct err *);

/**
 * manifest_has_any(path): Return whether the manifest in ${path} has more than
 * its header.
 */
bool manifest_has_any(const char *);

/** manifest_is_sealed(path): Return whether ${path} is a sealed export. */
bool manifest_is_sealed(const char *);

/** manifest_close(manifest): Free ${manifest}, which may be NULL. */
void manifest_close(struct manifest *);

/** manifest_header(manifest): Return the header, borrowed. */
json_t *manifest_header(const struct manifest *);

/**
 * manifest_is_partial(manifest):
 * Return whether it is that of an adopted export that was not completed since.
 */
bool manifest_is_partial(const struct manifest *);

/** manifest_sealed(manifest): Return the seal, borrowed, or NULL. */
json_t *manifest_sealed(const struct manifest *);

/* --------------------------------------------------------------- asking */

/**
 * manifest_find(manifest, key, listing):
 * Fill ${listing}; return false if nothing is known of it.
 */
bool manifest_find(const struct manifest *, const char *,
    struct manifest_listing *);

/**
 * manifest_widen(manifest, options):
 * Extend the export by new ${options} in its header; call manifest_save()
 * afterwards.  The seal and the done markers are dropped, so that a run visits
 * the children of each record again; listings stay.
 */
void manifest_widen(struct manifest *, json_t *);

/**
 * manifest_is_done(manifest, key):
 * Return whether everything below that record is on disk.
 */
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
 * Return the fields passed to manifest_say_end(), new; or NULL.
 */
json_t *manifest_fields(struct manifest *, const char *, struct err *);

/**
 * manifest_each(manifest, after, listing):
 * Set ${listing} to the one after the key ${after} (NULL: the first), in the
 * order of their first lines.  Return false at the end.
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

/** manifest_say_page(manifest, key, page, receipts): Record a page on disk. */
void manifest_say_page(struct manifest *, const char *,
    const struct manifest_page *, const struct tree_receipts *);

/**
 * manifest_say_end(manifest, key, listing, fields, receipts, err):
 * Record that the listing is complete: its counts, and whether
 * tree_stream_replace() has yet to be called. ${fields} (stolen, or NULL) are
 * for manifest_fields(). ${receipts} are those of all its files; NULL: those of
 * its pages.
 */
int manifest_say_end(struct manifest *, const char *,
    const struct manifest_listing *, json_t *, const struct tree_receipts *,
    struct err *);

/** manifest_say_done(manifest, key, receipt): Record a done marker. */
void manifest_say_done(struct manifest *, const char *,
    const struct tree_receipt *);

/**
 * manifest_gap_where(gap, out):
 * Write to ${out} which part of its listing the gap is, with a space first:
 * " page 7 (records 601 to 700)", " record 38", or nothing.
 */
void manifest_gap_where(const struct manifest_gap *, char [96]);

/** manifest_say_gap(manifest, gap): Record a gap. */
void manifest_say_gap(struct manifest *, const struct manifest_gap *);

/* ------------------------------------------------------------- the file */

/** manifest_flush(manifest, err): Write and sync all new lines. */
int manifest_flush(struct manifest *, struct err *);

/**
 * manifest_flush_begin(manifest, err):
 * Start to sync the tree and then the new lines: see tree_flush_begin().
 */
int manifest_flush_begin(struct manifest *, struct err *);

/**
 * manifest_seal(manifest, seal, err):
 * Write the manifest in order, with ${seal} (stolen) as its last line, and a
 * copy of it.
 */
int manifest_seal(struct manifest *, json_t *, struct err *);

/* ------------------------------------------------------------ repairing */

/* How a manifest was recovered. */
enum manifest_state {
	MANIFEST_INTACT,
	MANIFEST_COPIED,	/* from its copy */
	MANIFEST_MERGED,	/* from both, proven by the seal */
	MANIFEST_SALVAGED	/* from readable lines, unproven */
};

/* The log's key of a copied manifest line. */
#define MANIFEST_LOGGED "manifest"

/**
 * manifest_recover(tree, log, state, err):
 * As manifest_open(); if the manifest is damaged or lost, recover it.  Set
 * ${state} to how, and ${err} to what is wrong with it.  Nothing is written
 * now; later lines write the whole manifest.
 */
struct manifest *manifest_recover(struct tree *, struct log *,
    enum manifest_state *, struct err *);

/**
 * manifest_restore(manifest, err):
 * Write the manifest and, if it is sealed, its copy, unless they are correct on
 * disk.
 */
int manifest_restore(struct manifest *, struct err *);

/**
 * manifest_lost_seal(manifest):
 * Return the seal, borrowed, that a salvaged manifest had; or NULL.
 */
json_t *manifest_lost_seal(const struct manifest *);

/**
 * manifest_is_as_lost(manifest):
 * Return whether a manifest that was salvaged and is sealed now equals the lost
 * one byte for byte, or nothing is left to compare it with.
 */
bool manifest_is_as_lost(struct manifest *);

/**
 * manifest_forget_all(manifest):
 * Forget everything but the header and the lost seal.
 */
void manifest_forget_all(struct manifest *);

/**
 * manifest_line_text(manifest, seal):
 * Return its header or its seal as a line, new.
 */
char *manifest_line_text(struct manifest *, bool);

/**
 * manifest_last_logged(fd):
 * Return the last manifest line (header or seal) in the log ${fd}, new; or
 * NULL.
 */
char *manifest_last_logged(int);

/** manifest_forget(manifest, key): Forget a listing. */
void manifest_forget(struct manifest *, const char *);

/** manifest_unseal(manifest): Forget the seal. */
void manifest_unseal(struct manifest *);

/** manifest_forget_gaps(manifest, key): Forget the listing's gaps. */
void manifest_forget_gaps(struct manifest *, const char *);

/** manifest_forget_done(manifest, key): Forget the record's done marker. */
void manifest_forget_done(struct manifest *, const char *);

/**
 * manifest_fits(manifest, source, err):
 * Check that each file in the manifest can belong to its listing.  Return 0; or
 * -1 with ${err} set (ERR_DATA).
 */
int manifest_fits(struct manifest *, const struct source *, struct err *);

/**
 * manifest_done_markers(manifest, receipts, err):
 * Add the receipts of the done markers.
 */
int manifest_done_markers(
    struct manifest *, struct tree_receipts *, struct err *);

/** manifest_save(manifest, err): Rewrite the file in order. */
int manifest_save(struct manifest *, struct err *);

#endif
