#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stddef.h>

#include "base/base_text.h"

#define SHA256_BYTES 32
#define SHA256_HEX (2 * SHA256_BYTES + 1)

/*
 * A SHA-256 that is being made (FIPS 180-4).  Several threads may have some of
 * their own at a time, once the first one has made one.
 */
struct sha256;

/** sha256_new(): Return the hash of nothing yet; sha256_free() it. */
struct sha256 *sha256_new(void);

/** sha256_add(hash, data, len): Add bytes. */
void sha256_add(struct sha256 *, const void *, size_t);

/** sha256_new_slow(): The same by libcrypto, whatever the processor can do. */
struct sha256 *sha256_new_slow(void);

/**
 * sha256_add_two(a, first, b, second):
 * Add ${first} to ${a} and ${second} to ${b}: up to twice as fast as one after
 * the other, where both had multiples of 64 bytes so far.
 */
void sha256_add_two(struct sha256 *, struct span, struct sha256 *,
    struct span);

/** sha256_peek(hash, out): Write the hash so far; more may be added. */
void sha256_peek(const struct sha256 *, unsigned char [SHA256_BYTES]);

/** sha256_restart(hash): Make it the hash of nothing again. */
void sha256_restart(struct sha256 *);

/** sha256_free(hash): Free ${hash}, which may be NULL. */
void sha256_free(struct sha256 *);

/** sha256_of(data, len, out): Write the hash of ${len} bytes. */
void sha256_of(const void *, size_t, unsigned char [SHA256_BYTES]);

/** sha256_hex(hash, out): Write ${hash} as lower-case hex and a NUL. */
void sha256_hex(const unsigned char [SHA256_BYTES], char [SHA256_HEX]);

/** sha256_from_hex(hex, out): The reverse.  Return 0, or -1 if it is none. */
int sha256_from_hex(const char *, unsigned char [SHA256_BYTES]);

/** sha256_library(): Return libcrypto's name and version, borrowed. */
const char *sha256_library(void);

#endif
