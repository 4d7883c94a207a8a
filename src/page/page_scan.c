/*
 * Choosing the walk that the processor supports; the portable one is compiled
 * here.
 */

#include "page/page_walk.h"

#define LEVELS 16	/* more are allocated */

/* Return the number of levels to track. */
static size_t
levels_of(const struct page_plan *plan)
{
	return plan != NULL ? plan->reply.depth + plan->record.depth + 3 : 0;
}

/* Return the walk, or NULL if the processor does not support it. */
static page_walker *
walker(enum page_means means)
{
	switch (means) {
	case PAGE_PLAIN:
		return page_walk_plain;
	case PAGE_WIDE:
		return page_walk_wide();
	case PAGE_WIDER:
		return page_walk_wider();
	}
	return NULL;
}

bool
page_can(enum page_means means)
{
	return walker(means) != NULL;
}

int
page_scan_by(struct page_scan *scan, enum page_means means)
{
	struct page_level levels[LEVELS];
	struct page_walk w = { .scan = scan, .end = scan->end, .levels = levels,
	    .done = scan->plan == NULL, .found = scan->found };
	size_t max = levels_of(scan->plan);
	const char *p = scan->begin;

	if (max > LEVELS)
		w.levels = mem_zero(max, sizeof(*levels));
	if (scan->plan != NULL)
		w.names = &scan->plan->reply;
	/* RFC 8259 section 8.1 lets a reader ignore a byte order mark. */
	if (scan->end - p >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	p = walker(means)(&w, p);
	if (p != NULL && scan->is_record)
		end_record(&w, w.over);
	free(w.open);
	if (w.levels != levels)
		free(w.levels);
	return p != NULL ? 0 : -1;
}

int
page_scan(struct page_scan *scan)
{
	return page_scan_by(scan, page_can(PAGE_WIDER) ? PAGE_WIDER :
	    page_can(PAGE_WIDE) ? PAGE_WIDE : PAGE_PLAIN);
}
