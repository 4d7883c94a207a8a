/*
 * Restores damaged or missing files of a listing that has ended, byte for byte;
 * otherwise it changes nothing.
 *
 * The manifest has the SHA-256 of each file.  What is fetched goes to a draft,
 * which counts only if its hash matches.  If records are in the order of their
 * pages, and as many as the total, a record's position tells its page, and only
 * the pages needed are requested.  If that does not restore everything (because
 * the list has changed), or is impossible, the whole list is read: objects are
 * found by name, and lines are combined with those still on disk (run_align.c).
 */

#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

/* A reading begins. */
static void
forget_seen(struct run_restore *restore)
{
	set_free(restore->seen);
	set_free(restore->tally);
	restore->seen = set_new();
	restore->tally = set_new();
}

/* ---------------------------------------------------- what is to be done */

/* ------------------------------------------------------- at its beginning */

static int finish(struct run *, struct run_listing *, struct err *);

/* Read the whole list. */
static void
read_whole(struct run *run, struct run_listing *own)
{
	struct run_restore *restore = own->restore;

	restore->straight = run_straight_new(run, &restore->files,
	    restore->damaged);
	restore->align = run_align_new(run, own, &restore->files,
	    restore->damaged, restore->has_shared_keys);
}

int
run_restore_open(struct run *run, struct run_listing *own,
    const struct manifest_listing *known, struct err *err)
{
	struct crawl_listing *listing = own->crawl;
	struct run_restore *restore = mem_zero(1, sizeof(*restore));
	bool is_stream = listing->resource->store == SOURCE_KEEP_SHARDS;
	struct crawl_known part = { .total = known->total, .pass = 1,
	    .size = known->size, .have = known->records,
	    .is_proven = true };
	struct crawl_range *ranges = NULL;

	own->restore = restore;
	forget_seen(restore);
	own->is_single_page = false;
	if (manifest_files(run->manifest, listing->key, &restore->files,
	    err) == -1 || run_restore_list(run, restore, err) == -1)
		return -1;
	log_event(run->settings.log, LOG_INFO, "run", "restoring",
	    "listing", listing->key, NULL);
	if (restore->left == 0) {
		(void)crawl_begin(run->crawl, listing, NULL);
		return finish(run, own, err);
	}
	restore->by_place = run_restore_has_places(run, listing, restore,
	    known);
	restore->size = known->size;
	restore->has_shared_keys = known->same_key > 0;
	if (!restore->by_place) {
		if (is_stream)
			read_whole(run, own);
		(void)crawl_begin(run->crawl, listing, NULL);
		return 0;
	}
	ranges = run_restore_whole_pages(restore, is_stream, known->records,
	    known->size, &part);
	part.ranges = ranges;
	(void)crawl_begin(run->crawl, listing, &part);
	free(ranges);
	return 0;
}

/* ------------------------------------------------------- a page has come */

static bool
is_wanted(struct span bytes, const struct tree_receipt *file)
{
	unsigned char hash[SHA256_BYTES];

	sha256_of(bytes.data, bytes.len, hash);
	return memcmp(hash, file->sha256, sizeof(hash)) == 0;
}

static int
put_object(struct run *run, struct run_restore *restore, size_t file,
    struct span bytes, struct err *err)
{
	struct tree_receipt receipt;

	if (!restore->damaged[file] ||
	    !is_wanted(bytes, &restore->files.items[file]))
		return 0;
	if (tree_put_again(run->tree, restore->files.items[file].path, bytes,
	    &receipt, err) == -1)
		return -1;
	run_restore_note(run, restore, file);
	return 0;
}

