#ifndef AUDIT_H
#define AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"
#include "manifest/manifest.h"
#include "source/source.h"

/*
 * What is in an export directory, told from the directory alone: ours, by its
 * manifest, or the old Python tool's, by its files.  Nothing is changed.
 */

/* How many records there are of a resource. */
struct audit_count {
	const char *resource;	/* borrowed from the source */
	uint64_t records;
};

/* How many of the units (files) are of a kind (prompt, tool). */
struct audit_kind {
	char *name;
	uint64_t count;
};

/* A summary; see audit_summary(). */
struct audit_summary {
	bool is_native;		/* it has a manifest */
	bool sealed;		/* complete and proven */
	bool is_hurt;		/* its manifest is damaged */
	bool adopted;		/* another tool's, and not complete since */
	char *source, *server;	/* or NULL */
	char *started;		/* or NULL: another tool did, nobody knows */
	char *adopted_when;	/* or NULL */
	json_t *options;	/* that it was begun with; or NULL */
	struct audit_count *counts;	/* by resource, in the source's order */
	size_t n_counts;
	const char *unit;	/* the resource that has kinds, or NULL */
	struct audit_kind *kinds;
	size_t n_kinds, kinds_capacity;
	uint64_t files, bytes;
	struct manifest_gap *gaps;	/* in the order of their keys */
	uint64_t n_gaps;
	uint64_t unfinished;	/* listings begun, not ended, no gap */
	uint64_t unreported;	/* lists in pages whose total no one told */
	uint64_t unmarked;	/* of an old export: units without .done */
	uint64_t absent;	/* files that are not there, or too short */
	char *first_absent;	/* the path of one of them, or NULL */
	uint64_t changed;	/* records that came in several versions */
	char *accepted;		/* see audit_accepted(); new, or NULL */
	bool lacks;		/* damage was accepted, or that files miss */
};

/**
 * audit_summary(path, source, log, summary, err):
 * Fill ${summary} from the directory ${path}, which ${source} describes.
 * Return 0; or -1 with ${err} set where it can't be read or is no export.
 * audit_release() it in either case.
 */
int audit_summary(const char *, const struct source *, struct log *,
    struct audit_summary *, struct err *);

/** audit_release(summary): Free what ${summary} holds. */
void audit_release(struct audit_summary *);

/**
 * audit_source_of(path):
 * Return the source of the export in ${path}: the one its manifest names, or
 * carries; without a manifest, the one the old tool knew.  source_free() it;
 * or NULL with ${err} set.
 */
struct source *audit_source_of(const char *, struct err *);

/**
 * audit_source_in(header):
 * The same, told by the header of a manifest that is elsewhere than in a
 * directory; NULL: there is none.
 */
struct source *audit_source_in(json_t *, struct err *);

/* A file with records, and whose they are. */
struct audit_file {
	const struct source_resource *resource;
	char *path;		/* in the export */
	uint64_t bytes;		/* of it that count */
	uint64_t lines;		/* 0: not known, or it is no shard */
	char **keys;		/* of the records above, outermost first */
	size_t n_keys;
	bool has_shared_keys;	/* they are those of a file before it */
};

struct audit_files {
	struct audit_file *items;
	size_t n, capacity;
};

/**
 * audit_files(path, source, log, files, err):
 * Add to ${files} all files of the export ${path} that hold records: by its
 * manifest, in that order; without one all that are called like such, the
 * shards of a stream by number.  Return 0; or -1 with ${err} set.
 */
int audit_files(const char *, const struct source *, struct log *,
    struct audit_files *, struct err *);

/** audit_files_release(files): Free what ${files} holds. */
void audit_files_release(struct audit_files *);

/* --------------------------------------------------------- verifying */

/* What is wrong, or worth knowing. */
enum audit_problem {
	AUDIT_DAMAGED,		/* it is there, and not as it was written */
	AUDIT_MISSING,		/* it should be there */
	AUDIT_EXTRA,		/* nothing knows it */
	AUDIT_NOTE,		/* nothing is wrong */
	AUDIT_UNKNOWN		/* what no file can tell */
};

enum audit_certainty {
	AUDIT_CERTAIN,
	AUDIT_LIKELY
};

struct audit_finding {
	enum audit_problem kind;
	enum audit_certainty certainty;
	char *path;		/* in the export, or NULL */
	char *listing;		/* key of the listing it is of, or NULL */
	char *what;
	bool refetch;		/* its listing has to be asked for again */
	bool is_accepted;	/* by the owner: see audit_accept() */
};

struct audit_verify;

/* An export that is in no directory: its files come one by one. */
struct audit_archive {
	struct tree *tree;	/* what the manifest is of; nothing is in it */
	struct manifest *manifest;	/* or NULL; both are stolen */
	enum manifest_state state;	/* how it came to be known */
	const char *why;		/* what is wrong with it, or NULL */
	char *const *paths;	/* if it does not know all: of all files */
	size_t n_paths;
	const struct text *sums;	/* and its SHA256SUMS; or NULL */
	uint64_t largest;	/* bytes that no record of it will have */
};

struct audit_settings {
	const char *path;	/* of the export */
	const struct audit_archive *archive;	/* or NULL: a directory */
	const struct source *source;
	bool fast;		/* sizes and counts only */
	unsigned sample;	/* percent of the files that are read: 100 */
	unsigned threads;	/* that read; 0: one a processor */
	struct log *log;
};

