/*
 * The manifest of an export that has none, built during the audit.
 *
 * A listing counts as complete if other records prove it (their counts agree,
 * or it came in one reply and its unit has a done marker).  For any other
 * listing, the manifest has the files and a page of no records, so that a
 * resumed export reads it again from its start.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit_internal.h"

void
audit_build(struct audit_verify *verify, struct manifest *manifest)
{
	verify->building = manifest;
}

struct tree_receipts *
audit_hashed(struct audit_verify *verify)
{
	return &verify->hashed;
}

void
audit_adopted(struct audit_verify *verify)
{
	verify->progress.is_native = true;
}

/* The options that the legacy tool must have had, by the files it wrote. */
json_t *
audit_options(const struct audit_verify *verify)
{
	json_t *options = json_object();
	const struct source *source = verify->settings.source;
	size_t i;

	for (i = 0; i < source->n_resources; i++)
		if (audit_has_files(verify, &source->resources[i]))
			audit_want(&source->resources[i], options);
	return options;
}

/* Is the listing proven complete? */
static bool
is_proven(struct audit_verify *verify)
{
	struct audit_listing *current = &verify->current;
	const struct source_resource *resource = current->crawl->resource;
	const char *name;
	int64_t reported;

	if (current->unread)
		return false;
	if (!resource->is_list || resource->derive != NULL)
		return current->files.n > 0;
	if (set_count(current->seen) != current->records)
		return false;
	reported = audit_expected(verify, &name);
	if (reported >= 0)
		return set_count(current->seen) == (uint64_t)reported;
	return resource->paging == SOURCE_UNPAGED &&
	    audit_is_done(verify, current->crawl->parent);
}

static void
say_gap(struct audit_verify *verify, uint64_t have, int64_t reported,
    const char *name)
{
	struct manifest_gap gap = { .listing = verify->current.crawl->key,
	    .first = -1, .count = -1, .record = -1, .total = -1,
	    .have = (int64_t)have, .expected = reported, .status = -1 };

	if (reported >= 0)
		gap.why = mem_format("the legacy export has %" PRIu64 " "
		    "distinct records; %s says %" PRId64, have, name, reported);
	else
		gap.why = mem_text("the legacy export of this listing is "
		    "damaged");
	manifest_say_gap(verify->building, &gap);
	free(gap.why);
}

void
audit_build_listing(struct audit_verify *verify)
{
	struct audit_listing *current = &verify->current;
	const struct source_resource *resource = current->crawl->resource;
	struct manifest_listing whole = { .total = -1,
	    .records = current->items };
	struct manifest_page page = { .pass = 1, .total = -1,
	    .received = current->records, .distinct = set_count(current->seen),
	    .kept = current->records };
	struct tree_receipts files = { NULL, 0, 0 };
	const char *name = "";
	int64_t reported;
	size_t i;

	for (i = 0; i < current->files.n; i++)
		if (current->is_whole[i])
			tree_receipts_add(&files, &current->files.items[i]);
	if (is_proven(verify)) {
		manifest_say_end(verify->building, current->crawl->key, &whole,
		    json_incref(current->fields), &files, NULL);
	} else if (resource->is_list && resource->derive == NULL &&
	    audit_has_files(verify, resource)) {
		manifest_say_page(verify->building, current->crawl->key, &page,
		    &files);
		reported = audit_expected(verify, &name);
		if (current->unread || (reported >= 0 &&
		    set_count(current->seen) < (uint64_t)reported))
			say_gap(
			    verify, set_count(current->seen), reported, name);
	}
	tree_receipts_release(&files);
}

void
audit_want(const struct source_resource *resource, json_t *options)
{
	const struct source_condition *condition;
	size_t i;

	for (i = 0; i < resource->when.n; i++) {
		condition = &resource->when.all[i];
		if (condition->var.kind == SOURCE_OPTION &&
		    condition->test == SOURCE_ONE_OF)
			json_object_set_new(options,
			    condition->var.option->name,
			    json_string(condition->values[0]));
	}
}
