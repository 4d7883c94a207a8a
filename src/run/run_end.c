/*
 * The end of a listing, and of everything below a record.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

/* Are the lines of the stream in the order of its pages? */
static bool
in_order(const struct manifest_listing *known)
{
	uint64_t offset = 0;
	size_t i;

	for (i = 0; i < known->n_pages; i++) {
		if (known->pages[i].kept == 0)
			continue;
		if (known->pages[i].position < offset)
			return false;
		offset = known->pages[i].position;
	}
	return true;
}

/* Copy the lines of all pages, in the order of the pages. */
static int
copy_in_order(struct run *run, const char *dir,
    const struct manifest_listing *known, struct tree_stream *copy,
    struct err *err)
{
	struct tree_lines *lines = tree_lines_new(run->tree, dir, false);
	struct span line;
	uint64_t n;
	size_t i;
	int rc = 0;

	for (i = 0; i < known->n_pages && rc == 0; i++) {
		if (known->pages[i].kept == 0)
			continue;
		rc = tree_lines_seek(lines, known->pages[i].position, err);
		for (n = known->pages[i].kept; n > 0 && rc == 0; n--) {
			if (tree_lines_next(lines, &line, err) != 1)
				rc = err_wrap(err, "%s", dir);
			else
				rc = tree_stream_add(copy, &line, 1, false,
				    err);
		}
	}
	tree_lines_free(lines);
	return rc;
}

/*
 * A page was fetched after later pages had been written: put its records in
 * place.
 */
static int
reorder(struct run *run, struct run_listing *own,
    const struct manifest_listing *known, struct manifest_listing *whole,
    struct err *err)
{
	struct tree_stream *copy = tree_stream_new(run->tree, own->dir, NULL,
	    true, err);

	log_say(run->settings.log, LOG_INFO, "run", "%s: moving records that "
	    "were fetched late into place", own->crawl->key);
	if (copy == NULL)
		return -1;
	if (copy_in_order(run, own->dir, known, copy, err) == -1) {
		tree_stream_free(copy);
		return -1;
	}
	return run_replace_stream(run, own, copy, whole, err);
}

/* Note that the stream is complete, in the order of its listing. */
static int
end_stream(struct run *run, struct run_listing *own,
    struct manifest_listing *whole, struct err *err)
{
	struct manifest_listing known;
	struct tree_receipts files = { NULL, 0, 0 };
	int rc = run_again_end(run, own, whole, err);

	if (rc != 0)
		return rc == -1 ? -1 : 0;
	run_again_gone(own, whole);
	if (manifest_find(run->manifest, own->crawl->key, &known) &&
	    !in_order(&known))
		return reorder(run, own, &known, whole, err);
	tree_stream_all(own->stream, &files);
	rc = manifest_say_end(run->manifest, own->crawl->key, whole, NULL,
	    &files, err);
	tree_receipts_release(&files);
	return rc;
}

/* The listing is complete: one line replaces those of its pages. */
static int
end_whole(struct run *run, struct run_listing *own, struct err *err)
{
	struct crawl_listing *listing = own->crawl;
	struct manifest_listing whole = { .records = own->records,
	    .total = listing->total, .size = listing->size,
	    .changed = own->changed, .same_key = own->same_key,
	    .capped = listing->is_capped,
	    .moved = listing->moved, .gone = listing->moved ?
	    listing->have - listing->distinct : 0 };
	uint64_t later;

	if (own->is_single_page || !run_writes(run))
		return 0;
	if (own->stream != NULL && tree_stream_cut(own->stream, err) == -1)
		return -1;
	if (run_duplicates_count(run, own, &later, err) == -1)
		return -1;
	if (own->dir != NULL) {
		if (end_stream(run, own, &whole, err) == -1)
			return -1;
		return later > 0 ? run_duplicates_replace(run, own, &whole,
		    err) : 0;
	}
	if (later > 0 && run_duplicates_replace(run, own, &whole, err) == -1)
		return -1;
	run_again_gone(own, &whole);
	whole.changed = own->changed += later;
	return manifest_say_end(run->manifest, listing->key, &whole, NULL,
	    NULL, err);
}

/* Is the count ${n} right if ${more} records are added? */
static bool
fits(int64_t n, uint64_t distinct, uint64_t more)
{
	return n < 0 || (uint64_t)n == distinct + more;
}

/*
 * There are fewer different keys than the counts say.  Do records that share a
 * key explain it?
 */
static bool
counts_duplicates(const struct crawl_listing *listing, uint64_t duplicates)
{
	int64_t total = listing->size > 0 ? listing->total : -1;

	return duplicates > 0 && (total >= 0 || listing->expected >= 0) &&
	    fits(total, listing->distinct, duplicates) &&
	    fits(listing->expected, listing->distinct, duplicates);
}

/* The counts still don't agree after reading again. */
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
		text_addf(&why, "; %s says %" PRId64,
		    listing->resource->expect.name, listing->expected);
	text_addf(&why, "; read %u times", listing->pass -
	    listing->first_pass + 1);
	gap.why = why.data;
	run_gap(run, &gap);
	text_release(&why);
}

