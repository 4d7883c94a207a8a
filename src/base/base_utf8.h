#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* UTF-8 (RFC 3629): its characters, and the columns they take. */

/**
 * utf8_len(data, len):
 * Return the length of the well-formed character at ${data}, which has ${len}
 * bytes, at least 1; or 0 if it is malformed or cut off.
 */
size_t utf8_len(const char *, size_t);

/**
 * utf8_char(data, len, c):
 * Set ${*c} to the character at ${data}, which has ${len} bytes, at least 1.
 * Return its length; a malformed byte counts as a character of its value.
 */
size_t utf8_char(const char *, size_t, unsigned *);

/** utf8_char_width(c): Return the columns that a character takes, 0 to 2. */
size_t utf8_char_width(unsigned);

/**
 * utf8_fit(data, len, max, width):
 * Return how many bytes of ${data} fit into ${max} columns, and set ${*width}
 * to the columns they take.
 */
size_t utf8_fit(const char *, size_t, size_t, size_t *);

/** utf8_width(data, len): Return the columns that the text takes. */
size_t utf8_width(const char *, size_t);

#endif
