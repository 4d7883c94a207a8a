#ifndef AUDIT_H
#define AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"
#include "manifest/manifest.h"
#include "source/source.h"

/*
 * What an export contains and what is wrong with it, found out from its
 * directory or archive alone.  A native export is read by its manifest, a
 * legacy one by its files.  Except where a contract says otherwise, nothing is
 * changed.
 */

/* The number of records of a resource. */
struct audit_count {
	const char *resource;	/* borrowed from the source */
	uint64_t records;
};

/* The number of units (files) of one kind (prompt, tool). */
struct audit_kind {
	char *name;
	uint64_t count;
};

/* A summary; see audit_summary(). */
struct audit_summary {
	bool is_native;		/* it has a manifest */
	bool sealed;		/* complete, by its seal */
	bool is_hurt;		/* its manifest is damaged */
	bool adopted;		/* adopted, and not completed since */
	char *source, *server;	/* or NULL */
	char *started;		/* NULL: not known, as the legacy tool did not
				 * record it */
	char *adopted_when;	/* or NULL */
	json_t *options;	/* the options of the export; or NULL */
	struct audit_count *counts;	/* by resource, in the source's order */
	size_t n_counts;
	const char *unit;	/* the resource that has kinds, or NULL */
	struct audit_kind *kinds;
	size_t n_kinds, kinds_capacity;
	uint64_t files, bytes;
	struct manifest_gap *gaps;	/* in the order of their listings'
					 * keys */
	uint64_t n_gaps;
	uint64_t unfinished;	/* listings that began but did not end, without
				 * a gap */
	uint64_t unreported;	/* paged listings without a total from the
				 * server */
	uint64_t unmarked;	/* legacy export: units without .done */
	uint64_t absent;	/* files that are missing or too short */
	char *first_absent;	/* the path of one of them, or NULL */
	uint64_t changed;	/* records that came in several versions */
	char *accepted;		/* when findings were accepted, or NULL */
	bool lacks;		/* accepted findings include damage or missing
				 * data */
};

/**
 * audit_summary(path, source, log, summary, err):
 * Fill ${summary} from the directory ${path}, which ${source} describes.
 * Return 0; or -1 with ${err} set if it can't be read or is not an export.
 * Call audit_release() in either case.
 */
int audit_summary(const char *, const struct source *, struct log *,
    struct audit_summary *, struct err *);

/** audit_release(summary): Free what ${summary} holds. */
void audit_release(struct audit_summary *);

/**
 * audit_source_of(path):
 * Return the source of the export in ${path}: the one that its manifest names
 * or contains; without a manifest, Humanloop, the only source of the legacy
 * tool.  The caller frees it with source_free().  Return NULL with ${err} set
 * on failure.
 */
struct source *audit_source_of(const char *, struct err *);

/**
 * audit_source_in(header):
 * As audit_source_of(), from the header of a manifest; NULL: the export has no
 * manifest.
 */
struct source *audit_source_in(json_t *, struct err *);

/* A file with records, and the records that it belongs to. */
struct audit_file {
	const struct source_resource *resource;
	char *path;		/* in the export */
	uint64_t bytes;		/* at its start, that count */
	uint64_t lines;		/* 0: not known, or not a shard */
	char **keys;		/* of the parent records, outermost first */
	size_t n_keys;
	bool has_shared_keys;	/* ${keys} belongs to an earlier file */
};

struct audit_files {
	struct audit_file *items;
	size_t n, capacity;
};

/**
 * audit_files(path, source, log, files, err):
 * Add to ${files} all files with records of the export ${path}: those in its
 * manifest, in that order; without one, all whose names match, the shards of a
 * stream by number.  Return 0; or -1 with ${err} set.
 */
int audit_files(const char *, const struct source *, struct log *,
    struct audit_files *, struct err *);

/** audit_files_release(files): Free what ${files} holds. */
void audit_files_release(struct audit_files *);

/* --------------------------------------------------------- verifying */

/* The kind of a finding. */
enum audit_problem {
	AUDIT_DAMAGED,		/* it differs from what was written */
	AUDIT_MISSING,		/* it should exist */
	AUDIT_EXTRA,		/* it does not belong to the export */
	AUDIT_NOTE,		/* nothing is wrong */
	AUDIT_UNKNOWN		/* nothing in the export can show it */
};

enum audit_certainty {
	AUDIT_CERTAIN,
	AUDIT_LIKELY
};

struct audit_finding {
	enum audit_problem kind;
	enum audit_certainty certainty;
	char *path;		/* in the export, or NULL */
	char *listing;		/* key of its listing, or NULL */
	char *what;
	bool refetch;		/* its listing has to be fetched again */
	bool is_accepted;	/* by the owner, with audit_accept() */
};

struct audit_verify;

/* An export in an archive: its files come one at a time. */
struct audit_archive {
	struct tree *tree;	/* the manifest's, an empty directory */
	struct manifest *manifest;	/* or NULL; the audit takes both */
	enum manifest_state state;	/* how it was recovered */
	const char *why;		/* what is wrong with it, or NULL */
	char *const *paths;	/* of all files, if the manifest may not list
				 * all */
	size_t n_paths;
	const struct text *sums;	/* SHA256SUMS, or NULL */
	uint64_t largest;	/* the limit of a record's bytes */
};

struct audit_settings {
	const char *path;	/* of the export */
	const struct audit_archive *archive;	/* or NULL: a directory */
	const struct source *source;
	bool fast;		/* sizes and counts only */
	unsigned sample;	/* percent of the files to read; 100: all */
	unsigned threads;	/* that read; 0: one per processor */
	struct log *log;
};

