/*
 * Links a record to the listings below it.
 */

#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

/* The key of a record: resource, ancestors, own key. */
static char *
record_key(const struct crawl_listing *listing, char *const *parts)
{
	struct text key;

	text_init(&key, 1 << 20);
	text_addf(&key, "%s/", listing->key);
	crawl_record_key(listing->resource, parts, &key);
	return text_take(&key);
}

/*
 * Can everything below the record be skipped?  It is on disk; and, in a repair,
 * undamaged.
 */
static bool
is_left_out(const struct run *run, const struct source_resource *resource,
    const char *key)
{
	if (!run_writes(run) || run_is_above_damage(run, key))
		return false;
	/* Done markers say nothing about lost lines. */
	if (run->is_narrow || run->is_salvaged)
		return run->is_narrow;
	return resource->done.line > 0 && manifest_is_done(run->manifest,
	    key);
}

void
run_link(struct run *run, struct crawl_listing *listing,
    const struct page_record *record)
{
	const struct source_resource *resource = listing->resource;
	char **parts;
	char *key;
	bool done;

	if (!resource->has_children)
		return;
	parts = page_parts(record);
	key = record_key(listing, parts);
	done = is_left_out(run, resource, key);
	free(key);
	if (done) {
		if (resource == run->unit)
			run->units_done++;
		page_free_texts(parts, resource->n_key);
		return;
	}
	crawl_link(run->crawl, listing, parts, page_values(record));
}

json_t *
run_fields(struct run *run, struct crawl_listing *listing,
    const struct page_record *record)
{
	const struct source_resource *resource = listing->resource;
	char **values;
	json_t *fields;
	size_t i;

	if (resource->is_list || resource->n_fields == 0)
		return NULL;
	values = page_values(record);
	fields = json_object();
	for (i = 0; i < resource->n_fields; i++)
		if (values[i] != NULL)
			json_object_set_new(fields, resource->fields[i].name,
			    json_string(values[i]));
	crawl_add_fields(run->crawl, listing, values);
	return fields;
}
