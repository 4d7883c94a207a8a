/*
 * The queue: listings that are ready, listings that are open, records that are
 * done.
 */

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "crawl/crawl_internal.h"

struct crawl *
crawl_new(const struct crawl_settings *settings)
{
	struct crawl *crawl = mem_zero(1, sizeof(*crawl));

	crawl->settings = *settings;
	crawl->last_done = &crawl->done_markers;
	/* A record is no deeper than the number of resources. */
	crawl->ready_at = mem_zero(settings->source->n_resources + 2,
	    sizeof(size_t));
	crawl_expand(crawl, &crawl->root);
	return crawl;
}

static bool
take_done(struct crawl *crawl, struct crawl_job *job)
{
	struct crawl_done *done = crawl->done_markers;

	if (done == NULL)
		return false;
	if ((crawl->done_markers = done->next) == NULL)
		crawl->last_done = &crawl->done_markers;
	*job = (struct crawl_job){ .what = CRAWL_DONE, .node = done->node };
	crawl->done_out++;
	free(done);
	return true;
}

static void
take_ready(struct crawl *crawl, struct crawl_job *job)
{
	struct crawl_listing *listing = crawl->ready;

	DL_DELETE2(crawl->ready, listing, prev, next);
	crawl->n_ready--;
	crawl->ready_at[listing->parent->depth]--;
	*job = (struct crawl_job){ .what = CRAWL_OPEN, .listing = listing,
	    .pass = 1 };
}

/*
 * The open listing with a page to request that belongs to the earliest top
 * record.
 */
static struct crawl_listing *
find_ready_page(struct crawl *crawl, bool next_only)
{
	struct crawl_listing *listing, *best = NULL;

	DL_FOREACH2(crawl->open, listing, next)
		if ((best == NULL ||
		    listing->parent->order < best->parent->order) &&
		    crawl_has_page(crawl, listing, next_only))
			best = listing;
	return best;
}

/*
 * Top records are finished one after the other, each as soon as possible: a job
 * of an earlier top record goes first, and of jobs of the same one a new
 * listing goes before a page of an open one.
 */
enum crawl_what
crawl_next(struct crawl *crawl, bool next_only, struct crawl_job *job)
{
	struct crawl_listing *listing;

	/* Listings found from here on go to the front. */
	crawl->last_linked = NULL;
	if (take_done(crawl, job))
		return job->what;
	listing = find_ready_page(crawl, next_only);
	if (crawl->ready != NULL && (listing == NULL ||
	    crawl->ready->parent->order <= listing->parent->order))
		take_ready(crawl, job);
	else if (listing != NULL)
		crawl_take_page(listing, job);
	else
		*job = (struct crawl_job){ .what = CRAWL_NOTHING };
	return job->what;
}

bool
crawl_is_over(const struct crawl *crawl)
{
	return crawl->root.below == NULL;
}

void
crawl_count(const struct crawl *crawl, struct crawl_counts *counts)
{
	const struct crawl_listing *listing;

	*counts = (struct crawl_counts){ .listings_ready = crawl->n_ready };
	DL_FOREACH2(crawl->open, listing, next) {
		counts->listings_open++;
		if (listing->size > 0 && listing->total >= 0 &&
		    !listing->is_exhausted &&
		    (uint64_t)listing->total > listing->ask)
			counts->pages_known += ((uint64_t)listing->total -
			    listing->ask + listing->size - 1) /
			    listing->size;
	}
}

const struct crawl_listing *
crawl_each_open(const struct crawl *crawl, const struct crawl_listing *after)
{
	return after == NULL ? crawl->open : after->next;
}

struct crawl_listing *
crawl_each_ready(const struct crawl *crawl, const struct crawl_listing *after)
{
	return after == NULL ? crawl->ready : after->next;
}

/* Free everything below ${node}; the depth is bounded by the source. */
static void
free_below(struct crawl_node *node)
{
	struct crawl_listing *listing, *next_listing;
	struct crawl_node *record, *next_record;

	for (listing = node->below; listing != NULL;
	    listing = next_listing) {
		next_listing = listing->next_below;
		for (record = listing->nodes; record != NULL;
		    record = next_record) {
			next_record = record->next;
			free_below(record);
			crawl_free_node(record);
			free(record);
		}
		crawl_free_listing(listing);
	}
}

void
crawl_free(struct crawl *crawl)
{
	struct crawl_done *done, *next;

	if (crawl == NULL)
		return;
	for (done = crawl->done_markers; done != NULL; done = next) {
		next = done->next;
		free(done);
	}
	free_below(&crawl->root);
	crawl_free_node(&crawl->root);
	free(crawl->ready_at);
	free(crawl);
}
