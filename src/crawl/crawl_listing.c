/*
 * One listing: which windows of it to ask for, and when it is over.
 *
 *	0        commit          ask             total
 *	|--------|---------------|---------------|
 *	 on disk   asked for       to be asked
 *
 * A listing is read in passes.  A pass that saw the listing move (a total
 * that changes, a record twice, a count that does not fit) is followed by
 * another, until one brings nothing new and its count fits.
 */

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "crawl/crawl_internal.h"

/* While so many listings are ready below its records, a listing waits. */
#define READY_ENOUGH 64

/* Step over the ranges that are there already. */
static uint64_t
skip_ranges(const struct crawl_listing *listing, uint64_t position)
{
	size_t i;

	for (i = 0; i < listing->n_ranges; i++)
		if (listing->ranges[i].first <= position && position <
		    listing->ranges[i].first + listing->ranges[i].count)
			position = listing->ranges[i].first +
			    listing->ranges[i].count;
	return position;
}

static bool
all_is_asked(const struct crawl_listing *listing)
{
	if (!listing->first_came)
		return listing->under_way > 0 || listing->ask > 0;
	if (listing->size == 0)
		return listing->ask > 0;
	return listing->is_dry || (listing->total >= 0 &&
	    skip_ranges(listing, listing->ask) >= (uint64_t)listing->total);
}

/* Do enough listings wait below records as deep as those of ${listing}? */
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

bool
crawl_has_window(const struct crawl *crawl,
    const struct crawl_listing *listing, bool in_turn)
{
	unsigned ahead = in_turn ? 1 : crawl->settings.ahead;

	if (listing->resource->derive != NULL)
		return listing->ask == 0;
	if (all_is_asked(listing))
		return false;
	if (listing->size > 0 && skip_ranges(listing, listing->ask) >=
	    listing->commit + (uint64_t)ahead * listing->size)
		return false;
	return !listing->resource->has_children ||
	    !has_enough_below(crawl, listing);
}

void
crawl_take_window(struct crawl_listing *listing, struct crawl_job *job)
{
	bool derive = listing->resource->derive != NULL;

	listing->ask = skip_ranges(listing, listing->ask);
	*job = (struct crawl_job){ .what = derive ? CRAWL_DERIVE :
	    CRAWL_FETCH, .listing = listing, .first = listing->ask,
	    .count = listing->size, .pass = listing->pass };
	listing->ask += listing->size > 0 ? listing->size : 1;
	listing->under_way++;
}

bool
crawl_is_turn(const struct crawl_job *job)
{
	return job->first == job->listing->commit;
}

/* Does what was read fit what was promised? */
static bool
counts_agree(const struct crawl_listing *listing)
{
	if (listing->total >= 0 && listing->size > 0 &&
	    listing->distinct != (uint64_t)listing->total)
		return false;
	return listing->expected < 0 ||
	    listing->distinct == (uint64_t)listing->expected;
}

int64_t
crawl_number(struct crawl *crawl, const struct crawl_listing *listing,
    const struct source_var *var)
{
	struct crawl_view view = { .crawl = crawl,
	    .node = listing->parent };
	struct source_scope scope = crawl_scope(&view);
	const char *value;
	long long count;
	char *end;

	value = source_value(&scope, var);
	if (value == NULL || *value == '\0')
		return -1;
	count = strtoll(value, &end, 10);
	return *end == '\0' && count >= 0 ? count : -1;
}

static void
read_again(struct crawl_listing *listing)
{
	listing->pass++;
	listing->ask = listing->commit = 0;
	listing->distinct = listing->fresh = 0;
	listing->unsteady = listing->is_dry = false;
	listing->n_ranges = 0;
	/* The first window tells anew how many there are. */
	listing->first_came = false;
}

/* All windows of a pass are there or failed: is that the end? */
static enum crawl_state
end_of_pass(struct crawl *crawl, struct crawl_listing *listing)
{
	unsigned readings = listing->pass - listing->first_pass + 1;
	bool last = readings >= crawl->settings.passes;
	bool steady = !listing->unsteady ||
	    (readings > 1 && listing->fresh == 0);

	if (listing->gaps > 0) {
		listing->gapped = true;
		return CRAWL_HOLED;
	}
	listing->expected = listing->resource->has_expect ?
	    crawl_number(crawl, listing, &listing->resource->expect) : -1;
	if (counts_agree(listing) && (steady || last))
		return CRAWL_WHOLE;
	/* What a second reading does not explain, a third won't either. */
	if (last || (readings > 1 && listing->fresh == 0)) {
		listing->gapped = true;
		return CRAWL_DIFFERS;
	}
	read_again(listing);
	return CRAWL_AGAIN;
}

static enum crawl_state
where_it_stands(struct crawl *crawl, struct crawl_listing *listing)
{
	if (listing->under_way > 0 || !all_is_asked(listing))
		return CRAWL_GOES_ON;
	return end_of_pass(crawl, listing);
}

/* The first window tells how large windows are. */
static void
learn_size(struct crawl_listing *listing, const struct crawl_job *job,
    const struct crawl_result *result)
{
	listing->first_came = true;
	if (job->count == 0 || result->size <= 0)
		return;
	listing->size = (uint32_t)result->size;
	listing->ask = job->first + listing->size;
}

static void
learn_total(struct crawl_listing *listing, const struct crawl_result *result)
{
	if (result->total < 0)
		return;
	if (listing->total >= 0 && listing->total != result->total)
		listing->unsteady = true;
	listing->total = result->total;
}

enum crawl_state
crawl_finish(struct crawl *crawl, const struct crawl_job *job,
    const struct crawl_result *result)
{
	struct crawl_listing *listing = job->listing;

	listing->under_way--;
	if (job->what == CRAWL_DERIVE)
		return CRAWL_WHOLE;
	if (!listing->first_came)
		learn_size(listing, job, result);
	learn_total(listing, result);
	if (result->distinct < result->received)
		listing->unsteady = true;
	if (result->received == 0 && job->count > 0)
		listing->is_dry = true;
	listing->distinct += result->distinct;
	listing->fresh += result->fresh;
	listing->commit = skip_ranges(listing, job->first + (job->count > 0 ?
	    listing->size : 1));
	return where_it_stands(crawl, listing);
}

enum crawl_state
crawl_fail(struct crawl *crawl, const struct crawl_job *job)
{
	struct crawl_listing *listing = job->listing;

	listing->under_way--;
	listing->gaps++;
	listing->commit = skip_ranges(listing, job->first + (job->count > 0 ?
	    listing->size : 1));
	return where_it_stands(crawl, listing);
}

/* Take over what is known, so that only the rest is asked for. */
static void
take_known(struct crawl_listing *listing, const struct crawl_known *known)
{
	size_t bytes = known->n_ranges * sizeof(*known->ranges);

	listing->first_came = known->total >= 0;
	listing->total = known->total;
	listing->size = known->size;
	listing->pass = listing->first_pass = known->pass;
	listing->unsteady = known->unsteady;
	listing->distinct = known->distinct;
	listing->n_ranges = known->n_ranges;
	listing->ranges = mem_alloc(bytes);
	if (bytes > 0)
		memcpy(listing->ranges, known->ranges, bytes);
	listing->commit = skip_ranges(listing, 0);
}

enum crawl_state
crawl_begin(struct crawl *crawl, struct crawl_listing *listing,
    const struct crawl_known *known)
{
	DL_APPEND2(crawl->open, listing, prev, next);
	listing->is_open = true;
	if (known == NULL)
		return CRAWL_GOES_ON;
	take_known(listing, known);
	return where_it_stands(crawl, listing);
}
