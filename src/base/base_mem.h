#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/*
 * Allocation that never returns NULL: running out of memory ends the process
 * with a message and exit status 1.  That is safe because an export can be
 * resumed from any point.
 */

/** mem_is_out(): Report that memory ran out, and end the process. */
void mem_is_out(void) __attribute__((noreturn));

/** mem_alloc(size): Return ${size} new bytes; free() them. */
void *mem_alloc(size_t);

/** mem_zero(n, size): Return ${n} * ${size} new bytes, all zero. */
void *mem_zero(size_t, size_t);

/**
 * mem_grow(data, n, size):
 * Resize ${data} (may be NULL) to ${n} * ${size} bytes, as realloc(3), and
 * return it; the old pointer is no longer valid.
 */
void *mem_grow(void *, size_t, size_t);

/**
 * mem_need(data, n, capacity, size):
 * Make sure that the array ${data}, with room for ${*capacity} items of
 * ${size} bytes, has room for ${n}; at least double it when it must grow.
 * Return the array, which may have moved, with ${*capacity} updated.
 */
void *mem_need(void *, size_t, size_t *, size_t);

/** mem_copy(from, len): Return a new, NUL-terminated copy of the bytes. */
void *mem_copy(const void *, size_t);

/** mem_text(text): Return a new copy of ${text}, or NULL for NULL. */
char *mem_text(const char *);

/** mem_format(format, ...): Return the formatted text, new. */
char *mem_format(const char *, ...) __attribute__((format(printf, 1, 2)));

/**
 * mem_on_failure(note):
 * Add ${note} (borrowed, may be NULL) to the message for running out of
 * memory: what the user should do then.
 */
void mem_on_failure(const char *);

#endif
