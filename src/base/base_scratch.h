#ifndef BASE_SCRATCH_H
#define BASE_SCRATCH_H

#include <stdbool.h>

#include "base/base_err.h"

/*
 * A temporary directory for output in progress.  Its name begins with a dot.
 * It is locked while in use, so that the next process can recognize and remove
 * one that a killed process left behind.  Only a directory that belongs to the
 * same user, that nobody else can write to, and that holds the marker made by
 * scratch_new() is ever removed.
 */
struct scratch;

/**
 * scratch_new(parent, err):
 * Remove abandoned scratch directories from ${parent}, created if missing, and
 * create a new one there.  Return it, scratch_free() it; or NULL with ${err}
 * set (ERR_DISK).
 */
struct scratch *scratch_new(const char *, struct err *);

/** scratch_path(scratch): Return its path, borrowed. */
const char *scratch_path(const struct scratch *);

/**
 * scratch_publish(scratch, name, to, command, replace, err):
 * Sync ${name} in the scratch directory, recursively, and rename it to ${to},
 * in the same parent.  If ${to} exists and is not an empty directory, that is
 * an error (ERR_USAGE), unless ${replace} is set: then it is replaced
 * atomically.  ${command} identifies the command, for scratch_was_cut_off().
 * Return 0; or -1 with ${err} set and ${to} unchanged.
 */
int scratch_publish(struct scratch *, const char *, const char *,
    const char *, bool, struct err *);

/**
 * scratch_was_cut_off(to, command):
 * Was ${to} published by a process that ran the same ${command} and was killed
 * before it could report that?  Then running the command again may replace it.
 */
bool scratch_was_cut_off(const char *, const char *);

/**
 * scratch_free(scratch):
 * Remove the scratch directory and its contents; it may be NULL.  The note of
 * a published file stays until the process exits.
 */
void scratch_free(struct scratch *);

#endif