/* The listing was given up, or its end is unproven. */
static void
end_open(struct run *run, struct run_listing *own, const char *why)
{
	struct manifest_gap gap = run_no_gap(own->crawl->key);
	struct text text;

	text_init(&text, 400);
	text_addf(&text, "%s; %" PRIu64 " records were received", why,
	    own->crawl->distinct);
	gap.have = (int64_t)own->crawl->distinct;
	gap.total = own->crawl->total;
	gap.why = text.data;
	run_gap(run, &gap);
	text_release(&text);
}

/* Warn once about an expected count that is not a number. */
static void
warn_unread(struct run *run, const struct crawl_listing *listing)
{
	const struct source_resource *resource = listing->resource;
	struct crawl_resolver resolver = { .crawl = run->crawl,
	    .node = listing->parent };
	struct source_lookup lookup = crawl_lookup(&resolver);
	const char *value = resource->has_expect && crawl_number(run->crawl,
	    listing, &resource->expect) < 0 ? source_value(&lookup,
	    &resource->expect) : NULL;
	char *key;
	struct text text;

	if (value == NULL || *value == '\0')
		return;
	key = mem_format("%s expects", resource->name);
	text_init(&text, 200);
	text_add_visible(&text, value, strnlen(value, 40));
	if (set_add(run->reported, key, strlen(key)))
		log_say(run->settings.log, LOG_WARN, "run", "%s: ignoring %s, "
		    "which should be the number of records but is not a "
		    "count: %s", listing->key, resource->expect.name,
		    text.data);
	text_release(&text);
	free(key);
}

/* Log what happened to a listing that has ended. */
static void
log_end(struct run *run, const struct run_listing *own)
{
	const struct crawl_listing *listing = own->crawl;
	struct log *log = run->settings.log;
	/* If the manifest is rebuilt, only the last try warns. */
	bool again = run->is_salvaged && run->settings.trust != RUN_TRUST_DISK;

	warn_unread(run, listing);
	if (listing->moved)
		log_say(log, LOG_WARN, "run", "%s: the listing changed while "
		    "it was read: %" PRIu64 " records were removed, and those "
		    "added are in the export; it was read %u times, until "
		    "nothing new came", listing->key,
		    listing->have - listing->distinct,
		    listing->pass - listing->first_pass + 1);
	else if (own->gone > 0)
		log_say(log, LOG_WARN, "run", "%s: %" PRIu64 " records that "
		    "are in the export are no longer on the server",
		    listing->key, own->gone);
	if (own->changed > 0)
		log_say(log, LOG_WARN, "run", "%s: %" PRIu64 " records "
		    "changed while the listing was read; the export has their "
		    "later version", listing->key, own->changed);
	if (own->shared != NULL)
		log_say(log, LOG_WARN, "run", "%s: %" PRIu64 " records have "
		    "the same key as another record but different bytes; all "
		    "are kept", listing->key, own->same_key);
	if (own->outdated > 0)
		log_say(log, again ? LOG_INFO : LOG_WARN, "run", "%s: %" PRIu64
		    " records have changed on the server; this export keeps "
		    "them as they were, and a new export gets the current ones",
		    listing->key, own->outdated);
	if (listing->is_capped)
		log_say(log, LOG_WARN, "run", "%s: the server's total is "
		    "%" PRId64 ", but it has %" PRIu64 " records",
		    listing->key, listing->total, listing->distinct);
	if (own->duplicates > 0)
		log_say(log, LOG_INFO, "run", "%s: %" PRIu64 " records came "
		    "twice and are kept once", listing->key, own->duplicates);
}

/*
 * Could equal records be one or several?  Not if the total counts all of them,
 * and not all pages are equal, so the server took the requests into account.
 */
static bool
is_unsure(const struct run_listing *own)
{
	const struct crawl_listing *listing = own->crawl;

	return own->is_unsure || (own->is_doubtful && (listing->total < 0 ||
	    listing->size == 0 || listing->is_capped ||
	    listing->distinct != (uint64_t)listing->total ||
	    set_count(own->pages) < 2));
}

static int
begin_pass(struct run *run, struct run_listing *own, struct err *err)
{
	log_say(run->settings.log, LOG_INFO, "run", "%s: the counts don't "
	    "agree, or the listing changed while it was read; reading it again",
	    own->crawl->key);
	return run_notes_keys(run) ? run_again_begin(run, own, err) : 0;
}

/*
 * Records came again with other bytes.  Do they share a key, or can one more
 * reading tell?  Then read the listing once more.  Return 1 if so, 0 or -1.
 */
static int
share_keys(struct run *run, struct run_listing *own, enum crawl_state state,
    struct err *err)
{
	struct crawl_listing *listing = own->crawl;
	uint64_t n;
	int rc;