/* The progress of an audit. */
struct audit_progress {
	bool is_native, sealed;
	const char *server;		/* of the export; NULL: not known */
	uint64_t files, bytes, records;	/* checked so far */
	uint64_t read;			/* bytes read */
	uint64_t files_total, bytes_total;	/* 0: not known */
};

/**
 * audit_verify_new(settings, err):
 * Start to compare an export with its manifest and its records with one
 * another; without a manifest (a legacy export), only the latter.  Free the
 * result with audit_verify_free().  Return NULL with ${err} set if the
 * directory can't be read or is not an export.
 */
struct audit_verify *audit_verify_new(const struct audit_settings *,
    struct err *);

/**
 * audit_member_begin(verify, path):
 * Archives only: start the file ${path}.  Pass its bytes to audit_member_add()
 * and then call audit_member_end().  After the last file, call
 * audit_verify_step() until it returns 0.
 */
void audit_member_begin(struct audit_verify *, const char *);

/**
 * audit_member_add(verify, data, len):
 * Add bytes to the current file.  Return false if the rest of it is not needed.
 */
bool audit_member_add(struct audit_verify *, const char *, size_t);

/**
 * audit_member_end(verify, why):
 * The current file ends here; ${why}: the rest can't be read, and why; else
 * NULL.
 */
void audit_member_end(struct audit_verify *, const char *);

/** audit_member_lost(verify): The files after this one can't be read. */
void audit_member_lost(struct audit_verify *);

/**
 * audit_say(verify, kind, path, what):
 * Add a finding of the caller's; ${path} may be NULL.
 */
void audit_say(struct audit_verify *, enum audit_problem, const char *,
    const char *);

/**
 * audit_verify_step(verify, err):
 * Check the next file.  Return 1; 0 when everything is checked; or -1 with
 * ${err} set.
 */
int audit_verify_step(struct audit_verify *, struct err *);

/** audit_findings(verify, n): Return the findings so far, borrowed. */
const struct audit_finding *audit_findings(const struct audit_verify *,
    size_t *);

/** audit_verify_progress(verify, progress): Fill ${progress}. */
void audit_verify_progress(const struct audit_verify *,
    struct audit_progress *);

/**
 * audit_is_whole(verify):
 * Return whether there are no findings but notes, unknowns and accepted ones.
 */
bool audit_is_whole(const struct audit_verify *);

/* The file in an export with the findings that its owner accepted. */
#define AUDIT_ACCEPTED "accepted.json"

/**
 * audit_accept(verify, err):
 * After the last step: record all findings as accepted, with the SHA-256 of the
 * files that they name.  A later audit reports them again but does not count
 * them, as long as their text and those files stay the same.  Return 0; or -1
 * with ${err} set (ERR_USAGE: the export has no manifest).
 */
int audit_accept(struct audit_verify *, struct err *);

/**
 * audit_accept_archive(verify, text, digest, cookie):
 * Archives only, before the last step: take ${text}, its accepted.json.
 * ${digest}(cookie, path) returns the SHA-256, borrowed, of a bookkeeping file;
 * or NULL.
 */
void audit_accept_archive(struct audit_verify *, char *,
    const unsigned char *(*)(void *, const char *), void *);

/**
 * audit_accept_receipts(tree, files):
 * Change ${files}, sorted by path, to what the owner of the export accepted: a
 * damaged file gets the receipt of its bytes at that time, and one that was
 * missing and still is loses its receipt.
 */
void audit_accept_receipts(const struct tree *, struct tree_receipts *);

/**
 * audit_log(verify, fd):
 * Check the log ${fd} of a sealed export.
 */
void audit_log(struct audit_verify *, int);

/**
 * audit_accepted(verify):
 * Return when findings were accepted, in RFC 3339, borrowed; NULL: never.
 */
const char *audit_accepted(const struct audit_verify *);

/* ------------------------------------------------------ for adopting */

#define AUDIT_SUMS_MAX (1 << 30)	/* bytes of a SHA256SUMS */

/**
 * audit_build(verify, manifest):
 * Before the first step on an export without a manifest: add the listings and
 * files that the audit reads to ${manifest}, borrowed until the last step.
 */
void audit_build(struct audit_verify *, struct manifest *);

/**
 * audit_hashed(verify):
 * Return the hashes of the files read for audit_build(), borrowed.
 */
struct tree_receipts *audit_hashed(struct audit_verify *);

/**
 * audit_options(verify):
 * Return the options, new, that the legacy tool must have had.
 */
json_t *audit_options(const struct audit_verify *);

/** audit_adopted(verify): The export has a manifest now. */
void audit_adopted(struct audit_verify *);

/**
 * audit_is_bookkeeping(path):
 * Return whether it is a file about the others: manifest, copy, sums, log or
 * accepted findings.
 */
bool audit_is_bookkeeping(const char *);

/**
 * audit_each_file(tree, path, file, cookie, err):
 * Call ${file} for everything below ${path} but directories, with its path and
 * whether it is a plain file.  Return 0; or -1 with ${err} set.
 */
int audit_each_file(struct tree *, const char *,
    int (*)(void *, const char *, bool, struct err *), void *, struct err *);

/**
 * audit_may_be_one(tree, source):
 * Return whether the directory has a manifest or the folder of all units.
 */
bool audit_may_be_one(const struct tree *, const struct source *);

/** audit_no_export(where, err): Set ${err} (ERR_USAGE); return -1. */
int audit_no_export(const char *, struct err *);

/** audit_verify_free(verify): Free ${verify}, which may be NULL. */
void audit_verify_free(struct audit_verify *);

#endif
