/*
 * What is read out of a record: its key, and the values that others need.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

static char *
text_of(struct span value)
{
	struct text text;

	text_init(&text, 3 * value.len + 4);
	page_value_text(value, &text);
	return text_take(&text);
}

/* Is there something that can name a record? */
static bool
names(struct span value)
{
	return !page_is_null(value) && value.at[0] != '{' &&
	    value.at[0] != '[';
}

bool
run_key(const struct source_resource *resource, struct span record,
    struct text *key)
{
	unsigned char hash[SHA256_BYTES];
	struct span part;
	size_t i;

	text_clear(key);
	for (i = 0; i < resource->n_key; i++) {
		if (!page_find(record, resource->key[i], &part) ||
		    !names(part)) {
			text_clear(key);
			sha256_of(record.at, record.len, hash);
			text_add(key, hash, sizeof(hash));
			return false;
		}
		/* A decoded text holds no NUL, so this can't be forged. */
		if (i > 0)
			text_addc(key, '\0');
		page_value_text(part, key);
	}
	return true;
}

char **
run_parts(const struct source_resource *resource, struct span record)
{
	char **parts = mem_zero(resource->n_key, sizeof(*parts));
	struct span part;
	size_t i;

	for (i = 0; i < resource->n_key; i++)
		if (page_find(record, resource->key[i], &part) &&
		    names(part))
			parts[i] = text_of(part);
	return parts;
}

static char *
value_of(const struct source_field *field, struct span record)
{
	struct span value;
	int64_t sum = 0;
	size_t i;

	if (field->sum)
		return page_sum(record, field->paths[0], &sum) ?
		    mem_format("%" PRId64, sum) : NULL;
	for (i = 0; i < field->n; i++)
		if (page_find(record, field->paths[i], &value) &&
		    !page_is_null(value))
			return text_of(value);
	return NULL;
}

char **
run_values(const struct source_resource *resource, struct span record)
{
	char **values = mem_zero(resource->n_fields, sizeof(*values));
	size_t i;

	for (i = 0; i < resource->n_fields; i++)
		values[i] = value_of(&resource->fields[i], record);
	return values;
}

void
run_free_texts(char **texts, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(texts[i]);
	free(texts);
}

/* The key of a record: its resource, those above it, its own. */
static char *
record_key(const struct crawl_listing *listing, char *const *parts)
{
	struct text key;

	text_init(&key, 1 << 20);
	text_addf(&key, "%s/", listing->key);
	crawl_record_key(listing->resource, parts, &key);
	return text_take(&key);
}

void
run_link(struct run *run, struct crawl_listing *listing, struct span record)
{
	const struct source_resource *resource = listing->resource;
	char **parts;
	char *key;
	bool done;

	if (!resource->has_children)
		return;
	parts = run_parts(resource, record);
	if (resource->done.line > 0 && run->manifest != NULL) {
		key = record_key(listing, parts);
		done = manifest_is_done(run->manifest, key);
		free(key);
		if (done) {
			if (resource == run->unit)
				run->units_done++;
			run_free_texts(parts, resource->n_key);
			return;
		}
	}
	crawl_link(run->crawl, listing, parts, run_values(resource, record));
}

json_t *
run_fields(struct run *run, struct crawl_listing *listing,
    const struct span *record)
{
	const struct source_resource *resource = listing->resource;
	char **values;
	json_t *fields;
	size_t i;

	if (resource->is_list || resource->n_fields == 0)
		return NULL;
	values = run_values(resource, *record);
	fields = json_object();
	for (i = 0; i < resource->n_fields; i++)
		if (values[i] != NULL)
			json_object_set_new(fields, resource->fields[i].name,
			    json_string(values[i]));
	crawl_fact(run->crawl, listing, values);
	return fields;
}
