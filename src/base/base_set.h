#ifndef BASE_SET_H
#define BASE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A set of byte strings of any length, stored as the first 16 bytes of their
 * SHA-256, at about 24 bytes each.  The odds of a collision are n * n / 2^129
 * (for a billion strings, 1 in 10^21), and nobody can construct one.
 */
struct set;

/** set_new(): Return a new, empty set; set_free() it. */
struct set *set_new(void);

/** set_add(set, data, len): Add a string.  Return whether it was new. */
bool set_add(struct set *, const void *, size_t);

/**
 * set_tally(set, data, len):
 * Count an occurrence of a string.  Return its count so far.  Don't mix with
 * set_add() in one set.
 */
unsigned set_tally(struct set *, const void *, size_t);

/* What a set stores of a string. */
struct set_hash {
	uint64_t a, b;
};

/** set_hash_of(data, len): Return the hash of a string. */
struct set_hash set_hash_of(const void *, size_t);

/** set_add_hash(set, hash): As set_add(), of the string with that hash. */
bool set_add_hash(struct set *, struct set_hash);

/** set_has(set, data, len): Is the string in ${set}? */
bool set_has(const struct set *, const void *, size_t);

/** set_count(set): Return the number of strings in ${set}. */
size_t set_count(const struct set *);

/** set_free(set): Free ${set}, which may be NULL. */
void set_free(struct set *);

#endif
