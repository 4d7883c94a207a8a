/*
 * The walk with instructions that every processor of its architecture has:
 * SSE2 or NEON.
 */

#include "page/page_internal.h"

#if defined(__SSE2__)
#include <emmintrin.h>

static inline uint64_t
stops_of_16(const char *data)
{
	const __m128i quote = _mm_set1_epi8('"');
	const __m128i slash = _mm_set1_epi8('\\');
	const __m128i control = _mm_set1_epi8(0x1f);
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)data);
	__m128i stop = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, quote),
	    _mm_cmpeq_epi8(v, slash)),
	    _mm_cmpeq_epi8(_mm_min_epu8(v, control), v));

	/* Bytes with the sign bit set are not ASCII. */
	return (uint32_t)_mm_movemask_epi8(_mm_or_si128(stop, v));
}

static inline uint64_t
stops_of(const char *data)
{
	return stops_of_16(data) | stops_of_16(data + 16) << 16 |
	    stops_of_16(data + 32) << 32 | stops_of_16(data + 48) << 48;
}

#define PAGE_STOPS stops_of
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>

/* In each byte that is a stop, keep only the bit of its position. */
static inline uint8x16_t
stops_of_16(const char *data)
{
	const uint8x16_t bits = { 1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16,
	    32, 64, 128 };
	uint8x16_t v = vld1q_u8((const uint8_t *)(const void *)data);
	uint8x16_t stop = vorrq_u8(vorrq_u8(vceqq_u8(v, vdupq_n_u8('"')),
	    vceqq_u8(v, vdupq_n_u8('\\'))),
	    vorrq_u8(vcltq_u8(v, vdupq_n_u8(0x20)),
	    vcgeq_u8(v, vdupq_n_u8(0x80))));

	return vandq_u8(stop, bits);
}

static inline uint64_t
stops_of(const char *data)
{
	uint8x16_t a = vpaddq_u8(stops_of_16(data), stops_of_16(data + 16));
	uint8x16_t b = vpaddq_u8(stops_of_16(data + 32),
	    stops_of_16(data + 48));
	uint8x16_t sum = vpaddq_u8(a, b);

	sum = vpaddq_u8(sum, sum);
	return vgetq_lane_u64(vreinterpretq_u64_u8(sum), 0);
}

#define PAGE_STOPS stops_of
#endif

#ifdef PAGE_STOPS
#define PAGE_WALK walk_wide
static page_walker walk_wide;
#include "page/page_walk.h"

page_walker *
page_walk_wide(void)
{
	return walk_wide;
}
#else
page_walker *
page_walk_wide(void)
{
	return NULL;
}
#endif
