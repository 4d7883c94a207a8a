#ifndef MANIFEST_RECOVER_H
#define MANIFEST_RECOVER_H

#include "manifest/manifest_internal.h"

/* A line: its subject, and its text in each file. */
struct recovery_line {
	char *about;		/* its subject, in sort order */
	struct span texts[2];	/* by file; data is NULL: missing */
	UT_hash_handle hh;
};

struct manifest_recovery {
	struct text files[2];	/* the manifest's bytes, and its copy's */
	struct text log;
	struct text spare;	/* lines from the log */
	struct recovery_line *lines;
};

/**
 * manifest_recovery_about(line):
 * Return the subject of a line, new; or NULL if the line is invalid.
 */
char *manifest_recovery_about(struct span);

/**
 * manifest_recovery_next_line(text, p, line):
 * Set ${line} to the next line of ${text} at ${*p}, and advance ${*p}; return
 * false at the end.
 */
bool manifest_recovery_next_line(const struct text *, const char **,
    struct span *);

/** manifest_recovery_add_lines(r, which): Add the lines of a file of ${r}. */
void manifest_recovery_add_lines(struct manifest_recovery *, size_t);

/** manifest_recovery_logged_header(r): Return the log's header, or NULL. */
json_t *manifest_recovery_logged_header(struct manifest_recovery *);

/**
 * manifest_recovery_add_from_log(r):
 * Take the header and the seal from the log if no file has them.
 */
void manifest_recovery_add_from_log(struct manifest_recovery *);

#endif
