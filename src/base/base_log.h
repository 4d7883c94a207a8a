#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/base_err.h"
#include "base/base_text.h"

/*
 * What happened, a line an event, for the file export.log and for the person
 * at the terminal.  Rooms say; only the front end shows.  What comes from
 * outside is written so that no terminal obeys it.
 */
struct log;

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_TEXT, LOG_JSON };

/**
 * log_new(show, keep):
 * Return a new log, kept in memory until log_to_file().  The file gets
 * messages up to the level ${keep}; those up to ${show} are also held for
 * log_take().
 */
struct log *log_new(enum log_level, enum log_level);

/** log_wants(log, level): Does anyone get messages of this level? */
bool log_wants(const struct log *, enum log_level);

/**
 * log_to_file(log, fd, format):
 * Write what was said so far, and from now on each line as it comes, to
 * ${fd}, which stays the caller's.  A line that can't be written is dropped:
 * whatever made that fail shows where data is written.
 */
void log_to_file(struct log *, int, enum log_format);

/** log_no_file(log): Write to no file any more; drop what no file got. */
void log_no_file(struct log *);

/**
 * log_say(log, level, area, format, ...):
 * Say something; ${area} is the room that does.
 */
void log_say(struct log *, enum log_level, const char *, const char *, ...)
    __attribute__((format(printf, 4, 5)));

/**
 * log_event(log, level, area, message, name, value, ..., NULL):
 * Say ${message}, and for the file also details: pairs of texts, a pair with
 * the value NULL left out.
 */
void log_event(struct log *, enum log_level, const char *, const char *, ...)
    __attribute__((sentinel));

/**
 * log_take(log, level, line):
 * Take the oldest message that no one has taken: its level, and its text in
 * ${line}.  Return whether there was one.
 */
bool log_take(struct log *, enum log_level *, struct text *);

/**
 * log_write_digest(log, err):
 * Write as the file's last line the SHA-256 of all that stands before these
 * digits, so that a change can be told.  Only for a file that can be read.
 * Return 0, or -1 where a line could not be written, this one or another.
 */
int log_write_digest(struct log *, struct err *);

/** log_is_marked(fd): Does the file end in such a line, and is it right? */
bool log_is_marked(int);

/** log_free(log): Free ${log}, which may be NULL. */
void log_free(struct log *);

#endif
