#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/base_arena.h"
#include "base/base_mem.h"

/* A block of memory in a list, newest first. */
struct chunk {
	struct chunk *older;
	size_t used, capacity;
	alignas(max_align_t) char data[];
};

struct arena {
	struct chunk *newest;
};

struct arena *
arena_new(void)
{
	return mem_zero(1, sizeof(struct arena));
}

void *
arena_take(struct arena *arena, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct chunk *chunk = arena->newest;
	size_t need = (size + align - 1) / align * align;
	void *pos;

	if (chunk == NULL || chunk->capacity - chunk->used < need) {
		size_t capacity = need > 4000 ? need : 4000;

		chunk = mem_alloc(sizeof(*chunk) + capacity);
		*chunk = (struct chunk){
		    .older = arena->newest, .capacity = capacity };
		arena->newest = chunk;
	}
	pos = &chunk->data[chunk->used];
	chunk->used += need;
	return memset(pos, 0, size);
}

char *
arena_copy(struct arena *arena, const char *from, size_t len)
{
	char *pos = arena_take(arena, len + 1);

	if (len > 0)
		memcpy(pos, from, len);
	return pos;
}

char *
arena_text(struct arena *arena, const char *text)
{
	return arena_copy(arena, text, strlen(text));
}

void
arena_free(struct arena *arena)
{
	struct chunk *chunk, *older;

	if (arena == NULL)
		return;
	for (chunk = arena->newest; chunk != NULL; chunk = older) {
		older = chunk->older;
		free(chunk);
	}
	free(arena);
}
