/*
 * A reading of a listing has ended: is that all, or is it read once more?
 */

#include "crawl/crawl_internal.h"

/* Does what was read fit what was promised? */
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
	listing->unsteady = listing->is_changing = listing->is_dry = false;
	listing->is_full = listing->is_probed = listing->is_capped = false;
	listing->is_endless = listing->is_cut = listing->is_unproven = false;
	listing->is_broken = false;
	listing->received_alone = listing->is_stepped = false;
	listing->barren = 0;
	listing->last_print = listing->print;
	listing->last_duplicates_print = listing->duplicates_print;
	listing->last_duplicates = listing->duplicates;
	listing->duplicates = listing->inserted = 0;
	listing->has_duplicates = false;
	listing->largest = 0;
	listing->n_ranges = listing->n_subranges = listing->n_narrow = 0;
	/* The first window tells anew how many there are. */
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
crawl_once_more(struct crawl *crawl, struct crawl_listing *listing)
{
	if (listing->pass - listing->first_pass + 1 >=
	    crawl->settings.passes)
		return false;
	crawl_read_again(listing);
	return true;
}

/*
 * A listing whose records come and go while it is read: what was there from
 * beginning to end has been seen once a pass brings nothing new and there are
 * as many different records as the server ever said in it.
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
 * Nothing counts its records, and some came on two pages: then others may have
 * come on none.  If records were added in front meanwhile, which moved all of
 * them along, nothing is lost.  So it was if the next reading has those of the
 * one before in the same order, and as many new ones before or behind them as
 * had come twice.  Otherwise only a reading without doubles tells: it has a
 * record for each place.
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

/* Was this reading the same as the one before, with all that came twice? */
static bool
is_static(const struct crawl_listing *listing, unsigned readings)
{
	return readings > 1 && listing->fresh == 0 &&
	    listing->print == listing->last_print &&
	    listing->duplicates_print == listing->last_duplicates_print;
}

/*
 * A list that does not move, and where records come on two pages all the same:
 * the server has another order for each page, where records tie.  In pages of
 * another size, other records stand at their borders.  Ask for these from now
 * on; return false where that can't be, or is of no use.
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
	/* The fewer borders are the same, the better. */
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

/* Read it once more; if this was the last time, it is a gap. */
static enum crawl_state
again_or(struct crawl_listing *listing, bool last, enum crawl_state gap)
{
	if (last) {
		listing->gapped = true;
		return gap;
	}
	crawl_read_again(listing);
	return CRAWL_AGAIN;
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
		return CRAWL_HOLED;
	}
	listing->expected = listing->resource->has_expect ?
	    crawl_number(crawl, listing, &listing->resource->expect) : -1;
	if (listing->is_cut) {
		listing->gapped = true;
		return CRAWL_CUT;
	}
	/* Only a count can tell that what is there is all. */
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
	if (is_uncounted(listing) && listing->is_stepped)
		return again_or(listing, last, CRAWL_STEPPED);
	if (is_uncounted(listing) && listing->has_duplicates && !keeps)
		return again_or(listing, last || (is_static(listing,
		    readings) && (listing->varied > 1 ||
		    !vary_size(listing))), CRAWL_RESTLESS);
	if (counts_agree(listing) && (steady || last)) {
		/* Some that an earlier reading saw may have gone. */
		listing->moved = readings > 1 && listing->total >= 0 &&
		    listing->size > 0 && listing->have !=
		    (listing->is_capped ? listing->distinct :
		    (uint64_t)listing->total);
		return CRAWL_WHOLE;
	}
	if (is_caught_up(listing, readings)) {
		listing->moved = true;
		return CRAWL_WHOLE;
	}
	/* What a second reading does not explain, a third won't either. */
	if (last || (readings > 1 && listing->fresh == 0 &&
	    !listing->is_changing)) {
		listing->gapped = true;
		return CRAWL_DIFFERS;
	}
	return again_or(listing, false, CRAWL_DIFFERS);
}
