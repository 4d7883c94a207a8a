#ifndef BASE_SHA256_NI_H
#define BASE_SHA256_NI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_BLOCK 64
#define SHA256_WORDS 8	/* of a state */

/** sha256_ni_can(): Does the processor have the instructions needed? */
bool sha256_ni_can(void);

/** sha256_ni(state, data, blocks): Add ${blocks} blocks to ${state}. */
void sha256_ni(uint32_t *, const unsigned char *, size_t);

/** sha256_ni_two(a, data_a, b, data_b, blocks): Add blocks to two states. */
void sha256_ni_two(uint32_t *, const unsigned char *, uint32_t *,
    const unsigned char *, size_t);

#endif
