#ifndef ADOPT_H
#define ADOPT_H

#include <stdbool.h>

#include "audit/audit.h"
#include "base/base.h"
#include "source/source.h"

/*
 * Giving a legacy export a manifest, and taking it away again.
 */
struct adopt;

/**
 * adopt_begin(verify, where, source, tool, server, err):
 * Before the first step on an export without a manifest: build one during the
 * audit.  Return 0; or -1 with ${err} set (ERR_USAGE: it has one; ERR_LOCKED).
 */
struct adopt *adopt_begin(struct audit_verify *, const char *,
    const struct source *, const char *, const char *, struct err *);

/**
 * adopt_end(adopt, err):
 * After the last step: write the manifest and SHA256SUMS of all files.  No
 * other file of the export changes.  Return 0; or -1 with ${err} set.
 */
int adopt_end(struct adopt *, struct err *);

/**
 * adopt_again(path, is_adopted, err):
 * Set ${is_adopted} if the export ${path} was adopted and nothing was fetched
 * into it since, and finish an interrupted adoption.  Return 0; or -1 with
 * ${err} set.
 */
int adopt_again(const char *, bool *, struct err *);

/**
 * adopt_aside(adopt):
 * Return the directory, borrowed, that a different earlier SHA256SUMS was moved
 * to; or NULL.
 */
const char *adopt_aside(const struct adopt *);

/**
 * adopt_undo(path, source, was_adopted, err):
 * Remove the files that adopting the export ${path} wrote, if any.  Return 0;
 * or -1 with ${err} set (ERR_USAGE: data was fetched into it since, or it is
 * not an export).
 */
int adopt_undo(const char *, const struct source *, bool *,
    struct err *);

/** adopt_free(adopt): Unlock the export and free ${adopt}, or NULL. */
void adopt_free(struct adopt *);

#endif
