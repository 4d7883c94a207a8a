/*
 * One listing: which pages of it to request, and when it has ended.
 *
 *	0        commit          ask             total
 *	|--------|---------------|---------------|
 *	 on disk   requested       not requested
 *
 * The end is proven, not assumed.  A total may be capped: if the last page was
 * full, one more page is requested (a probe), until a page has nothing new.
 * If page after page has nothing new, the listing is given up.
 *
 * A listing is read in passes.  A pass that saw the listing change (a
 * different total, a duplicate, a wrong count) is followed by another, until
 * one brings nothing new and its count is right.
 */

#include <string.h>
#include <utlist.h>

#include "crawl/crawl_internal.h"

#define PAGES_AT_ONCE 2	/* of a list by time */
#define MAX_FRUITLESS 20	/* pages in a row without a new record */

/* A listing waits while more listings than this are ready below its records. */
#define READY_ENOUGH 64

bool
crawl_is_short(const struct crawl_listing *listing)
{
	enum source_paging paging = listing->resource->paging;

	return (paging == SOURCE_CURSOR || (paging == SOURCE_NUMBERED &&
	    !listing->reports_size)) && listing->max >= 0 &&
	    !listing->is_capped &&
	    listing->distinct < (uint64_t)listing->max;
}

/*
 * Is everything up to the total on disk, and must a probe prove that nothing
 * follows?
 */
static bool
wants_probe(const struct crawl_listing *listing)
{
	if (listing->is_probed || listing->gaps > 0 ||
	    listing->under_way > 0 || listing->max < 0 ||
	    listing->commit < (uint64_t)listing->max)
		return false;
	/* The server's pages may be smaller than requested. */
	if (crawl_is_short(listing))
		return true;
	return !listing->is_proven && (listing->is_capped ||
	    (listing->is_full && !listing->reports_end));
}

static bool
is_all_requested(const struct crawl_listing *listing)
{
	if (listing->n_subranges > 0)
		return false;
	if (crawl_is_chain(listing))
		return crawl_chain_is_requested(listing);
	if (!listing->first_received)
		return listing->under_way > 0 || listing->ask > 0;
	if (listing->size == 0)
		return listing->ask > 0;
	return listing->is_exhausted || (listing->max >= 0 &&
	    crawl_skip(listing, listing->ask) >= (uint64_t)listing->max &&
	    !wants_probe(listing));
}

/* Are enough listings ready below records as deep as those of ${listing}? */
static bool
has_enough_below(const struct crawl *crawl,
    const struct crawl_listing *listing)
{
	size_t depth, n = 0;

	for (depth = listing->parent->depth + 1;
	    depth <= crawl->settings.source->n_resources; depth++)
		n += crawl->ready_at[depth];
	return n > READY_ENOUGH;
}

/*
 * How many pages may be requested ahead of their turn?  A page that is refused
 * for a while holds up those after it, so the number grows with the pages
 * received; a wrong total is noticed before that.
 */
static uint64_t
max_ahead(const struct crawl *crawl, const struct crawl_listing *listing)
{
	uint64_t received = listing->page_size > 0 && listing->commit >
	    listing->begin ? (listing->commit - listing->begin) /
	    listing->page_size : 0;

	return crawl->settings.ahead + (received < crawl->settings.more_ahead ?
	    received : crawl->settings.more_ahead);
}

bool
crawl_has_page(const struct crawl *crawl,
    const struct crawl_listing *listing, bool next_only)
{
	/* Without a total, the next page may be the last. */
	uint64_t ahead = next_only || listing->max < 0 ? 1 :
	    max_ahead(crawl, listing);

	if (listing->resource->derive != NULL)
		return listing->ask == 0;
	if (is_all_requested(listing))
		return false;
	/*
	 * Replies may be full, and page borders are unknown: request few at
	 * once.
	 */
	if (crawl_is_chain(listing) && listing->under_way >=
	    (listing->n_subranges > 0 && listing->resource->paging ==
	    SOURCE_INTERVALS ? PAGES_AT_ONCE : 1))
		return false;
	if (listing->n_subranges > 0)
		return !next_only ||
		    listing->subranges[0].first == listing->commit;
	if (!crawl_is_chain(listing) && listing->size > 0 &&
	    crawl_skip(listing, listing->ask) >= listing->commit +
	    ahead * listing->page_size)
		return false;
	return !listing->resource->has_children ||
	    !has_enough_below(crawl, listing);
}

