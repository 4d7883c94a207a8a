/*
 * A record's key, and the fields that its child resources use.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "page/page_internal.h"

static char *
text_of(struct span value)
{
	struct text text;

	text_init(&text, 3 * value.len + 4);
	page_value_text(value, &text);
	return text_take(&text);
}

/* Can the value identify a record? */
static bool
names(struct span value)
{
	return !page_is_null(value) && !text_is(value, "\"\"") &&
	    value.data[0] != '{' && value.data[0] != '[';
}

struct span
page_part(const struct page_record *record, size_t i)
{
	return record->found[record->plan->slots[i]];
}

bool
page_is_named(const struct page_record *record)
{
	struct span part;
	size_t i;

	for (i = 0; i < record->plan->resource->n_key; i++) {
		part = page_part(record, i);
		if (part.data == NULL || !names(part))
			return false;
	}
	return true;
}

void
page_tally(struct set *tally, struct text *key)
{
	unsigned n = set_tally(tally, key->data, key->len);

	if (n > 1)
		text_addf(key, "-%u", n);
}

/* Without keys, records with the same bytes are still distinct records. */
static void
key_of_bytes(struct span bytes, struct set *tally, struct text *key)
{
	unsigned char hash[SHA256_BYTES];

	sha256_of(bytes.data, bytes.len, hash);
	text_clear(key);
	text_add(key, hash, sizeof(hash));
	if (tally != NULL)
		page_tally(tally, key);
}

bool
page_key(const struct page_record *record, struct set *tally,
    struct text *key)
{
	const struct source_resource *resource = record->plan->resource;
	struct span part;
	size_t i;

	text_clear(key);
	for (i = 0; i < resource->n_key; i++) {
		part = page_part(record, i);
		if (part.data == NULL || !names(part)) {
			key_of_bytes(record->bytes, tally, key);
			return false;
		}
		/* Decoded text has no NUL, so the separator can't be forged. */
		if (i > 0)
			text_addc(key, '\0');
		page_value_text(part, key);
	}
	return true;
}

char **
page_parts(const struct page_record *record)
{
	const struct source_resource *resource = record->plan->resource;
	char **parts = mem_zero(resource->n_key, sizeof(*parts));
	struct span part;
	size_t i;

	for (i = 0; i < resource->n_key; i++) {
		part = page_part(record, i);
		if (part.data != NULL && names(part))
			parts[i] = text_of(part);
	}
	return parts;
}

/* The value of ${field}; its paths have the slots from ${slot} on. */
static char *
value_of(const struct page_record *record, const struct source_field *field,
    const int *slot)
{
	struct span value;
	int64_t sum = 0;
	size_t i;

	if (field->sum)
		return page_sum(record->bytes, field->paths[0], &sum) ?
		    mem_format("%" PRId64, sum) : NULL;
	for (i = 0; i < field->n; i++) {
		value = record->found[slot[i]];
		if (value.data != NULL && !page_is_null(value))
			return text_of(value);
	}
	return NULL;
}

char **
page_values(const struct page_record *record)
{
	const struct source_resource *resource = record->plan->resource;
	const int *slot = &record->plan->slots[resource->n_key];
	char **values = mem_zero(resource->n_fields, sizeof(*values));
	size_t i;

	for (i = 0; i < resource->n_fields; i++) {
		values[i] = value_of(record, &resource->fields[i], slot);
		slot += resource->fields[i].n;
	}
	return values;
}

void
page_free_texts(char **texts, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(texts[i]);
	free(texts);
}
