#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

/*
 * An arena allocator for data with one lifetime: a definition, a set of
 * options.  Allocations are freed together with the arena, never one by one.
 */
struct arena;

/** arena_new(): Return a new, empty arena; arena_free() it. */
struct arena *arena_new(void);

/** arena_take(arena, size): Allocate ${size} zeroed bytes, borrowed. */
void *arena_take(struct arena *, size_t);

/** arena_copy(arena, from, len): Return a NUL-terminated copy, borrowed. */
char *arena_copy(struct arena *, const char *, size_t);

/** arena_text(arena, text): Return a copy of ${text}, borrowed. */
char *arena_text(struct arena *, const char *);

/** arena_free(arena): Free ${arena} (may be NULL) and its allocations. */
void arena_free(struct arena *);

#endif
