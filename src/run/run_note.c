/*
 * Notes which records came before, in this reading of a listing or in an
 * earlier one.
 */

#include <string.h>

#include "run/run_internal.h"

void
run_note_start(struct run_listing *own)
{
	set_free(own->tally);
	own->tally = set_new();
}

void
run_note_restart(struct run_listing *own)
{
	if (own->pass_seen != own->seen)
		set_free(own->pass_seen);
	own->pass_seen = set_new();
	own->has_last = false;
	own->print = own->known_print = own->duplicates_print = 0;
	own->inserted = own->maybe_inserted = 0;
	own->has_known = false;
	run_note_start(own);
	set_free(own->pages);
	own->pages = NULL;
	set_free(own->exact);
	own->exact = NULL;
	own->is_unsure = own->is_doubtful = own->is_repeated = false;
}

enum run_seen
run_note_key(const struct run *run, struct run_listing *own)
{
	const struct text *key = &run->scratch;
	bool is_new = set_add(own->seen, key->data, key->len);
	bool in_pass = own->pass_seen == own->seen ? is_new :
	    set_add(own->pass_seen, key->data, key->len);

	return is_new ? RUN_NEW : in_pass ? RUN_REPEAT : RUN_DUPLICATE;
}

enum run_seen
run_note(struct run *run, struct run_listing *own,
    const struct page_record *record, bool *named)
{
	*named = page_key(record, own->tally, &run->scratch);
	own->has_unnamed |= !*named;
	own->is_equal = !*named && run->scratch.len > SHA256_BYTES;
	return run_note_key(run, own);
}

bool
run_note_is_unnamed(const struct run_task *task)
{
	const struct page *page = &task->page;
	struct page_record record;
	size_t i;

	for (i = 0; i < page->n; i++) {
		record = page_record(page, i);
		if (page_is_named(&record))
			return false;
	}
	return page->n > task->job.overlap &&
	    task->job.listing->resource->paging != SOURCE_INTERVALS;
}

bool
run_note_is_same_page(const struct run_task *task)
{
	const struct page *page = &task->page;
	struct run_listing *own = task->job.listing->user;
	unsigned char hash[SHA256_BYTES];
	struct sha256 *all;
	size_t i;

	all = sha256_new();
	for (i = task->job.overlap; i < page->n; i++) {
		sha256_add(all, page->records[i].data, page->records[i].len);
		sha256_add(all, "\n", 1);
	}
	sha256_peek(all, hash);
	sha256_free(all);
	if (own->pages == NULL)
		own->pages = set_new();
	return !set_add(own->pages, hash, sizeof(hash));
}

bool
run_note_is_uniform(const struct run_task *task)
{
	const struct span *records = task->page.records;
	size_t i;

	for (i = 1; i < task->page.n; i++)
		if (records[i].len != records[0].len || memcmp(records[i].data,
		    records[0].data, records[0].len) != 0)
			return false;
	return true;
}

bool
run_note_has_news(struct run *run, const struct run_task *task)
{
	const struct run_listing *own = task->job.listing->user;
	struct page_record record;
	size_t i;

	for (i = 0; i < task->page.n; i++) {
		record = page_record(&task->page, i);
		(void)page_key(&record, NULL, &run->scratch);
		if (!set_has(own->pass_seen, run->scratch.data,
		    run->scratch.len))
			return true;
	}
	return false;
}

void
run_note_last(struct run_listing *own, struct span bytes)
{
	sha256_of(bytes.data, bytes.len, own->last);
	own->has_last = true;
}

bool
run_note_has_time(const struct run_task *task, struct span record)
{
	const struct source_resource *resource = task->job.listing->resource;
	struct span time;

	return resource->paging != SOURCE_INTERVALS ||
	    (resource->intervals.time != NULL &&
	    page_find(record, resource->intervals.time, &time));
}

bool
run_note_is_overlap(const struct run_task *task, size_t i)
{
	const struct run_listing *own = task->job.listing->user;
	unsigned char hash[SHA256_BYTES];

	if (i >= task->job.overlap || !own->has_last)
		return false;
	sha256_of(task->page.records[i].data, task->page.records[i].len, hash);
	return memcmp(hash, own->last, sizeof(hash)) == 0;
}
