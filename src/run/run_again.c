/*
 * A listing that is read again.  Most of its records are on disk, but new ones
 * may belong between these.  So that an export with failures gets the same
 * bytes as one without, the new reading is also written to a second stream,
 * which replaces the first at the end.
 */

#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

int
run_again_begin(struct run *run, struct run_listing *own, struct err *err)
{
	run_note_restart(own);
	run_duplicates_free(own->held_duplicates);
	own->held_duplicates = NULL;
	tree_stream_free(own->again);
	own->again = NULL;
	if (own->dir == NULL || !run_writes(run))
		return 0;
	own->again = tree_stream_new(run->tree, own->dir, NULL, true, err);
	return own->again != NULL ? 0 : -1;
}

/* Did a reading after the first bring records? */
static bool
has_late_records(const struct run *run, const struct run_listing *own)
{
	struct manifest_listing known;
	size_t i;

	if (own->is_legacy)
		return true;
	if (!manifest_find(run->manifest, own->crawl->key, &known))
		return false;
	for (i = 0; i < known.n_pages; i++)
		if (known.pages[i].pass > 1 && known.pages[i].kept > 0)
			return true;
	return false;
}

/* Does the reading lack the record on disk? */
static bool
is_left_over(struct run *run, struct run_listing *own, struct set *tally,
    const struct run_versions *versions, const struct page_record *record)
{
	bool is_named = page_key(record, tally, &run->scratch), is_new;
	bool is_other = is_named && run_versions_is_other(run, versions,
	    record->bytes);

	if (is_named && !own->is_legacy)
		(void)run_shared_key(run, own, record->bytes);
	is_new = set_add(own->pass_seen, run->scratch.data, run->scratch.len);
	own->same_key += is_other && !is_new;
	return is_new || is_other;
}

/* Append the records on disk that this reading lacks. */
static int
add_left_over(struct run *run, struct run_listing *own, struct err *err)
{
	struct run_reader *reader = own->is_legacy ? run_reader_on_disk(run,
	    own->crawl->key, own->dir, err) : run_reader_new(run,
	    own->crawl->key, own->dir, err);
	struct run_versions *versions = run_versions_new(run, own, err);
	struct set *tally = set_new();
	struct page_record record;
	int rc = reader != NULL && versions != NULL ? 1 : -1;

	while (rc == 1 && (rc = run_reader_next(reader, &record, err)) == 1)
		if (is_left_over(run, own, tally, versions, &record) &&
		    tree_stream_add(own->again, &record.bytes, 1, true,
		    err) == -1)
			rc = -1;
	run_reader_free(reader);
	run_versions_free(versions);
	set_free(tally);
	return rc;
}

/*
 * Count the records of the new stream that share a key but have other bytes.
 * Which records on disk the reading had in other bytes was not known before.
 */
static int
count_same_key(struct run *run, struct run_listing *own, struct err *err)
{
	struct tree_lines *lines = tree_lines_new(run->tree, own->dir, true);
	struct set *all = set_new(), *keys = set_new();
	struct page page;
	struct page_record record;
	struct span line;
	int rc;

	page_init(&page);
	while ((rc = tree_lines_next(lines, &line, err)) == 1) {
		rc = page_read_record(&page,
		    run->plans[own->crawl->resource->index], line.data,
		    line.len, err);
		if (rc == -1)
			break;
		record = page_record(&page, 0);
		if (!page_key(&record, NULL, &run->scratch))
			continue;
		set_add(keys, run->scratch.data, run->scratch.len);
		run_shared_extend(run, own, line);
		set_add(all, run->scratch.data, run->scratch.len);
	}
	own->same_key = set_count(all) - set_count(keys);
	page_release(&page);
	tree_lines_free(lines);
	set_free(all);
	set_free(keys);
	return rc;
}

