/*
 * What is done at the end of a listing, and when all below a record is done.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "run/run_internal.h"

/* Do the lines of the stream stand in the order of its windows? */
static bool
in_order(const struct manifest_listing *known)
{
	uint64_t at = 0;
	size_t i;

	for (i = 0; i < known->n_pages; i++) {
		if (known->pages[i].kept == 0)
			continue;
		if (known->pages[i].at < at)
			return false;
		at = known->pages[i].at;
	}
	return true;
}

/* Copy the lines of all windows, in the order of the windows. */
static int
copy_in_order(struct run *run, const char *dir,
    const struct manifest_listing *known, struct tree_stream *anew,
    struct err *err)
{
	struct tree_lines *lines = tree_lines_new(run->tree, dir);
	struct span line;
	uint64_t n;
	size_t i;
	int rc = 0;

	for (i = 0; i < known->n_pages && rc == 0; i++) {
		if (known->pages[i].kept == 0)
			continue;
		rc = tree_lines_seek(lines, known->pages[i].at, err);
		for (n = known->pages[i].kept; n > 0 && rc == 0; n--) {
			if (tree_lines_next(lines, &line, err) != 1)
				rc = err_wrap(err, "%s", dir);
			else
				rc = tree_stream_add(anew, &line, 1, false,
				    err);
		}
	}
	tree_lines_free(lines);
	return rc;
}

/*
 * A window was mended after those behind it had been written: put its records
 * where they belong.  The new shards are written beside the old ones; once
 * they are on disk the manifest says that they count, and then, in steps that
 * can be done twice, they take the old ones' place.
 */
int
run_replace_stream(struct run *run, struct run_listing *own,
    struct tree_stream *anew, struct manifest_listing *whole, struct err *err)
{
	struct tree_receipts files = { NULL, 0, 0 };
	int rc;

	tree_stream_all(anew, &files);
	rc = tree_flush(run->tree, err);
	if (rc == 0) {
		whole->replaces = true;
		rc = manifest_say_end(run->manifest, own->crawl->key, whole,
		    NULL, &files, err);
	}
	if (rc == 0)
		rc = manifest_flush(run->manifest, err);
	tree_stream_free(anew);
	tree_stream_free(own->stream);
	own->stream = NULL;
	if (rc == 0)
		rc = tree_stream_replace(run->tree, own->dir, &files, err);
	if (rc == 0) {
		whole->replaces = false;
		rc = manifest_say_end(run->manifest, own->crawl->key, whole,
		    NULL, &files, err);
	}
	tree_receipts_release(&files);
	return rc;
}

static int
reorder(struct run *run, struct run_listing *own,
    const struct manifest_listing *known, struct manifest_listing *whole,
    struct err *err)
{
	struct tree_stream *anew = tree_stream_new(run->tree, own->dir, NULL,
	    true, err);

	log_say(run->settings.log, LOG_INFO, "run", "%s: putting mended "
	    "records where they belong", own->crawl->key);
	if (anew == NULL)
		return -1;
	if (copy_in_order(run, own->dir, known, anew, err) == -1) {
		tree_stream_free(anew);
		return -1;
	}
	return run_replace_stream(run, own, anew, whole, err);
}

/* The listing is whole: one line takes the place of its pages'. */
static int
end_whole(struct run *run, struct run_listing *own, struct err *err)
{
	struct crawl_listing *listing = own->crawl;
	struct manifest_listing known, whole = { .records = own->records,
	    .total = listing->total, .size = listing->size,
	    .moved = listing->moved, .gone = listing->moved ?
	    listing->have - listing->distinct : 0 };
	struct tree_receipts files = { NULL, 0, 0 };
	int rc;

	if (own->alone || run->manifest == NULL)
		return 0;
	if (own->dir == NULL)
		return manifest_say_end(run->manifest, listing->key, &whole,
		    NULL, NULL, err);
	rc = run_again_end(run, own, &whole, err);
	if (rc != 0)
		return rc == -1 ? -1 : 0;
	if (manifest_find(run->manifest, listing->key, &known) &&
	    !in_order(&known))
		return reorder(run, own, &known, &whole, err);
	tree_stream_all(own->stream, &files);
	rc = manifest_say_end(run->manifest, listing->key, &whole, NULL,
	    &files, err);
	tree_receipts_release(&files);
	return rc;
}

