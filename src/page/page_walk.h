/*
 * The walk over a JSON text (RFC 8259).  It is compiled several times, for
 * different instruction sets, with these macros:
 *
 *	PAGE_WALK	the function's name
 *	PAGE_STOPS(at)	a bit mask of those of 64 bytes that are special in
 *			a string; if undefined, bytes are checked one by one
 *
 * PAGE_STOPS reads 64 bytes, and is used only if that many are left.
 *
 *	value:	one of { [ " digit t f n, or the end of an empty array
 *	after:	after a value: a comma, a closing bracket, or the end
 *	key:	the name of a member, then a colon, then a value
 *
 * The type of each open bracket is one bit of ${open}; there is no recursion,
 * so the depth is not limited.
 *
 * A plan (page_plan.c) says which values to record.  ${levels} has the plan's
 * name for each open bracket on a planned path; these are the ${tracked}
 * outermost ones.  So only names that may matter are compared, and deeper
 * levels cost nothing.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "page/page_tokens.h"

#ifndef PAGE_WALK
#define PAGE_WALK page_walk_plain
#endif

/* Is the current plan that of the reply, not that of a record? */
static bool
in_reply(const struct page_walk *w)
{
	return w->record_depth == 0 && !w->scan->is_record;
}

/* Clear the slots of ${name} and the names below it. */
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

/* Most names have no escapes, and are compared directly. */
static inline bool
is_called(const struct page_walk *w, struct span name, struct span wanted)
{
	if (UNLIKELY(w->escaped))
		return page_name_is(name, wanted.data, wanted.len);
	return name.len == wanted.len + 2 &&
	    memcmp(name.data + 1, wanted.data, wanted.len) == 0;
}

/* A member ${name} of the current tracked object: find it in the plan. */
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
		/* If a name occurs twice, the last one counts. */
		forget(w, known);
		w->next = known;
		return;
	}
}

/* A record begins at ${p}: make room for its planned values. */
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

/* The array of records opened, at the current depth. */
static void
enter_records(struct page_walk *w)
{
	w->scan->records_found = true;
	w->record_depth = w->depth;
}

/* After the records, switch back to the reply's plan. */
static void
leave_records(struct page_walk *w)
{
	w->record_depth = 0;
	w->names = &w->scan->plan->reply;
	w->found = w->scan->found;
	w->words = false;
}

/* A value on a tracked level begins at ${p}: find its place in the plan. */
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

/* Record the value of ${name}, from ${from} to before ${to}. */
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

/* An opening bracket at ${p}: the value of ${name}. */
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
 * The depth of the level whose names and values are compared with the plan;
 * SIZE_MAX: none.
 */
static inline size_t
watched(const struct page_walk *w)
{
	return w->done ? SIZE_MAX : w->tracked;
}

/* The walk. */
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
	return p == end ? p : fail(w, p, "unexpected data after the end");
}
