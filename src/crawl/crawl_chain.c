/*
 * Lists whose pages are requested one after the other, because only a reply
 * tells where the next page begins.  Lists by time advance in the same way;
 * see also crawl_time.c.
 *
 * An offset advances by the number of records received, so a server that sends
 * fewer than requested loses none.  The list ends where the reply says so (no
 * more records; or the total is reached with a page that is not full), or else
 * with an empty page: a short page proves nothing.  Without a total, each page
 * begins with the last record of the page before it.  If that is a different
 * record now, records were removed meanwhile and others may have been skipped,
 * so the list is read again.  If the shared record comes alone, the next page
 * is requested without it; only if that is empty does the list end.
 */

#include <stdlib.h>
#include <string.h>

#include "crawl/crawl_internal.h"

bool
crawl_chain_is_requested(const struct crawl_listing *listing)
{
	if (listing->resource->paging == SOURCE_INTERVALS)
		return crawl_skip(listing, listing->ask) >= listing->end;
	return listing->under_way > 0 || listing->is_exhausted;
}

/* The number that a template evaluates to, or -1. */
static int64_t
number_of(const struct source_template *template,
    const struct source_lookup *lookup)
{
	struct text text;
	int64_t number;

	text_init(&text, 64);
	source_text_of(template, lookup, &text);
	number = text.len > 0 && !text.over ?
	    text_whole(text.data, text.len) : -1;
	text_release(&text);
	return number;
}

/* The time that a template evaluates to, in ms; or ${default_value}. */
static int64_t
time_of(const struct source_template *template,
    const struct source_lookup *lookup, int64_t default_value)
{
	struct text text;
	int64_t wall = default_value;

	text_init(&text, 200);
	source_text_of(template, lookup, &text);
	if (text.len == 0 || text.over || clock_parse(text.data, &wall) == -1)
		wall = default_value;
	text_release(&text);
	return wall;
}

void
crawl_chain_begin(struct crawl *crawl, struct crawl_listing *listing)
{
	const struct source_resource *resource = listing->resource;
	struct crawl_resolver resolver = { .crawl = crawl,
	    .node = listing->parent };
	struct source_lookup lookup = crawl_lookup(&resolver);
	int64_t first, count;

	if (resource->paging == SOURCE_INTERVALS) {
		listing->from = time_of(&resource->intervals.from, &lookup,
		    INT64_MIN);
		listing->has_no_start = listing->from == INT64_MIN;
		if (listing->has_no_start)
			listing->from = resource->intervals.earliest;
		listing->to = time_of(&resource->intervals.to, &lookup,
		    clock_wall());
		/* Request something, however short the range. */
		listing->end = listing->to - listing->from < 1000 ? 1 :
		    (uint64_t)(listing->to - listing->from + 999) / 1000;
		return;
	}
	first = number_of(&resource->slice.first, &lookup);
	count = number_of(&resource->slice.count, &lookup);
	listing->begin = first > 0 ? (uint64_t)first : 0;
	listing->end = count >= 0 ? listing->begin + (uint64_t)count : 0;
	listing->ask = listing->commit = listing->begin;
}

/* Is there a total, and does nothing follow ${next}? */
static bool
is_reached(const struct crawl_listing *listing, uint64_t next)
{
	return listing->max >= 0 &&
	    next >= listing->begin + (uint64_t)listing->max;
}

static bool
is_same(const char *one, const char *other)
{
	return one != NULL && other != NULL && strcmp(one, other) == 0;
}

/*
 * Is the cursor of the next page 0?  Some servers (Redis) mean that there is no
 * next page, and use 0 for the first page too; for others it is a cursor like
 * any other.  The reply to it tells.
 */
static bool
is_zero(const struct crawl_listing *listing)
{
	return listing->resource->paging == SOURCE_CURSOR &&
	    is_same(listing->cursor, "0");
}

bool
crawl_names_no_page(const struct crawl_job *job,
    const struct crawl_result *result)
{
	return job->cursor == NULL || result->cursor == NULL ||
	    is_same(result->cursor, "0") ||
	    is_same(result->cursor, job->listing->first_cursor);
}

void
crawl_chain_take(struct crawl_listing *listing, struct crawl_job *job)
{
	uint64_t first = crawl_skip(listing, listing->ask), count, end;
	size_t i;

	end = listing->end > 0 ? listing->end : UINT64_MAX;
	for (i = 0; i < listing->n_ranges; i++)
		if (listing->ranges[i].first > first &&
		    listing->ranges[i].first < end)
			end = listing->ranges[i].first;
	job->overlap = listing->resource->paging == SOURCE_OFFSET &&
	    listing->max < 0 && listing->page_size > 1 &&
	    first > listing->begin && !listing->received_alone ? 1 : 0;
	first -= job->overlap;
	count = end - first;
	if (listing->resource->paging != SOURCE_INTERVALS &&
	    count > listing->page_size)
		count = listing->page_size;
	if (count > UINT32_MAX)
		count = UINT32_MAX;
	job->first = first;
	job->count = (uint32_t)count;
	job->cursor = listing->cursor;
	job->is_probe = (listing->resource->paging == SOURCE_OFFSET &&
	    is_reached(listing, first + job->overlap)) ||
	    is_zero(listing);
	listing->ask = first + count;
}

static void
replace_text(char **text, const char *cursor)
{
	char *copy = mem_text(cursor);

	free(*text);
	*text = copy;
}

/*
 * Is the page the last one of a list by cursor?  If all pages have the same
 * cursor (a scroll), the list ends with an empty page, since the next request
 * would be the same.
 */
