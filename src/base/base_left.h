#ifndef BASE_LEFT_H
#define BASE_LEFT_H

#include <dirent.h>
#include <stdbool.h>
#include <sys/stat.h>

/*
 * What is beside the things that are made, for those that make it and those
 * that find it: base_scratch.h is for all others.
 */
#define LEFT_PREFIX ".hlexport-scratch-"	/* of its name */
#define LEFT_MARKER "hlexport-scratch"

/** left_name(prefix): Return ${prefix} and random digits, new; or NULL. */
char *left_name(const char *);

/** left_list(dir): Return a new listing of the directory open as ${dir}. */
DIR *left_list(int);

/** left_is_there(dir, name, fd): Is ${name} what ${fd} is of? */
bool left_is_there(int, const char *, int);

/**
 * left_note(dir, st, to, command, name):
 * Note in ${dir} that what ${st} describes is about to be published there as
 * ${to} by ${command}.  Return a descriptor that holds the note's lock, and
 * set ${name} to what it is called, new; or -1 with errno set.
 */
int left_note(int, const struct stat *, const char *, const char *, char **);

/**
 * left_set_aside(dir, name, fd):
 * Move ${name} from ${dir} into the scratch directory open as ${fd}, since it
 * is in the way.  Return 0; or -1 with errno set.
 */
int left_set_aside(int, const char *, int);

/** left_put_back(dir, fd): Undo that, if nothing came in its place. */
void left_put_back(int, int);

/**
 * left_remove(dir, name, fd):
 * Remove the scratch directory ${name} of ${dir}, which is open and locked as
 * ${fd}, and all that is in it.
 */
void left_remove(int, const char *, int);

/**
 * left_sweep(dir):
 * Remove from ${dir} the scratch directories that nobody has any more, and the
 * notes that no longer hold.
 */
void left_sweep(int);

#endif
