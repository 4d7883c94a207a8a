/*
 * The summary of an export that has a manifest.
 */

#include <stdlib.h>
#include <string.h>

#include "audit/audit_internal.h"

void
audit_release(struct audit_summary *summary)
{
	struct manifest_gap *gap, *next;
	size_t i;

	for (gap = summary->gaps; gap != NULL; gap = next) {
		next = gap->next;
		free(gap->listing);
		free(gap->url);
		free(gap->why);
		free(gap->request);
		free(gap->path);
		free(gap);
	}
	for (i = 0; i < summary->n_kinds; i++)
		free(summary->kinds[i].name);
	free(summary->kinds);
	free(summary->first_absent);
	free(summary->accepted);
	free(summary->counts);
	free(summary->source);
	free(summary->server);
	free(summary->started);
	free(summary->adopted_when);
	json_decref(summary->options);
	*summary = (struct audit_summary){ .is_native = false };
}

/* Count the units by their kind, from their files. */
static int
count_kinds(struct manifest *manifest, struct tree *tree,
    const struct source *source, struct audit_summary *summary,
    struct err *err)
{
	const struct source_resource *unit = audit_unit(source);
	struct tree_receipts files = { NULL, 0, 0 };
	struct page_plan **plans;
	struct page_item item;
	struct page page;
	struct text text;
	struct err why;
	size_t i;

	if (unit == NULL)
		return 0;
	if (manifest_files(manifest, unit->name, &files, err) == -1)
		return -1;
	plans = page_plans_new(source);
	page_init(&page);
	text_init(&text, SIZE_MAX / 4);
	for (i = 0; i < files.n; i++) {
		text_clear(&text);
		/* verify reports a file that can't be read. */
		if (tree_get(tree, files.items[i].path, &text, NULL) == -1)
			continue;
		page_whole(&page, plans[unit->index],
		    (struct span){ text.data, text.len }, &item, &why);
		if (item.kind == PAGE_RECORD)
			audit_count_unit(summary, unit, item.bytes);
	}
	text_release(&text);
	page_release(&page);
	page_plans_free(plans, source);
	tree_receipts_release(&files);
	audit_sort_kinds(summary);
	return 0;
}

static void
copy_gap(struct audit_summary *summary, struct manifest_gap ***last,
    const struct manifest_gap *gap)
{
	struct manifest_gap *copy = mem_alloc(sizeof(*copy));

	*copy = *gap;
	copy->listing = mem_text(gap->listing);
	copy->url = mem_text(gap->url);
	copy->why = mem_text(gap->why);
	copy->request = mem_text(gap->request);
	copy->path = mem_text(gap->path);
	copy->next = NULL;
	**last = copy;
	*last = &copy->next;
	summary->n_gaps++;
}

static void
count_listings(struct manifest *manifest, const struct source *source,
    struct audit_summary *summary)
{
	struct manifest_listing listing = { .key = NULL };
	struct manifest_gap **last = &summary->gaps;
	const struct manifest_gap *gap;
	const struct source_resource *resource;

	while (manifest_each(manifest, listing.key, &listing)) {
		resource = source_find(source, listing.key,
		    strcspn(listing.key, "/"));
		if (resource != NULL)
			summary->counts[resource->index].records +=
			    listing.records;
		summary->changed += listing.changed;
		for (gap = listing.gaps; gap != NULL; gap = gap->next)
			copy_gap(summary, &last, gap);
		if (!listing.ended && listing.gaps == NULL)
			summary->unfinished++;
		if (listing.ended && listing.total < 0 && resource != NULL &&
		    resource->paging != SOURCE_UNPAGED)
			summary->unreported++;
	}
}

static char *
header_text(struct manifest *manifest, const char *key)
{
	return mem_text(json_string_value(json_object_get(
	    manifest_header(manifest), key)));
}

/* The header of an adopted export has the time of its adoption. */
static void
set_beginning(struct manifest *manifest, struct audit_summary *summary)
{
	char *when = header_text(manifest, "started");

	if (json_is_true(json_object_get(manifest_header(manifest),
	    "adopted")))
		summary->adopted_when = when;
	else
		summary->started = when;
}

/* Count the files in the manifest that don't exist. */
static int
count_absent(struct manifest *manifest, struct tree *tree,
    struct audit_summary *summary, struct tree_receipts *files,
    struct err *err)
{
	size_t i;

	if (manifest_all_files(manifest, files, err) == -1)
		return -1;
	tree_receipts_sort(files);
	audit_accept_receipts(tree, files);
	for (i = 0; i < files->n; i++)
		if (!tree_has(tree, &files->items[i], summary->sealed) &&
		    summary->absent++ == 0)
			summary->first_absent = mem_text(files->items[i].path);
	return 0;
}

