#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/*
 * Memory that is there or the program ends: running out ends the run with
 * exit status 1 and a message, which is safe because an export can be taken
 * up again from whatever moment it was left at.
 */

/** mem_is_out(): There is no memory: say so, and end the process. */
void mem_is_out(void) __attribute__((noreturn));

/** mem_alloc(size): Return ${size} new bytes; free() them. */
void *mem_alloc(size_t);

/** mem_zero(n, size): Return ${n} times ${size} new bytes, all zero. */
void *mem_zero(size_t, size_t);

/**
 * mem_grow(data, n, size):
 * Return ${n} times ${size} new bytes that begin with what ${data} (which may
 * be NULL) held; ${data} itself is no longer valid.
 */
void *mem_grow(void *, size_t, size_t);

/**
 * mem_need(data, n, capacity, size):
 * Make the array ${data}, which has place for ${*room} items of ${size} bytes,
 * large enough for ${n}, at least doubling it when it must move.  Return
 * the array, which may have moved; ${*room} says what it holds now.
 */
void *mem_need(void *, size_t, size_t *, size_t);

/** mem_copy(at, len): Return a new copy of ${len} bytes, a NUL behind it. */
void *mem_copy(const void *, size_t);

/** mem_text(text): Return a new copy of ${text}, or NULL for NULL. */
char *mem_text(const char *);

/** mem_format(format, ...): Return the formatted text, new. */
char *mem_format(const char *, ...) __attribute__((format(printf, 1, 2)));

/**
 * mem_on_failure(note):
 * Have ${note} (borrowed, may be NULL) added to the message with which the
 * program ends when memory runs out: what a person should do then.
 */
void mem_on_failure(const char *);

#endif
