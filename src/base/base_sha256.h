#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stddef.h>

#include "base/base_text.h"

#define SHA256_BYTES 32
#define SHA256_HEX (2 * SHA256_BYTES + 1)

/*
 * An incremental SHA-256 (FIPS 180-4).  Threads may each use their own once
 * the first sha256_new() has returned.
 */
struct sha256;

/** sha256_new(): Return the hash of no bytes; sha256_free() it. */
struct sha256 *sha256_new(void);

/** sha256_add(hash, data, len): Add bytes. */
void sha256_add(struct sha256 *, const void *, size_t);

/** sha256_new_slow(): As sha256_new(), but always use libcrypto. */
struct sha256 *sha256_new_slow(void);

/**
 * sha256_add_two(a, first, b, second):
 * Add ${first} to ${a} and ${second} to ${b}.  Up to twice as fast as two
 * calls of sha256_add() if both lengths so far are multiples of 64.
 */
void sha256_add_two(struct sha256 *, struct span, struct sha256 *,
    struct span);

/** sha256_peek(hash, out): Write the hash so far; more may be added. */
void sha256_peek(const struct sha256 *, unsigned char [SHA256_BYTES]);

/** sha256_restart(hash): Reset ${hash} to the hash of no bytes. */
void sha256_restart(struct sha256 *);

/** sha256_free(hash): Free ${hash}, which may be NULL. */
void sha256_free(struct sha256 *);

/** sha256_of(data, len, out): Write the hash of ${len} bytes. */
void sha256_of(const void *, size_t, unsigned char [SHA256_BYTES]);

/** sha256_hex(hash, out): Write ${hash} as lower-case hex and a NUL. */
void sha256_hex(const unsigned char [SHA256_BYTES], char [SHA256_HEX]);

/** sha256_from_hex(hex, out): The reverse.  Return 0, or -1 if malformed. */
int sha256_from_hex(const char *, unsigned char [SHA256_BYTES]);

/** sha256_library(): Return libcrypto's name and version, borrowed. */
const char *sha256_library(void);

#endif
