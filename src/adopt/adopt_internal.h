#ifndef ADOPT_INTERNAL_H
#define ADOPT_INTERNAL_H

#include "adopt/adopt.h"
#include "tree/tree.h"

/* In the header: what happened to an earlier SHA256SUMS. */
#define ADOPT_HAD_SUMS "had_sums"
#define ADOPT_SUMS_ASIDE "sums_aside"

/**
 * adopt_sums(tree, hashed, text, err):
 * Make SHA256SUMS of all files in ${text}, using the sorted hashes in
 * ${hashed} (or NULL).  Return 0; or -1 with ${err} set.
 */
int adopt_sums(struct tree *, const struct tree_receipts *, struct text *,
    struct err *);

/**
 * adopt_holds(dir, name, text, is_there):
 * Return whether the file ${name} in ${dir} holds exactly ${text}; set
 * ${is_there} if it exists.
 */
bool adopt_holds(int, const char *, const struct text *, bool *);

/** adopt_write_sums(tree, text, err): Write SHA256SUMS.  Return 0 or -1. */
int adopt_write_sums(const struct tree *, const struct text *, struct err *);

/**
 * adopt_sweep(tree, err):
 * Remove temporary files of an interrupted adoption.  Return 0; or -1 with
 * ${err} set.
 */
int adopt_sweep(const struct tree *, struct err *);

#endif
