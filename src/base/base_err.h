#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>

/* What went wrong, as far as a caller has to choose by it. */
enum err_kind {
	ERR_NONE,
	ERR_USAGE,	/* a person asked for what can't be done: exit 2 */
	ERR_DISK,	/* the export directory or a file failed: exit 1 */
	ERR_NET,	/* a server can't be reached, or stopped serving */
	ERR_DATA,	/* bytes are not what was promised: exit 6 */
	ERR_AUTH,	/* the server refused the key: exit 4 */
	ERR_LOCKED,	/* another process holds the export: exit 5 */
	ERR_STOPPED,	/* given up on purpose; can be taken up again */
	ERR_INTERNAL	/* our own fault */
};

/* An error: its kind for the program, its text for a person. */
struct err {
	enum err_kind kind;
	char text[1024];
};

/**
 * err_set(err, kind, format, ...):
 * Record in ${err} an error of ${kind} with the given text; a text that is
 * too long is cut.  ${err} may be NULL.  Return -1, always, so that a caller
 * can return it on.
 */
int err_set(struct err *, enum err_kind, const char *, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * err_errno(err, kind, format, ...):
 * As err_set(), with ": " and what errno says behind the text.
 */
int err_errno(struct err *, enum err_kind, const char *, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * err_wrap(err, format, ...):
 * Put the given text and ": " in front of what ${err} says; its kind stays.
 * Return -1, always.
 */
int err_wrap(struct err *, const char *, ...)
    __attribute__((format(printf, 2, 3)));

#endif
