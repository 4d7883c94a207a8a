#ifndef PACK_H
#define PACK_H

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

enum pack_format {
	PACK_ZIP,
	PACK_TAR,
	PACK_TAR_GZ,
	PACK_TAR_ZST
};

/**
 * pack_format_of(path, format, err):
 * Set ${format} to what the end of ${path} says.  Return 0; or -1 with ${err}
 * set (ERR_USAGE), which names the ends that are known.
 */
int pack_format_of(const char *, enum pack_format *, struct err *);

/* What is to be packed, and where.  All is borrowed until the end. */
struct pack_settings {
	const char *dir;	/* the files are below it */
	const char *const *names;	/* their paths in it; NULL: all */
	size_t n;		/* how many names */
	const char *first;	/* the one to stand first, or NULL */
	const char *top;	/* the folder they are in, in the archive;
				 * NULL: none */
	const char *target;	/* the archive */
	enum pack_format format;
	int64_t time;		/* of all members, in seconds since 1970 */
	bool force;		/* replace ${target} if it is there, and
				 * holds no more than the new one will */
	struct log *log;	/* of what is read in it; or NULL */
	const struct tree_receipts *receipts;	/* what the files must be, by
				 * path (see tree_sums()); NULL: not known */
	bool growing;		/* a shard may be longer than its receipt */
};

/* How far it is. */
struct pack_progress {
	uint64_t files, bytes;	/* packed, or then read back */
	uint64_t files_total, bytes_total;
	uint64_t archive_bytes;	/* written so far */
	uint64_t unknown;	/* files that are no part of an export */
	uint64_t replaced;	/* files that the archive held before */
	bool replaces_damaged;	/* and these are all that could be read */
	bool is_reading;	/* it is written, and is read back */
};

struct pack;

/**
 * pack_new(settings, err):
 * Begin to pack files into an archive, under a hidden name beside its own;
 * one that a crash left there is taken away.  Return NULL with ${err} set;
 * pack_free() it.  ERR_USAGE: the target is there (and, if it may be replaced,
 * holds what the new one would not), or in the directory, or something in the
 * directory is no plain file.  ERR_DATA: a
 * file of the receipts is not there.  ERR_LOCKED: another process is packing
 * into the same file.
 */
struct pack *pack_new(const struct pack_settings *,
    struct err *);

/**
 * pack_step(pack, err):
 * Go on with it.  Return 1; 0 once the archive is whole: written, synced,
 * each member read back and compared with what was read from disk, no file
 * changed meanwhile, and the archive called by its name; or -1 with ${err}
 * set (ERR_DATA: a file is not what its receipt says).  Then nothing is left
 * of it, and what was there before is as it was.
 */
int pack_step(struct pack *, struct err *);

/** pack_progress(pack, progress): Fill ${progress}. */
void pack_progress(const struct pack *,
    struct pack_progress *);

/** pack_sha256(pack, hex): At the end: that of the archive. */
void pack_sha256(const struct pack *, char [SHA256_HEX]);

/**
 * pack_remove(pack, err):
 * At the end: remove the files that were packed, and the directory.  Return
 * 0; or -1 with ${err} set where one has changed, or there is another.
 */
int pack_remove(struct pack *, struct err *);

/**
 * pack_free(pack):
 * Free ${pack}, which may be NULL; one that has not come to its end leaves
 * nothing.
 */
void pack_free(struct pack *);

/**
 * pack_files(settings, err):
 * All of it in one call.  Return 0; or -1 with ${err} set.
 */
int pack_files(const struct pack_settings *, struct err *);

/* ------------------------------------------------- an export, packed */

/* An export that is being packed. */
struct pack_export {
	struct pack_settings settings;
	struct pack *pack;
	bool is_native;		/* it has a manifest */
	bool sealed;		/* complete */
	bool knows_all;		/* the manifest knows each of its files */
	uint64_t gaps;
	char *top;
	struct tree *tree;
	struct manifest *manifest;
	struct tree_receipts receipts;
	int lock;		/* no one else works on it; or -1 */
};

/**
 * pack_export_open(where, target, force, log, export, err):
 * Begin to pack the export ${where} into ${target}, which is pack_new()
 * with what its manifest says.  Its members are in a folder called after it,
 * the manifest first.  Step ${export->pack} to its end.  Return 0; or -1 with
 * ${err} set; pack_export_close() it in either case.  ERR_LOCKED: it is
 * being written.
 */
