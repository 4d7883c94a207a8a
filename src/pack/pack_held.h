#ifndef PACK_HELD_H
#define PACK_HELD_H

#include "pack/pack_internal.h"

/* A file in an archive. */
struct pack_held_file {
	char *name;		/* in the export */
	uint64_t bytes;
	unsigned char sha256[SHA256_BYTES];
	bool is_valid;		/* it could be read, and is undamaged */
};

/* What an archive holds that is to be replaced; see pack_held.c. */
struct pack_held {
	const char *path;	/* borrowed */
	struct stat st;		/* of the archive */
	struct pack_held_file *files;	/* by name */
	size_t n, capacity;
	bool is_sealed;		/* it holds a complete export */
	bool is_damaged;	/* part of it is damaged or unreadable */
};

/**
 * pack_held_scan(held, dir, name, path, log, err):
 * List what the file ${name} in ${dir} holds; messages call it ${path}.  A file
 * that is not an archive holds nothing.  Return 0; or -1 with ${err} set if the
 * disk can't be read.  Call pack_held_release() in either case.
 */
int pack_held_scan(struct pack_held *, int, const char *, const char *,
    struct log *, struct err *);

/**
 * pack_held_names(held, settings, files, err):
 * Check that each file in the archive is among ${files}, and that the new
 * archive is as complete.  Return 0; or -1 with ${err} set (ERR_USAGE), which
 * names what would be lost.
 */
int pack_held_names(const struct pack_held *, const struct pack_settings *,
    const struct archive_files *, struct err *);

/**
 * pack_held_bytes(held, settings, dir, files, err):
 * After the ${files} below ${dir} were read: check that the bytes in the
 * archive are among theirs, as pack_held_names() does for names.
 */
int pack_held_bytes(const struct pack_held *, const struct pack_settings *,
    int, const struct archive_files *, struct err *);

/** pack_held_release(held): Free what ${held} holds. */
void pack_held_release(struct pack_held *);

#endif
