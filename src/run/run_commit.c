/*
 * Writes a page's records to disk, and the manifest's line for them.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

/* The outcome of a page. */
struct outcome {
	struct manifest_page page;
	struct tree_receipts files;
	uint64_t news;
};

/* A record of the page can't be kept, or its children can't be requested. */
static void
record_gap(struct run *run, const struct run_task *task,
    struct outcome *outcome, size_t i, const char *why)
{
	struct manifest_gap gap = run_no_gap(task->job.listing->key);

	gap.record = (int64_t)(task->job.first + i);
	gap.why = (char *)why;
	outcome->page.partial = true;
	run_gap(run, &gap);
}

/* Write one record to its file. */
static int
put_object(struct run *run, const struct run_task *task,
    struct outcome *outcome, size_t i, struct err *err)
{
	const struct run_listing *own = task->job.listing->user;
	struct page_record record = page_record(&task->page, i);
	int rc = 1;

	/* It may already be there under its key alone. */
	if (own->is_shared)
		rc = run_differs(run, task->job.listing, &record, err);
	if (rc != 1)
		return rc;
	if (run_put(run, task->job.listing, &record, own->is_shared,
	    &outcome->files, err) == 0) {
		outcome->page.kept++;
		return 0;
	}
	if (err->kind != ERR_DATA)
		return -1;
	record_gap(run, task, outcome, i, err->text);
	return 0;
}

/*
 * Keys are shared in this list, so the record is a different one from that on
 * disk, whether or not the server still has that: write it beside.
 */
static int
put_beside(struct run *run, struct run_task *task, struct outcome *outcome,
    const struct page_record *record, struct err *err)
{
	struct run_listing *own = task->job.listing->user;
	struct text have;
	int rc;

	text_init(&have, SIZE_MAX / 4);
	rc = tree_get(run->tree, run->path.data, &have, err);
	(void)page_key(record, NULL, &run->scratch);
	run_shared_add(run, own);
	if (rc == 0)
		run_shared_note(run, own, (struct span){ have.data, have.len },
		    false);
	text_release(&have);
	if (rc == 0)
		run_shared_note(run, own, record->bytes, true);
	if (rc == 0)
		rc = run_put(run, task->job.listing, record, true,
		    &outcome->files, err);
	if (rc == -1)
		return -1;
	outcome->page.kept++;
	outcome->page.same_key++;
	own->same_key++;
	return 0;
}

/*
 * A record came again.  The version of this reading replaces that of an earlier
 * one.  If it came twice in this reading, the end of the listing tells which
 * version stays.
 */
static int
take_again(struct run *run, struct run_task *task, struct outcome *outcome,
    const struct page_record *record, enum run_seen seen, struct err *err)
{
	struct crawl_listing *listing = task->job.listing;
	struct run_listing *own = listing->user;
	int rc;

	if (own->dir != NULL) {
		/* An earlier reading has a stream of its own. */
		if (seen == RUN_DUPLICATE)
			run_duplicate(own, &run->scratch, record->bytes);
		return 0;
	}
	if ((rc = run_differs(run, listing, record, err)) != 1)
		return rc;
	if (seen == RUN_DUPLICATE) {
		(void)page_key(record, NULL, &run->scratch);
		run_duplicate(own, &run->scratch, record->bytes);
		return 0;
	}
	/* Records that another tool exported stay as they are. */
	if (run->adopted) {
		own->outdated++;
		return 0;
	}
	if (own->shared != NULL)
		return put_beside(run, task, outcome, record, err);
	own->changed++;
	return run_put_again(run, listing, record, &outcome->files, err);
}

/* A new record of the page has no key. */
static void
report_unnamed(struct run *run, const struct run_task *task,
    struct outcome *outcome, size_t i)
{
	const struct source_resource *resource = task->job.listing->resource;

	if (resource->has_children)
		record_gap(run, task, outcome, i, "the record has no key, so "
		    "the listings below it can't be fetched");
	else if (set_add(run->reported, resource->name, strlen(resource->name)))
		log_event(run->settings.log, LOG_WARN, "run", "records "
		    "without a key are all kept, even those with equal bytes",
		    "resource", task->key, NULL);
}