/* Restore the objects on a page. */
static int
take_objects(struct run *run, struct run_task *task, struct err *err)
{
	struct run_listing *own = task->job.listing->user;
	struct run_restore *restore = own->restore;
	struct page_record record;
	size_t i, file;
	unsigned beside;
	bool named;

	for (i = 0; i < task->page.n; i++) {
		record = page_record(&task->page, i);
		(void)run_note(run, own, &record, &named);
		/* It may be any of several with its key. */
		for (beside = 0; beside < 2; beside++)
			if (run_find_path(run, task->job.listing, &record,
			    beside == 1) == 0 &&
			    run_restore_find(run, restore, &file) &&
			    put_object(run, restore, file, record.bytes,
			    err) == -1)
				return -1;
	}
	return 0;
}

/* Finish the current shard, complete or not. */
static int
end_draft(struct run *run, struct run_restore *restore, struct err *err)
{
	const struct tree_receipt *shard;
	struct tree_draft *draft = restore->draft;
	int rc;

	if (draft == NULL)
		return 0;
	shard = &restore->files.items[restore->shard];
	restore->draft = NULL;
	if (tree_draft_lines(draft) != shard->lines) {
		tree_draft_free(draft);
		return 0;
	}
	if ((rc = tree_draft_end(draft, shard, err)) == 1)
		run_restore_note(run, restore, restore->shard);
	return rc == -1 ? -1 : 0;
}

/* Put each line of a page into the shard of its position. */
static int
take_lines(struct run *run, struct run_task *task, struct err *err)
{
	struct run_listing *own = task->job.listing->user;
	struct run_restore *restore = own->restore;
	uint64_t place = task->job.first;
	size_t i, shard;

	for (i = 0; i < task->page.n; i++, place++) {
		shard = (size_t)(place / TREE_SHARD_LINES);
		if (restore->draft != NULL && shard != restore->shard &&
		    end_draft(run, restore, err) == -1)
			return -1;
		if (shard >= restore->files.n || !restore->damaged[shard])
			continue;
		if (restore->draft == NULL && place % TREE_SHARD_LINES == 0) {
			restore->draft = tree_draft_new(run->tree,
			    restore->files.items[shard].path, err);
			restore->shard = shard;
			if (restore->draft == NULL)
				return -1;
		}
		/* A page before it failed or was short. */
		if (restore->draft == NULL || tree_draft_lines(
		    restore->draft) != place % TREE_SHARD_LINES)
			continue;
		if (tree_draft_line(restore->draft, task->page.records[i],
		    task->page.has_breaks, err) == -1)
			return -1;
	}
	return 0;
}

static int
take_page(struct run *run, struct run_task *task, struct err *err)
{
	struct run_listing *own = task->job.listing->user;
	struct run_restore *restore = own->restore;

	if (!own->crawl->resource->is_list)
		return put_object(run, restore, 0, task->page.records[0],
		    err);
	if (own->crawl->resource->store != SOURCE_KEEP_SHARDS)
		return take_objects(run, task, err);
	if (restore->align == NULL)
		return take_lines(run, task, err);
	return run_align_page(run, restore->align, task, err) == -1 ? -1 :
	    run_straight_page(run, restore->straight, task, err);
}

/* How many records of the page are new in this reading? */
static uint64_t
count_news(struct run *run, const struct run_task *task)
{
	struct run_listing *own = task->job.listing->user;
	struct run_restore *restore = own->restore;
	struct page_record record;
	uint64_t n = 0;
	bool named;
	size_t i;

	if (!own->crawl->resource->is_list)
		return task->page.n;
	for (i = 0; i < task->page.n; i++) {
		record = page_record(&task->page, i);
		named = page_key(&record, restore->tally, &run->scratch);
		if (named && restore->has_shared_keys)
			run_shared_extend(run, own, record.bytes);
		n += set_add(restore->seen, run->scratch.data,
		    run->scratch.len) && (named || run->scratch.len <=
		    SHA256_BYTES);
	}
	return n;
}

