/*
 * Records of an archive as they come: what the walk will need is kept.
 */

#include <string.h>

#include "audit/audit_members.h"

/* A longer field is only ever tested for presence. */
#define VALUE_MAX 4096

static struct audit_entry *
add_entry(struct audit_received *received)
{
	received->entries = mem_need(received->entries, received->n + 1,
	    &received->capacity, sizeof(*received->entries));
	received->entries[received->n] = (struct audit_entry){ .key = NULL };
	return &received->entries[received->n++];
}

/* Looks up the record's own fields for a condition. */
struct own_values {
	const struct source_resource *resource;
	char *const *values;
};

static const char *
own_value(void *cookie, const struct source_var *var)
{
	const struct own_values *own = cookie;

	return own->values[var->index];
}

/* May a record with these values have child listings? */
static bool
may_have_children(const struct audit_verify *verify,
    const struct source_resource *resource, char *const *values)
{
	const struct source *source = verify->settings.source;
	struct own_values own = { resource, values };
	struct source_lookup lookup = { own_value, &own };
	size_t i, k;

	for (i = 0; i < source->n_resources; i++) {
		const struct source_resource *child = &source->resources[i];
		bool may = child->parent == resource;

		for (k = 0; may && k < child->when.n; k++) {
			struct source_when one = { &child->when.all[k], 1 };
			const struct source_var *var = &one.all->var;

			/* The walk tests the other conditions. */
			if (var->kind == SOURCE_FIELD &&
			    var->resource == resource &&
			    var->otherwise == NULL)
				may = source_holds(&one, &lookup);
		}
		if (may)
			return true;
	}
	return false;
}

/* Keep what the walk needs of a record that may have children. */
static void
keep_values(const struct audit_verify *verify, struct audit_received *received,
    struct audit_entry *entry, const struct page_record *record)
{
	const struct source_resource *resource = received->resource;
	size_t i;

	if (resource->is_list && !resource->has_children)
		return;
	entry->values = page_values(record);
	for (i = 0; i < resource->n_fields; i++)
		if (entry->values[i] != NULL &&
		    strlen(entry->values[i]) > VALUE_MAX)
			entry->values[i][VALUE_MAX] = '\0';
	if (!resource->is_list)
		return;
	if (resource->done.line > 0 || may_have_children(verify, resource,
	    entry->values)) {
		entry->parts = page_parts(record);
		return;
	}
	page_free_texts(entry->values, resource->n_fields);
	entry->values = NULL;
}

/* Did the server's total count both of two with one key?  See run_duplicate.c.
 */
static bool
may_share_key(const struct audit_verify *verify,
    const struct audit_received *received)
{
	struct manifest_listing known;

	if (verify->manifest == NULL || received->listing == NULL ||
	    !manifest_find(verify->manifest, received->listing, &known) ||
	    received->group->same_key >= known.same_key)
		return false;
	received->group->same_key++;
	return true;
}

/* Take a record of a shard, and report it if it is a duplicate. */
static void
take_line(struct audit_verify *verify, struct audit_received *received,
    const char *path, uint64_t line, const struct page_record *record)
{
	struct audit_group *group = received->group;
	struct audit_entry entry = { .key = NULL };
	bool named;

	if (group->seen == NULL) {
		group->seen = set_new();
		group->tally = set_new();
	}
	named = page_key(record, group->tally, &verify->key);
	if (!set_add(group->seen, verify->key.data, verify->key.len)) {
		if (may_share_key(verify, received))
			return;
		received->duplicates++;
		audit_say_duplicate(verify, path, received->listing, line,
		    named, ++group->duplicates);
		return;
	}
	if (!named)
		return;
	keep_values(verify, received, &entry, record);
	if (entry.values != NULL)
		*add_entry(received) = entry;
}

static void
take_object(struct audit_verify *verify, struct audit_received *received,
    const struct page_record *record)
{
	const struct source_resource *resource = received->resource;
	struct audit_entry *entry;

	if (resource->derive != NULL) {
		if (verify->manifest == NULL) {
			entry = add_entry(received);
			entry->raw = mem_copy(record->bytes.data,
			    record->bytes.len);
			entry->raw_len = record->bytes.len;
		}
		return;
	}
	if (!resource->is_list && resource->n_fields == 0)
		return;
	entry = add_entry(received);
	if (resource->is_list) {
		entry->named = page_key(record, NULL, &verify->key);
		entry->key = mem_copy(verify->key.data, verify->key.len);
		entry->key_len = verify->key.len;
	}
	keep_values(verify, received, entry, record);
}

void
audit_members_take(struct audit_content *content, uint64_t line,
    const struct page_record *record)
{
	struct audit_verify *verify = content->verify;
	struct audit_received *received =
	    &verify->members->received[verify->members->now];

	verify->progress.records += audit_count_record(received->resource,
	    record);
	received->records++;
	if (received->group != NULL && received->resource->is_list &&
	    received->resource->derive == NULL)
		take_line(
		    verify, received, content->receipt->path, line, record);
	else
		take_object(verify, received, record);
}
