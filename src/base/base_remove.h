#ifndef BASE_REMOVE_H
#define BASE_REMOVE_H

/**
 * remove_below(fd, but):
 * Remove the contents of the directory open as ${fd}, except for the names in
 * the NULL-terminated list ${but}.  Follows no link and crosses no mount, so
 * other users of a shared directory cannot redirect it.  Return 0; or -1 if
 * something could not be removed.
 */
int remove_below(int, const char *const *);

#endif
