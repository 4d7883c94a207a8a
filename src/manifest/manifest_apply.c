/*
 * The meaning of manifest lines.
 *
 *	page		a page of a listing is on disk; it closes the gaps
 *			within the page
 *	listing		the listing is complete; replaces its pages and gaps
 *	gap		something that was not fetched; the last gap of a page
 *			(or of the listing's counts) counts
 *	done		everything below a record is on disk
 *	seal		the export has ended
 */

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/manifest_internal.h"

/* A missing or invalid number becomes ${default_value}. */
static int64_t
number(json_t *json, const char *key, int64_t default_value)
{
	json_t *value = json_object_get(json, key);

	return json_is_integer(value) && json_integer_value(value) >= 0 ?
	    json_integer_value(value) : default_value;
}

static struct manifest_entry *
entry_for(struct manifest *manifest, const char *key)
{
	struct manifest_entry *entry;

	HASH_FIND_STR(manifest->entries, key, entry);
	if (entry != NULL)
		return entry;
	entry = mem_zero(1, sizeof(*entry));
	entry->key = mem_text(key);
	entry->known.total = -1;
	entry->known.pass = 1;
	HASH_ADD_KEYPTR(hh, manifest->entries, entry->key,
	    strlen(entry->key), entry);
	return entry;
}

static void
free_gap(struct manifest_gap *gap)
{
	free(gap->listing);
	free(gap->url);
	free(gap->why);
	free(gap->request);
	free(gap->path);
	free(gap);
}

/* Sort by page or interval; single records by their position. */
static int
gap_order(const void *a, const void *b)
{
	const struct manifest_gap *one = a, *other = b;

	if (one->first != other->first)
		return one->first < other->first ? -1 : 1;
	return one->record < other->record ? -1 : one->record > other->record;
}

static void
remove_gap(struct manifest_entry *entry, struct manifest_gap *gap)
{
	tdelete(gap, &entry->gap_tree, gap_order);
	free_gap(gap);
	entry->is_linked = false;
}

void
manifest_free_gaps(struct manifest_entry *entry)
{
	while (entry->gap_tree != NULL)
		remove_gap(entry, *(struct manifest_gap **)entry->gap_tree);
	entry->gaps = NULL;
}

/* Where to link the next gap; twalk(3) passes no argument. */
static struct manifest_gap **link_here;

static void
link_one(const void *node, VISIT visit, int level)
{
	struct manifest_gap *gap = *(struct manifest_gap *const *)node;

	(void)level;
	if (visit != postorder && visit != leaf)
		return;
	*link_here = gap;
	link_here = &gap->next;
}

static void
forget_pages(struct manifest_entry *entry)
{
	size_t i;

	for (i = 0; i < entry->n_pages; i++)
		free((char *)entry->pages[i].next);
	free(entry->pages);
	entry->pages = NULL;
	entry->is_mixed = false;
	entry->n_pages = entry->pages_capacity = 0;
}

/* A key to search pages from ${first} on, or single records if ${alone}. */
struct range {
	int64_t first, end;
	bool alone;
};

/* Is the range after the gap or before it?  0: it contains the gap. */
static int
range_order(const void *key, const void *element)
{
	const struct range *range = key;
	const struct manifest_gap *gap = element;
	int64_t offset = range->alone ? gap->record : gap->first;

	if (range->alone && gap->first >= 0)
		return -1;
	return offset < range->first ? 1 : offset >= range->end ? -1 : 0;
}

static void
remove_range(struct manifest_entry *entry, struct range range)
{
	struct manifest_gap **found;

	while ((found = tfind(&range, &entry->gap_tree, range_order)) != NULL)
		remove_gap(entry, *found);
}

/*
 * Forget the gaps that a page has filled, but not those that the page itself
 * reported.
 */
static void
fill_gaps(struct manifest_entry *entry, const struct manifest_page *page)
{
	int64_t first = (int64_t)page->first;
	int64_t end = first + (page->count > 0 ? page->count : 1);
	struct manifest_gap whole = { .first = -1, .record = -1 }, **found;

	/* This gap meant that nothing was known of the listing. */
	found = tfind(&whole, &entry->gap_tree, gap_order);
	if (found != NULL && (*found)->have < 0)
		remove_gap(entry, *found);
	remove_range(entry, (struct range){ first, end, false });
	if (!page->partial)
		remove_range(entry, (struct range){ first, end, true });
}