void
crawl_take_page(struct crawl_listing *listing, struct crawl_job *job)
{
	bool derive = listing->resource->derive != NULL;

	*job = (struct crawl_job){ .what = derive ? CRAWL_DERIVE :
	    CRAWL_FETCH, .listing = listing, .pass = listing->pass };
	listing->under_way++;
	if (listing->n_subranges > 0) {
		crawl_take_subrange(listing, job);
		return;
	}
	if (crawl_is_chain(listing)) {
		crawl_chain_take(listing, job);
		return;
	}
	listing->ask = crawl_skip(listing, listing->ask);
	job->first = listing->ask;
	job->is_probe = listing->first_received && listing->max >= 0 &&
	    listing->ask >= (uint64_t)listing->max;
	job->count = crawl_request_size(listing);
	listing->ask += job->count > 0 ? job->count : 1;
}

bool
crawl_is_next(const struct crawl_job *job)
{
	return job->first + job->overlap == job->listing->commit;
}

static enum crawl_state
state_of(struct crawl *crawl, struct crawl_listing *listing)
{
	if (listing->under_way > 0 || !is_all_requested(listing))
		return CRAWL_CONTINUES;
	return crawl_end_of_pass(crawl, listing);
}

/* The first page tells how large pages are. */
static void
learn_size(struct crawl_listing *listing, const struct crawl_job *job,
    const struct crawl_result *result)
{
	listing->first_received = true;
	/* A sub-range that arrived as requested tells nothing. */
	if (job->count == 0 || result->size <= 0 ||
	    (result->size == job->count && job->count < listing->size))
		return;
	listing->size = listing->page_size = (uint32_t)result->size;
	listing->ask = job->first + listing->size;
}

bool
crawl_has_moved(const struct crawl_job *job,
    const struct crawl_result *result)
{
	/* Intervals overlap. */
	return job->listing->resource->paging != SOURCE_INTERVALS &&
	    result->distinct + job->overlap != result->received;
}

static void
learn_total(struct crawl_listing *listing, const struct crawl_result *result)
{
	int64_t total = result->total;

	if (total < 0 || listing->resource->paging == SOURCE_INTERVALS)
		return;
	/* What is outside the slice is not requested. */
	if (listing->end > 0 && total > (int64_t)listing->end)
		total = (int64_t)listing->end;
	total = total > (int64_t)listing->begin ?
	    total - (int64_t)listing->begin : 0;
	if (listing->total >= 0 && listing->total != total)
		listing->unsteady = listing->is_changing = true;
	listing->total = total;
	if (total > listing->max)
		listing->max = total;
	/* The total covers all records received so far. */
	if ((uint64_t)total > listing->distinct)
		listing->is_capped = false;
}

/* Note whether the page brings the end closer. */
static void
learn_end(struct crawl_listing *listing, const struct crawl_job *job,
    const struct crawl_result *result)
{
	uint64_t end = job->first + result->received;
	uint64_t n = result->received - (result->received < job->overlap ?
	    result->received : job->overlap);

	if (job->count == 0 || listing->resource->paging == SOURCE_INTERVALS)
		return;
	if (listing->max < 0 ||
	    end >= listing->begin + (uint64_t)listing->max)
		listing->is_full = result->received >= job->count ||
		    (listing->largest > 0 && n >= listing->largest);
	listing->reports_end = result->more == 0;
	if (n > listing->largest && !job->is_subrange)
		listing->largest = n;
	if (result->news > 0) {
		listing->fruitless = 0;
		listing->is_probed = false;
	} else if (result->distinct > 0 && listing->max >= 0 &&
	    !listing->is_capped &&
	    listing->distinct <= (uint64_t)listing->max) {
		/* Equal records without a key: the total counts them. */
		listing->fruitless = 0;
	} else if (!job->is_subrange && ++listing->fruitless >= MAX_FRUITLESS) {
		listing->is_endless = listing->is_exhausted = true;
		listing->n_subranges = 0;
	}
	if (listing->max < 0 || result->distinct == 0 ||
	    end <= listing->begin + (uint64_t)listing->max)
		return;
	/* Positions exceed the total if pages are not full or come again. */
	if (listing->distinct <= (uint64_t)listing->max)
		return;
	listing->is_capped = true;
	listing->max = (int64_t)(end - listing->begin);
}

/*
 * The probe found nothing new.  If the total was wrong before, only an empty
 * page or a refusal proves the end.
 */
static enum crawl_state
end_probe(struct crawl *crawl, struct crawl_listing *listing, bool proven)
{
	listing->is_probed = listing->is_exhausted = true;
	listing->is_unproven = listing->is_capped && !proven;
	return state_of(crawl, listing);
}

enum crawl_state
crawl_end_probe(struct crawl *crawl, const struct crawl_job *job,
    bool failed)
{
	job->listing->under_way--;
	job->listing->gaps += failed;
	return end_probe(crawl, job->listing, true);
}