/* Do the two streams have the same bytes? */
static bool
is_same(const struct tree_stream *one, const struct tree_stream *other)
{
	struct tree_receipts a = { NULL, 0, 0 }, b = { NULL, 0, 0 };
	bool same;
	size_t i;

	tree_stream_all(one, &a);
	tree_stream_all(other, &b);
	same = a.n == b.n;
	for (i = 0; same && i < a.n; i++)
		same = a.items[i].bytes == b.items[i].bytes && memcmp(
		    a.items[i].sha256, b.items[i].sha256, SHA256_BYTES) == 0;
	tree_receipts_release(&a);
	tree_receipts_release(&b);
	return same;
}

/*
 * Put the stream's lines into ${set}; or, with ${missing}, count those not in
 * ${set}.
 */
static int
look_up_lines(struct run *run, const struct run_listing *own, bool copy,
    struct set *set, uint64_t *missing, struct err *err)
{
	struct tree_lines *lines = tree_lines_new(run->tree, own->dir, copy);
	struct span line;
	int rc;

	while ((rc = tree_lines_next(lines, &line, err)) == 1) {
		if (missing == NULL)
			set_add(set, line.data, line.len);
		else
			*missing += !set_has(set, line.data, line.len);
	}
	tree_lines_free(lines);
	return rc;
}

/* Count the records of this reading that are new or changed. */
static int
count_other(struct run *run, const struct run_listing *own, uint64_t *n,
    struct err *err)
{
	struct set *lines;
	int rc;

	*n = 0;
	if (is_same(own->stream, own->again))
		return 0;
	lines = set_new();
	rc = look_up_lines(run, own, false, lines, NULL, err);
	if (rc == 0)
		rc = look_up_lines(run, own, true, lines, n, err);
	set_free(lines);
	return rc;
}

/* Does SHA256SUMS prove this reading? */
static bool
is_proven(struct run *run, const struct run_listing *own)
{
	struct tree_receipts shards = { NULL, 0, 0 };
	bool is;

	tree_stream_all(own->again, &shards);
	is = run_sums_prove(run, own->dir, &shards);
	tree_receipts_release(&shards);
	return is;
}

void
run_again_gone(struct run_listing *own, struct manifest_listing *whole)
{
	if (whole->records <= own->crawl->distinct)
		return;
	whole->moved = true;
	whole->gone = own->gone = whole->records - own->crawl->distinct;
}

/* The files on disk are proven: keep them, whatever the server has. */
static int
end_as_it_is(struct run *run, struct run_listing *own,
    const struct tree_receipts *shards, struct manifest_listing *whole,
    struct err *err)
{
	size_t i;

	tree_stream_free(own->again);
	own->again = NULL;
	for (i = 0, whole->records = 0; i < shards->n; i++)
		whole->records += shards->items[i].lines;
	run_again_gone(own, whole);
	return manifest_say_end(run->manifest, own->crawl->key, whole, NULL,
	    shards, err) == -1 ? -1 : 1;
}

int
run_again_end(struct run *run, struct run_listing *own,
    struct manifest_listing *whole, struct err *err)
{
	struct tree_stream *again = own->again;
	const struct tree_receipts *proven;
	uint64_t changed = 0;

	if (again == NULL)
		return 0;
	if (own->is_legacy && (proven = run_kept_proven(run, own)) != NULL)
		return end_as_it_is(run, own, proven, whole, err);
	if (!own->is_legacy && count_other(run, own, &changed, err) == -1)
		return -1;
	/* Shared keys may have been noticed too late. */
	if (!has_late_records(run, own) && changed == 0 &&
	    own->shared == NULL)
		return 0;
	/* If keys are shared, other bytes mean another record. */
	if (own->shared == NULL)
		own->changed += changed;
	whole->changed = own->changed;
	if (tree_flush(run->tree, err) == -1 ||
	    (run->settings.trust != RUN_TRUST_SERVER &&
	    !is_proven(run, own) && add_left_over(run, own, err) == -1))
		return -1;
	own->again = NULL;
	if (own->shared != NULL && !own->is_legacy &&
	    count_same_key(run, own, err) == -1) {
		tree_stream_free(again);
		return -1;
	}
	whole->same_key = own->same_key;
	whole->records = tree_stream_lines(again);
	run_again_gone(own, whole);
	return run_replace_stream(run, own, again, whole, err) == -1 ? -1 : 1;
}
