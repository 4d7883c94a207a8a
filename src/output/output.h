#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/audit.h"
#include "base/base.h"
#include "manifest/manifest.h"
#include "tree/tree.h"

/*
 * What is made of an export: one file that holds all of it, and the proof
 * that it does.
 */

/* ----------------------------------------------------------- archives */

enum output_format {
	OUTPUT_ZIP,
	OUTPUT_TAR,
	OUTPUT_TAR_GZ,
	OUTPUT_TAR_ZST
};

/**
 * output_format_of(path, format, err):
 * Set ${format} to what the end of ${path} says.  Return 0; or -1 with ${err}
 * set (ERR_USAGE), which names the ends that are known.
 */
int output_format_of(const char *, enum output_format *, struct err *);

/* What is to be packed, and where.  All is borrowed until the end. */
struct output_settings {
	const char *dir;	/* the files are below it */
	const char *const *names;	/* their paths in it; NULL: all */
	size_t n;		/* how many names */
	const char *first;	/* the one to stand first, or NULL */
	const char *top;	/* the folder they are in, in the archive;
				 * NULL: none */
	const char *target;	/* the archive */
	enum output_format format;
	int64_t time;		/* of all members, in seconds since 1970 */
	bool force;		/* replace ${target} if it is there */
	const struct tree_receipts *receipts;	/* what the files must be, by
				 * path (see tree_sums()); NULL: not known */
	bool growing;		/* a shard may be longer than its receipt */
};

/* How far it is. */
struct output_progress {
	uint64_t files, bytes;	/* packed, or then read back */
	uint64_t files_total, bytes_total;
	uint64_t archive_bytes;	/* written so far */
	uint64_t unknown;	/* files that are no part of an export */
	bool is_reading;	/* it is written, and is read back */
};

struct output_pack;

/**
 * output_pack_new(settings, err):
 * Begin to pack files into an archive, under a hidden name beside its own;
 * one that a crash left there is taken away.  Return NULL with ${err} set;
 * output_pack_free() it.  ERR_USAGE: the target is there, or in the
 * directory, or something in the directory is no plain file.  ERR_DATA: a
 * file of the receipts is not there.  ERR_LOCKED: another process is packing
 * into the same file.
 */
struct output_pack *output_pack_new(const struct output_settings *,
    struct err *);

/**
 * output_pack_step(pack, err):
 * Go on with it.  Return 1; 0 once the archive is whole: written, synced,
 * each member read back and compared with what was read from disk, no file
 * changed meanwhile, and the archive called by its name; or -1 with ${err}
 * set (ERR_DATA: a file is not what its receipt says).  Then nothing is left
 * of it, and what was there before is as it was.
 */
int output_pack_step(struct output_pack *, struct err *);

/** output_pack_progress(pack, progress): Fill ${progress}. */
void output_pack_progress(const struct output_pack *,
    struct output_progress *);

/** output_pack_sha256(pack, hex): At the end: that of the archive. */
void output_pack_sha256(const struct output_pack *, char [SHA256_HEX]);

/**
 * output_pack_remove(pack, err):
 * At the end: remove the files that were packed, and the directory.  Return
 * 0; or -1 with ${err} set where one has changed, or there is another.
 */
int output_pack_remove(struct output_pack *, struct err *);

/**
 * output_pack_free(pack):
 * Free ${pack}, which may be NULL; one that has not come to its end leaves
 * nothing.
 */
void output_pack_free(struct output_pack *);

/**
 * output_pack_files(settings, err):
 * All of it in one call.  Return 0; or -1 with ${err} set.
 */
int output_pack_files(const struct output_settings *, struct err *);

/* ------------------------------------------------- an export, packed */

/* An export that is being packed. */
struct output_export {
	struct output_settings settings;
	struct output_pack *pack;
	bool ours;		/* it has a manifest */
	bool sealed;		/* complete */
	uint64_t gaps;
	char *top;
	struct tree *tree;
	struct manifest *manifest;
	struct tree_receipts receipts;
	int lock;		/* no one else works on it; or -1 */
};

/**
 * output_export_open(where, target, force, log, export, err):
 * Begin to pack the export ${where} into ${target}, which is output_pack_new()
 * with what its manifest says.  Its members are in a folder called after it,
 * the manifest first.  Step ${export->pack} to its end.  Return 0; or -1 with
 * ${err} set; output_export_close() it in either case.  ERR_LOCKED: it is
 * being written.
 */
int output_export_open(const char *, const char *, bool, struct log *,
    struct output_export *, struct err *);

/** output_export_close(export): Release it; as output_pack_free(). */
void output_export_close(struct output_export *);

/* ------------------------------------------- an archive, verified */

struct output_verify;

/**
 * output_verify_new(path, log, err):
 * Begin to hold the archive ${path} against the manifest in it, or without
 * one against its SHA256SUMS.  Nothing of it comes onto the disk but, for a
 * moment, the manifest.  Return NULL with ${err} set where it is no archive
 * of an export (ERR_USAGE), or its manifest can't be read (ERR_DATA);
 * output_verify_free() it.
 */
struct output_verify *output_verify_new(const char *, struct log *,
    struct err *);

/**
 * output_verify_step(verify, err):
 * Look at the next piece.  Return 1; 0 when all is looked at; or -1 with
 * ${err} set where that could not be done.
 */
int output_verify_step(struct output_verify *, struct err *);

/** output_findings(verify, n): Return what was found so far, borrowed. */
const struct audit_finding *output_findings(const struct output_verify *,
    size_t *);

/** output_verify_progress(verify, progress): Fill ${progress}. */
void output_verify_progress(const struct output_verify *,
    struct audit_progress *);

/** output_is_whole(verify): Was nothing found but notes? */
bool output_is_whole(const struct output_verify *);

/** output_verify_free(verify): Free ${verify}, which may be NULL. */
void output_verify_free(struct output_verify *);

/** output_library(): Return libarchive's name and version, borrowed. */
const char *output_library(void);

#endif
