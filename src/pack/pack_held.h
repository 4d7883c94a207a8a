#ifndef PACK_HELD_H
#define PACK_HELD_H

#include "pack/pack_internal.h"

/* A file that an archive holds. */
struct pack_held_file {
	char *name;		/* in the export */
	uint64_t bytes;
	unsigned char sha256[SHA256_BYTES];
	bool is_valid;		/* it could be read, and is what it was */
};

/* What the archive that is to be replaced holds; see pack_held.c. */
struct pack_held {
	const char *path;	/* borrowed */
	struct stat st;		/* of the file that was looked at */
	struct pack_held_file *files;	/* by name */
	size_t n, capacity;
	bool is_sealed;		/* it is of a complete export */
	bool is_damaged;	/* not all of it could be read, or is right */
};

/**
 * pack_held_scan(held, dir, name, path, log, err):
 * See what the file ${name} in ${dir} holds, which people call ${path}.  One
 * that is no archive holds nothing.  Return 0; or -1 with ${err} set where it
 * can't be read from the disk.  pack_held_release() it in either case.
 */
int pack_held_scan(struct pack_held *, int, const char *, const char *,
    struct log *, struct err *);

/**
 * pack_held_names(held, settings, files, err):
 * Is each file that it holds among ${files}, and is an archive of them no less
 * complete?  Return 0; or -1 with ${err} set (ERR_USAGE), which names what
 * would be lost.
 */
int pack_held_names(const struct pack_held *, const struct pack_settings *,
    const struct pack_files *, struct err *);

/**
 * pack_held_bytes(held, settings, dir, files, err):
 * When the ${files} below ${dir} have been read: are the bytes that it holds
 * among theirs?  As pack_held_names().
 */
int pack_held_bytes(const struct pack_held *, const struct pack_settings *,
    int, const struct pack_files *, struct err *);

/** pack_held_release(held): Free what ${held} holds. */
void pack_held_release(struct pack_held *);

#endif