/* The counts don't agree, and reading again did not change that. */
static void
end_different(struct run *run, struct run_listing *own)
{
	struct crawl_listing *listing = own->crawl;
	struct manifest_gap gap = run_no_gap(listing->key);
	struct text why;

	gap.have = (int64_t)listing->distinct;
	gap.total = listing->total;
	gap.expected = listing->expected;
	text_init(&why, 400);
	text_addf(&why, "%" PRIu64 " different records",
	    listing->distinct);
	if (listing->total >= 0 && listing->size > 0)
		text_addf(&why, "; the listing's total is %" PRId64,
		    listing->total);
	if (listing->expected >= 0)
		text_addf(&why, "; {%s} says %" PRId64,
		    listing->resource->expect.name, listing->expected);
	text_addf(&why, "; read %u times", listing->pass -
	    listing->first_pass + 1);
	gap.why = why.at;
	run_gap(run, &gap);
	text_release(&why);
}

static int
begin_pass(struct run *run, struct run_listing *own, struct err *err)
{
	log_say(run->settings.log, LOG_INFO, "run", "%s: its counts don't "
	    "agree, or it changed while it was read; reading it again",
	    own->crawl->key);
	if (run->tree == NULL && run->settings.lines == NULL &&
	    run->online == NULL)
		return 0;
	return run_again_begin(run, own, err);
}

int
run_listing_state(struct run *run, struct run_listing *own,
    enum crawl_state state, struct err *err)
{
	struct crawl_listing *listing = own->crawl;
	int rc = 0;

	switch (state) {
	case CRAWL_GOES_ON:
		return 0;
	case CRAWL_AGAIN:
		return begin_pass(run, own, err);
	case CRAWL_WHOLE:
		if (!listing->gapped)
			rc = end_whole(run, own, err);
		break;
	case CRAWL_DIFFERS:
		end_different(run, own);
		break;
	case CRAWL_HOLED:
		break;
	}
	if (listing->moved)
		log_say(run->settings.log, LOG_WARN, "run", "%s: it changed "
		    "while it was read: %" PRIu64 " records went, and what "
		    "came is in it; it was read %u times, until nothing new "
		    "came", listing->key, listing->have - listing->distinct,
		    listing->pass - listing->first_pass + 1);
	if (own->duplicates > 0)
		log_say(run->settings.log, LOG_INFO, "run", "%s: %" PRIu64
		    " records came twice and were kept once", listing->key,
		    own->duplicates);
	if (listing->resource == run->unit)
		run->units_total = listing->total >= 0 ? listing->total :
		    (int64_t)listing->distinct;
	run->listings++;
	run_close(own);
	crawl_end(run->crawl, listing);
	return rc;
}

int
run_done(struct run *run, struct crawl_node *node, struct err *err)
{
	struct crawl_view view = { .crawl = run->crawl, .node = node,
	    .parts = node->parts };
	struct source_scope scope = crawl_scope(&view);
	struct tree_receipt receipt;
	const char *missing;
	char *key;

	if (node->resource == run->unit)
		run->units_done++;
	if (run->tree != NULL) {
		if (tree_path(run->tree, &node->resource->done, &scope, NULL,
		    &run->path, &missing) == -1)
			return err_set(err, ERR_INTERNAL, "no %s to mark %s "
			    "as done", missing, node->key);
		if (tree_put(run->tree, run->path.at, (struct span){ "", 0 },
		    &receipt, err) == -1)
			return -1;
		key = mem_format("%s/%s", node->listing->key, node->key);
		manifest_say_done(run->manifest, key, &receipt);
		free(key);
	}
	crawl_leave(run->crawl, node);
	return 0;
}