/* Add a record to the stream of this reading. */
static int
add_again(struct run *run, struct run_listing *own,
    const struct page_record *record, enum run_seen seen, bool breaks,
    struct err *err)
{
	struct span line = record->bytes;
	int rc = seen == RUN_REPEAT && !own->is_shared ?
	    run_kept_line(run, own, line, &line, err) : 0;

	return rc == -1 ? -1 : tree_stream_add(own->again, &line, 1,
	    breaks && rc == 0, err);
}

/* Store a new record and link its children. */
static int
take_fresh(struct run *run, struct run_task *task, struct outcome *outcome,
    size_t i, bool named, struct err *err)
{
	struct crawl_listing *listing = task->job.listing;
	struct run_listing *own = listing->user;
	struct page_record record = page_record(&task->page, i);

	if (!named)
		report_unnamed(run, task, outcome, i);
	own->same_key += own->is_shared;
	outcome->page.same_key += own->is_shared;
	if (own->dir == NULL &&
	    put_object(run, task, outcome, i, err) == -1)
		return -1;
	if (named && !own->is_shared)
		run_link(run, listing, &record);
	return 0;
}

/* Process the records of the page; set ${is_fresh} for the new ones. */
static int
sort_out(struct run *run, struct run_task *task, struct outcome *outcome,
    bool *is_fresh, struct err *err)
{
	struct run_listing *own = task->job.listing->user;
	struct page *page = &task->page;
	struct page_record record;
	enum run_seen seen;
	bool named;
	size_t i;

	for (i = 0; i < page->n; i++) {
		if (run_note_is_overlap(task, i))
			continue;
		record = page_record(page, i);
		seen = run_note_reply(run, task, i, &named);
		outcome->page.distinct += seen != RUN_DUPLICATE;
		outcome->news += seen != RUN_DUPLICATE && !own->is_equal;
		if (seen != RUN_DUPLICATE && own->again != NULL &&
		    add_again(run, own, &record, seen, page->has_breaks,
		    err) == -1)
			return -1;
		/* In other lists, a duplicate is proof enough. */
		if (named && !own->is_shared && run_shared_is_other(run, own,
		    record.bytes) && seen == RUN_DUPLICATE)
			outcome->page.moved = true;
		is_fresh[i] = seen == RUN_NEW;
		if (is_fresh[i]) {
			if (take_fresh(run, task, outcome, i, named,
			    err) == -1)
				return -1;
			continue;
		}
		if (named && !own->is_shared && take_again(run, task, outcome,
		    &record, seen, err) == -1)
			return -1;
		own->is_unsure |= seen == RUN_DUPLICATE && !named &&
		    !run_note_has_time(task, record.bytes);
	}
	return 0;
}

/* Process the page and move its new records to the front. */
static int
keep_fresh(struct run *run, struct run_task *task, struct outcome *outcome,
    struct err *err)
{
	struct page *page = &task->page;
	bool *is_fresh = mem_zero(page->n + 1, sizeof(*is_fresh));
	int rc = sort_out(run, task, outcome, is_fresh, err);
	size_t i, fresh = 0;

	/* Only now, since records are compared with those before them. */
	for (i = 0; i < page->n; i++)
		if (is_fresh[i])
			page_keep(page, i, fresh++);
	page->n = fresh;
	free(is_fresh);
	return rc;
}

/*
 * Records without a key that came before may be the same or equal ones.  Pages
 * may be equal, if the total counts all of them and nothing follows it.  Some
 * servers repeat a page when asked for more; then the total was right, but they
 * may have repeated pages before.
 */
static void
look_at_unnamed(struct run *run, struct run_task *task)
{
	struct run_listing *own = task->job.listing->user;
	bool is_probe = task->job.is_probe &&
	    !crawl_is_short(task->job.listing);
	bool is_same, is_uniform = run_note_is_uniform(task);

	if (!run_note_is_unnamed(task))
		return;
	is_same = run_note_is_same_page(task);
	if (!is_probe) {
		own->is_doubtful |= is_same;
		own->is_repeated |= is_same && !is_uniform;
	} else if (is_same) {
		own->is_unsure |= own->is_repeated;
		task->page.n = 0;
	} else {
		own->is_unsure |= !run_note_has_news(run, task);
	}
}

