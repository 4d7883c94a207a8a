#ifndef BASE_SCRATCH_H
#define BASE_SCRATCH_H

#include <stdbool.h>

#include "base/base_err.h"

/*
 * A directory for what is only there while it is made.  Its name begins with
 * a dot; it is locked while it is used, so that one that a killed process left
 * is known for what it is and removed by the next that looks.
 */
struct scratch;

/**
 * scratch_new(parent, err):
 * Make such a directory in ${parent} (made too if need be), after those in it
 * that no process has any more were removed.  Return it, scratch_free() it;
 * or NULL with ${err} set (ERR_DISK).
 */
struct scratch *scratch_new(const char *, struct err *);

/** scratch_path(scratch): Return its path, borrowed. */
const char *scratch_path(const struct scratch *);

/**
 * scratch_publish(scratch, name, to, replace, err):
 * Sync what is called ${name} in it, with all that is in that, and give it
 * the path ${to}, in the same parent.  Something that is there is an error
 * (ERR_USAGE) but for an empty directory, unless ${replace} is set: then it
 * goes, in one step.  Return 0; or -1 with ${err} set, ${to} being as it was.
 */
int scratch_publish(struct scratch *, const char *, const char *, bool,
    struct err *);

/** scratch_free(scratch): Remove it and all in it; it may be NULL. */
void scratch_free(struct scratch *);

#endif
