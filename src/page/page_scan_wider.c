/*
 * The walk with AVX2.  It is always compiled for x86-64, and used if the
 * processor supports it.
 */

#include "page/page_internal.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,bmi"))), \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi")
#endif

static inline uint64_t
stops_of_32(const char *data)
{
	const __m256i quote = _mm256_set1_epi8('"');
	const __m256i slash = _mm256_set1_epi8('\\');
	const __m256i control = _mm256_set1_epi8(0x1f);
	__m256i v = _mm256_loadu_si256((const __m256i *)(const void *)data);
	__m256i stop = _mm256_or_si256(_mm256_or_si256(
	    _mm256_cmpeq_epi8(v, quote), _mm256_cmpeq_epi8(v, slash)),
	    _mm256_cmpeq_epi8(_mm256_min_epu8(v, control), v));

	/* Bytes with the sign bit set are not ASCII. */
	return (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(stop, v));
}

static inline uint64_t
stops_of(const char *data)
{
	return stops_of_32(data) | stops_of_32(data + 32) << 32;
}

#define PAGE_STOPS stops_of
#define PAGE_WALK walk_wider
static page_walker walk_wider;
#include "page/page_walk.h"

#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

page_walker *
page_walk_wider(void)
{
	return __builtin_cpu_supports("avx2") &&
	    __builtin_cpu_supports("bmi") ? walk_wider : NULL;
}
#else
page_walker *
page_walk_wider(void)
{
	return NULL;
}
#endif