/* How far it is. */
struct audit_progress {
	bool is_native, sealed;
	const char *server;		/* it began with; NULL: not known */
	uint64_t files, bytes, records;	/* looked at */
	uint64_t read;			/* bytes that were read */
	uint64_t files_total, bytes_total;	/* 0: not known */
};

/**
 * audit_verify_new(settings, err):
 * Begin to hold an export against its manifest and its records against one
 * another.  Without a manifest (the old tool's), against one another only.
 * Return NULL with ${err} set where the directory can't be read or is no
 * export; audit_verify_free() it.
 */
struct audit_verify *audit_verify_new(const struct audit_settings *,
    struct err *);

/**
 * audit_member_begin(verify, path):
 * Of an archive, the next file is ${path}.  Its bytes are given by
 * audit_member_add(), and then audit_member_end().  When all files came, call
 * audit_verify_step() until it is done.
 */
void audit_member_begin(struct audit_verify *, const char *);

/** audit_member_add(verify, data, len): Return whether more is wanted. */
bool audit_member_add(struct audit_verify *, const char *, size_t);

/**
 * audit_member_end(verify, why):
 * These were all its bytes; unless ${why}, since what follows can't be read.
 */
void audit_member_end(struct audit_verify *, const char *);

/** audit_member_lost(verify): What files follow can't be read. */
void audit_member_lost(struct audit_verify *);

/**
 * audit_say(verify, kind, path, what):
 * Add what the caller has found; ${path} may be NULL.
 */
void audit_say(struct audit_verify *, enum audit_problem, const char *,
    const char *);

/**
 * audit_verify_step(verify, err):
 * Look at the next file.  Return 1; 0 when all is looked at; or -1 with
 * ${err} set where that could not be done.
 */
int audit_verify_step(struct audit_verify *, struct err *);

/** audit_findings(verify, n): Return what was found so far, borrowed. */
const struct audit_finding *audit_findings(const struct audit_verify *,
    size_t *);

/** audit_verify_progress(verify, progress): Fill ${progress}. */
void audit_verify_progress(const struct audit_verify *,
    struct audit_progress *);

/**
 * audit_is_whole(verify):
 * Was nothing found but notes, and what is unknown or accepted?
 */
bool audit_is_whole(const struct audit_verify *);

/* In the export: the findings that its owner has accepted. */
#define AUDIT_ACCEPTED "accepted.json"

/**
 * audit_accept(verify, err):
 * After the last step: write down all that was found as accepted, together
 * with the SHA-256 of the files it names.  A later audit finds it again, and
 * counts it no more, as long as it reads the same and these files are the
 * same.  ERR_USAGE: the export has no manifest.
 */
int audit_accept(struct audit_verify *, struct err *);

/**
 * audit_accept_archive(verify, text, digest, cookie):
 * Before the last step, of an archive: ${text} is its accepted.json, and is
 * stolen.  ${digest}(cookie, path) returns the SHA-256 of a file around those
 * that were verified, borrowed; or NULL.
 */
void audit_accept_archive(struct audit_verify *, char *,
    const unsigned char *(*)(void *, const char *), void *);

/**
 * audit_accept_receipts(tree, files):
 * Make of ${files}, sorted by path, what the owner of the export accepted: a
 * damaged file has the bytes that it had then, and one that was missing and
 * still is has no receipt.
 */
void audit_accept_receipts(const struct tree *, struct tree_receipts *);

/**
 * audit_log(verify, fd):
 * Of a sealed export, ${fd} is its log: find what is wrong with that.
 */
void audit_log(struct audit_verify *, int);

/**
 * audit_accepted(verify):
 * Return when findings were accepted, RFC 3339, borrowed; NULL: none were.
 */
const char *audit_accepted(const struct audit_verify *);

/**
 * audit_adopt_begin(verify, tool, server, err):
 * Before the first step on a tree without a manifest: have one made.  Return
 * 0; or -1 with ${err} set (ERR_USAGE: it has one; ERR_LOCKED).
 */
int audit_adopt_begin(struct audit_verify *, const char *, const char *,
    struct err *);

/**
 * audit_adopt_end(verify, err):
 * After the last step: write the manifest, and SHA256SUMS of all files.  No
 * other file of the export is touched.
 */
int audit_adopt_end(struct audit_verify *, struct err *);

/**
 * audit_adopt_again(path, is_adopted, err):
 * Is the tree in ${path} adopted, and was nothing fetched into it since?  Then
 * finish what an adoption that was ended there left undone.  Return 0; or -1
 * with ${err} set.
 */
int audit_adopt_again(const char *, bool *, struct err *);

/**
 * audit_adopt_aside(verify):
 * Return where a SHA256SUMS that was there, and said something else, is now,
 * borrowed; or NULL.
 */
const char *audit_adopt_aside(const struct audit_verify *);

/**
 * audit_adopt_undo(path, source, was_adopted, err):
 * Remove what adopting the tree in ${path} wrote; where nothing of that is
 * there, do nothing.  ERR_USAGE: it was resumed since, or is no export.
 */
int audit_adopt_undo(const char *, const struct source *, bool *,
    struct err *);

/** audit_verify_free(verify): Free ${verify}, which may be NULL. */
void audit_verify_free(struct audit_verify *);

#endif
