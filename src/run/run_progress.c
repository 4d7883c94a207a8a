/*
 * Progress, for the display.
 */

#include <stdio.h>
#include <string.h>

#include "run/run_internal.h"

/*
 * Estimate the pages not known yet: for each listing to come, the average of
 * those that have ended.
 */
static double
guess_left(const struct run *run, const struct crawl_counts *counts)
{
	double each = run->pages > 0 && run->listings > 0 ?
	    (double)run->pages / (double)run->listings : 1;
	double left = (double)counts->pages_known +
	    (double)counts->listings_ready * each;
	double units = run->units_total > 0 ?
	    (double)run->units_total - (double)run->units_done : 0;

	/* Units whose listings are not ready yet. */
	if (run->units_done > 0 && units > 0) {
		double by_units = (double)run->pages /
		    (double)run->units_done * units;

		if (by_units > left)
			left = by_units;
	}
	return left;
}

/* The record's path, which people know it by; or NULL. */
static const char *
path_of(const struct crawl_node *node)
{
	const struct source_resource *resource = node->resource;
	size_t i;

	for (i = 0; i < resource->n_fields; i++)
		if (strcmp(resource->fields[i].name, "path") == 0 &&
		    node->values != NULL && node->values[i] != NULL &&
		    node->values[i][0] != '\0')
			return node->values[i];
	return NULL;
}

static void
add_names(const struct crawl_node *node, struct text *name)
{
	if (node == NULL || node->parent == NULL)
		return;
	add_names(node->parent, name);
	text_addc(name, ' ');
	text_adds(name, path_of(node) != NULL ? path_of(node) : node->key);
}

static void
add_current(struct run_progress *progress, const struct crawl_listing *open)
{
	const struct run_listing *own = open->user;
	struct run_current *current;
	struct text name;
	size_t offset;

	if (!open->resource->is_list || own == NULL ||
	    progress->n_current == RUN_CURRENT ||
	    (!open->first_received && own->records == 0))
		return;
	current = &progress->current[progress->n_current++];
	text_init(&name, SIZE_MAX / 4);
	text_adds(&name, open->resource->name);
	add_names(open->parent, &name);
	/* Show the end of a longer one. */
	offset = name.len < sizeof(current->name) ? 0 : name.len -
	    sizeof(current->name) + 1;
	snprintf(
	    current->name, sizeof(current->name), "%s", &name.data[offset]);
	text_release(&name);
	current->records = own->records;
	current->total = open->first_received ? open->total : -1;
}

void
run_progress(const struct run *run, struct run_progress *progress)
{
	const struct crawl_listing *open = NULL;
	struct crawl_counts counts;

	*progress = (struct run_progress){ .unit = run->unit->name,
	    .units_done = run->units_done, .units_total = run->units_total,
	    .records = run->records, .gaps = run->gaps,
	    .pages_done = run->pages, .ms = clock_ms() - run->began,
	    .restored = run->restored != NULL ? set_count(run->restored) : 0,
	    .unfetched = run->unfetched, .lost = run->lost,
	    .is_merged = run->is_merged, .is_doubtful = run->is_doubtful };
	if (run->http != NULL)
		http_count(run->http, &progress->http);
	if (run->crawl == NULL)
		return;
	crawl_count(run->crawl, &counts);
	while ((open = crawl_each_open(run->crawl, open)) != NULL) {
		if (open->resource == run->unit && open->total >= 0)
			progress->units_total = open->total;
		/* Without done markers, a unit is done when it is on disk. */
		if (open->resource == run->unit && open->user != NULL &&
		    run->unit->done.line == 0)
			progress->units_done = ((const struct run_listing *)
			    open->user)->records;
		add_current(progress, open);
	}
	progress->pages_left = guess_left(run, &counts) +
	    progress->http.under_way + progress->http.waiting;
}
