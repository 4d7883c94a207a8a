/*
 * A listing begins: what of it is on disk?
 *
 * This is all that resuming takes.  Every listing is looked up in the manifest,
 * in a new export as well as in a resumed one.  The crawl gets what was found,
 * and requests the rest.
 */

#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

/* Find the directory of the stream's shards. */
static int
find_dir(struct run *run, struct run_listing *own, struct err *err)
{
	const struct crawl_listing *listing = own->crawl;
	struct crawl_resolver resolver = { .crawl = run->crawl,
	    .node = listing->parent };
	struct source_lookup lookup = crawl_lookup(&resolver);
	struct tree *tree = run_writes(run) ? run->tree :
	    run->online_tree;
	const char *missing;

	if (tree == NULL || listing->resource->store != SOURCE_KEEP_SHARDS)
		return 0;
	if (tree_path(tree, &listing->resource->file, &lookup, NULL,
	    &run->path, &missing) == -1)
		return err_set(err, ERR_DATA, "%s: no value of %s to name its "
		    "directory",
		    listing->key, missing);
	own->dir = mem_text(run->path.data);
	return 0;
}

static struct run_listing *
new_listing(struct run *run, struct crawl_listing *listing, struct err *err)
{
	struct run_listing *own = mem_zero(1, sizeof(*own));

	own->crawl = listing;
	own->is_single_page = true;
	own->seen = own->pass_seen = set_new();
	run_note_start(own);
	listing->user = own;
	if (find_dir(run, own, err) == -1) {
		run_close(own);
		return NULL;
	}
	return own;
}

static int
open_stream(struct run *run, struct run_listing *own, struct err *err)
{
	struct tree_receipts known = { NULL, 0, 0 };
	int rc = 0;

	if (own->dir == NULL)
		return 0;
	if (manifest_files(run->manifest, own->crawl->key, &known,
	    err) == -1)
		rc = -1;
	else if ((own->stream = tree_stream_new(run->tree, own->dir, &known,
	    false, err)) == NULL)
		rc = -1;
	tree_receipts_release(&known);
	return rc;
}

/* The listing is complete; listings below it may not be. */
static int
take_whole(struct run *run, struct run_listing *own,
    const struct manifest_listing *known, struct err *err)
{
	struct crawl_listing *listing = own->crawl;
	struct tree_receipts files = { NULL, 0, 0 };
	int rc = 0;

	if (known->replaces && own->dir != NULL) {
		struct manifest_listing whole = *known;

		whole.replaces = false;
		rc = manifest_files(run->manifest, listing->key, &files,
		    err);
		if (rc == 0)
			rc = tree_stream_replace(run->tree, own->dir, &files,
			    err);
		if (rc == 0)
			rc = manifest_say_end(run->manifest, listing->key,
			    &whole, NULL, &files, err);
		tree_receipts_release(&files);
	}
	if (listing->resource == run->unit)
		run->units_total = (int64_t)known->records;
	if (rc == 0)
		rc = run_take_children(run, own, err);
	if (rc == 0)
		crawl_end(run->crawl, listing);
	run_close(own);
	return rc;
}

/*
 * Do all pages have the same cursor?  Then the server keeps the position, and
 * does not send again what it sent before the run ended.  With one page, nobody
 * can tell.
 */
static bool
is_scroll(const struct manifest_listing *known)
{
	const struct manifest_page *last;

	if (known->n_pages == 0)
		return false;
	last = &known->pages[known->n_pages - 1];
	return last->next != NULL && (known->n_pages == 1 ||
	    (last[-1].next != NULL && strcmp(last[-1].next,
	    last->next) == 0));
}

/*
 * Must the listing be read from its start?  It must if records have no key,
 * since distinguishing equal ones from one that came twice takes all pages; and
 * if a record of a page could not be kept, or the counts did not agree, or it
 * was being read again, since what this reading has seen is unknown.
 */
static bool
starts_over(const struct manifest_listing *known)
{
	const struct manifest_gap *gap;
	size_t i;

	for (gap = known->gaps; gap != NULL; gap = gap->next)
		if (gap->have >= 0 || gap->record >= 0)
			return true;
	for (i = 0; i < known->n_pages; i++)
		if (known->pages[i].partial || known->pages[i].count == 0)
			return true;
	return known->pass > 1 || is_scroll(known);
}

/* The pages on disk, joined where they touch. */
static struct crawl_range *
ranges_of(const struct manifest_listing *known, size_t *n)
{
	struct crawl_range *ranges = mem_zero(known->n_pages + 1,
	    sizeof(*ranges));
	size_t i;

	*n = 0;
	for (i = 0; i < known->n_pages; i++) {
		const struct manifest_page *page = &known->pages[i];
		struct crawl_range *last = &ranges[*n - (*n > 0)];

		if (*n > 0 && last->first + last->count == page->first)
			last->count += page->count;
		else
			ranges[(*n)++] = (struct crawl_range){ page->first,
			    page->count };
	}
	return ranges;
}

