/*
 * A listing that is read again: its records are there already, but for some,
 * and these may belong between the others.  So that an export that had
 * trouble is the same as one that had none, the reading is written to a new
 * stream as well, which takes the old one's place at the end.
 */

#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

int
run_again_begin(struct run *run, struct run_listing *own, struct err *err)
{
	if (own->pass_seen != own->seen)
		set_free(own->pass_seen);
	own->pass_seen = set_new();
	own->has_last = false;
	run_note_start(own);
	set_free(own->pages);
	own->pages = NULL;
	own->is_unsure = false;
	run_doubles_free(own->doubles);
	own->doubles = NULL;
	tree_stream_free(own->again);
	own->again = NULL;
	if (own->dir == NULL || run->tree == NULL)
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

	if (own->foreign)
		return true;
	if (!manifest_find(run->manifest, own->crawl->key, &known))
		return false;
	for (i = 0; i < known.n_pages; i++)
		if (known.pages[i].pass > 1 && known.pages[i].kept > 0)
			return true;
	return false;
}

/* Add the lines of the stream that this reading did not have. */
static int
add_left_over(struct run *run, struct run_listing *own, struct err *err)
{
	struct tree_lines *lines = tree_lines_new(run->tree, own->dir, false);
	const struct page_plan *plan =
	    run->plans[own->crawl->resource->index];
	struct set *tally = set_new();
	struct page_record record;
	struct page page;
	struct span line;
	int rc;

	page_init(&page);
	while ((rc = tree_lines_next(lines, &line, err)) == 1) {
		/* A repair's place-holder, or another tool's torn line. */
		if ((line.len == 4 && memcmp(line.at, "null", 4) == 0) ||
		    page_read_record(&page, plan, line.at, line.len,
		    NULL) == -1)
			continue;
		record = page_record(&page, 0);
		(void)page_key(&record, tally, &run->scratch);
		if (set_add(own->pass_seen, run->scratch.at,
		    run->scratch.len) && tree_stream_add(own->again, &line,
		    1, false, err) == -1) {
			rc = -2;
			break;
		}
	}
	page_release(&page);
	set_free(tally);
	tree_lines_free(lines);
	/* Another tool's last line may be torn: it is no record. */
	return rc == 0 || (rc == -1 && own->foreign &&
	    err->kind == ERR_DATA) ? 0 : -1;
}

/* Are the bytes of the two streams the same? */
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
		same = a.at[i].bytes == b.at[i].bytes && memcmp(
		    a.at[i].sha256, b.at[i].sha256, SHA256_BYTES) == 0;
	tree_receipts_release(&a);
	tree_receipts_release(&b);
	return same;
}

/* Put the stream's lines into ${set}, or count those of it not in ${set}. */
static int
look_up_lines(struct run *run, const struct run_listing *own, bool anew,
    struct set *set, uint64_t *missing, struct err *err)
{
	struct tree_lines *lines = tree_lines_new(run->tree, own->dir, anew);
	struct span line;
	int rc;

	while ((rc = tree_lines_next(lines, &line, err)) == 1) {
		if (missing == NULL)
			set_add(set, line.at, line.len);
		else
			*missing += !set_has(set, line.at, line.len);
	}
	tree_lines_free(lines);
	return rc;
}

/* How many records did this reading have that are new or another version? */
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

int
run_again_end(struct run *run, struct run_listing *own,
    struct manifest_listing *whole, struct err *err)
{
	struct tree_stream *again = own->again;
	uint64_t changed = 0;

	if (again == NULL)
		return 0;
	if (!own->foreign && count_other(run, own, &changed, err) == -1)
		return -1;
	if (!has_late_records(run, own) && changed == 0)
		return 0;
	whole->changed = own->changed += changed;
	if (tree_flush(run->tree, err) == -1 ||
	    add_left_over(run, own, err) == -1)
		return -1;
	own->again = NULL;
	whole->records = tree_stream_lines(again);
	return run_replace_stream(run, own, again, whole, err) == -1 ? -1 : 1;
}