static int
store_list(struct run *run, struct run_task *task, struct outcome *outcome,
    struct err *err)
{
	struct crawl_listing *listing = task->job.listing;
	struct run_listing *own = listing->user;
	struct page *page = &task->page;
	struct span last = page->n > 0 ? page->records[page->n - 1] :
	    (struct span){ NULL, 0 };

	outcome->page.received = page->n;
	if (listing->resource->paging == SOURCE_INTERVALS)
		run_note_start(own);
	look_at_unnamed(run, task);
	if (keep_fresh(run, task, outcome, err) == -1)
		return -1;
	if (last.data != NULL)
		run_note_last(own, last);
	if (own->is_legacy) {
		outcome->page.kept = page->n;
	} else if (own->stream != NULL) {
		outcome->page.position = tree_stream_lines(own->stream);
		if (tree_stream_add(own->stream, page->records, page->n,
		    page->has_breaks, err) == -1)
			return -1;
		tree_stream_changed(own->stream, &outcome->files);
		outcome->page.kept = page->n;
	}
	return 0;
}

static int
store_document(struct run *run, struct run_task *task,
    struct outcome *outcome, struct err *err)
{
	struct crawl_listing *listing = task->job.listing;

	outcome->page.received = outcome->page.distinct = 1;
	if (listing->resource->store == SOURCE_KEEP_OBJECTS &&
	    put_object(run, task, outcome, 0, err) == -1)
		return -1;
	outcome->page.kept = listing->resource->shape.form == SOURCE_ARRAY ?
	    page_items(task->page.records[0]) : 1;
	return 0;
}

static int
store(struct run *run, struct run_task *task, struct outcome *outcome,
    struct err *err)
{
	const struct source_resource *resource = task->job.listing->resource;

	if (task->nothing)
		return 0;
	return resource->is_list ? store_list(run, task, outcome, err) :
	    store_document(run, task, outcome, err);
}

/*
 * Write the manifest's line for a page, or for the listing if it is complete.
 */
static int
write_line(struct run *run, struct run_task *task, struct outcome *outcome,
    enum crawl_state state, json_t *fields, struct err *err)
{
	struct crawl_listing *listing = task->job.listing;
	struct run_listing *own = listing->user;
	struct manifest_page *page = &outcome->page;
	struct manifest_listing whole = { .records = page->kept,
	    .total = listing->total, .size = listing->size,
	    .same_key = own->same_key, .capped = listing->is_capped };
	char *next;

	if (own->is_single_page && state == CRAWL_COMPLETE && !page->partial) {
		if (own->stream != NULL && tree_stream_cut(own->stream,
		    err) == -1) {
			json_decref(fields);
			return -1;
		}
		return manifest_say_end(run->manifest, listing->key, &whole,
		    fields, &outcome->files, err);
	}
	json_decref(fields);
	own->is_single_page = false;
	/* It counts once it replaces the old stream. */
	if (own->is_legacy)
		return 0;
	page->first = task->job.first + task->job.overlap;
	page->count = listing->resource->paging == SOURCE_INTERVALS ||
	    (task->job.count < listing->size && page->received <=
	    task->job.count) ? task->job.count : listing->size;
	/* The next page begins where this one ended. */
	if (source_in_order(listing->resource))
		page->count = (uint32_t)page->received;
	page->pass = task->job.pass;
	page->size = task->job.count > 0 ? listing->size : 0;
	page->total = listing->begin > 0 || listing->end > 0 ?
	    listing->total : task->page.total;
	/* The cursor may contain the key. */
	next = http_hidden(run->http, task->next_cursor);
	page->next = next;
	page->by_time = listing->resource->paging == SOURCE_INTERVALS;
	manifest_say_page(run->manifest, listing->key, page,
	    &outcome->files);
	page->next = NULL;
	free(next);
	return 0;
}

