/*
 * What has changed on the server since an export was made: a dry run that
 * compares what it reads with the manifest.
 *
 * A list whose total matches the manifest is taken as unchanged, unless its
 * records are read anyway.  Any other is read to its end, and the keys on both
 * sides are compared.
 */

#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

int
run_compare_begin(struct run *run, struct err *err)
{
	run->online_tree = tree_peek(run->settings.online, err);
	if (run->online_tree == NULL)
		return -1;
	run->online = manifest_open(run->online_tree, run->settings.log, err);
	/* Send the key to no other server than the export's. */
	return run->online == NULL ? -1 : run_check_server(run,
	    manifest_header(run->online), run->settings.online, err);
}

/* How many of the export's records the server had at the end. */
static bool
find_known(const struct run *run, const struct run_listing *own,
    uint64_t *records)
{
	struct manifest_listing known;

	if (!own->crawl->resource->is_list ||
	    !manifest_find(run->online, own->crawl->key, &known))
		return false;
	*records = known.records - known.gone;
	return true;
}

bool
run_compare_reads_all(const struct run *run, const struct run_listing *own)
{
	uint64_t known;

	if (!find_known(run, own, &known))
		return false;
	/* Without a total, only the end of the list tells. */
	if (own->crawl->total < 0)
		return source_in_order(own->crawl->resource) ||
		    own->crawl->resource->paging == SOURCE_INTERVALS;
	return (uint64_t)own->crawl->total != known;
}

/* ${named}: the record has a key; the digest of one without is no name. */
static void
add_change(struct run *run, const char *listing, bool named, bool gone)
{
	struct text name;

	text_init(&name, 4096);
	if (named)
		(void)text_add_visible(&name, run->scratch.data,
		    run->scratch.len);
	else
		text_adds(&name, "a record without a key");
	run->changes = mem_need(run->changes, run->n_changes + 1,
	    &run->changes_capacity, sizeof(*run->changes));
	run->changes[run->n_changes++] = (struct run_change){
	    mem_text(listing), text_take(&name), gone };
}

/*
 * Read the keys on disk into own->known; or, with ${tell}, note those that are
 * not in own->seen as removed.
 */
static int
read_disk(struct run *run, struct run_listing *own, bool tell,
    struct err *err)
{
	struct crawl_listing *listing = own->crawl;
	struct run_reader *reader = run_reader_new(run, listing->key,
	    own->dir, err);
	struct set *tally = set_new();
	struct page_record record;
	bool named;
	int rc = -1;

	while (reader != NULL &&
	    (rc = run_reader_next(reader, &record, err)) == 1) {
		named = page_key(&record, tally, &run->scratch);
		if (!tell)
			set_add(own->known, run->scratch.data,
			    run->scratch.len);
		else if (!set_has(own->seen, run->scratch.data,
		    run->scratch.len))
			add_change(run, listing->key, named, true);
	}
	set_free(tally);
	if (reader == NULL)
		return -1;
	run_reader_free(reader);
	return rc;
}

int
run_compare_page(struct run *run, struct run_task *task,
    struct manifest_page *page, struct err *err)
{
	struct crawl_listing *listing = task->job.listing;
	struct run_listing *own = listing->user;
	enum run_seen seen;
	uint64_t known;
	bool named;
	size_t i;

	if (!listing->resource->is_list)
		return 0;
	if (own->known == NULL && find_known(run, own, &known)) {
		own->known = set_new();
		if (read_disk(run, own, false, err) == -1)
			return -1;
	}
	page->distinct = 0;
	for (i = 0; i < task->page.n; i++) {
		if (run_note_is_overlap(task, i))
			continue;
		seen = run_note_reply(run, task, i, &named);
		page->distinct += seen != RUN_DUPLICATE;
		page->kept += seen == RUN_NEW;
		if (seen == RUN_NEW && own->known != NULL &&
		    !set_has(own->known, run->scratch.data, run->scratch.len))
			add_change(run, listing->key, named, false);
	}
	if (task->page.n > 0)
		run_note_last(own, task->page.records[task->page.n - 1]);
	return 0;
}

int
run_compare_end(struct run *run, struct run_listing *own, struct err *err)
{
	/* Only if the list was read to its end. */
	if (own->known == NULL || (own->crawl->total >= 0 &&
	    set_count(own->seen) < (uint64_t)own->crawl->total))
		return 0;
	return read_disk(run, own, true, err);
}

const struct run_change *
run_changes(const struct run *run, size_t *n)
{
	*n = run->n_changes;
	return run->changes;
}

void
run_compare_free(struct run *run)
{
	size_t i;

	for (i = 0; i < run->n_changes; i++) {
		free(run->changes[i].listing);
		free(run->changes[i].record);
	}
	free(run->changes);
	manifest_close(run->online);
	tree_close(run->online_tree);
}