static int
page_order(const struct manifest_page *a, const struct manifest_page *b)
{
	if (a->pass != b->pass)
		return a->pass < b->pass ? -1 : 1;
	return a->first < b->first ? -1 : a->first > b->first;
}

/* Sort pages by position, and equal ones by their order in the file. */
static int
page_and_place(const void *a, const void *b)
{
	const struct manifest_page *one = a, *other = b;
	int order = page_order(one, other);

	return order != 0 ? order : one->sequence < other->sequence ? -1 : 1;
}

/* Add the page; manifest_order() sorts it later. */
static void
insert_page(struct manifest_entry *entry, const struct manifest_page *page)
{
	entry->pages = mem_need(entry->pages, entry->n_pages + 1,
	    &entry->pages_capacity, sizeof(*entry->pages));
	if (entry->n_pages > 0 && page_order(&entry->pages[entry->n_pages - 1],
	    page) >= 0)
		entry->is_mixed = true;
	entry->pages[entry->n_pages] = *page;
	entry->pages[entry->n_pages++].sequence = ++entry->sequence;
}

void
manifest_order(struct manifest_entry *entry)
{
	struct manifest_page *pages = entry->pages;
	size_t i, n = 0;

	if (!entry->is_linked) {
		link_here = &entry->gaps;
		twalk(entry->gap_tree, link_one);
		*link_here = NULL;
		entry->is_linked = true;
	}
	if (!entry->is_mixed)
		return;
	entry->is_mixed = false;
	qsort(pages, entry->n_pages, sizeof(*pages), page_and_place);
	/* Of equal pages, the last one counts. */
	for (i = 0; i < entry->n_pages; i++) {
		if (n > 0 && page_order(&pages[n - 1], &pages[i]) == 0)
			free((char *)pages[--n].next);
		pages[n++] = pages[i];
	}
	entry->n_pages = n;
}

void
manifest_sum_up(struct manifest_entry *entry)
{
	struct manifest_listing *known = &entry->known;
	const struct manifest_page *page;

	manifest_order(entry);
	if (!entry->is_stale)
		return;
	entry->is_stale = false;
	known->records = known->distinct = known->duplicates = 0;
	known->same_key = 0;
	known->unsteady = false;
	known->total = -1;
	known->pass = entry->n_pages > 0 ?
	    entry->pages[entry->n_pages - 1].pass : 1;
	for (page = entry->pages; page < &entry->pages[entry->n_pages];
	    page++) {
		known->records += page->kept;
		known->same_key += page->same_key;
		if (page->received > page->distinct)
			known->duplicates += page->received -
			    page->distinct;
		if (page->pass != known->pass)
			continue;
		if (!page->partial)
			known->distinct += page->distinct;
		if (page->moved ||
		    (page->distinct < page->received && !page->by_time) ||
		    (known->total >= 0 && page->total >= 0 &&
		    page->total != known->total))
			known->unsteady = true;
		if (page->total >= 0)
			known->total = page->total;
	}
}

static struct manifest_page
page_of(json_t *json, struct manifest_line line)
{
	struct manifest_page page = { .line = line };

	page.pass = (unsigned)number(json, "pass", 1);
	page.first = (uint64_t)number(json, "first", 0);
	page.count = (uint32_t)number(json, "count", 0);
	page.partial = json_is_true(json_object_get(json, "partial"));
	page.size = (uint32_t)number(json, "size", 0);
	page.total = number(json, "total", -1);
	page.received = (uint64_t)number(json, "received", 0);
	page.distinct = (uint64_t)number(json, "distinct",
	    (int64_t)page.received);
	page.kept = (uint64_t)number(json, "kept", (int64_t)page.distinct);
	page.same_key = (uint64_t)number(json, "same_key", 0);
	page.position = (uint64_t)number(json, "at", 0);
	page.next = mem_text(json_string_value(json_object_get(json,
	    "next")));
	page.by_time = json_is_true(json_object_get(json, "seconds"));
	page.moved = json_is_true(json_object_get(json, "moved"));
	return page;
}

static void
apply_page(struct manifest *manifest, const char *key, json_t *json,
    struct manifest_line line)
{
	struct manifest_entry *entry = entry_for(manifest, key);
	struct manifest_page page = page_of(json, line);