int pack_export_open(const char *, const char *, bool, struct log *,
    struct pack_export *, struct err *);

/** pack_export_close(export): Release it; as pack_free(). */
void pack_export_close(struct pack_export *);

/* ------------------------------- a directory that was packed before */

/* What is left of a directory, held against the archive of it. */
struct pack_rest;

/**
 * pack_rest_new(where, path, log, err):
 * Begin to look whether all that is in the directory ${where}, which may be
 * gone, is in the archive ${path}.  Return NULL with ${err} set;
 * pack_rest_free() it.  ERR_USAGE: nothing is in it, and the archive is of
 * another directory.
 */
struct pack_rest *pack_rest_new(const char *, const char *, struct log *,
    struct err *);

/**
 * pack_rest_step(rest, err):
 * Go on with it.  Return 1; 0 when each file that is there is in the archive,
 * with the same bytes; or -1 with ${err} set (ERR_USAGE: one is not).
 */
int pack_rest_step(struct pack_rest *, struct err *);

/** pack_rest_remove(rest, err): At the end: remove what is left. */
int pack_rest_remove(struct pack_rest *, struct err *);

/** pack_rest_progress(rest, progress): Fill it, as pack_progress(). */
void pack_rest_progress(const struct pack_rest *, struct pack_progress *);

/** pack_rest_sha256(rest, hex, err): That of the archive.  0 or -1. */
int pack_rest_sha256(const struct pack_rest *, char [SHA256_HEX],
    struct err *);

/** pack_rest_free(rest): Free ${rest}, which may be NULL. */
void pack_rest_free(struct pack_rest *);

/* ------------------------------------------- an archive, verified */

struct pack_verify;

/**
 * pack_verify_new(path, log, err):
 * Begin to hold the archive ${path} against the manifest in it, or without
 * one against its SHA256SUMS.  Nothing of it comes onto the disk but, for a
 * moment, the manifest.  Return NULL with ${err} set where it is no archive
 * of an export (ERR_USAGE), or its manifest can't be read (ERR_DATA);
 * pack_verify_free() it.
 */
struct pack_verify *pack_verify_new(const char *, struct log *,
    struct err *);

/**
 * pack_verify_step(verify, err):
 * Look at the next piece.  Return 1; 0 when all is looked at; or -1 with
 * ${err} set where that could not be done.
 */
int pack_verify_step(struct pack_verify *, struct err *);

/** pack_findings(verify, n): Return what was found so far, borrowed. */
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
 * Is it all of a complete export but for what its owner accepted, whatever
 * else is in it?
 */
bool pack_holds_all(const struct pack_verify *);

/** pack_verify_free(verify): Free ${verify}, which may be NULL. */
void pack_verify_free(struct pack_verify *);

/* --------------------------------------------- an archive, unpacked */

/* Texts are the caller's to free. */
struct pack_unpacked {
	char *dir;		/* where the export is now */
	uint64_t damaged;	/* files that are not as they were packed */
	char *first;		/* the first of them, or NULL */
};

/**
 * pack_unpack(path, to, log, tick, cookie, unpacked, err):
 * Take the export out of the archive ${path}, into a directory in ${to} that
 * is called as the export was, for what reads directories.  What is damaged in
 * the archive is damaged or missing there.  No more is written than the
 * manifest says.  Call ${tick} with ${cookie} and the bytes written so far now
 * and then: true stops it (ERR_STOPPED).  Fill ${unpacked}.  Return 0; or -1
 * with ${err} set as by pack_verify_new(), or ERR_DISK.
 */
int pack_unpack(const char *, const char *, struct log *,
    bool (*)(void *, uint64_t), void *, struct pack_unpacked *,
    struct err *);

/**
 * pack_hash_members(fd, tell, cookie, err):
 * Read the archive ${fd}, which was made by pack_files(): call ${tell} for each
 * member with its name, bytes and SHA-256.  Return 0; or -1 with ${err} set
 * (ERR_DATA: it is not as it was written).
 */
int pack_hash_members(int, void (*)(void *, const char *, uint64_t,
    const unsigned char *), void *, struct err *);

/** pack_library(): Return libarchive's name and version, borrowed. */
const char *pack_library(void);

#endif
