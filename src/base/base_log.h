#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/base_err.h"
#include "base/base_text.h"

/*
 * The log: one line per event, for the file export.log and for the terminal.
 * All rooms write to it; only the front end shows it.  Text from outside is
 * escaped, so that it cannot control a terminal.
 */
struct log;

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_TEXT, LOG_JSON };

/**
 * log_new(show, keep):
 * Return a new log, buffered in memory until log_to_file().  The file gets
 * messages up to level ${keep}; messages up to level ${show} are also queued
 * for log_take().
 */
struct log *log_new(enum log_level, enum log_level);

/** log_wants(log, level): Is a message of this level shown or kept? */
bool log_wants(const struct log *, enum log_level);

/**
 * log_to_file(log, fd, format):
 * Write the buffered events, and from now on every event, to ${fd}, which
 * stays the caller's.  A line that fails to be written is dropped;
 * log_write_digest() reports the first failure.
 */
void log_to_file(struct log *, int, enum log_format);

/** log_no_file(log): Stop writing to a file; drop buffered events. */
void log_no_file(struct log *);

/**
 * log_say(log, level, area, format, ...):
 * Log a formatted message from the room ${area}.
 */
void log_say(struct log *, enum log_level, const char *, const char *, ...)
    __attribute__((format(printf, 4, 5)));

/**
 * log_event(log, level, area, message, name, value, ..., NULL):
 * Log ${message} with details for the file: pairs of name and value; a pair
 * whose value is NULL is left out.
 */
void log_event(struct log *, enum log_level, const char *, const char *, ...)
    __attribute__((sentinel));

/**
 * log_take(log, level, line):
 * Dequeue the oldest message for the terminal: its level, and its text in
 * ${line}.  Return false if the queue is empty.
 */
bool log_take(struct log *, enum log_level *, struct text *);

/**
 * log_write_digest(log, err):
 * Write the log digest as the file's last line: the SHA-256 of all bytes
 * before it, so that a change can be detected.  The file must be readable.
 * Return 0, or -1 if this line or an earlier one could not be written.
 */
int log_write_digest(struct log *, struct err *);

/** log_digest_matches(fd): Does the file end in a correct log digest? */
bool log_digest_matches(int);

/** log_free(log): Free ${log}, which may be NULL. */
void log_free(struct log *);

#endif
