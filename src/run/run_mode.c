/*
 * What the modes of a run have in common.
 */

#include "run/run_internal.h"

bool
run_writes(const struct run *run)
{
	return run->settings.mode == RUN_EXPORT;
}

bool
run_notes_keys(const struct run *run)
{
	return run->settings.mode != RUN_ESTIMATE;
}

enum crawl_state
run_finish_page(struct run *run, const struct run_task *task,
    struct manifest_page *page, uint64_t news)
{
	const struct run_listing *own = task->job.listing->user;
	uint32_t overlap = task->job.overlap;
	enum source_paging paging = task->job.listing->resource->paging;
	struct crawl_result result = {.received = page->received,
	    .distinct = page->distinct,
	    .fresh = page->kept,
	    .news = news,
	    .changed = page->moved,
	    .total =
		task->nothing && task->job.count > 0 ? 0 : task->page.total,
	    .size = paging == SOURCE_NUMBERED ? task->page.size : -1,
	    .more = task->nothing ? 0 : task->page.more,
	    .cursor = task->next_cursor,
	    .print = own->print,
	    .known_print = own->known_print,
	    .duplicates_print = own->duplicates_print,
	    .inserted = own->inserted,
	    .retried = task->reply != NULL && task->reply->attempts > 1};

	/* The manifest counts the requested records only. */
	page->moved |= overlap > 0 && crawl_has_moved(&task->job, &result);
	page->received -= page->received < overlap ? page->received : overlap;

	return crawl_finish(run->crawl, &task->job, &result);
}
