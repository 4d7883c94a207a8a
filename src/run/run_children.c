/*
 * The records of a listing that are on disk: their keys, and the listings below
 * them.
 */

#include "run/run_internal.h"

/*
 * Records on disk share keys: note what distinguishes those that were read
 * before that was known.
 */
static int
load_shared_keys(struct run *run, struct run_listing *own, struct err *err)
{
	struct run_reader *reader;
	struct page_record record;
	int rc;

	if (own->shared == NULL)
		return 0;
	reader = run_reader_new(run, own->crawl->key, own->dir, err);
	if (reader == NULL)
		return -1;
	while ((rc = run_reader_next(reader, &record, err)) == 1)
		run_shared_load(run, own, &record);
	run_reader_free(reader);
	return rc;
}

/* Note the key of a record on disk.  Return whether it may have children. */
static bool
take_record(struct run *run, struct run_listing *own,
    const struct page_record *record, struct set *linked)
{
	bool named;

	if (linked != NULL)
		return page_key(record, NULL, &run->scratch) &&
		    set_add(linked, run->scratch.data, run->scratch.len);
	if (run_note(run, own, record, &named) == RUN_DUPLICATE && named) {
		run_shared_add(run, own);
		own->same_key++;
		named = false;
	} else if (named) {
		(void)run_shared_is_other(run, own, record->bytes);
	}
	if (own->crawl->resource->paging == SOURCE_OFFSET)
		run_note_last(own, record->bytes);
	return named;
}

/* Read the records on disk: note their keys, link their children. */
int
run_take_records(struct run *run, struct run_listing *own, bool note,
    struct err *err)
{
	struct run_reader *reader = run_reader_new(run, own->crawl->key,
	    own->dir, err);
	struct set *linked = note ? NULL : set_new();
	struct page_record record;
	int rc = -1;

	/* The children of an unreadable record are unknown. */
	if (reader != NULL && !note)
		run_reader_tolerate(reader);
	while (reader != NULL &&
	    (rc = run_reader_next(reader, &record, err)) == 1)
		if (take_record(run, own, &record, linked))
			run_link(run, own->crawl, &record);
	run_reader_free(reader);
	set_free(linked);
	return rc == 0 && note ? load_shared_keys(run, own, err) : rc;
}

/* Give the crawl a document's fields from the manifest. */
static int
take_fields(struct run *run, struct crawl_listing *listing, struct err *err)
{
	const struct source_resource *resource = listing->resource;
	json_t *fields;
	char **values;
	size_t i;

	if (resource->is_list || resource->n_fields == 0)
		return 0;
	if (err != NULL)
		err->kind = ERR_NONE;
	fields = manifest_fields(run->manifest, listing->key, err);
	if (fields == NULL && err != NULL && err->kind != ERR_NONE)
		return -1;
	values = mem_zero(resource->n_fields, sizeof(*values));
	for (i = 0; i < resource->n_fields; i++)
		values[i] = mem_text(json_string_value(json_object_get(
		    fields, resource->fields[i].name)));
	json_decref(fields);
	crawl_add_fields(run->crawl, listing, values);
	return 0;
}

int
run_take_children(struct run *run, struct run_listing *own, struct err *err)
{
	struct crawl_listing *listing = own->crawl;

	if (listing->resource->has_children &&
	    run_leads_to_damage(run, listing->key) &&
	    run_take_records(run, own, false, err) == -1)
		return -1;
	return take_fields(run, listing, err);
}
