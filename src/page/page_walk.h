/*
 * The walk over a JSON text (RFC 8259).  It is compiled several times, for
 * what processors can do; before each time, these are set:
 *
 *	PAGE_WALK	the function's name
 *	PAGE_STOPS(at)	which of 64 bytes can't stand in a string as they
 *			are, a bit for each; where it is not set, bytes are
 *			looked at one by one
 *
 * No more than these 64 bytes are read at a time, and only where there are as
 * many.
 *
 *	value:	one of { [ " digit t f n, or what ends an empty array
 *	after:	the value is over: a comma, a closing bracket, or the end
 *	key:	the name of a member, then a colon, then a value
 *
 * The kind of each open bracket is one bit of ${open}; there is no recursion
 * and so no depth that data could hit.
 *
 * A plan (page_plan.c) says what to note.  Of each open bracket that lies on
 * a planned path, ${levels} has its name in the plan; they are the outermost
 * ones, ${tracked} of them.  So only the names of members that may matter are
 * compared, and everything deeper costs nothing.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "page/page_internal.h"

#ifndef PAGE_WALK
#define PAGE_WALK page_walk_plain
#endif

/*
 * The ${BLOCK} bytes that were looked at last, together: which of them can't
 * stand in a string as they are, the first one in the lowest bit.  Most
 * strings are shorter than that, so their ends are known already.
 */
struct block {
	const char *data;
	uint64_t stops;
};

#define BLOCK 64
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define ALWAYS_INLINE inline __attribute__((always_inline))

/*
 * The functions below step over something that begins at ${p} and return
 * where it ends; or NULL, after fail(), where it isn't well-formed.
 */

static const char *
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

static const char *
skip_spaces(struct page_walk *w, const char *p)
{
	for (; p < w->end && is_space(*p); p++)
		if (*p == '\n' || *p == '\r')
			w->breaks = true;
	return p;
}

/* Mostly there is none, or one blank. */
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
 * Step over what a string may hold as it is: move to the first byte that is
 * a quote, a backslash, a control character or not ASCII.
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

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	    (c >= 'A' && c <= 'F');
}

/* An escape; surrogates need not come in pairs. */
static const char *
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
		return fail(w, p, "an escape that JSON does not have");
	}
}

/* What a string may hold beside plain bytes. */
static const char *
odd_bytes(struct page_walk *w, const char *p)
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

/* What Python's json module writes for a float that is no number. */
static const char *
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

static const char *
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

static const char *
word(struct page_walk *w, const char *p, const char *word, size_t len)
{
	if ((size_t)(w->end - p) < len || memcmp(p, word, len) != 0)
		return fail(w, p, "not a JSON value");
	return p + len;
}

/* A value that holds no others. */
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

/* Are the names at hand those of the reply, and not of a record? */
static bool
in_reply(const struct page_walk *w)
{
	return w->record_depth == 0 && !w->scan->is_record;
}

/* Nothing is known yet of what is planned below ${name}. */
static void
forget(struct page_walk *w, const struct page_name *name)
{
	int records = w->scan->plan->places[PAGE_AT_RECORDS], i;

	for (i = name->from; i < name->to; i++)
		w->found[i].data = NULL;
	if (!in_reply(w) || records < name->from || records >= name->to)
		return;
	w->scan->records_found = w->scan->records_null = false;
	w->scan->page->n = w->scan->page->n_words = 0;
	w->scan->page->has_breaks = false;
}

/* Mostly, names hold no escape, and are compared as they stand. */
static inline bool
is_called(const struct page_walk *w, struct span name, struct span wanted)
{
	if (UNLIKELY(w->escaped))
		return page_name_is(name, wanted.data, wanted.len);
	return name.len == wanted.len + 2 &&
	    memcmp(name.data + 1, wanted.data, wanted.len) == 0;
}

/* The member of the tracked object at hand is called ${name}. */
static void
note_name(struct page_walk *w, struct span name)
{
	const struct page_name *all = w->names->all, *known;
	size_t i;

	w->next = NULL;
	for (i = w->levels[w->tracked].name->child; i != 0; i = known->next) {
		known = &all[i];
		if (!is_called(w, name, known->name))
			continue;
		/* Where a name comes twice, the last one counts. */
		forget(w, known);
		w->next = known;
		return;
	}
}

/* A record begins at ${p}: make place for what is planned in it. */
static const struct page_name *
begin_record(struct page_walk *w, const char *p)
{
	const struct page_plan *plan = w->scan->plan;
	struct page *page = w->scan->page;
	size_t n = (size_t)plan->record.n_slots;

	w->record = p;
	w->breaks = w->words = false;
	page->found = mem_need(page->found, (page->n + 1) * n + 1,
	    &page->found_capacity, sizeof(*page->found));
	w->names = &plan->record;
	w->found = &page->found[page->n * n];
	if (n == 0)
		return NULL;
	forget(w, &plan->record.all[0]);
	return &plan->record.all[0];
}

static void
end_record(struct page_walk *w, const char *p)
{
	struct page *page = w->scan->page;

	page->records = mem_need(page->records, page->n + 1, &page->capacity,
	    sizeof(*page->records));
	page->records[page->n++] = (struct span){ w->record,
	    (size_t)(p - w->record) };
	page->has_breaks |= w->breaks;
	page->n_words += w->words;
}

/* The array of records is open, at the present depth. */
static void
enter_records(struct page_walk *w)
{
	w->scan->records_found = true;
	w->record_depth = w->depth;
}

