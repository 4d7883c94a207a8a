#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/base_mem.h"
#include "base/base_set.h"
#include "base/base_sha256.h"

/*
 * Open addressing with linear probing; ${capacity} is a power of two.  A hash
 * of all zeros is a free slot.
 */
struct set {
	struct set_hash *slots;
	unsigned *tallies;	/* by slot; NULL: set_tally() was not called */
	size_t capacity, count;
};

struct set_hash
set_hash_of(const void *data, size_t len)
{
	unsigned char hash[SHA256_BYTES];
	struct set_hash print;

	sha256_of(data, len, hash);
	memcpy(&print, hash, sizeof(print));
	if (print.a == 0 && print.b == 0)
		print.a = 1;
	return print;
}

/* The slot that holds ${hash}, or the free one where it belongs. */
static struct set_hash *
slot_for(const struct set *set, struct set_hash hash)
{
	size_t i = (size_t)hash.a & (set->capacity - 1);
	struct set_hash *slot = &set->slots[i];

	while ((slot->a != 0 || slot->b != 0) &&
	    (slot->a != hash.a || slot->b != hash.b)) {
		i = (i + 1) & (set->capacity - 1);
		slot = &set->slots[i];
	}
	return slot;
}

static void
resize(struct set *set, size_t capacity)
{
	struct set old = *set;
	size_t i;

	set->slots = mem_zero(capacity, sizeof(*set->slots));
	if (old.tallies != NULL)
		set->tallies = mem_zero(capacity, sizeof(*set->tallies));
	set->capacity = capacity;
	for (i = 0; i < old.capacity; i++) {
		struct set_hash *slot;

		if (old.slots[i].a == 0 && old.slots[i].b == 0)
			continue;
		slot = slot_for(set, old.slots[i]);
		*slot = old.slots[i];
		if (old.tallies != NULL)
			set->tallies[slot - set->slots] = old.tallies[i];
	}
	free(old.slots);
	free(old.tallies);
}

struct set *
set_new(void)
{
	struct set *set = mem_zero(1, sizeof(*set));

	resize(set, 64);
	return set;
}

bool
set_add_hash(struct set *set, struct set_hash hash)
{
	struct set_hash *slot = slot_for(set, hash);

	if (slot->a != 0 || slot->b != 0)
		return false;
	*slot = hash;
	if (++set->count > set->capacity / 5 * 4)
		resize(set, set->capacity * 2);
	return true;
}

bool
set_add(struct set *set, const void *data, size_t len)
{
	return set_add_hash(set, set_hash_of(data, len));
}

unsigned
set_tally(struct set *set, const void *data, size_t len)
{
	struct set_hash *slot;

	if (set->tallies == NULL)
		set->tallies = mem_zero(set->capacity, sizeof(*set->tallies));
	(void)set_add(set, data, len);
	slot = slot_for(set, set_hash_of(data, len));
	return ++set->tallies[slot - set->slots];
}

bool
set_has(const struct set *set, const void *data, size_t len)
{
	struct set_hash *slot = slot_for(set, set_hash_of(data, len));

	return slot->a != 0 || slot->b != 0;
}

size_t
set_count(const struct set *set)
{
	return set->count;
}

void
set_free(struct set *set)
{
	if (set == NULL)
		return;
	free(set->slots);
	free(set->tallies);
	free(set);
}
