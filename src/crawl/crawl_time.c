/*
 * Intervals of lists by time: their borders, and how they are split.
 *
 * A list by time starts as one interval.  An interval whose reply is full is
 * discarded and requested again in two parts.  Each part begins a little before
 * the earlier one ends, because platforms don't say which side includes the
 * border; duplicates are dropped.  Intervals are processed in the order in
 * which the server lists records, so the order of all records does not depend
 * on the splits.
 */

#include "crawl/crawl_internal.h"

#define OVERLAP_MS 1000
#define NARROW_MS 1

/* The time at a position, in ms. */
static int64_t
time_at(const struct crawl_listing *listing, uint64_t position)
{
	int64_t ms = (int64_t)position * 1000;

	return listing->resource->intervals.newest_first ? listing->to - ms :
	    listing->from + ms;
}

/* The start and the end of the interval. */
static void
times_of(const struct crawl_job *job, int64_t *begin, int64_t *end)
{
	const struct crawl_listing *listing = job->listing;
	int64_t one = time_at(listing, job->first);
	int64_t other = time_at(listing, job->first + job->count);

	*begin = one < other ? one : other;
	*end = one < other ? other : one;
	/* The range need not consist of whole seconds. */
	if (*begin < listing->from)
		*begin = listing->from;
	if (*end > listing->to)
		*end = listing->to;
}

bool
crawl_is_inside(const struct crawl_job *job, int64_t offset)
{
	int64_t begin, end;

	times_of(job, &begin, &end);
	/* As in crawl_time_value(): borders are just before seconds. */
	if (end < job->listing->to)
		end -= NARROW_MS;
	if (begin > job->listing->from)
		begin -= NARROW_MS;
	return offset >= begin && offset < end;
}

static void
write_time(int64_t offset, char out[32])
{
	if (offset % 1000 == 0)
		clock_second(offset, out);
	else
		clock_rfc3339(offset, out);
}

void
crawl_time(const struct crawl_job *job, bool end, char out[32])
{
	int64_t from, to;

	times_of(job, &from, &to);
	write_time(end ? to : from, out);
}

const char *
crawl_time_value(struct crawl_resolver *resolver, enum source_var_kind kind)
{
	const struct crawl_job *job = resolver->job;
	const struct crawl_listing *listing;
	int64_t begin, end;

	if (job == NULL || job->listing->resource->paging != SOURCE_INTERVALS)
		return NULL;
	listing = job->listing;
	times_of(job, &begin, &end);
	if (kind == SOURCE_PAGE_END) {
		if (job->is_narrow && end < listing->to)
			end -= NARROW_MS;
		write_time(end, resolver->number);
		return resolver->number;
	}
	if (begin == listing->from && listing->has_no_start)
		return NULL;
	if (begin > listing->from)
		begin -= job->is_narrow ? 2 * NARROW_MS : OVERLAP_MS;
	write_time(begin, resolver->number);
	return resolver->number;
}

bool
crawl_bisect_time(const struct crawl_job *job, int64_t offset)
{
	struct crawl_listing *listing = job->listing;
	int64_t from_first = -1;
	uint64_t part;

	if (job->count < 2)
		return false;
	if (offset > listing->from && offset < listing->to)
		from_first = (listing->resource->intervals.newest_first ?
		    listing->to - offset : offset - listing->from) / 1000 -
		    (int64_t)job->first;
	/* In whole seconds, inside the interval. */
	part = from_first >= 1 && from_first < (int64_t)job->count ?
	    (uint64_t)from_first : job->count / 2;
	listing->under_way--;
	crawl_add_subrange(listing, job->first, part);
	crawl_add_subrange(listing, job->first + part, job->count - part);
	return true;
}

/*
 * Intervals overlap by a second, so an interval of one second has the records
 * of two.  If these are too many, put the borders where no record with whole
 * seconds can be: just before each second.
 */
bool
crawl_narrow(const struct crawl_job *job, uint64_t seen)
{
	struct crawl_listing *listing = job->listing;

	if (job->count != 1 || job->is_narrow)
		return false;
	listing->narrow = mem_need(listing->narrow, listing->n_narrow + 1,
	    &listing->narrow_capacity, sizeof(*listing->narrow));
	listing->narrow[listing->n_narrow++] = (struct crawl_range){
	    job->first, seen };
	listing->under_way--;
	crawl_add_subrange(listing, job->first, 1);
	return true;
}

void
crawl_take_narrow(struct crawl_listing *listing, struct crawl_job *job)
{
	size_t i;

	for (i = 0; i < listing->n_narrow; i++) {
		if (listing->narrow[i].first != job->first)
			continue;
		job->is_narrow = true;
		job->min = listing->narrow[i].count;
	}
}