	insert_page(entry, &page);
	fill_gaps(entry, &page);
	entry->is_stale = true;
}

static void
apply_listing(struct manifest *manifest, const char *key, json_t *json,
    struct manifest_line line)
{
	struct manifest_entry *entry = entry_for(manifest, key);
	struct manifest_listing *known = &entry->known;

	forget_pages(entry);
	manifest_free_gaps(entry);
	entry->end = line;
	entry->is_stale = false;
	known->ended = true;
	known->records = (uint64_t)number(json, "records", 0);
	known->total = number(json, "total", -1);
	known->size = (uint32_t)number(json, "size", 0);
	known->moved = json_is_true(json_object_get(json, "moved"));
	known->gone = (uint64_t)number(json, "gone", 0);
	known->changed = (uint64_t)number(json, "changed", 0);
	known->same_key = (uint64_t)number(json, "same_key", 0);
	known->capped = json_is_true(json_object_get(json, "capped"));
	known->replaces = json_is_true(json_object_get(json, "replaces"));
}

static void
apply_gap(struct manifest *manifest, const char *key, json_t *json,
    struct manifest_line line)
{
	struct manifest_entry *entry = entry_for(manifest, key);
	struct manifest_gap *gap = mem_zero(1, sizeof(*gap)), **link;

	gap->listing = mem_text(key);
	gap->first = number(json, "first", -1);
	gap->count = number(json, "count", -1);
	gap->record = number(json, "record", -1);
	gap->have = number(json, "have", -1);
	gap->total = number(json, "total", -1);
	gap->expected = number(json, "expected", -1);
	gap->status = number(json, "status", -1);
	gap->url = mem_text(json_string_value(json_object_get(json,
	    "url")));
	gap->why = mem_text(json_string_value(json_object_get(json,
	    "why")));
	gap->request = mem_text(json_string_value(json_object_get(json,
	    "request_id")));
	gap->path = mem_text(json_string_value(json_object_get(json,
	    "path")));
	gap->by_time = json_is_true(json_object_get(json, "seconds"));
	gap->line = line;
	/* A gap of the whole listing replaces all others. */
	if (gap->first < 0 && gap->record < 0 && gap->have < 0)
		manifest_free_gaps(entry);
	/* Replace a gap at the same place. */
	link = tsearch(gap, &entry->gap_tree, gap_order);
	if (link == NULL)
		mem_is_out();
	if (*link != gap) {
		free_gap(*link);
		*link = gap;
	}
	entry->is_linked = false;
}

static void
apply_done(struct manifest *manifest, const char *key,
    struct manifest_line line)
{
	struct manifest_done *done;

	HASH_FIND_STR(manifest->done_markers, key, done);
	if (done == NULL) {
		done = mem_zero(1, sizeof(*done));
		done->key = mem_text(key);
		HASH_ADD_KEYPTR(hh, manifest->done_markers, done->key,
		    strlen(done->key), done);
	}
	done->line = line;
}

int
manifest_apply(struct manifest *manifest, json_t *json,
    struct manifest_line line, struct err *err)
{
	const char *key;
	json_t *seal = json_object_get(json, "seal");

	if (manifest->seal != NULL)
		return err_set(err, ERR_DATA, "there is data after the seal");
	if ((key = json_string_value(json_object_get(json, "page"))) != NULL)
		apply_page(manifest, key, json, line);
	else if ((key = json_string_value(json_object_get(json,
	    "listing"))) != NULL)
		apply_listing(manifest, key, json, line);
	else if ((key = json_string_value(json_object_get(json,
	    "gap"))) != NULL)
		apply_gap(manifest, key, json, line);
	else if ((key = json_string_value(json_object_get(json,
	    "done"))) != NULL)
		apply_done(manifest, key, line);
	else if (json_is_object(seal))
		manifest->seal = json_incref(seal);
	else
		return err_set(err, ERR_DATA, "this is not a line of a "
		    "manifest");
	return 0;
}

void
manifest_free_entry(struct manifest *manifest, struct manifest_entry *entry)
{
	HASH_DEL(manifest->entries, entry);
	manifest_free_gaps(entry);
	forget_pages(entry);
	free(entry->key);
	free(entry);
}
