#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

/*
 * Memory for what lives together and dies together: a definition, a set of
 * options.  What is taken from an arena is freed with it, never alone.
 */
struct arena;

/** arena_new(): Return a new, empty arena; arena_free() it. */
struct arena *arena_new(void);

/** arena_take(arena, size): Return ${size} zeroed bytes, borrowed. */
void *arena_take(struct arena *, size_t);

/** arena_copy(arena, at, len): Return a copy with a NUL behind, borrowed. */
char *arena_copy(struct arena *, const char *, size_t);

/** arena_text(arena, text): Return a copy of ${text}, borrowed. */
char *arena_text(struct arena *, const char *);

/** arena_free(arena): Free ${arena} (may be NULL) and all taken from it. */
void arena_free(struct arena *);

#endif
