/*
 * A record of a listing, as the walk takes it.
 */

#include <inttypes.h>
#include <stdio.h>

#include "audit/audit_prescan.h"

uint64_t
audit_count_record(const struct source_resource *resource,
    const struct page_record *record)
{
	return resource->derive == NULL &&
	    resource->shape.form != SOURCE_ARRAY ? 1 :
	    page_items(record->bytes);
}

void
audit_say_duplicate(struct audit_verify *verify, const char *path,
    const char *listing, uint64_t line, bool named, uint64_t nth)
{
	struct audit_finding finding = { .kind = AUDIT_DAMAGED,
	    .path = (char *)path, .listing = (char *)listing,
	    .refetch = true };
	char where[40] = "";

	if (nth > DUPLICATES_NAMED)
		return;
	if (line > 0)
		snprintf(where, sizeof(where), "line %" PRIu64 ": ", line);
	audit_find(verify, finding, "%sthe record %s%s%s appears twice in its "
	    "listing", where, named ? "\"" : "", named ? verify->key.data :
	    "(without a key)", named ? "\"" : "");
}

/* The fields of an object are visible to its siblings. */
void
audit_take_fields(struct audit_verify *verify, char **values)
{
	struct crawl_listing *listing = verify->current.crawl;
	size_t i;

	verify->current.fields = json_object();
	for (i = 0; i < listing->resource->n_fields; i++)
		if (values[i] != NULL)
			json_object_set_new(verify->current.fields,
			    listing->resource->fields[i].name,
			    json_string(values[i]));
	crawl_add_fields(verify->crawl, listing, values);
}

bool
audit_take_key(struct audit_verify *verify, const char *path, uint64_t line,
    bool named, struct set_hash hash)
{
	struct audit_listing *current = &verify->current;

	if (set_add_hash(current->seen, hash))
		return true;
	/* The server's total counts both: see run_duplicate.c. */
	if (current->same_key < current->known.same_key) {
		current->same_key++;
		return false;
	}
	audit_say_duplicate(verify, path, current->crawl->key, line, named,
	    ++current->duplicates);
	return false;
}

void
audit_take_item(struct audit_verify *verify, const char *path,
    struct audit_item *item, const char *key)
{
	struct audit_listing *current = &verify->current;

	if (item->raw != NULL) {
		audit_disk_rows(verify, path, (struct span){ item->raw,
		    item->raw_len });
		return;
	}
	if (!current->crawl->resource->is_list) {
		audit_take_fields(verify, item->values);
		item->values = NULL;
		return;
	}
	text_clear(&verify->key);
	text_add(&verify->key, key, item->key_len);
	if (!item->named && verify->manifest == NULL &&
	    current->crawl->resource->n_key > 0) {
		audit_disk_unnamed(verify, path, item->line);
		return;
	}
	if (!item->named) {
		page_tally(current->tally, &verify->key);
		item->hash = set_hash_of(verify->key.data, verify->key.len);
	}
	if (!audit_take_key(verify, path, item->line, item->named,
	    item->hash) || item->parts == NULL)
		return;
	crawl_link(verify->crawl, current->crawl, item->parts, item->values);
	item->parts = item->values = NULL;
}

void
audit_disk_unnamed(struct audit_verify *verify, const char *path,
    uint64_t line)
{
	const struct source_resource *resource =
	    verify->current.crawl->resource;
	struct audit_finding finding = { .kind = AUDIT_DAMAGED,
	    .certainty = AUDIT_LIKELY, .path = (char *)path,
	    .listing = verify->current.crawl->key };

	verify->current.duplicates++;
	if (line > 0)
		audit_find(verify, finding, "line %" PRIu64 ": the record has "
		    "no \"%s\", so it is not one of the %s", line,
		    resource->key[0], resource->name);
	else
		audit_find(verify, finding, "it has no \"%s\", so it is not "
		    "one of the %s", resource->key[0], resource->name);
}