/* Find the largest page, and whether the last one was full. */
static void
measure_pages(const struct manifest_listing *known, struct crawl_known *part)
{
	const struct manifest_page *last = &known->pages[known->n_pages - 1];
	const struct manifest_page *page;

	for (page = known->pages; page <= last; page++)
		if (page->received > part->largest)
			part->largest = page->received;
	part->is_full = last->received >= part->size ||
	    (known->n_pages > 1 && last->received >= part->largest);
}

static int
take_part(struct run *run, struct run_listing *own,
    const struct manifest_listing *known, struct err *err)
{
	struct crawl_known part = { .total = -1, .pass = known->pass,
	    .have = known->records,
	    .size = own->crawl->size };
	struct crawl_range *ranges = NULL;
	enum crawl_state state;

	if (run_take_records(run, own, true, err) == -1)
		return -1;
	own->is_single_page = known->n_pages == 0;
	own->records = known->records;
	own->duplicates = known->duplicates;
	if (known->n_pages > 0 && known->pages[0].size > 0)
		part.size = known->pages[0].size;
	if (starts_over(known) || own->has_unnamed) {
		part.pass += known->n_pages > 0;
		if (run_again_begin(run, own, err) == -1)
			return -1;
	} else if (known->n_pages > 0) {
		ranges = ranges_of(known, &part.n_ranges);
		part.ranges = ranges;
		part.total = known->total;
		part.distinct = known->distinct;
		part.unsteady = known->unsteady;
		part.first_cursor = known->pages[0].next;
		part.cursor = known->pages[known->n_pages - 1].next;
		measure_pages(known, &part);
	}
	state = crawl_begin(run->crawl, own->crawl, &part);
	free(ranges);
	return run_listing_state(run, own, state, err) == -1 ? -1 : 0;
}

/*
 * A stream that is another tool's and incomplete, that is damaged, or whose
 * line in the manifest is lost.  It is read again, and stays untouched until
 * the new stream can replace it.
 */
static int
take_legacy(struct run *run, struct run_listing *own, struct err *err)
{
	struct crawl_known part = { .total = -1, .pass = 2,
	    .size = own->crawl->size };
	enum crawl_state state;

	own->is_legacy = true;
	own->is_single_page = false;
	if ((run->settings.trust != RUN_TRUST_SERVER &&
	    run_kept_read(run, own, err) == -1) ||
	    run_again_begin(run, own, err) == -1)
		return -1;
	part.have = own->records;
	state = crawl_begin(run->crawl, own->crawl, &part);
	return run_listing_state(run, own, state, err) == -1 ? -1 : 0;
}

/*
 * Are there records on disk that no line of the manifest lists, and that new
 * ones would overwrite?  Another tool left them, or a run that ended early and
 * whose files lie under the layer.
 */
static bool
has_unreported(struct run *run, const struct run_listing *own)
{
	struct tree_receipts files = { NULL, 0, 0 }, known = files;
	bool has = false;

	if ((run->adopted || tree_is_layered(run->tree)) &&
	    tree_stream_files(run->tree, own->dir, &files, NULL) == 0 &&
	    manifest_files(run->manifest, own->crawl->key, &known,
	    NULL) == 0)
		has = files.n > known.n || (known.n > 0 && tree_has(run->tree,
		    &known.items[known.n - 1], false) && !tree_has(run->tree,
		    &known.items[known.n - 1], true));
	tree_receipts_release(&files);
	tree_receipts_release(&known);
	return has;
}

/* A dry run begins the listing, or counts it without a request. */
static int
open_dry(struct run *run, struct run_listing *own)
{
	if (run_estimate_open(run, own->crawl)) {
		(void)crawl_begin(run->crawl, own->crawl, NULL);
		return 0;
	}
	crawl_end(run->crawl, own->crawl);
	run_close(own);
	return 0;
}

int
run_open(struct run *run, struct crawl_listing *listing, struct err *err)
{
	struct manifest_listing known;
	struct run_listing *own;
	bool found;

	if ((own = new_listing(run, listing, err)) == NULL)
		return -1;
	if (!run_writes(run))
		return open_dry(run, own);
	found = manifest_find(run->manifest, listing->key, &known);
	if (found && known.ended && run_has_damage(run, listing->key))
		return run_restore_open(run, own, &known, err);
	if (found && known.ended)
		return take_whole(run, own, &known, err);
	if (own->dir != NULL && (run_has_damage(run, listing->key) ||
	    (found && run->adopted) || (!found && run->is_salvaged) ||
	    has_unreported(run, own)))
		return take_legacy(run, own, err);
	if (open_stream(run, own, err) == -1)
		return -1;
	if (found)
		return take_part(run, own, &known, err);
	(void)crawl_begin(run->crawl, listing, NULL);
	return 0;
}
