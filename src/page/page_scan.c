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
 * A plan (page_plan.c) says what to note.  Of each open bracket that lies on
 * a planned path, ${levels} has its name in the plan; they are the outermost
 * ones, ${tracked} of them.  So only the names of members that may matter are
 * compared, and everything deeper costs nothing.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "page/page_internal.h"

#define LEVELS 16	/* more are allocated */

/* An open bracket on a planned path. */
struct level {
	const struct page_name *name;
	const char *begin;
};

struct walk {
	struct page_scan *scan;
	const char *end;
	unsigned char *open;	/* a bit a level: 1 is an object */
	size_t open_capacity;
	size_t depth;
	size_t record_depth;	/* depth of the records, 0: not in them */
	const char *record;	/* where the record at hand begins */
	bool breaks;		/* a line break was skipped in it */
	bool words;		/* NaN or Infinity stands in it */

	const struct page_names *names;	/* planned here, or NULL */
	struct span *found;	/* where their values go, by slot */
	const struct page_name *next;	/* of the member whose value comes */
	struct level *levels;	/* from 1 */
	size_t tracked;
	bool done;		/* nothing is planned here */
	const char *over;	/* where the whole value ends */
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

/* What Python's json module writes for a float that is no number. */
static const char *
no_number(struct walk *w, const char *p)
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
number(struct walk *w, const char *start)
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
		return no_number(w, p);
	}
}

static inline void
push(struct walk *w, bool object)
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
in_object(const struct walk *w)
{
	size_t at = w->depth - 1;

	return w->open[at / 8] >> at % 8 & 1;
}

/* Are the names at hand those of the reply, and not of a record? */
static bool
in_reply(const struct walk *w)
{
	return w->record_depth == 0 && !w->scan->is_record;
}

/* Nothing is known yet of what is planned below ${name}. */
static void
forget(struct walk *w, const struct page_name *name)
{
	int records = w->scan->plan->places[PAGE_AT_RECORDS], i;

	for (i = name->from; i < name->to; i++)
		w->found[i].at = NULL;
	if (!in_reply(w) || records < name->from || records >= name->to)
		return;
	w->scan->records_found = w->scan->records_null = false;
	w->scan->page->n = w->scan->page->n_words = 0;
	w->scan->page->has_breaks = false;
}

/* The member of the tracked object at hand is called ${name}. */
static void
note_name(struct walk *w, struct span name)
{
	const struct page_name *all = w->names->all, *known;
	size_t i;

	w->next = NULL;
	for (i = w->levels[w->tracked].name->child; i != 0; i = known->next) {
		known = &all[i];
		if (!page_name_is(name, known->name.at, known->name.len))
			continue;
		/* Where a name comes twice, the last one counts. */
		forget(w, known);
		w->next = known;
		return;
	}
}

/* A record begins at ${p}: make place for what is planned in it. */
static const struct page_name *
begin_record(struct walk *w, const char *p)
{
	const struct page_plan *plan = w->scan->plan;
	struct page *page = w->scan->page;
	size_t n = (size_t)plan->record.n_slots;

	w->record = p;
	w->breaks = w->words = false;
	page->found = mem_need(page->found, (page->n + 1) * n + 1,
	    &page->found_room, sizeof(*page->found));
	w->names = &plan->record;
	w->found = &page->found[page->n * n];
	if (n == 0)
		return NULL;
	forget(w, &plan->record.all[0]);
	return &plan->record.all[0];
}

static void
end_record(struct walk *w, const char *p)
{
	struct page *page = w->scan->page;

	page->records = mem_need(page->records, page->n + 1, &page->room,
	    sizeof(*page->records));
	page->records[page->n++] = (struct span){ w->record,
	    (size_t)(p - w->record) };
	page->has_breaks |= w->breaks;
	page->n_words += w->words;
}

/* The array of records is open, at the present depth. */
static void
enter_records(struct walk *w)
{
	w->scan->records_found = true;
	w->record_depth = w->depth;
}

