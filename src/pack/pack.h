#ifndef PACK_H
#define PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/archive.h"
#include "audit/audit.h"
#include "base/base.h"
#include "manifest/manifest.h"
#include "tree/tree.h"

/*
 * Exports in archives: packed, verified, unpacked and compared with
 * directories.
 */

/* ----------------------------------------------------------- archives */

/* What to pack, and where.  Everything is borrowed until pack_free(). */
struct pack_settings {
	const char *dir;	/* of the files */
	const char *const *names;	/* their paths below ${dir}; NULL:
					 * all */
	size_t n;		/* number of names */
	const char *first;	/* the file that comes first, or NULL */
	const char *top;	/* the folder of all members; NULL: none */
	const char *target;	/* the archive */
	enum archive_format format;
	int64_t time;		/* of all members, in seconds since 1970 */
	bool force;		/* replace ${target}, if it holds nothing that
				 * the new archive will not */
	struct log *log;	/* or NULL */
	const struct tree_receipts *receipts;	/* of the files, sorted by path;
						 * NULL: not known */
	bool growing;		/* shards may be longer than their receipts */
};

/* The progress of packing. */
struct pack_progress {
	uint64_t files, bytes;	/* packed, and later read back */
	uint64_t files_total, bytes_total;
	uint64_t archive_bytes;	/* written so far */
	uint64_t unknown;	/* files that are not in the manifest */
	uint64_t replaced;	/* files in the archive that is replaced */
	bool replaces_damaged;	/* that archive can't be read in full */
	bool is_reading;	/* the archive is being read back */
};

struct pack;

/**
 * pack_new(settings, err):
 * Start to pack files into an archive, under a hidden name beside the target.
 * A hidden file left by a crash is removed.  Free the result with pack_free().
 * Return NULL with ${err} set.  ERR_USAGE: the target exists (and, with
 * ${force}, holds something that the new archive would not), or is inside the
 * directory, or the directory contains something other than plain files.
 * ERR_DATA: a file with a receipt is missing.  ERR_LOCKED: another process is
 * writing the target.
 */
struct pack *pack_new(const struct pack_settings *,
    struct err *);

/**
 * pack_step(pack, err):
 * Do the next step.  Return 1; 0 when the archive is complete: written, synced,
 * read back and compared member by member, with no file changed meanwhile, and
 * published under its name; or -1 with ${err} set (ERR_DATA: a file differs
 * from its receipt).  On failure no archive is left, and an earlier one is
 * unchanged.
 */
int pack_step(struct pack *, struct err *);

/** pack_progress(pack, progress): Fill ${progress}. */
void pack_progress(const struct pack *,
    struct pack_progress *);

/**
 * pack_sha256(pack, hex):
 * Set ${hex} to the SHA-256 of the complete archive.
 */
void pack_sha256(const struct pack *, char [SHA256_HEX]);

/**
 * pack_remove(pack, err):
 * After the last step: remove the packed files and the directory.  Return 0; or
 * -1 with ${err} set if a file has changed or was added.
 */
int pack_remove(struct pack *, struct err *);

/**
 * pack_free(pack):
 * Free ${pack}, which may be NULL.  An incomplete archive is removed.
 */
void pack_free(struct pack *);

/**
 * pack_files(settings, err):
 * Pack in one call.  Return 0; or -1 with ${err} set.
 */
int pack_files(const struct pack_settings *, struct err *);

/* ------------------------------------------------- an export, packed */

/* An export that is being packed. */
struct pack_export {
	struct pack_settings settings;
	struct pack *pack;
	bool is_native;		/* it has a manifest */
	bool sealed;		/* complete */
	bool knows_all;		/* the manifest lists all of its files */
	uint64_t gaps;
	char *top;
	struct tree *tree;
	struct manifest *manifest;
	struct tree_receipts receipts;
	int lock;		/* descriptor that locks the export; or -1 */
};

/**
 * pack_export_open(where, target, force, log, export, err):
 * Start to pack the export ${where} into ${target}, as pack_new() with the
 * receipts of its manifest.  The members are in a folder named like the
 * directory, the manifest first.  The caller steps ${export->pack}, and calls
 * pack_export_close() in either case.  Return 0; or -1 with ${err} set
 * (ERR_LOCKED: another process is working on the export).
 */