/* Behind the records, the plan is the reply's again. */
static void
leave_records(struct page_walk *w)
{
	w->record_depth = 0;
	w->names = &w->scan->plan->reply;
	w->found = w->scan->found;
	w->words = false;
}

/* A value on a tracked level begins at ${p}: what is planned of it? */
static const struct page_name *
begin_value(struct page_walk *w, const char *p)
{
	const struct page_name *next = w->next;

	w->next = NULL;
	if (w->record_depth > 0 && w->depth == w->record_depth)
		return begin_record(w, p);
	if (w->depth > 0)
		return in_object(w) ? next : NULL;
	if (w->scan->is_record)
		return begin_record(w, p);
	return &w->names->all[0];
}

static bool
is_records(const struct page_walk *w, const struct page_name *name)
{
	return in_reply(w) && name->slot >= 0 &&
	    name->slot == w->scan->plan->places[PAGE_AT_RECORDS];
}

/* The value called ${name} reaches from ${from} to before ${to}. */
static const char *
note_value(struct page_walk *w, const struct page_name *name, const char *from,
    const char *to)
{
	if (name->slot < 0)
		return to;
	w->found[name->slot] = (struct span){ from, (size_t)(to - from) };
	if (!is_records(w, name) || *from == '[')
		return to;
	if (*from != 'n')
		return fail(w, from, "no array of records here");
	w->scan->records_null = true;
	return to;
}

/* An opening bracket at ${p}, the value called ${name}. */
static void
track(struct page_walk *w, const struct page_name *name, const char *p)
{
	w->tracked = w->depth;
	w->levels[w->depth] = (struct page_level){ name, p };
	if (*p == '[' && is_records(w, name))
		enter_records(w);
}

/* The innermost tracked bracket closes before ${p}. */
static const char *
untrack(struct page_walk *w, const char *p)
{
	const struct page_level *level = &w->levels[w->tracked--];

	if (w->depth + 1 == w->record_depth)
		leave_records(w);
	return note_value(w, level->name, level->begin, p);
}

/*
 * At this depth, something has to be done with what comes: the names and
 * values of a tracked level are looked at.
 */
static inline size_t
watched(const struct page_walk *w)
{
	return w->done ? SIZE_MAX : w->tracked;
}

/* Walk from the first byte to the last. */
#ifdef PAGE_STOPS
static
#endif
const char *
PAGE_WALK(struct page_walk *w, const char *p)
{
	const char *const end = w->end;
	const struct page_name *planned;
	bool object = false;	/* is the innermost bracket one of an object? */
	size_t watch = watched(w), depth = 0;
	struct block block = { NULL, 0 };
	const char *from;

value:
	p = skip_space(w, p);
	if (UNLIKELY(p == end))
		return fail(w, p, "the text ends where a value should be");
	planned = NULL;
	if (UNLIKELY(depth == watch))
		planned = begin_value(w, p);
	switch (*p) {
	case '"':
		from = p;
		if (UNLIKELY((p = string(w, &block, p)) == NULL))
			return NULL;
		break;
	case '{':
		push(w, true);
		depth++;
		object = true;
		if (UNLIKELY(planned != NULL)) {
			track(w, planned, p);
			watch = watched(w);
		}
		p = skip_space(w, p + 1);
		if (p < end && *p == '}')
			goto close;
		goto key;
	case '[':
		push(w, false);
		depth++;
		object = false;
		if (UNLIKELY(planned != NULL)) {
			track(w, planned, p);
			watch = watched(w);
		}
		p = skip_space(w, p + 1);
		if (p < end && *p == ']')
			goto close;
		goto value;
	default:
		from = p;
		if (UNLIKELY((p = scalar(w, p)) == NULL))
			return NULL;
		break;
	}
	if (UNLIKELY(planned != NULL) &&
	    note_value(w, planned, from, p) == NULL)
		return NULL;

after:
	if (UNLIKELY(depth == w->record_depth)) {
		if (depth > 0)
			end_record(w, p);
		else
			goto over;
	}
next:
	if (LIKELY(p < end && *p == ',')) {
		p++;
		if (!object)
			goto value;
		p = skip_space(w, p);
		goto key;
	}
	if (LIKELY(p < end && *p == (object ? '}' : ']')))
		goto close;
	if (p < end && is_space(*p)) {
		p = skip_spaces(w, p);
		goto next;
	}
	if (UNLIKELY(p == end))
		return fail(w, p, "the text ends inside a value");
	return fail(w, p, object ? "expected ',' or '}'" :
	    "expected ',' or ']'");

key:
	if (UNLIKELY(p == end || *p != '"'))
		return fail(w, p, "expected a name in quotes");
	from = p;
	w->escaped = false;
	if (UNLIKELY((p = string(w, &block, p)) == NULL))
		return NULL;
	if (UNLIKELY(depth == watch))
		note_name(w, (struct span){ from, (size_t)(p - from) });
	if (UNLIKELY(p < end && *p != ':'))
		p = skip_space(w, p);
	if (UNLIKELY(p == end || *p != ':'))
		return fail(w, p, "expected ':'");
	p++;
	goto value;

close:
	p++;
	w->depth = --depth;
	if (UNLIKELY(depth + 1 == watch)) {
		if (untrack(w, p) == NULL)
			return NULL;
		watch = watched(w);
	}
	if (UNLIKELY(depth == 0))
		goto over;
	object = in_object(w);
	goto after;

over:
	w->over = p;
	p = skip_space(w, p);
	return p == end ? p : fail(w, p, "something stands behind the end");
}
