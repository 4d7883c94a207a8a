#ifndef PACK_INTERNAL_H
#define PACK_INTERNAL_H

#include <sys/stat.h>
#include <sys/types.h>

#include "pack/pack.h"

/* -------------------------------------------------- pack_export.c */

/**
 * pack_lock(dir, where, fd, err):
 * Lock the export ${dir} until ${fd} is closed; it is -1 if there is no log to
 * lock.  The lock belongs to the open file, not to the process, because packing
 * opens and closes the log again.  Return 0; or -1 with ${err} set
 * (ERR_LOCKED).
 */
int pack_lock(int, const char *, int *, struct err *);

/* -------------------------------------------------- pack_remove.c */

/**
 * pack_remove_files(path, dir, files, err):
 * Remove these ${files} of the directory ${path}, open as ${dir}, and the
 * directory.  Return 0; or -1 with ${err} set if a file has changed or was
 * added.
 */
int pack_remove_files(const char *, int, const struct archive_files *,
    struct err *);

/* ------------------------------------------------- pack_compare.c */

/* Bytes that are compared with a receipt. */
struct pack_check {
	struct sha256 *hash;
	uint64_t bytes, lines;
	bool is_in_line;	/* the last byte was not a newline */
	unsigned char prefix[SHA256_BYTES];	/* hash of the bytes that
						 * count */
};

/** pack_check_begin(check): Start again with no bytes. */
void pack_check_begin(struct pack_check *);

/**
 * pack_check_add(check, receipt, data, len):
 * Add bytes; those beyond the size of ${receipt} (or NULL) don't count.
 */
void pack_check_add(struct pack_check *, const struct tree_receipt *,
    const char *, size_t);

/**
 * pack_check_end(check, receipt, growing, err):
 * Compare the bytes with ${receipt}.  If ${growing}, a shard may be longer.
 * Return 0; or -1 with ${err} set (ERR_DATA: what differs).
 */
int pack_check_end(struct pack_check *, const struct tree_receipt *,
    bool, struct err *);

/** pack_check_release(check): Free what it holds. */
void pack_check_release(struct pack_check *);

/** pack_receipt(receipts, path): Find the receipt, in sorted ones; or NULL. */
struct tree_receipt *pack_receipt(const struct tree_receipts *,
    const char *);

/* -------------------------------------------------- pack_bookkeeping.c */

/** pack_bookkeeping_knows(name): Return whether it is a bookkeeping file. */
bool pack_bookkeeping_knows(const char *);

/* ---------------------------------------------------- pack_find.c */

/* What is known of an archive before its files are read. */
struct pack_found {
	char *top;		/* folder of the export: "" or "name/" */
	struct manifest *manifest;	/* or NULL */
	enum manifest_state state;	/* how it was recovered */
	char *why;		/* what is wrong with it; NULL: intact */
	struct archive_trailer trailer;
	struct text sums;	/* SHA256SUMS, if there is no manifest */
	bool has_sums;
	char **paths;		/* of all files in ${top}, if the manifest may
				 * not list all */
	size_t n_paths, paths_capacity;
	struct tree *tree;	/* the manifest's, now an empty directory */
};

/**
 * pack_find(fd, path, log, found, err):
 * Find the manifest of the archive in ${fd}, as manifest_recover() does in a
 * directory, or SHA256SUMS.  Return 0; or -1 with ${err} set; call
 * pack_found_release() in either case.
 */
int pack_find(int, const char *, struct log *, struct pack_found *,
    struct err *);

/** pack_found_release(found): Free what it holds. */
void pack_found_release(struct pack_found *);

/**
 * pack_scratch(err):
 * Return a new temporary directory; or NULL with ${err} set.
 */
struct scratch *pack_scratch(struct err *);

#endif
