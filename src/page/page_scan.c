/*
 * The walk over a JSON text (RFC 8259).
 *
 *	value:	one of { [ " digit t f n, or what ends an empty array
 *	after:	the value is over: a comma, a closing bracket, or the end
 *	key:	the name of a member, then a colon, then a value
 *
 * The kind of each open bracket is one bit of ${open}; there is no recursion
 * and so no depth that data could hit.
 *
 * While the walk is outside the records, and not deeper than PATH_LEVELS, it
 * keeps the names on the way in ${names} and compares them, at each member,
 * with the paths that are watched for.  Inside the records it compares only
 * depths: a value that starts or ends at ${record_depth} is a record.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "page/page_internal.h"

#define PATH_LEVELS 4

struct walk {
	struct page_scan *scan;
	const char *end;
	unsigned char *open;	/* a bit a level: 1 is an object */
	size_t open_room;
	size_t depth;
	size_t record_depth;	/* depth of the records, 0: not in them */
	const char *record;	/* where the record at hand begins */
	bool breaks;		/* a line break was skipped in it */
	struct span names[PATH_LEVELS + 1];
	int watched;		/* which watched path the value at hand is */
	size_t watched_depth;
	const char *watched_at;
};

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/*
 * The functions below step over something that begins at ${p} and return
 * where it ends; or NULL, after fail(), where it isn't well-formed.
 */

static const char *
fail(struct walk *w, const char *at, const char *why)
{
	snprintf(w->scan->why, sizeof(w->scan->why), "%s", why);
	w->scan->where = at;
	return NULL;
}

static inline bool
is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static const char *
skip_spaces(struct walk *w, const char *p)
{
	for (; p < w->end && is_space(*p); p++)
		if (*p == '\n' || *p == '\r')
			w->breaks = true;
	return p;
}

/* Mostly there is none, or one blank. */
static inline const char *
skip_space(struct walk *w, const char *p)
{
	if (p < w->end && *p == ' ')
		p++;
	return p < w->end && UNLIKELY(is_space(*p)) ? skip_spaces(w, p) : p;
}

/*
 * Step over what a string may hold as it is: move to the first byte that is
 * a quote, a backslash, a control character or not ASCII.
 */
static inline const char *
plain_bytes(const char *p, const char *end)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"');
	const __m128i slash = _mm_set1_epi8('\\');
	const __m128i control = _mm_set1_epi8(0x1f);

	while (end - p >= 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i stop = _mm_or_si128(
		    _mm_or_si128(_mm_cmpeq_epi8(v, quote),
		    _mm_cmpeq_epi8(v, slash)),
		    _mm_cmpeq_epi8(_mm_min_epu8(v, control), v));
		/* The sign bit of a byte says that it is not ASCII. */
		int mask = _mm_movemask_epi8(_mm_or_si128(stop, v));

		if (mask != 0)
			return p + __builtin_ctz((unsigned)mask);
		p += 16;
	}
#endif
	while (p < end && (unsigned char)*p >= 0x20 &&
	    (unsigned char)*p < 0x80 && *p != '"' && *p != '\\')
		p++;
	return p;
}

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	    (c >= 'A' && c <= 'F');
}

/* An escape; surrogates need not come in pairs. */
static const char *
escape(struct walk *w, const char *p)
{
	int i;

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
		return fail(w, p, "an escape that JSON does not have");
	}
}

/* What a string may hold beside plain bytes. */
static const char *
odd_bytes(struct walk *w, const char *p)
{
	size_t n;

	if (p == w->end)
		return fail(w, p, "the text ends inside a string");
	if (*p == '\\')
		return escape(w, p);
	if ((unsigned char)*p < 0x80)
		return fail(w, p, "a control character inside a string");
	n = page_utf8((const unsigned char *)p,
	    (const unsigned char *)w->end);
	return n > 0 ? p + n : fail(w, p, "not UTF-8");
}

