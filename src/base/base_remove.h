#ifndef BASE_REMOVE_H
#define BASE_REMOVE_H

/**
 * remove_below(fd, but):
 * Remove all that is in the directory open as ${fd}, but for the names in it
 * that are in ${but}, up to NULL.  No link is followed, nor a mount: a
 * directory that others write to can't lead it elsewhere.  Return 0; or -1
 * where something is left.
 */
int remove_below(int, const char *const *);

#endif