enum crawl_state
crawl_finish(struct crawl *crawl, const struct crawl_job *job,
    const struct crawl_result *result)
{
	struct crawl_listing *listing = job->listing;
	bool is_larger = !listing->first_received &&
	    result->size > (int64_t)job->count;

	listing->under_way--;
	if (job->what == CRAWL_DERIVE)
		return CRAWL_COMPLETE;
	/* Some servers send the last page again, or for a cursor the first. */
	if (job->is_probe && result->news == 0 && (result->distinct == 0 ||
	    !crawl_is_short(listing)) && crawl_names_no_page(job, result) &&
	    (listing->resource->paging != SOURCE_CURSOR ||
	    result->received == 0 || result->received >= listing->largest)) {
		/* The total may have grown since. */
		if (result->total > listing->max)
			learn_total(listing, result);
		return end_probe(crawl, listing,
		    result->received <= job->overlap);
	}
	listing->reports_size |= result->size > 0;
	if (!listing->first_received)
		learn_size(listing, job, result);
	learn_total(listing, result);
	if (crawl_has_moved(job, result))
		listing->unsteady = listing->has_duplicates = true;
	listing->unsteady |= result->changed;
	if (crawl_has_moved(job, result))
		listing->duplicates += result->received - result->distinct;
	listing->duplicates_print = result->duplicates_print;
	listing->inserted = result->inserted;
	listing->print = result->print;
	listing->known_print = result->known_print;
	/* In a list by cursor, an empty page is not the end. */
	if (result->received == 0 && job->count > 0 &&
	    listing->resource->paging != SOURCE_CURSOR)
		listing->is_exhausted = true;
	listing->distinct += result->distinct;
	learn_end(listing, job, result);
	listing->fresh += result->fresh;
	listing->have += result->fresh;
	if (job->count > 0)
		crawl_widen_page(listing, job);
	if (crawl_is_chain(listing)) {
		crawl_chain_received(listing, job, result);
		return state_of(crawl, listing);
	}
	listing->commit = crawl_skip(listing, job->first + (job->count == 0 ?
	    1 : job->count < listing->size && !is_larger ? job->count :
	    listing->size));
	return state_of(crawl, listing);
}

enum crawl_state
crawl_fail(struct crawl *crawl, const struct crawl_job *job)
{
	struct crawl_listing *listing = job->listing;

	listing->under_way--;
	listing->gaps++;
	if (crawl_is_chain(listing)) {
		crawl_chain_failed(listing, job);
		return state_of(crawl, listing);
	}
	if (crawl_is_endless(job))
		listing->is_exhausted = true;
	listing->commit = crawl_skip(listing, job->first + (job->count > 0 ?
	    job->count : 1));
	/* If only the first record is bad, the second one gives the total. */
	if (!listing->first_received && job->first == 0 && job->count == 1 &&
	    listing->size > 1) {
		crawl_add_subrange(listing, 1, 1);
		listing->ask = 2;
	}
	return state_of(crawl, listing);
}

/* Take over what is known, so that only the rest is requested. */
static void
take_known(struct crawl_listing *listing, const struct crawl_known *known)
{
	size_t bytes = known->n_ranges * sizeof(*known->ranges);

	listing->first_received = known->total >= 0 || (known->n_ranges > 0 &&
	    listing->resource->paging == SOURCE_NUMBERED);
	listing->total = listing->max = known->total;
	if (known->total >= 0 && known->distinct > (uint64_t)known->total) {
		listing->is_capped = true;
		listing->max = (int64_t)known->distinct;
	}
	listing->is_full = known->is_full;
	listing->largest = known->largest;
	listing->is_proven = known->is_proven;
	listing->size = listing->page_size = known->size;
	listing->pass = listing->first_pass = known->pass;
	listing->unsteady = known->unsteady;
	listing->distinct = known->distinct;
	listing->have = known->have;
	listing->n_ranges = known->n_ranges;
	listing->ranges = mem_alloc(bytes);
	if (bytes > 0)
		memcpy(listing->ranges, known->ranges, bytes);
	listing->commit = crawl_skip(listing, 0);
	if (crawl_is_chain(listing))
		crawl_chain_known(listing, known);
}

enum crawl_state
crawl_begin(struct crawl *crawl, struct crawl_listing *listing,
    const struct crawl_known *known)
{
	DL_APPEND2(crawl->open, listing, prev, next);
	listing->is_open = true;
	if (crawl_is_chain(listing))
		crawl_chain_begin(crawl, listing);
	if (known == NULL)
		return CRAWL_CONTINUES;
	take_known(listing, known);
	return state_of(crawl, listing);
}
