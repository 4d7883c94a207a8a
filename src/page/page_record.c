/*
 * What is read out of a record: its key, and the values that others need.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "page/page.h"

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
page_key(const struct source_resource *resource, struct span record,
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
page_parts(const struct source_resource *resource, struct span record)
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
page_values(const struct source_resource *resource, struct span record)
{
	char **values = mem_zero(resource->n_fields, sizeof(*values));
	size_t i;

	for (i = 0; i < resource->n_fields; i++)
		values[i] = value_of(&resource->fields[i], record);
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
