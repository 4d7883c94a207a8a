#ifndef BASE_LEFT_H
#define BASE_LEFT_H

#include <dirent.h>
#include <stdbool.h>
#include <sys/stat.h>

/*
 * Files that a killed process leaves behind: scratch directories and the notes
 * of published files.  Internal to base; others include base_scratch.h.
 */
#define LEFT_PREFIX ".hlexport-scratch-"	/* of its name */
#define LEFT_MARKER "hlexport-scratch"

/** left_name(prefix): Return ${prefix} plus random digits, new; or NULL. */
char *left_name(const char *);

/** left_list(dir): Return a new DIR for the directory open as ${dir}. */
DIR *left_list(int);

/** left_is_there(dir, name, fd): Does ${name} still name the file ${fd}? */
bool left_is_there(int, const char *, int);

/**
 * left_note(dir, st, to, command, name):
 * Write a note in ${dir}: ${command} is about to publish the file described
 * by ${st} there as ${to}.  Return a descriptor that holds the note's lock,
 * with ${*name} set to the note's name, new; or -1 with errno set.
 */
int left_note(int, const struct stat *, const char *, const char *, char **);

/**
 * left_set_aside(dir, name, fd):
 * Move ${name} from ${dir} into the scratch directory open as ${fd}, to free
 * the name.  Return 0; or -1 with errno set.
 */
int left_set_aside(int, const char *, int);

/** left_put_back(dir, fd): Undo left_set_aside() if the name is free. */
void left_put_back(int, int);

/**
 * left_remove(dir, name, fd):
 * Remove the scratch directory ${name} of ${dir} with its contents; ${fd} is
 * its open and locked descriptor.
 */
void left_remove(int, const char *, int);

/**
 * left_sweep(dir):
 * Remove from ${dir} abandoned scratch directories and outdated notes.
 */
void left_sweep(int);

#endif