/*
 * Adjacent sub-ranges of a page that failed for the same reason are one gap.
 * Return whether the page was added to one.
 */
static bool
join_gap(struct run *run, const struct manifest_gap *gap, uint32_t size)
{
	struct manifest_listing known;
	const struct manifest_gap *before;
	struct manifest_gap joined;

	if (!run_writes(run) || gap->first <= 0 ||
	    gap->count >= size ||
	    !manifest_find(run->manifest, gap->listing, &known))
		return false;
	for (before = known.gaps; before != NULL; before = before->next)
		if (before->first >= 0 && before->first + before->count ==
		    gap->first && before->first / size == gap->first / size &&
		    before->status == gap->status &&
		    before->why != NULL && gap->why != NULL &&
		    strcmp(before->why, gap->why) == 0)
			break;
	if (before == NULL)
		return false;
	joined = *gap;
	joined.first = before->first;
	joined.count += before->count;
	manifest_say_gap(run->manifest, &joined);
	return true;
}

/* What follows the page is unknown too. */
static void
add_unknown_rest(struct manifest_gap *gap)
{
	char *why = gap->why;

	gap->why = mem_format("%s; what follows is unknown", why);
	free(why);
}

static int
commit_failure(struct run *run, struct run_task *task, struct err *err)
{
	struct crawl_listing *listing = task->job.listing;
	struct run_listing *own = listing->user;
	enum crawl_state state;

	own->is_single_page = false;
	if (task->job.is_probe) {
		state = crawl_end_probe(run->crawl, &task->job,
		    task->gap.why != NULL);
		/* The gap is about the whole list. */
		task->gap.first = task->gap.count = -1;
		if (task->gap.why != NULL)
			run_gap(run, &task->gap);
		run_free_task(run, task);
		return run_listing_state(run, own, state, err);
	}
	if (crawl_is_endless(&task->job))
		add_unknown_rest(&task->gap);
	state = crawl_fail(run->crawl, &task->job);
	/* Without a first page, the number of records is unknown. */
	if (!listing->first_received && state == CRAWL_GAPS &&
	    (task->job.count < listing->size ||
	    source_in_order(listing->resource)))
		task->gap.first = task->gap.count = -1;
	if (!join_gap(run, &task->gap, listing->size))
		run_gap(run, &task->gap);
	run_free_task(run, task);
	return run_listing_state(run, own, state, err);
}

/* What the page says for others, if it is a document with fields. */
static json_t *
fields_of(struct run *run, const struct run_task *task)
{
	struct page_record record;

	if (task->nothing || task->job.listing->resource->is_list)
		return NULL;
	record = page_record(&task->page, 0);
	return run_fields(run, task->job.listing, &record);
}

int
run_commit(struct run *run, struct run_task *task, struct err *err)
{
	struct run_listing *own = task->job.listing->user;
	struct outcome outcome = { .page = { .partial = false } };
	enum crawl_state state;
	int rc = -1;

	if (own->restore != NULL)
		return run_restore_commit(run, task, err);
	if (task->failed)
		return commit_failure(run, task, err);
	if (!run_writes(run))
		return run_dry_commit(run, task, err);
	if (store(run, task, &outcome, err) == -1)
		goto done;
	log_say(run->settings.log, LOG_DEBUG, "run", "%s: %" PRIu64
	    " records", task->key, outcome.page.received);
	own->records += outcome.page.kept;
	run->records += outcome.page.kept;
	if (outcome.page.partial)
		own->crawl->gapped = own->is_partial = true;
	state = run_finish_page(run, task, &outcome.page, outcome.news);
	if (outcome.page.received > outcome.page.distinct)
		own->duplicates += outcome.page.received -
		    outcome.page.distinct;
	if (write_line(run, task, &outcome, state, fields_of(run, task),
	    err) == -1)
		goto done;
	rc = run_listing_state(run, own, state, err);
done:
	tree_receipts_release(&outcome.files);
	run_free_task(run, task);
	return rc;
}