/* Behind the records, the plan is the reply's again. */
static void
leave_records(struct walk *w)
{
	w->record_depth = 0;
	w->names = &w->scan->plan->reply;
	w->found = w->scan->found;
	w->words = false;
}

/* A value on a tracked level begins at ${p}: what is planned of it? */
static const struct page_name *
begin_value(struct walk *w, const char *p)
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
is_records(const struct walk *w, const struct page_name *name)
{
	return in_reply(w) && name->slot >= 0 &&
	    name->slot == w->scan->plan->places[PAGE_AT_RECORDS];
}

/* The value called ${name} reaches from ${from} to before ${to}. */
static const char *
note_value(struct walk *w, const struct page_name *name, const char *from,
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
track(struct walk *w, const struct page_name *name, const char *p)
{
	w->tracked = w->depth;
	w->levels[w->depth] = (struct level){ name, p };
	if (*p == '[' && is_records(w, name))
		enter_records(w);
}

/* The innermost tracked bracket closes before ${p}. */
static const char *
untrack(struct walk *w, const char *p)
{
	const struct level *level = &w->levels[w->tracked--];

	if (w->depth + 1 == w->record_depth)
		leave_records(w);
	return note_value(w, level->name, level->begin, p);
}

/* Walk from the first byte to the last. */
static const char *
walk_text(struct walk *w, const char *p)
{
	const struct page_name *planned;
	const char *from;

value:
	p = skip_space(w, p);
	if (UNLIKELY(p == w->end))
		return fail(w, p, "the text ends where a value should be");
	planned = w->depth == w->tracked && !w->done ? begin_value(w, p) :
	    NULL;
	if (*p == '{') {
		push(w, true);
		if (planned != NULL)
			track(w, planned, p);
		p = skip_space(w, p + 1);
		if (p < w->end && *p == '}')
			goto close;
		goto key;
	}
	if (*p == '[') {
		push(w, false);
		if (planned != NULL)
			track(w, planned, p);
		p = skip_space(w, p + 1);
		if (p < w->end && *p == ']')
			goto close;
		goto value;
	}
	from = p;
	if (UNLIKELY((p = scalar(w, p)) == NULL))
		return NULL;
	if (planned != NULL && note_value(w, planned, from, p) == NULL)
		return NULL;

after:
	if (UNLIKELY(w->depth == w->record_depth && w->depth > 0))
		end_record(w, p);
	if (UNLIKELY(w->depth == 0))
		w->over = p;
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
	from = p;
	if (UNLIKELY((p = string(w, p)) == NULL))
		return NULL;
	if (w->depth == w->tracked)
		note_name(w, (struct span){ from, (size_t)(p - from) });
	p = skip_space(w, p);
	if (UNLIKELY(p == w->end || *p != ':'))
		return fail(w, p, "expected ':'");
	p++;
	goto value;

close:
	p++;
	w->depth--;
	if (w->depth + 1 == w->tracked && untrack(w, p) == NULL)
		return NULL;
	goto after;
}

/* So many levels may be tracked. */
static size_t
levels_of(const struct page_plan *plan)
{
	return plan != NULL ? plan->reply.depth + plan->record.depth + 3 : 0;
}

int
page_scan(struct page_scan *scan)
{
	struct level levels[LEVELS];
	struct walk w = { .scan = scan, .end = scan->end, .levels = levels,
	    .done = scan->plan == NULL, .found = scan->found };
	size_t most = levels_of(scan->plan);
	const char *p = scan->begin;

	if (most > LEVELS)
		w.levels = mem_zero(most, sizeof(*levels));
	if (scan->plan != NULL)
		w.names = &scan->plan->reply;
	/* RFC 8259 section 8.1 lets a reader ignore a byte order mark. */
	if (scan->end - p >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	p = walk_text(&w, p);
	if (p != NULL && scan->is_record)
		end_record(&w, w.over);
	free(w.open);
	if (w.levels != levels)
		free(w.levels);
	return p != NULL ? 0 : -1;
}
