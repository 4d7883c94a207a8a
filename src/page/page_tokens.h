#ifndef PAGE_TOKENS_H
#define PAGE_TOKENS_H

/*
 * The tokens of a JSON text (RFC 8259), for page_walk.h; see there for
 * PAGE_STOPS.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "page/page_internal.h"

/*
 * The last ${BLOCK} bytes that were classified: a bit mask of the special
 * ones, the first byte in the lowest bit.  Most strings are shorter than a
 * block, so their end is already known.
 */
struct block {
	const char *data;
	uint64_t stops;
};

#define BLOCK 64
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
/* Not every file that includes this uses all of it. */
#define TOKEN static __attribute__((unused))
#define ALWAYS_INLINE inline __attribute__((always_inline))

/*
 * The functions below skip a token at ${p} and return its end; or NULL, after
 * fail(), if it is malformed.
 */

TOKEN const char *
fail(struct page_walk *w, const char *data, const char *why)
{
	snprintf(w->scan->why, sizeof(w->scan->why), "%s", why);
	w->scan->where = data;
	return NULL;
}

static inline bool
is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

TOKEN const char *
skip_spaces(struct page_walk *w, const char *p)
{
	for (; p < w->end && is_space(*p); p++)
		if (*p == '\n' || *p == '\r')
			w->breaks = true;
	return p;
}

/* Usually there is none, or one space. */
static ALWAYS_INLINE const char *
skip_space(struct page_walk *w, const char *p)
{
	if (LIKELY(p < w->end && *p == ' '))
		p++;
	if (UNLIKELY(p < w->end && is_space(*p)))
		p = skip_spaces(w, p);
	return p;
}

/*
 * Skip the plain bytes of a string: move to the first quote, backslash,
 * control character or non-ASCII byte.
 */
static ALWAYS_INLINE const char *
plain_bytes(struct block *block, const char *p, const char *end)
{
#ifdef PAGE_STOPS
	uintptr_t address = (uintptr_t)p - (uintptr_t)block->data;
	uint64_t stops;

	if (address < BLOCK) {
		stops = block->stops >> address;
		if (LIKELY(stops != 0))
			return p + __builtin_ctzll(stops);
		p = block->data + BLOCK;
	}
	for (; end - p >= BLOCK; p += BLOCK) {
		stops = PAGE_STOPS(p);
		if (stops == 0)
			continue;
		block->data = p;
		block->stops = stops;
		return p + __builtin_ctzll(stops);
	}
#else
	(void)block;
#endif
	while (p < end && (unsigned char)*p >= 0x20 &&
	    (unsigned char)*p < 0x80 && *p != '"' && *p != '\\')
		p++;
	return p;
}

TOKEN bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	    (c >= 'A' && c <= 'F');
}

/* An escape; surrogates need not come in pairs. */
TOKEN const char *
escape(struct page_walk *w, const char *p)
{
	int i;

	w->escaped = true;
	if (w->end - p < 2)
		return fail(w, p, "the text ends inside a string");
	switch (p[1]) {
	case '"': case '\\': case '/': case 'b': case 'f': case 'n':
	case 'r': case 't':
		return p + 2;
	case 'u':
		for (i = 2; i < 6; i++)
			if (w->end - p <= i || !is_hex(p[i]))
				return fail(w, p,
				    "\\u without four hex digits");
		return p + 6;
	default:
		return fail(w, p, "invalid escape");
	}
}

/* Skip an escape or a non-ASCII character. */
TOKEN const char *
odd_bytes(struct page_walk *w, const char *p)
{
	size_t n;

	if (p == w->end)
		return fail(w, p, "the text ends inside a string");
	if (*p == '\\')
		return escape(w, p);
	if ((unsigned char)*p < 0x80)
		return fail(w, p, "a control character inside a string");
	n = utf8_len(p, (size_t)(w->end - p));
	return n > 0 ? p + n : fail(w, p, "invalid UTF-8");
}

/* A string, from its first quote. */
static ALWAYS_INLINE const char *
string(struct page_walk *w, struct block *block, const char *p)
{
	const char *end = w->end;

	for (p++;;) {
		p = plain_bytes(block, p, end);
		if (LIKELY(p < end && *p == '"'))
			return p + 1;
		if ((p = odd_bytes(w, p)) == NULL)
			return NULL;
	}
}

static inline const char *
digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* NaN and Infinity, as Python's json module writes them. */
TOKEN const char *
no_number(struct page_walk *w, const char *p)
{
	static const char *const all[] = { "NaN", "Infinity", "-Infinity" };
	size_t i, len;

	for (i = 0; w->scan->words && i < 3; i++) {
		len = strlen(all[i]);
		if ((size_t)(w->end - p) >= len &&
		    memcmp(p, all[i], len) == 0) {
			w->words = true;
			return p + len;
		}
	}
	return fail(w, p, *p == '-' ? "a minus sign without a number" :
	    "not a JSON value");
}

TOKEN const char *
number(struct page_walk *w, const char *start)
{
	const char *p = start + (*start == '-'), *from = p;
	const char *end = w->end;

	p = digits(p, end);
	if (p == from)
		return no_number(w, start);
	if (*from == '0' && p > from + 1)
		return fail(w, start, "a number that begins with 0");
	if (p < end && *p == '.') {
		from = p + 1;
		if ((p = digits(from, end)) == from)
			return fail(w, start, "a point without digits");
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		from = p + 1;
		if (from < end && (*from == '+' || *from == '-'))
			from++;
		if ((p = digits(from, end)) == from)
			return fail(w, start, "an exponent without digits");
	}
	return p;
}

TOKEN const char *
word(struct page_walk *w, const char *p, const char *word, size_t len)
{
	if ((size_t)(w->end - p) < len || memcmp(p, word, len) != 0)
		return fail(w, p, "not a JSON value");
	return p + len;
}

/* Skip a scalar. */
static inline const char *
scalar(struct page_walk *w, const char *p)
{
	switch (*p) {
	case 't':
		return word(w, p, "true", 4);
	case 'f':
		return word(w, p, "false", 5);
	case 'n':
		return word(w, p, "null", 4);
	case '-': case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		return number(w, p);
	default:
		return no_number(w, p);
	}
}

static inline void
push(struct page_walk *w, bool object)
{
	size_t byte = w->depth / 8;
	unsigned char bit = (unsigned char)(1u << w->depth % 8);

	if (UNLIKELY(byte >= w->open_capacity))
		w->open = mem_need(w->open, byte + 1, &w->open_capacity, 1);
	if (object)
		w->open[byte] |= bit;
	else
		w->open[byte] &= (unsigned char)~bit;
	w->depth++;
}

static inline bool
in_object(const struct page_walk *w)
{
	size_t offset = w->depth - 1;

	return w->open[offset / 8] >> offset % 8 & 1;
}

#endif
