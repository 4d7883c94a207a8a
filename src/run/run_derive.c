/*
 * A file derived from another listing's records: a row for each item of an
 * array in each record, with values copied verbatim.  The format is that of
 * Python's json.dumps(), as the legacy exporter wrote it.
 */

#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

static void
add_row(const struct source_derive *derive, struct span record,
    struct span item, struct text *rows)
{
	struct span value;
	size_t i;

	text_adds(rows, rows->len > 1 ? ", {" : "{");
	for (i = 0; i < derive->n; i++) {
		const struct source_row *row = &derive->row[i];

		text_addf(rows, "%s\"%s\": ", i > 0 ? ", " : "", row->name);
		if (page_find(row->of_item ? item : record, row->path,
		    &value))
			text_add(rows, value.data, value.len);
		else
			text_adds(rows, "null");
	}
	text_addc(rows, '}');
}

/* Make the rows from the records on disk. */
static int
make_rows(struct run *run, const struct source_derive *derive,
    const char *from, struct text *rows, uint64_t *n, struct err *err)
{
	struct run_reader *reader = run_reader_new(run, from, NULL, err);
	struct page_record record;
	struct span items, item;
	const char *place;
	int rc;

	if (reader == NULL)
		return -1;
	text_addc(rows, '[');
	while ((rc = run_reader_next(reader, &record, err)) == 1) {
		place = NULL;
		if (!page_find(record.bytes, derive->each, &items))
			continue;
		while (page_next(items, &place, &item)) {
			add_row(derive, record.bytes, item, rows);
			++*n;
		}
	}
	text_addc(rows, ']');
	run_reader_free(reader);
	return rc;
}

static int
write_rows(struct run *run, struct crawl_listing *listing,
    const struct text *rows, uint64_t n, struct err *err)
{
	struct crawl_resolver resolver = { .crawl = run->crawl,
	    .node = listing->parent };
	struct source_lookup lookup = crawl_lookup(&resolver);
	struct manifest_listing whole = { .records = n, .total = -1 };
	struct tree_receipts files = { NULL, 0, 0 };
	struct tree_receipt receipt;
	const char *missing;
	int rc;

	if (tree_path(run->tree, &listing->resource->file, &lookup, NULL,
	    &run->path, &missing) == -1)
		return err_set(err, ERR_INTERNAL, "no value of %s for the "
		    "file name of %s", missing, listing->key);
	if (tree_put(run->tree, run->path.data, (struct span){ rows->data,
	    rows->len }, &receipt, err) == -1)
		return -1;
	tree_receipts_add(&files, &receipt);
	rc = manifest_say_end(run->manifest, listing->key, &whole, NULL,
	    &files, err);
	tree_receipts_release(&files);
	return rc;
}

/* The key of the listing that this one is derived from. */
static char *
key_of_other(const struct crawl_listing *listing,
    const struct source_resource *other)
{
	const char *rest = strchr(listing->key, '/');

	return mem_format("%s%s", other->name, rest != NULL ? rest : "");
}

static enum crawl_state
fail(struct run *run, const struct crawl_job *job)
{
	struct crawl_listing *listing = job->listing;
	struct manifest_gap gap = run_no_gap(listing->key);

	gap.why = mem_format("\"%s\", which it is derived from, is incomplete",
	    listing->resource->derive->from->name);
	run_gap(run, &gap);
	free(gap.why);
	return crawl_fail(run->crawl, job);
}

int
run_derive(struct run *run, const struct crawl_job *job, struct err *err)
{
	struct crawl_listing *listing = job->listing;
	struct run_listing *own = listing->user;
	const struct source_derive *derive = listing->resource->derive;
	struct crawl_result result = { .received = 0 };
	enum crawl_state state;
	struct text rows;
	uint64_t n = 0;
	char *from;
	int rc = 0;

	if (listing->after_gapped && own->restore != NULL)
		return run_listing_state(run, own, crawl_fail(run->crawl,
		    job), err);
	if (listing->after_gapped)
		return run_listing_state(run, own, fail(run, job), err);
	text_init(&rows, SIZE_MAX / 4);
	from = key_of_other(listing, derive->from);
	rc = make_rows(run, derive, from, &rows, &n, err);
	if (rc == 0)
		rc = own->restore != NULL ? run_restore_rows(run, own,
		    (struct span){ rows.data, rows.len }, err) :
		    write_rows(run, listing, &rows, n, err);
	free(from);
	text_release(&rows);
	/* The other listing can't be read. */
	if (rc == -1 && own->restore != NULL && err->kind == ERR_DATA)
		state = crawl_fail(run->crawl, job);
	else if (rc == -1)
		return -1;
	else
		state = crawl_finish(run->crawl, job, &result);
	return run_listing_state(run, own, state, err);
}