/* A string, from its first quote. */
static inline const char *
string(struct walk *w, const char *p)
{
	for (p++;;) {
		p = plain_bytes(p, w->end);
		if (LIKELY(p < w->end && *p == '"'))
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

static const char *
number(struct walk *w, const char *start)
{
	const char *p = start + (*start == '-'), *from = p;
	const char *end = w->end;

	p = digits(p, end);
	if (p == from)
		return fail(w, start, "a minus sign without a number");
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

static const char *
word(struct walk *w, const char *p, const char *word, size_t len)
{
	if ((size_t)(w->end - p) < len || memcmp(p, word, len) != 0)
		return fail(w, p, "not a JSON value");
	return p + len;
}

/* A value that holds no others. */
static inline const char *
scalar(struct walk *w, const char *p)
{
	switch (*p) {
	case '"':
		return string(w, p);
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
		return fail(w, p, "not a JSON value");
	}
}

static inline void
push(struct walk *w, bool object)
{
	size_t byte = w->depth / 8;
	unsigned char bit = (unsigned char)(1u << w->depth % 8);

	if (UNLIKELY(byte >= w->open_room))
		w->open = mem_need(w->open, byte + 1, &w->open_room, 1);
	if (object)
		w->open[byte] |= bit;
	else
		w->open[byte] &= (unsigned char)~bit;
	w->depth++;
}

static inline bool
in_object(const struct walk *w)
{
	size_t at = w->depth - 1;

	return w->open[at / 8] >> at % 8 & 1;
}

/* Does ${path} lead to the value at the current depth? */
static bool
path_leads_here(const struct walk *w, const char *path)
{
	size_t level, len;

	for (level = 1; level <= w->depth; level++) {
		len = strcspn(path, ".");
		if (len == 0 || w->names[level].at == NULL ||
		    !page_name_is(w->names[level], path, len))
			return false;
		path += len;
		if (level < w->depth && *path++ != '.')
			return false;
	}
	return *path == '\0';
}

/*
 * A value begins at ${p}, outside the records: is it one of those watched
 * for?  Return 1 if it is the array of the records, -1 if it should be.
 */
static int
watch_value(struct walk *w, const char *p)
{
	struct page_scan *scan = w->scan;
	int i;

	if (w->depth > 0 && !in_object(w))
		return 0;
	if (scan->records != NULL && (w->depth == 0 ?
	    scan->records[0] == '\0' : path_leads_here(w, scan->records))) {
		if (*p != '[')
			fail(w, p, "no array of records here");
		else if (scan->records_found)
			fail(w, p, "the records are here twice");
		else
			return scan->records_found = true;
		return -1;
	}
	for (i = 0; i < PAGE_WATCHED; i++) {
		if (scan->watch[i] != NULL &&
		    path_leads_here(w, scan->watch[i])) {
			w->watched = i;
			w->watched_depth = w->depth;
			w->watched_at = p;
		}
	}
	return 0;
}

/* A value that was looked out for ends at ${p}. */
static void
note_end(struct walk *w, const char *p)
{
	struct page *page = w->scan->page;
	struct span *found;

	if (w->depth > 0 && w->depth == w->record_depth) {
		page->records = mem_need(page->records, page->n + 1,
		    &page->room, sizeof(*page->records));
		page->records[page->n++] = (struct span){ w->record,
		    (size_t)(p - w->record) };
		page->has_breaks |= w->breaks;
	} else if (w->watched != -1 && w->depth == w->watched_depth) {
		found = &w->scan->found[w->watched];
		found->at = w->watched_at;
		found->len = (size_t)(p - w->watched_at);
		w->watched = -1;
	}
}

/* A value begins at ${p}.  Return as watch_value(). */
static inline int
note_begin(struct walk *w, const char *p)
{
	if (w->record_depth == 0)
		return w->depth <= PATH_LEVELS ? watch_value(w, p) : 0;
	if (w->depth == w->record_depth) {
		w->record = p;
		w->breaks = false;
	}
	return 0;
}

/* Walk from the first byte to the last. */
static const char *
walk_text(struct walk *w, const char *p)
{
	const char *name;
	int is_records;

value:
	p = skip_space(w, p);
	if (UNLIKELY(p == w->end))
		return fail(w, p, "the text ends where a value should be");
	is_records = note_begin(w, p);
	if (UNLIKELY(is_records == -1))
		return NULL;
	if (*p == '{') {
		push(w, true);
		p = skip_space(w, p + 1);
		if (p < w->end && *p == '}')
			goto close;
		goto key;
	}
	if (*p == '[') {
		push(w, false);
		if (UNLIKELY(is_records)) {
			w->record_depth = w->depth;
		} else if (w->depth <= PATH_LEVELS) {
			w->names[w->depth].at = NULL;
		}
		p = skip_space(w, p + 1);
		if (p < w->end && *p == ']')
			goto close;
		goto value;
	}
	if (UNLIKELY((p = scalar(w, p)) == NULL))
		return NULL;

after:
	if (UNLIKELY(w->depth == w->record_depth || w->watched != -1))
		note_end(w, p);
	p = skip_space(w, p);
	if (UNLIKELY(w->depth == 0))
		return p == w->end ? p :
		    fail(w, p, "something stands behind the end");
	if (UNLIKELY(p == w->end))
		return fail(w, p, "the text ends inside a value");
	if (*p == ',') {
		p++;
		if (!in_object(w))
			goto value;
		p = skip_space(w, p);
		goto key;
	}
	if (*p == (in_object(w) ? '}' : ']'))
		goto close;
	return fail(w, p, in_object(w) ? "expected ',' or '}'" :
	    "expected ',' or ']'");

key:
	if (UNLIKELY(p == w->end || *p != '"'))
		return fail(w, p, "expected a name in quotes");
	name = p;
	if (UNLIKELY((p = string(w, p)) == NULL))
		return NULL;
	if (w->depth <= PATH_LEVELS && w->record_depth == 0)
		w->names[w->depth] = (struct span){ name,
		    (size_t)(p - name) };
	p = skip_space(w, p);
	if (UNLIKELY(p == w->end || *p != ':'))
		return fail(w, p, "expected ':'");
	p++;
	goto value;

close:
	if (w->depth == w->record_depth)
		w->record_depth = 0;
	p++;
	w->depth--;
	goto after;
}

int
page_scan(struct page_scan *scan)
{
	struct walk w = { .scan = scan, .end = scan->end, .watched = -1 };
	const char *p = scan->begin;

	/* RFC 8259 section 8.1 lets a reader ignore a byte order mark. */
	if (scan->end - p >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	p = walk_text(&w, p);
	free(w.open);
	return p != NULL ? 0 : -1;
}
