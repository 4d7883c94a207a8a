/*
 * Prints the records of one list as JSON lines: a dry run that reads the list
 * to its end.
 */

#include <errno.h>

#include "run/run_internal.h"

int
run_print_begin(struct run *run, struct err *err)
{
	const struct source *source = run->settings.source;
	struct source_lookup lookup = run_lookup(run);
	struct text names;
	size_t i, n = 0;

	text_init(&names, 1000);
	for (i = 0; i < source->n_resources; i++) {
		const struct source_resource *resource =
		    &source->resources[i];

		if (resource->parent == NULL && resource->is_list &&
		    source_holds(&resource->when, &lookup))
			text_addf(&names, "%s%s", n++ > 0 ? ", " : "",
			    resource->name);
	}
	if (n != 1)
		err_set(err, ERR_USAGE, "--stdout prints the records of one "
		    "list, but these options select %s: %s; select one with "
		    "the options of the source, or leave out --stdout",
		    n == 0 ? "none" : "several",
		    n == 0 ? "-" : names.data);
	text_release(&names);
	return n == 1 ? 0 : -1;
}

int
run_print_page(struct run *run, struct run_task *task,
    struct manifest_page *page, struct err *err)
{
	struct crawl_listing *listing = task->job.listing;
	struct run_listing *own = listing->user;
	struct page_record record;
	enum run_seen seen;
	struct text line;
	bool named;
	size_t i;
	int rc = 0;

	if (!listing->resource->is_list)
		return 0;
	text_init(&line, SIZE_MAX / 4);
	page->distinct = 0;
	for (i = 0; i < task->page.n; i++) {
		if (run_note_is_overlap(task, i))
			continue;
		record = page_record(&task->page, i);
		seen = run_note_reply(run, task, i, &named);
		page->distinct += seen != RUN_DUPLICATE;
		page->kept += seen == RUN_NEW;
		if (seen != RUN_NEW)
			continue;
		page_line(record.bytes, &line);
		text_addc(&line, '\n');
		run->records++;
	}
	if (task->page.n > 0)
		run_note_last(own, task->page.records[task->page.n - 1]);
	if (line.len > 0 && fwrite(line.data, 1, line.len,
	    run->settings.lines) != line.len)
		rc = err_errno(err, ERR_DISK, "write to standard output");
	text_release(&line);
	return rc;
}