static int
summarise(struct manifest *manifest, struct tree *tree,
    const struct source *source, struct audit_summary *summary,
    struct err *err)
{
	struct tree_receipts files = { NULL, 0, 0 };
	size_t i;

	summary->is_native = true;
	summary->sealed = manifest_sealed(manifest) != NULL;
	summary->source = header_text(manifest, "source");
	summary->server = header_text(manifest, "server");
	set_beginning(manifest, summary);
	summary->options = json_incref(json_object_get(manifest_header(
	    manifest), "options"));
	count_listings(manifest, source, summary);
	if (count_absent(manifest, tree, summary, &files, err) == -1) {
		tree_receipts_release(&files);
		return -1;
	}
	summary->files = files.n;
	for (i = 0; i < files.n; i++)
		summary->bytes += files.items[i].bytes;
	tree_receipts_release(&files);
	return count_kinds(manifest, tree, source, summary, err);
}

/*
 * The manifest misses files, since the export was adopted or lines are lost:
 * use file names.
 */
static int
summarise_partial(struct manifest *manifest, struct tree *tree,
    const struct source *source, struct audit_summary *summary,
    struct err *err)
{
	struct manifest_listing listing = { .key = NULL };
	struct manifest_gap **last = &summary->gaps;
	const struct manifest_gap *gap;
	struct tree_receipts files = { NULL, 0, 0 };
	int rc;

	summary->is_native = true;
	summary->adopted = manifest_is_partial(manifest);
	if (audit_legacy_summary(tree, source, summary, err) == -1)
		return -1;
	summary->server = header_text(manifest, "server");
	set_beginning(manifest, summary);
	summary->options = json_incref(json_object_get(manifest_header(
	    manifest), "options"));
	while (manifest_each(manifest, listing.key, &listing))
		for (gap = listing.gaps; gap != NULL; gap = gap->next)
			copy_gap(summary, &last, gap);
	rc = count_absent(manifest, tree, summary, &files, err);
	tree_receipts_release(&files);
	return rc;
}

static void
make_counts(const struct source *source, struct audit_summary *summary)
{
	size_t i;

	summary->unit = audit_unit(source) != NULL ?
	    audit_unit(source)->name : NULL;
	summary->n_counts = source->n_resources;
	summary->counts = mem_zero(summary->n_counts,
	    sizeof(*summary->counts));
	for (i = 0; i < source->n_resources; i++)
		summary->counts[i].resource = source->resources[i].name;
}

int
audit_summary(const char *path, const struct source *source, struct log *log,
    struct audit_summary *summary, struct err *err)
{
	struct tree *tree;
	struct manifest *manifest;
	enum manifest_state state;
	int rc = -1;

	*summary = (struct audit_summary){ .is_native = false };
	make_counts(source, summary);
	if ((tree = tree_peek(path, err)) == NULL)
		return -1;
	if (!manifest_is_there(path)) {
		rc = audit_legacy_summary(tree, source, summary, err);
	} else if ((manifest = manifest_recover(tree, log, &state,
	    err)) != NULL) {
		summary->is_hurt = state != MANIFEST_INTACT ||
		    manifest_fits(manifest, source, NULL) == -1;
		rc = manifest_is_partial(manifest) ||
		    state == MANIFEST_SALVAGED ? summarise_partial(
		    manifest, tree, source, summary, err) :
		    summarise(manifest, tree, source, summary, err);
		manifest_close(manifest);
	}
	summary->accepted = audit_accepted_in(tree, summary->sealed,
	    &summary->lacks);
	tree_close(tree);
	return rc;
}

struct source *
audit_source_in(json_t *header, struct err *err)
{
	const char *definition = json_string_value(json_object_get(header,
	    "definition"));
	const char *name = json_string_value(json_object_get(header,
	    "source"));
	struct source *source;

	if (definition != NULL) {
		source = source_parse(MANIFEST_NAME, (struct span){
		    definition, strlen(definition) }, err);
		if (source != NULL)
			source_store(source);
		return source;
	}
	return source_open_built_in(name != NULL ? name : "humanloop", err);
}

struct source *
audit_source_of(const char *path, struct err *err)
{
	struct source *source;
	json_t *header;

	if (!manifest_is_there(path))
		return audit_source_in(NULL, err);
	if ((header = manifest_peek(path, err)) == NULL)
		return NULL;
	source = audit_source_in(header, err);
	json_decref(header);
	return source;
}