	if (run_duplicates_count(run, own, &n, err) == -1)
		return -1;
	rc = run_duplicates_share(run, own, state == CRAWL_MISCOUNTED &&
	    counts_duplicates(listing, n), err);
	if (rc <= 0 || (state != CRAWL_COMPLETE && state != CRAWL_MISCOUNTED &&
	    (state != CRAWL_UNSTABLE || rc == 1)))
		return rc == -1 ? -1 : 0;
	/* The total counts them once; or they change all the time. */
	if (rc == 1 && ((listing->total >= 0 && !listing->is_capped) ||
	    listing->pass - listing->first_pass >= 2))
		return 0;
	if (crawl_read_once_more(run->crawl, listing)) {
		listing->gapped = own->is_partial;
		return 1;
	}
	if (state == CRAWL_COMPLETE) {
		end_open(run, own, "some records have the same key but "
		    "different bytes, and nothing shows which of them are "
		    "versions of one record");
		listing->gapped = true;
	}
	return 0;
}

/* Finish a listing that ended in ${state}. */
static int
end_listing(struct run *run, struct run_listing *own, enum crawl_state state,
    struct err *err)
{
	int rc = 0;

	switch (state) {
	case CRAWL_CONTINUES:
	case CRAWL_REREADS:
	case CRAWL_GAPS:
		break;
	case CRAWL_COMPLETE:
		if (is_unsure(own))
			end_open(run, own, "equal records without a key came "
			    "several times, and nothing shows whether they "
			    "are one record or several");
		if (run_duplicates_are_over(own))
			end_open(run, own, "too many records share a key to "
			    "compare them all, so some may be missing");
		own->crawl->gapped |= is_unsure(own) ||
		    run_duplicates_are_over(own);
		if (!own->crawl->gapped)
			rc = end_whole(run, own, err);
		break;
	case CRAWL_MISCOUNTED:
		end_different(run, own);
		break;
	case CRAWL_ENDLESS:
		end_open(run, own, "the server keeps naming a next page, but "
		    "the last 20 pages had no new record");
		break;
	case CRAWL_UNPROVEN:
		end_open(run, own, "the server has more records than its "
		    "total says, and no reply proves where they end");
		break;
	case CRAWL_BROKEN:
		end_open(run, own, "a page is empty although it must begin "
		    "with the last record of the page before, so what follows "
		    "is unknown");
		break;
	case CRAWL_TRUNCATED:
		end_open(run, own, "the server says that there are more "
		    "records but names no next page");
		break;
	case CRAWL_SKIPPED:
		end_open(run, own, "in each reading a page had to be "
		    "requested again, and the server may have moved on to the "
		    "next page");
		break;
	case CRAWL_UNSTABLE:
		end_open(run, own, "in each reading some records came on two "
		    "pages, and no total counts them: others may have come on "
		    "none");
		break;
	}
	return rc;
}

int
run_listing_state(struct run *run, struct run_listing *own,
    enum crawl_state state, struct err *err)
{
	struct crawl_listing *listing = own->crawl;
	int rc;

	if (own->restore != NULL)
		return run_restore_state(run, own, state, err);
	if (state == CRAWL_CONTINUES)
		return 1;
	if ((rc = share_keys(run, own, state, err)) == -1)
		return -1;
	if (rc == 1 || state == CRAWL_REREADS)
		return begin_pass(run, own, err) == -1 ? -1 : 1;
	rc = end_listing(run, own, state, err);
	log_end(run, own);
	if (listing->resource == run->unit)
		run->units_total = listing->total >= 0 ? listing->total :
		    (int64_t)listing->distinct;
	run->listings++;
	run_close(own);
	crawl_end(run->crawl, listing);
	return rc;
}

/* Write the done marker, unless it exists. */
static int
put_done_marker(struct run *run, struct crawl_node *node, struct err *err)
{
	struct crawl_resolver resolver = { .crawl = run->crawl, .node = node,
	    .parts = node->parts };
	struct source_lookup lookup = crawl_lookup(&resolver);
	char *key = mem_format("%s/%s", node->listing->key, node->key);
	struct tree_receipt receipt;
	const char *missing;
	int rc = 0;

	if (manifest_is_done(run->manifest, key))
		goto done;
	if (tree_path(run->tree, &node->resource->done, &lookup, NULL,
	    &run->path, &missing) == -1)
		rc = err_set(err, ERR_INTERNAL, "no value of %s for the done "
		    "marker of %s", missing, node->key);
	else
		rc = tree_put(run->tree, run->path.data, (struct span){ "", 0 },
		    &receipt, err);
	if (rc == 0)
		manifest_say_done(run->manifest, key, &receipt);
done:
	free(key);
	return rc;
}

int
run_done(struct run *run, struct crawl_node *node, struct err *err)
{
	if (node->resource == run->unit)
		run->units_done++;
	if (run_writes(run) && put_done_marker(run, node, err) == -1)
		return -1;
	crawl_node_done(run->crawl, node);
	return 0;
}
