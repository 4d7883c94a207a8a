/*
 * SHA-256 blocks (FIPS 180-4) with the x86-64 SHA instructions.  libcrypto
 * uses them too, but each instruction of one stream waits for the one before;
 * two interleaved streams take hardly longer than one.
 */

#include "base/base_sha256_ni.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#include <immintrin.h>

#define TARGET __attribute__((target("sha,sse4.1")))
#define INLINE TARGET static inline __attribute__((always_inline))

static const uint32_t constants[64] __attribute__((aligned(16))) = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
};

/* One stream: the eight state words in the order of the instructions. */
struct lane {
	__m128i abef, cdgh;
	__m128i old_abef, old_cdgh;	/* before the block */
	__m128i words[4];		/* the next 16 of the schedule */
};

INLINE void
load(struct lane *lane, const uint32_t *state)
{
	__m128i abcd = _mm_loadu_si128((const void *)&state[0]);
	__m128i efgh = _mm_loadu_si128((const void *)&state[4]);
	__m128i cdab = _mm_shuffle_epi32(abcd, 0xb1);
	__m128i hgfe = _mm_shuffle_epi32(efgh, 0x1b);

	lane->abef = _mm_alignr_epi8(cdab, hgfe, 8);
	lane->cdgh = _mm_blend_epi16(hgfe, cdab, 0xf0);
}

INLINE void
store(const struct lane *lane, uint32_t *state)
{
	__m128i feba = _mm_shuffle_epi32(lane->abef, 0x1b);
	__m128i dchg = _mm_shuffle_epi32(lane->cdgh, 0xb1);

	_mm_storeu_si128((void *)&state[0], _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128((void *)&state[4], _mm_alignr_epi8(dchg, feba, 8));
}

INLINE void
begin(struct lane *lane, const unsigned char *block)
{
	const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b,
	    0x0405060700010203);
	int i;

	lane->old_abef = lane->abef;
	lane->old_cdgh = lane->cdgh;
	for (i = 0; i < 4; i++)
		lane->words[i] = _mm_shuffle_epi8(_mm_loadu_si128(
		    (const void *)&block[16 * i]), big_endian);
}

/* Rounds 4 * ${i} to 4 * ${i} + 3, and the words for those 16 later. */
INLINE void
rounds(struct lane *lane, int i)
{
	__m128i *pos = &lane->words[i % 4], sum, next;
	__m128i after = lane->words[(i + 1) % 4];
	__m128i last = lane->words[(i + 3) % 4];

	sum = _mm_add_epi32(*pos, _mm_load_si128(
	    (const void *)&constants[4 * i]));
	lane->cdgh = _mm_sha256rnds2_epu32(lane->cdgh, lane->abef, sum);
	lane->abef = _mm_sha256rnds2_epu32(lane->abef, lane->cdgh,
	    _mm_shuffle_epi32(sum, 0x0e));
	if (i >= 12)
		return;
	next = _mm_add_epi32(_mm_sha256msg1_epu32(*pos, after),
	    _mm_alignr_epi8(last, lane->words[(i + 2) % 4], 4));
	*pos = _mm_sha256msg2_epu32(next, last);
}

INLINE void
end(struct lane *lane)
{
	lane->abef = _mm_add_epi32(lane->abef, lane->old_abef);
	lane->cdgh = _mm_add_epi32(lane->cdgh, lane->old_cdgh);
}

#define ALL(DO) DO(0); DO(1); DO(2); DO(3); DO(4); DO(5); DO(6); DO(7); \
	DO(8); DO(9); DO(10); DO(11); DO(12); DO(13); DO(14); DO(15)

TARGET void
sha256_ni(uint32_t *state, const unsigned char *data, size_t blocks)
{
	struct lane lane;

	load(&lane, state);
	for (; blocks > 0; blocks--, data += SHA256_BLOCK) {
		begin(&lane, data);
#define ONE(i) rounds(&lane, i)
		ALL(ONE);
		end(&lane);
	}
	store(&lane, state);
}

TARGET void
sha256_ni_two(uint32_t *state, const unsigned char *data, uint32_t *other,
    const unsigned char *there, size_t blocks)
{
	struct lane a, b;

	load(&a, state);
	load(&b, other);
	for (; blocks > 0; blocks--) {
		begin(&a, data);
		begin(&b, there);
#define BOTH(i) rounds(&a, i); rounds(&b, i)
		ALL(BOTH);
		end(&a);
		end(&b);
		data += SHA256_BLOCK;
		there += SHA256_BLOCK;
	}
	store(&a, state);
	store(&b, other);
}

bool
sha256_ni_can(void)
{
	unsigned a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_1) != 0 &&
	    __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA) != 0;
}
#else
void
sha256_ni(uint32_t *state, const unsigned char *data, size_t blocks)
{
	(void)state;
	(void)data;
	(void)blocks;
}

void
sha256_ni_two(uint32_t *state, const unsigned char *data, uint32_t *other,
    const unsigned char *there, size_t blocks)
{
	(void)state;
	(void)data;
	(void)other;
	(void)there;
	(void)blocks;
}

bool
sha256_ni_can(void)
{
	return false;
}
#endif
