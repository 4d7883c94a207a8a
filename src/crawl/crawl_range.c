/*
 * The ranges of a listing that are on disk, and the sub-ranges to request.
 */

#include "crawl/crawl_internal.h"

uint64_t
crawl_skip(const struct crawl_listing *listing, uint64_t position)
{
	size_t i;

	for (i = 0; i < listing->n_ranges; i++)
		if (listing->ranges[i].first <= position && position <
		    listing->ranges[i].first + listing->ranges[i].count)
			position = listing->ranges[i].first +
			    listing->ranges[i].count;
	return position;
}

bool
crawl_is_chain(const struct crawl_listing *listing)
{
	return source_in_order(listing->resource) ||
	    listing->resource->paging == SOURCE_INTERVALS;
}

void
crawl_add_subrange(
    struct crawl_listing *listing, uint64_t first, uint64_t count)
{
	size_t i;

	listing->subranges =
	    mem_need(listing->subranges, listing->n_subranges + 1,
		&listing->subranges_capacity, sizeof(*listing->subranges));
	for (i = listing->n_subranges; i > 0 &&
	    listing->subranges[i - 1].first > first; i--)
		listing->subranges[i] = listing->subranges[i - 1];
	listing->subranges[i] = (struct crawl_range){ first, count };
	listing->n_subranges++;
}
