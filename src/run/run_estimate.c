/*
 * A dry run: the same crawl, but only as far as counting requires.
 *
 * A listing with children is read in full.  For other lists the first page
 * gives the total.  A document is not requested, unless it is a list itself or
 * a listing needs one of its fields.
 */

#include <string.h>

#include "run/run_internal.h"

/* Estimate for documents that are not requested. */
#define DOCUMENT_BYTES 1000

/* Find or add the row of a resource and, for units, of a group. */
static struct run_estimate *
row_for(struct run *run, const struct source_resource *resource,
    const char *group)
{
	struct run_estimate *row;
	size_t i;

	for (i = 0; i < run->n_estimates; i++) {
		row = &run->estimates[i];
		if (strcmp(row->resource, resource->name) == 0 &&
		    (group == NULL ? row->group == NULL :
		    row->group != NULL && strcmp(row->group, group) == 0))
			return row;
	}
	run->estimates = mem_need(run->estimates, run->n_estimates + 1,
	    &run->estimates_capacity, sizeof(*run->estimates));
	row = &run->estimates[run->n_estimates++];
	*row = (struct run_estimate){ .resource = resource->name,
	    .group = mem_text(group) };
	return row;
}

bool
run_estimate_reads_all(const struct source_resource *resource)
{
	return resource->has_children || !resource->is_list;
}

/* Must the document be requested, for a field or for its items? */
static bool
is_needed(const struct source_resource *resource)
{
	return !resource->is_list && (resource->shape.form == SOURCE_ARRAY ||
	    resource->store == SOURCE_KEEP_NOTHING);
}

bool
run_estimate_open(struct run *run, const struct crawl_listing *listing)
{
	const struct source_resource *resource = listing->resource;
	struct run_estimate *row = row_for(run, resource, NULL);

	/* Only one list is printed, and what it depends on. */
	if (run->settings.mode == RUN_PRINT)
		return resource->is_list ||
		    resource->store == SOURCE_KEEP_NOTHING;
	if (resource->derive != NULL) {
		row->bytes += DOCUMENT_BYTES;
		return false;
	}
	if (resource->is_list || is_needed(resource))
		return true;
	row->records++;
	row->requests++;
	row->bytes += DOCUMENT_BYTES;
	return false;
}

/*
 * Count the records of a unit by the first field after its key: files by type.
 */
static void
count_groups(struct run *run, const struct run_task *task)
{
	const struct source_resource *resource = task->job.listing->resource;
	struct page_record record;
	char **values;
	size_t i;

	if (resource != run->unit || resource->n_fields < 2)
		return;
	for (i = 0; i < task->page.n; i++) {
		record = page_record(&task->page, i);
		values = page_values(&record);
		if (values[1] != NULL)
			row_for(run, resource, values[1])->records++;
		page_free_texts(values, resource->n_fields);
	}
}

/* Count the rows derived from the record. */
static void
count_derived(struct run *run, const struct source_resource *from,
    struct span record)
{
	const struct source *source = run->settings.source;
	struct span items;
	size_t i;

	for (i = 0; i < source->n_resources; i++) {
		const struct source_resource *resource =
		    &source->resources[i];

		if (resource->derive != NULL &&
		    resource->derive->from == from &&
		    page_find(record, resource->derive->each, &items))
			row_for(run, resource, NULL)->records +=
			    page_items(items);
	}
}

/* How many more requests a list needs, by its total. */
static uint64_t
more_requests(const struct source_resource *resource, uint64_t total,
    uint64_t size)
{
	if (resource->paging == SOURCE_INTERVALS)
		return total > size ? 3 * total / size : 0;
	/* After a full last page, one more is requested. */
	return resource->shape.more == NULL ? total / size :
	    (total - 1) / size;
}

void
run_estimate_page(struct run *run, const struct run_task *task)
{
	struct crawl_listing *listing = task->job.listing;
	const struct source_resource *resource = listing->resource;
	struct run_estimate *row;
	uint64_t total, bytes = 0, size = task->job.count;
	int64_t reported = task->page.total;
	struct page_record record;
	size_t i;

	for (i = 0; i < task->page.n; i++) {
		record = page_record(&task->page, i);
		bytes += record.bytes.len;
		count_derived(run, resource, record.bytes);
		if (resource->has_children && run->settings.mode != RUN_PRINT &&
		    page_key(&record, NULL, &run->scratch))
			run_link(run, listing, &record);
	}
	/* run_link() may have moved the row. */
	row = row_for(run, resource, NULL);
	row->requests++;
	/* Another record may give the total. */
	if (reported < 0 && resource->has_expect)
		reported = crawl_number(run->crawl, listing, &resource->expect);
	total = task->page.n;
	if (!run_estimate_reads_all(resource) && reported >= 0) {
		/*
		 * Estimate the rest from this page; full intervals are
		 * requested again in parts.
		 */
		if (task->page.size > 0)
			size = (uint64_t)task->page.size;
		total = (uint64_t)reported;
		if (listing->end > 0 && total > listing->end)
			total = listing->end;
		total -= total < listing->begin ? total : listing->begin;
		if (size > 0 && total > 0)
			row->requests += more_requests(resource, total,
			    size);
		if (task->page.n > 0)
			bytes = bytes / task->page.n * total;
	} else if (!run_estimate_reads_all(resource) && task->page.n > 0 &&
	    task->page.more != 0 && (source_in_order(resource) ?
	    resource->paging == SOURCE_OFFSET || task->next_cursor != NULL :
	    task->page.n >= crawl_reply_cap(run->crawl, &task->job) &&
	    resource->paging == SOURCE_INTERVALS))
		row->at_least = true;
	if (resource->shape.form == SOURCE_ARRAY && task->page.n > 0)
		total = page_items(task->page.records[0]);
	row->records += total;
	row->bytes += bytes;
	if (!resource->is_list && resource->n_fields > 0) {
		record = page_record(&task->page, 0);
		json_decref(run_fields(run, listing, &record));
	}
	count_groups(run, task);
}

const struct run_estimate *
run_estimates(const struct run *run, size_t *n)
{
	*n = run->n_estimates;
	return run->estimates;
}