int
run_restore_commit(struct run *run, struct run_task *task, struct err *err)
{
	struct crawl_job job = task->job;
	struct run_listing *own = job.listing->user;
	struct crawl_result result = { .received = task->page.n,
	    .distinct = task->page.n, .fresh = task->page.n,
	    .news = task->failed ? 0 : count_news(run, task),
	    .total = task->page.total,
	    .size = job.listing->resource->paging == SOURCE_NUMBERED ?
	    task->page.size : -1, .more = task->page.more,
	    .cursor = task->next_cursor };
	enum crawl_state state;
	int rc = 0;

	if (task->failed && !job.is_probe) {
		own->restore->has_failed = true;
		log_say(run->settings.log, LOG_WARN, "run", "failed to fetch "
		    "%s: %s", task->key, task->gap.why);
		state = crawl_fail(run->crawl, &job);
	} else if (task->failed) {
		state = crawl_end_probe(run->crawl, &job,
		    false);
	} else {
		if (!task->nothing)
			rc = take_page(run, task, err);
		state = crawl_finish(run->crawl, &job, &result);
	}
	run_free_task(run, task);
	return rc == -1 ? -1 : run_restore_state(run, own, state, err);
}

/* ------------------------------------------------------------- at its end */

/* Name the files that can't be restored. */
static void
log_left(struct run *run, const struct run_listing *own)
{
	const struct run_restore *restore = own->restore;
	size_t i;

	for (i = 0; i < restore->files.n; i++) {
		if (!restore->damaged[i])
			continue;
		if (restore->has_failed)
			run->unfetched++;
		log_say(run->settings.log, LOG_WARN, "run",
		    restore->has_failed ? "%s: can't be restored without the "
		    "pages that failed" : "%s: the server's data is no longer "
		    "what was exported; the file stays damaged",
		    restore->files.items[i].path);
	}
}

static int
finish(struct run *run, struct run_listing *own, struct err *err)
{
	struct crawl_listing *listing = own->crawl;
	int rc;

	if (own->restore->left > 0)
		log_left(run, own);
	else
		manifest_forget_gaps(run->manifest, listing->key);
	listing->gapped = own->restore->left > 0;
	/* The restored files are read next, so they need their final names. */
	rc = listing->resource->has_children ? tree_flush(run->tree, err) : 0;
	if (rc == 0)
		rc = run_take_children(run, own, err);
	run->listings++;
	crawl_end(run->crawl, listing);
	run_close(own);
	return rc;
}

/* The whole list was read: which files does that restore? */
static int
end_whole(struct run *run, struct run_restore *restore, struct err *err)
{
	size_t file;

	if (run_straight_end(restore->straight, err) == -1)
		return -1;
	while (run_straight_take(restore->straight, &file))
		run_restore_note(run, restore, file);
	if (restore->left == 0)
		return 0;
	if (run_align_end(run, restore->align, err) == -1)
		return -1;
	while (run_align_take(restore->align, &file))
		run_restore_note(run, restore, file);
	return 0;
}

int
run_restore_state(struct run *run, struct run_listing *own,
    enum crawl_state state, struct err *err)
{
	struct run_restore *restore = own->restore;
	bool is_stream = own->crawl->resource->store == SOURCE_KEEP_SHARDS;

	if (state == CRAWL_CONTINUES)
		return 1;
	if (restore->draft != NULL && end_draft(run, restore, err) == -1)
		return -1;
	if (restore->align != NULL && !restore->has_failed &&
	    end_whole(run, restore, err) == -1)
		return -1;
	/* The positions did not match: read the whole list. */
	if (restore->left > 0 && restore->by_place && !restore->has_failed) {
		restore->by_place = false;
		if (is_stream)
			read_whole(run, own);
		run_note_restart(own);
		forget_seen(restore);
		crawl_restart(own->crawl);
		return 1;
	}
	return finish(run, own, err);
}

int
run_restore_rows(struct run *run, struct run_listing *own, struct span rows,
    struct err *err)
{
	return own->restore->files.n > 0 ? put_object(run, own->restore, 0,
	    rows, err) : 0;
}