static bool
is_last(const struct crawl_listing *listing, const struct crawl_job *job,
    const struct crawl_result *result)
{
	if (result->cursor == NULL)
		return true;
	/* If there is a cursor nevertheless, a full page proves nothing. */
	if (result->more == 0 && !listing->is_full)
		return true;
	return result->received == 0 && job->cursor != NULL &&
	    strcmp(job->cursor, result->cursor) == 0;
}

/* Does nothing follow ${received}, except for ranges on disk? */
static bool
is_over(const struct crawl_listing *listing, const struct crawl_job *job,
    uint64_t received, const struct crawl_result *result)
{
	uint64_t next = crawl_skip(listing, received);
	bool reached = is_reached(listing, next);

	if (listing->resource->paging == SOURCE_CURSOR)
		return is_last(listing, job, result);
	if (listing->end > 0 && next >= listing->end)
		return true;
	/* Only the shared record: others may not fit beside it. */
	if (result->received <= job->overlap)
		return result->received == 0 || result->more == 0;
	/* More than received, or than the ranges on disk? */
	if (result->more == 1 && !(reached && next > received))
		return false;
	if (result->more == 0)
		return listing->max < 0 ? !listing->is_full : reached &&
		    !listing->is_capped;
	/* A total may be capped: see crawl_listing.c. */
	return reached && (listing->is_proven ||
	    (!listing->is_full && !listing->is_capped));
}

void
crawl_chain_received(struct crawl_listing *listing, const struct crawl_job *job,
    const struct crawl_result *result)
{
	uint64_t next = job->first + result->received;

	if (listing->resource->paging == SOURCE_INTERVALS) {
		listing->commit = crawl_skip(listing,
		    job->first + job->count);
		return;
	}
	listing->is_resumed = false;
	/* The page before it ended with the record that this page lacks. */
	if (job->overlap > 0 && result->received == 0 && job->count > 1)
		listing->is_broken = true;
	listing->received_alone = job->overlap > 0 &&
	    result->received == job->overlap;
	if (is_over(listing, job, next, result))
		listing->is_exhausted = true;
	if (listing->resource->paging == SOURCE_CURSOR) {
		listing->is_truncated = result->cursor == NULL &&
		    result->more == 1;
		/* Repeating the request of a scroll may skip a page. */
		if (result->retried && result->cursor != NULL &&
		    job->cursor != NULL &&
		    strcmp(result->cursor, job->cursor) == 0)
			listing->unsteady = listing->may_have_skipped = true;
		if (job->cursor == NULL || is_zero(listing))
			replace_text(&listing->first_cursor, result->cursor);
		replace_text(&listing->cursor, result->cursor);
	}
	listing->commit = crawl_skip(listing, next);
	if (listing->is_exhausted)
		listing->n_subranges = 0;
	else if (listing->n_subranges == 0)
		listing->ask = next;
	else if (result->received < job->count)
		crawl_add_subrange(listing, next, job->count -
		    result->received);
}

bool
crawl_is_endless(const struct crawl_job *job)
{
	const struct crawl_listing *listing = job->listing;
	enum source_paging paging = listing->resource->paging;

	/* Only the first record may be bad: the second one tells. */
	if (!listing->first_received && job->first == listing->begin &&
	    job->count == 1 && listing->size > 1 &&
	    paging == SOURCE_OFFSET)
		return false;
	return paging == SOURCE_CURSOR || ((paging == SOURCE_OFFSET ||
	    (paging == SOURCE_NUMBERED && listing->first_received)) &&
	    listing->n_subranges == 0 && listing->max < 0 &&
	    (listing->end == 0 || job->first + job->count < listing->end));
}

void
crawl_chain_failed(struct crawl_listing *listing,
    const struct crawl_job *job)
{
	uint64_t next = job->first + job->count;

	listing->commit = crawl_skip(listing, next);
	if (listing->resource->paging == SOURCE_INTERVALS)
		return;
	/*
	 * The length is unknown and the next page may fail too.  The next run
	 * continues here.
	 */
	if (crawl_is_endless(job))
		listing->is_exhausted = true;
	if (listing->n_subranges > 0)
		return;
	listing->ask = next;
	if (is_reached(listing, next) ||
	    (listing->end > 0 && next >= listing->end))
		listing->is_exhausted = true;
}

void
crawl_chain_known(struct crawl_listing *listing,
    const struct crawl_known *known)
{
	if (listing->resource->paging == SOURCE_INTERVALS)
		return;
	listing->commit = crawl_skip(listing, listing->begin);
	listing->ask = listing->commit;
	if (known->n_ranges == 0)
		return;
	replace_text(&listing->cursor, known->cursor);
	replace_text(&listing->first_cursor, known->first_cursor);
	listing->is_resumed = known->cursor != NULL;
	if (listing->resource->paging == SOURCE_CURSOR)
		listing->is_exhausted = known->cursor == NULL;
	else
		listing->is_exhausted = (is_reached(listing, listing->commit) &&
		    !listing->is_full && !listing->is_capped) ||
		    (listing->end > 0 && listing->commit >= listing->end);
}

void
crawl_chain_again(struct crawl_listing *listing)
{
	if (listing->resource->paging != SOURCE_INTERVALS)
		listing->ask = listing->commit = listing->begin;
	free(listing->cursor);
	listing->cursor = NULL;
	listing->is_resumed = false;
}

uint64_t
crawl_reply_cap(struct crawl *crawl, const struct crawl_job *job)
{
	const struct crawl_listing *listing = job->listing;
	struct crawl_resolver resolver = { .crawl = crawl,
	    .node = listing->parent };
	struct source_lookup lookup = crawl_lookup(&resolver);
	int64_t cap;

	if (listing->resource->paging != SOURCE_INTERVALS)
		return 0;
	cap = number_of(&listing->resource->intervals.cap, &lookup);
	return cap > 0 ? (uint64_t)cap : 1;
}
