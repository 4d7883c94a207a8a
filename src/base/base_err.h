#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>

/* The class of an error: what a caller may branch on. */
enum err_kind {
	ERR_NONE,
	ERR_USAGE,	/* the user asked for something impossible: exit 2 */
	ERR_DISK,	/* a file or directory operation failed: exit 1 */
	ERR_NET,	/* a server is unreachable, or stopped serving */
	ERR_DATA,	/* bytes are damaged or malformed: exit 6 */
	ERR_AUTH,	/* the server refused the key: exit 4 */
	ERR_LOCKED,	/* another process holds the export: exit 5 */
	ERR_STOPPED,	/* stopped on purpose; can be resumed */
	ERR_INTERNAL	/* a bug in the program */
};

/* An error: its kind for the program, its text for the user. */
struct err {
	enum err_kind kind;
	char text[1024];
};

/**
 * err_set(err, kind, format, ...):
 * Record in ${err} an error of ${kind} with the formatted text, truncated
 * if it is too long.  ${err} may be NULL.  Always return -1, so that a caller
 * can write "return err_set(...)".
 */
int err_set(struct err *, enum err_kind, const char *, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * err_errno(err, kind, format, ...):
 * As err_set(), with ": " and strerror(errno) appended.
 */
int err_errno(struct err *, enum err_kind, const char *, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * err_wrap(err, format, ...):
 * Prepend the formatted text and ": " to the text of ${err}; keep its kind.
 * Always return -1.
 */
int err_wrap(struct err *, const char *, ...)
    __attribute__((format(printf, 2, 3)));

#endif
