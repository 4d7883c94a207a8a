/*
 * Commits the pages of a run that writes no files.
 */

#include "run/run_internal.h"

/* Do with the page what the mode is for. */
static int
take_page(struct run *run, struct run_task *task, struct manifest_page *page,
    struct err *err)
{
	run_estimate_page(run, task);
	switch (run->settings.mode) {
	case RUN_PRINT:
		return run_print_page(run, task, page, err);
	case RUN_COMPARE:
		return run_compare_page(run, task, page, err);
	case RUN_EXPORT:
	case RUN_ESTIMATE:
		break;
	}
	return 0;
}

/* Was the first page enough? */
static bool
is_enough(const struct run *run, const struct run_listing *own)
{
	return !run_estimate_reads_all(own->crawl->resource) &&
	    run->settings.mode != RUN_PRINT &&
	    !(run->settings.mode == RUN_COMPARE &&
	    run_compare_reads_all(run, own));
}

int
run_dry_commit(struct run *run, struct run_task *task, struct err *err)
{
	struct run_listing *own = task->job.listing->user;
	struct manifest_page page = { .partial = false };
	enum crawl_state state;

	page.received = page.distinct = task->page.n;
	/* Its first record may be the last one of the page before. */
	if (page.distinct >= task->job.overlap)
		page.distinct -= task->job.overlap;
	if (take_page(run, task, &page, err) == -1)
		return -1;
	state = run_finish_page(run, task, &page, page.distinct);
	/* Once, by the first page: a total that changes must not end it. */
	if (!own->is_checked)
		own->is_enough = is_enough(run, own);
	own->is_checked = true;
	if (own->is_enough && own->crawl->under_way == 0)
		state = CRAWL_COMPLETE;
	run_free_task(run, task);
	if (state == CRAWL_COMPLETE && run_compare_end(run, own, err) == -1)
		return -1;
	return run_listing_state(run, own, state, err);
}
