#ifndef BASE_SET_H
#define BASE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A set of byte strings, kept as the first 16 bytes of their SHA-256, in
 * about 24 bytes each, however long they are.  That two strings of a set
 * share those bytes by chance has odds of n * n / 2^129 (for a billion
 * strings, 1 in 10^21), and nobody can arrange it.
 */
struct set;

/** set_new(): Return a new, empty set; set_free() it. */
struct set *set_new(void);

/** set_add(set, data, len): Put a string in.  Return whether it is new. */
bool set_add(struct set *, const void *, size_t);

/**
 * set_tally(set, data, len):
 * Count a string that may come several times.  Return how often it has come,
 * this time included.  For a set that nothing is added to otherwise.
 */
unsigned set_tally(struct set *, const void *, size_t);

/* What a set keeps of a string. */
struct set_hash {
	uint64_t a, b;
};

/** set_hash_of(data, len): Return the mark of a string. */
struct set_hash set_hash_of(const void *, size_t);

/** set_add_hash(set, hash): As set_add(), of the string with that mark. */
bool set_add_hash(struct set *, struct set_hash);

/** set_has(set, data, len): Is the string in ${set}? */
bool set_has(const struct set *, const void *, size_t);

/** set_count(set): How many strings there are. */
size_t set_count(const struct set *);

/** set_free(set): Free ${set}, which may be NULL. */
void set_free(struct set *);

#endif
