#ifndef BASE_SCRATCH_H
#define BASE_SCRATCH_H

#include <stdbool.h>

#include "base/base_err.h"

/*
 * A directory for what is only there while it is made.  Its name begins with
 * a dot; it is locked while it is used, so that one that a killed process left
 * is known for what it is and removed by the next that looks.  Only what is
 * our own user's, for nobody else to write to, and has the mark in it that
 * scratch_new() makes, is taken for one.
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
 * scratch_publish(scratch, name, to, command, replace, err):
 * Sync what is called ${name} in it, with all that is in that, and give it
 * the path ${to}, in the same parent.  Something that is there is an error
 * (ERR_USAGE) but for an empty directory, unless ${replace} is set: then it
 * goes, in one step.  ${command} says what was done to make it, for
 * scratch_was_cut_off().  Return 0; or -1 with ${err} set, ${to} being as it
 * was.
 */
int scratch_publish(struct scratch *, const char *, const char *,
    const char *, bool, struct err *);

/**
 * scratch_was_cut_off(to, command):
 * Was what is at ${to} published by a process that did the same ${command},
 * and was killed before its end?  Then nobody was told that it is there, and
 * the command that is run again may replace it.
 */
bool scratch_was_cut_off(const char *, const char *);

/**
 * scratch_free(scratch):
 * Remove it and all in it; it may be NULL.  Where something was published,
 * the note of that is there until the process exits.
 */
void scratch_free(struct scratch *);

#endif
