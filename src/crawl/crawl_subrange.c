/*
 * A page that fails is split into sub-ranges; and pages that are too much for
 * the server shrink, and grow again later.
 */

#include <string.h>

#include "crawl/crawl_internal.h"

#define MAX_BISECT 100000	/* records; larger pages aren't split */
#define N_SUBRANGES 10		/* sub-ranges of a page */
#define RETRY_BUDGET_EACH 2		/* for each sub-range that arrives */

uint32_t
crawl_request_size(const struct crawl_listing *listing)
{
	uint64_t ask = listing->ask, next = UINT64_MAX;
	uint32_t size = listing->size, parts;
	size_t i;

	if (size == 0)
		return 0;
	for (i = 0; i < listing->n_ranges; i++)
		if (listing->ranges[i].first > ask &&
		    listing->ranges[i].first < next)
			next = listing->ranges[i].first;
	for (parts = 1; parts < size; parts++)
		if (size % parts == 0 && size / parts <= listing->page_size &&
		    ask % (size / parts) == 0 && ask + size / parts <= next)
			break;
	return size / parts;
}

void
crawl_take_subrange(struct crawl_listing *listing, struct crawl_job *job)
{
	job->is_subrange = true;
	job->first = listing->subranges[0].first;
	job->count = (uint32_t)listing->subranges[0].count;
	listing->n_subranges--;
	memmove(listing->subranges, &listing->subranges[1],
	    listing->n_subranges * sizeof(*listing->subranges));
	if (job->count == 1 && listing->resource->paging == SOURCE_INTERVALS)
		crawl_take_narrow(listing, job);
}

void
crawl_page_received(const struct crawl_job *job)
{
	if (job->count < job->listing->size ||
	    job->listing->resource->paging == SOURCE_INTERVALS)
		job->listing->retry_budget += RETRY_BUDGET_EACH;
}

/* Into how many equal parts to split ${count}, at most ${max} if possible. */
static uint32_t
chunks_of(uint32_t count, uint32_t max)
{
	uint32_t parts;

	for (parts = max; parts > 1; parts--)
		if (count % parts == 0)
			return parts;
	for (parts = max + 1; parts < count && count % parts != 0; parts++)
		;
	return parts;
}

/*
 * Each sub-range that arrives pays for two more tries.  So a bad record is
 * found among its neighbours, however many there are, and a listing that fails
 * altogether is soon left alone.
 */
bool
crawl_bisect(const struct crawl_job *job, bool too_much)
{
	struct crawl_listing *listing = job->listing;
	uint64_t first = job->first + job->overlap;
	uint64_t end = job->first + job->count;
	uint32_t count = job->count - job->overlap, parts, each;

	if (listing->resource->paging == SOURCE_INTERVALS)
		return too_much && listing->retry_budget-- > 0 &&
		    crawl_bisect_time(job, INT64_MIN);
	if (count <= 1 || count > MAX_BISECT ||
	    listing->resource->paging == SOURCE_CURSOR)
		return false;
	/*
	 * An empty sub-range may be the end, or the server may use its own page
	 * size.
	 */
	if (listing->resource->paging == SOURCE_NUMBERED &&
	    listing->first_received && listing->max < 0)
		return false;
	/* The total has shrunk and excludes the whole page. */
	if (listing->first_received && listing->total >= 0 &&
	    first >= listing->begin + (uint64_t)listing->total)
		return false;
	/* If a page was too much, half of it may not be. */
	parts = chunks_of(count, too_much && count < listing->size ? 2 :
	    N_SUBRANGES);
	if (!too_much && listing->retry_budget < parts)
		return false;
	if (!too_much)
		listing->retry_budget -= parts;
	each = count / parts;
	if (too_much && each < listing->page_size) {
		/*
		 * If the larger size failed, wait longer before trying it
		 * again.
		 */
		if (listing->has_grown && listing->grow_after < 1000)
			listing->grow_after *= 2;
		listing->has_grown = false;
		listing->page_size = each;
		listing->streak = 0;
	}
	listing->under_way--;
	/*
	 * Sub-ranges don't overlap: records that move between them are only
	 * noticed by reading again.
	 */
	if (source_in_order(listing->resource) && listing->max < 0)
		listing->unsteady = true;
	/* The total is unknown: try only the first sub-range. */
	if (!listing->first_received) {
		end = first + each;
		listing->ask = end;
	} else if (listing->total >= 0 &&
	    end > listing->begin + (uint64_t)listing->total) {
		end = listing->begin + (uint64_t)listing->total;
	}
	for (; first < end; first += each)
		crawl_add_subrange(listing, first, each);
	return true;
}

void
crawl_widen_page(struct crawl_listing *listing, const struct crawl_job *job)
{
	if (listing->page_size >= listing->size ||
	    job->count < listing->page_size ||
	    ++listing->streak < listing->grow_after)
		return;
	listing->streak = 0;
	listing->has_grown = true;
	/* At least twice as large. */
	listing->page_size = 2 * listing->page_size < listing->size ?
	    2 * listing->page_size : listing->size;
	while (listing->size % listing->page_size != 0)
		listing->page_size++;
}
