/*
 * A pass over a listing has ended: is it complete, or is it read once more?
 */

#include "crawl/crawl_internal.h"

/* Do the records read match the counts? */
static bool
counts_agree(const struct crawl_listing *listing)
{
	if (listing->total >= 0 && listing->size > 0 &&
	    listing->distinct != (uint64_t)listing->total &&
	    !(listing->is_capped &&
	    listing->distinct > (uint64_t)listing->total))
		return false;
	return listing->expected < 0 ||
	    listing->distinct == (uint64_t)listing->expected;
}

void
crawl_read_again(struct crawl_listing *listing)
{
	listing->pass++;
	listing->ask = listing->commit = 0;
	listing->distinct = listing->fresh = 0;
	listing->unsteady = listing->is_changing = false;
	listing->is_exhausted = false;
	listing->is_full = listing->is_probed = listing->is_capped = false;
	listing->is_endless = listing->is_truncated = false;
	listing->is_unproven = listing->is_broken = false;
	listing->received_alone = listing->may_have_skipped = false;
	listing->fruitless = 0;
	listing->last_print = listing->print;
	listing->last_duplicates_print = listing->duplicates_print;
	listing->last_duplicates = listing->duplicates;
	listing->duplicates = listing->inserted = 0;
	listing->has_duplicates = false;
	listing->largest = 0;
	listing->n_ranges = listing->n_subranges = listing->n_narrow = 0;
	/* The first page gives the total again. */
	listing->first_received = false;
	listing->max = -1;
	if (crawl_is_chain(listing))
		crawl_chain_again(listing);
}

void
crawl_restart(struct crawl_listing *listing)
{
	listing->gaps = 0;
	listing->gapped = false;
	crawl_read_again(listing);
}

bool
crawl_read_once_more(struct crawl *crawl, struct crawl_listing *listing)
{
	if (listing->pass - listing->first_pass + 1 >=
	    crawl->settings.passes)
		return false;
	crawl_read_again(listing);
	return true;
}

/*
 * A listing that changes while it is read: everything that existed all along
 * has been seen once a pass brings nothing new and there are at least as many
 * different records as the largest total of the pass.
 */
static bool
is_caught_up(const struct crawl_listing *listing, unsigned readings)
{
	return listing->unsteady && readings > 1 && listing->fresh == 0 &&
	    listing->max >= 0 && listing->have >= (uint64_t)listing->max &&
	    (listing->expected < 0 ||
	    listing->have >= (uint64_t)listing->expected);
}

/*
 * Without a count, if some records came on two pages, others may have come on
 * none.  Nothing is lost if records were added in front meanwhile, which moved
 * the others along.  That is proven if the next pass has the records of this
 * one in the same order, and at least as many new ones before or after them as
 * came twice.  Otherwise only a pass without duplicates proves that each
 * position was read.
 */
static bool
is_uncounted(const struct crawl_listing *listing)
{
	return (listing->total < 0 || listing->is_capped) &&
	    listing->expected < 0;
}

static bool
has_grown(const struct crawl_listing *listing, unsigned readings)
{
	return readings > 1 && listing->varied == 0 &&
	    listing->known_print == listing->last_print &&
	    listing->fresh >= listing->last_duplicates &&
	    listing->inserted == 0;
}

/* Was this pass the same as the one before, including its duplicates? */
static bool
is_static(const struct crawl_listing *listing, unsigned readings)
{
	return readings > 1 && listing->fresh == 0 &&
	    listing->print == listing->last_print &&
	    listing->duplicates_print == listing->last_duplicates_print;
}

/*
 * The list does not change, but records come on two pages: the server's order
 * is not stable where records tie.  With another page size, other records are
 * at the borders of pages.  Choose another size; return false if that is
 * impossible or useless.
 */
static bool
vary_size(struct crawl_listing *listing)
{
	uint32_t size, other, a, b, rest;

	if (!source_in_order(listing->resource) || listing->size < 3)
		return false;
	if (listing->varied == 0)
		listing->default_size = listing->size;
	size = listing->default_size;
	other = size - 1 - size / 7 * (listing->varied % 6);
	/* Coprime sizes share the fewest borders. */
	for (; other > 2; other--) {
		for (a = size, b = other; b > 0; a = b, b = rest)
			rest = a % b;
		if (a == 1)
			break;
	}
	listing->varied++;
	listing->size = listing->page_size = other;
	return true;
}

/* Read the list once more, or after the ${last} pass make it a gap. */
static enum crawl_state
again_or(struct crawl_listing *listing, bool last, enum crawl_state gap)
{
	if (last) {
		listing->gapped = true;
		return gap;
	}
	crawl_read_again(listing);
	return CRAWL_REREADS;
}

enum crawl_state
crawl_end_of_pass(struct crawl *crawl, struct crawl_listing *listing)
{
	unsigned readings = listing->pass - listing->first_pass + 1;
	bool last = readings >= crawl->settings.passes;
	bool keeps = is_uncounted(listing) && has_grown(listing, readings);
	bool steady = !listing->unsteady || keeps ||
	    (readings > 1 && listing->fresh == 0);

	if (listing->gaps > 0) {
		listing->gapped = true;
		return CRAWL_GAPS;
	}
	listing->expected = listing->resource->has_expect ?
	    crawl_number(crawl, listing, &listing->resource->expect) : -1;
	if (listing->is_truncated) {
		listing->gapped = true;
		return CRAWL_TRUNCATED;
	}
	/* Only a count can prove that nothing is missing. */
	if (listing->is_endless && (listing->total < 0 ||
	    listing->is_capped || !counts_agree(listing))) {
		listing->gapped = true;
		return CRAWL_ENDLESS;
	}
	if (listing->is_unproven) {
		listing->gapped = true;
		return CRAWL_UNPROVEN;
	}
	if (listing->is_broken && (last || (readings > 1 &&
	    listing->fresh == 0))) {
		listing->gapped = true;
		return CRAWL_BROKEN;
	}
	if (is_uncounted(listing) && listing->may_have_skipped)
		return again_or(listing, last, CRAWL_SKIPPED);
	if (is_uncounted(listing) && listing->has_duplicates && !keeps)
		return again_or(listing, last || (is_static(listing,
		    readings) && (listing->varied > 1 ||
		    !vary_size(listing))), CRAWL_UNSTABLE);
	if (counts_agree(listing) && (steady || last)) {
		/* Records that an earlier pass saw may have been removed. */
		listing->moved = readings > 1 && listing->total >= 0 &&
		    listing->size > 0 && listing->have !=
		    (listing->is_capped ? listing->distinct :
		    (uint64_t)listing->total);
		return CRAWL_COMPLETE;
	}
	if (is_caught_up(listing, readings)) {
		listing->moved = true;
		return CRAWL_COMPLETE;
	}
	/* If a second pass does not explain it, a third one won't either. */
	if (last || (readings > 1 && listing->fresh == 0 &&
	    !listing->is_changing)) {
		listing->gapped = true;
		return CRAWL_MISCOUNTED;
	}
	return again_or(listing, false, CRAWL_MISCOUNTED);
}

bool
crawl_is_stale(const struct crawl_job *job)
{
	if (!job->listing->is_resumed)
		return false;
	job->listing->under_way--;
	crawl_read_again(job->listing);
	return true;
}