int pack_export_open(const char *, const char *, bool, struct log *,
    struct pack_export *, struct err *);

/** pack_export_close(export): Release ${export}, as pack_free() does. */
void pack_export_close(struct pack_export *);

/* ------------------------------- a directory that was packed before */

/* The comparison of what is left of a directory with its archive. */
struct pack_rest;

/**
 * pack_rest_new(where, path, log, err):
 * Start to check that everything in the directory ${where}, which may not exist
 * any more, is in the archive ${path}.  Free the result with pack_rest_free().
 * Return NULL with ${err} set (ERR_USAGE: the directory has no files, and the
 * archive is of another directory).
 */
struct pack_rest *pack_rest_new(const char *, const char *, struct log *,
    struct err *);

/**
 * pack_rest_step(rest, err):
 * Do the next step.  Return 1; 0 when each file of the directory is in the
 * archive with the same bytes; or -1 with ${err} set (ERR_USAGE: one is not).
 */
int pack_rest_step(struct pack_rest *, struct err *);

/**
 * pack_rest_remove(rest, err):
 * After the last step: remove the directory.  Return 0; or -1 with ${err} set.
 */
int pack_rest_remove(struct pack_rest *, struct err *);

/** pack_rest_progress(rest, progress): Fill ${progress}. */
void pack_rest_progress(const struct pack_rest *, struct pack_progress *);

/**
 * pack_rest_sha256(rest, hex, err):
 * Set ${hex} to the SHA-256 of the archive.  Return 0; or -1 with ${err} set.
 */
int pack_rest_sha256(const struct pack_rest *, char [SHA256_HEX],
    struct err *);

/** pack_rest_free(rest): Free ${rest}, which may be NULL. */
void pack_rest_free(struct pack_rest *);

/* ------------------------------------------- an archive, verified */

struct pack_verify;

/**
 * pack_verify_new(path, log, err):
 * Start to compare the archive ${path} with its manifest or, without one, with
 * its SHA256SUMS.  Only the bookkeeping files are written to disk, temporarily.
 * Free the result with pack_verify_free().  Return NULL with ${err} set if it
 * is not an archive of an export (ERR_USAGE) or its manifest can't be read
 * (ERR_DATA).
 */
struct pack_verify *pack_verify_new(const char *, struct log *,
    struct err *);

/**
 * pack_verify_step(verify, err):
 * Check the next chunk.  Return 1; 0 when everything is checked; or -1 with
 * ${err} set.
 */
int pack_verify_step(struct pack_verify *, struct err *);

/** pack_findings(verify, n): Return the findings so far, borrowed. */
const struct audit_finding *pack_findings(const struct pack_verify *,
    size_t *);

/** pack_verify_progress(verify, progress): Fill ${progress}. */
void pack_verify_progress(const struct pack_verify *,
    struct audit_progress *);

/** pack_is_whole(verify): See audit_is_whole(). */
bool pack_is_whole(const struct pack_verify *);

/** pack_accepted(verify): See audit_accepted(). */
const char *pack_accepted(const struct pack_verify *);

/**
 * pack_holds_all(verify):
 * Return whether it holds all of a complete export, except for findings that
 * its owner accepted; extra files don't matter.
 */
bool pack_holds_all(const struct pack_verify *);

/** pack_verify_free(verify): Free ${verify}, which may be NULL. */
void pack_verify_free(struct pack_verify *);

/* --------------------------------------------- an archive, unpacked */

/* The caller frees the texts. */
struct pack_unpacked {
	char *dir;		/* of the unpacked export */
	uint64_t damaged;	/* files that differ from what was packed */
	char *first;		/* the first of them, or NULL */
};

/**
 * pack_unpack(path, to, log, tick, cookie, unpacked, err):
 * Unpack the export from the archive ${path} into a directory in ${to} with the
 * export's name, for commands that read directories.  Damaged members become
 * damaged or missing files.  Only what the manifest lists is written.  Call
 * ${tick} with ${cookie} and the bytes written so far from time to time; if it
 * returns true, stop (ERR_STOPPED).  Fill ${unpacked}.  Return 0; or -1 with
 * ${err} set as by pack_verify_new(), or ERR_DISK.
 */
int pack_unpack(const char *, const char *, struct log *,
    bool (*)(void *, uint64_t), void *, struct pack_unpacked *,
    struct err *);

#endif
