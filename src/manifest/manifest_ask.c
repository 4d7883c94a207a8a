/*
 * Queries of the manifest.
 */

#include <stdlib.h>
#include <string.h>

#include "manifest/manifest_internal.h"

/* The largest integer that all JSON readers keep exact. */
#define MAX_NUMBER (UINT64_C(1) << 53)
#define MAX_IN_COMMON 65536

static void
fill(struct manifest_entry *entry, struct manifest_listing *listing)
{
	manifest_sum_up(entry);
	*listing = entry->known;
	listing->key = entry->key;
	listing->pages = entry->pages;
	listing->n_pages = entry->n_pages;
	listing->gaps = entry->gaps;
}

bool
manifest_find(const struct manifest *manifest, const char *key,
    struct manifest_listing *listing)
{
	struct manifest_entry *entry;

	HASH_FIND_STR(manifest->entries, key, entry);
	if (entry != NULL)
		fill(entry, listing);
	return entry != NULL;
}

bool
manifest_is_done(const struct manifest *manifest, const char *key)
{
	struct manifest_done *done;

	HASH_FIND_STR(manifest->done_markers, key, done);
	return done != NULL;
}

bool
manifest_each(const struct manifest *manifest, const char *after,
    struct manifest_listing *listing)
{
	struct manifest_entry *entry = manifest->entries;

	if (after != NULL) {
		HASH_FIND_STR(manifest->entries, after, entry);
		entry = entry != NULL ? entry->hh.next : NULL;
	}
	if (entry != NULL)
		fill(entry, listing);
	return entry != NULL;
}

/* Set ${n} to a number from 0 to ${max}; 0 if it is missing. */
static bool
take_number(json_t *json, uint64_t max, uint64_t *n)
{
	*n = (uint64_t)json_integer_value(json);
	return json == NULL || (json_is_integer(json) && *n <= max);
}

/*
 * Read a receipt.  Return 0 or -1.  It is not trusted: the path must be below
 * the export, and there can't be more lines than bytes.
 */
static int
receipt_of(json_t *json, struct tree_receipt *receipt)
{
	const char *path = json_string_value(json_object_get(json, "path"));
	const char *sha256 = json_string_value(json_object_get(json,
	    "sha256"));

	if (path == NULL || !file_is_path(path) || sha256 == NULL ||
	    sha256_from_hex(sha256, receipt->sha256) == -1 ||
	    !take_number(json_object_get(json, "bytes"), MAX_NUMBER,
	    &receipt->bytes) ||
	    !take_number(json_object_get(json, "lines"), receipt->bytes,
	    &receipt->lines))
		return -1;
	receipt->path = (char *)path;
	return 0;
}

/* Are the numbers of a line valid integers? */
static bool
has_numbers(json_t *line)
{
	static const char *const small[] = { "pass", "count", "size",
	    "status" };
	const char *key;
	json_t *value;
	size_t i;

	json_object_foreach(line, key, value) {
		uint64_t max = MAX_NUMBER;

		for (i = 0; i < sizeof(small) / sizeof(small[0]); i++)
			if (strcmp(key, small[i]) == 0)
				max = UINT32_MAX;
		if (json_is_real(value) || (json_is_integer(value) &&
		    json_integer_value(value) != -1 &&
		    (uint64_t)json_integer_value(value) > max))
			return false;
	}
	return true;
}

/* A line has exactly one kind. */
static bool
has_one_kind(json_t *line)
{
	static const char *const kinds[] = { "page", "listing", "gap", "done",
	    "seal" };
	size_t i, n = 0;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		n += json_object_get(line, kinds[i]) != NULL;
	return n <= 1;
}

/*
 * New records can't outnumber those received, except for a few that two pages
 * share and that are counted with the later one if they moved.
 */
static bool
has_parts(json_t *line)
{
	json_t *distinct = json_object_get(line, "distinct");

	return json_object_get(line, "page") == NULL || distinct == NULL ||
	    json_integer_value(distinct) <= json_integer_value(
	    json_object_get(line, "received")) + MAX_IN_COMMON;
}

bool
manifest_is_valid(json_t *line)
{
	struct tree_receipt receipt;
	json_t *item;
	size_t i;

	if (!has_one_kind(line) || !has_numbers(line) || !has_parts(line))
		return false;
	json_array_foreach(json_object_get(line, "files"), i, item)
		if (receipt_of(item, &receipt) == -1)
			return false;
	return true;
}

/* The index of a path in a list of receipts. */
struct place {
	char *path;
	size_t i;
	UT_hash_handle hh;
};

struct places {
	struct place *all;
};

/* Find the index of ${path}; add it as ${i} if it is new. */
static size_t
find_place(struct places *places, const char *path, size_t i)
{
	struct place *place;

	HASH_FIND_STR(places->all, path, place);
	if (place != NULL)
		return place->i;
	place = mem_zero(1, sizeof(*place));
	place->path = mem_text(path);
	place->i = i;
	HASH_ADD_KEYPTR(hh, places->all, place->path, strlen(place->path),
	    place);
	return i;
}

static void
free_slots(struct places *places)
{
	struct place *place, *next;

	HASH_ITER(hh, places->all, place, next) {
		HASH_DEL(places->all, place);
		free(place->path);
		free(place);
	}
}

/* A shard has grown: its later receipt counts. */
static bool
replace_shard(struct tree_receipts *all, struct places *places,
    const struct tree_receipt *receipt)
{
	struct tree_receipt *old;
	size_t i;

	if (receipt->lines == 0)
		return false;
	i = find_place(places, receipt->path, all->n);
	if (i == all->n)
		return false;
	old = &all->items[i];
	old->lines = receipt->lines;
	old->bytes = receipt->bytes;
	memcpy(old->sha256, receipt->sha256, SHA256_BYTES);
	return true;
}

/* Add the receipts in the line at ${line}. */
static int
add_line(struct manifest *manifest, struct manifest_line line,
    struct places *places, struct tree_receipts *all, struct err *err)
{
	json_t *json = manifest_read_line(manifest, line, err), *item;
	struct tree_receipt receipt;
	size_t i;

	if (json == NULL)
		return -1;
	json_array_foreach(json_object_get(json, "files"), i, item) {
		if (receipt_of(item, &receipt) == -1) {
			json_decref(json);
			return err_set(err, ERR_DATA, MANIFEST_NAME
			    ": a receipt is damaged");
		}
		if (!replace_shard(all, places, &receipt))
			tree_receipts_add(all, &receipt);
	}
	json_decref(json);
	return 0;
}

static int
by_line(const void *a, const void *b)
{
	const struct manifest_line *one = a, *other = b;

	return one->offset < other->offset ? -1 : one->offset > other->offset;
}

/*
 * The files of a listing that has not ended: objects in the order of their
 * pages; of a shard, the last receipt counts.
 */
static int
add_pages(struct manifest *manifest, const struct manifest_entry *entry,
    bool in_time, struct tree_receipts *all, struct err *err)
{
	struct manifest_line *lines = mem_alloc((entry->n_pages + 1) *
	    sizeof(*lines));
	struct places places = { NULL };
	size_t i;
	int rc = 0;

	for (i = 0; i < entry->n_pages; i++)
		lines[i] = entry->pages[i].line;
	if (in_time)
		qsort(lines, entry->n_pages, sizeof(*lines), by_line);
	for (i = 0; i < entry->n_pages && rc == 0; i++)
		rc = add_line(manifest, lines[i], &places, all, err);
	free_slots(&places);
	free(lines);
	return rc;
}

static void
swap(struct tree_receipt *a, struct tree_receipt *b)
{
	struct tree_receipt kept = *a;

	*a = *b;
	*b = kept;
}

/*
 * Of an object that was replaced, the last receipt counts, at the first one's
 * place.
 */
static void
join_twins(struct tree_receipts *all, size_t from)
{
	struct places places = { NULL };
	size_t i, k, n = from;

	for (i = from; i < all->n; i++) {
		k = find_place(&places, all->items[i].path, n);
		swap(&all->items[k], &all->items[i]);
		n += k == n;
	}
	for (i = n; i < all->n; i++)
		free(all->items[i].path);
	all->n = n;
	free_slots(&places);
}

static int
add_entry(struct manifest *manifest, struct manifest_entry *entry,
    struct tree_receipts *all, struct err *err)
{
	struct places places = { NULL };
	size_t from = all->n;
	int rc;

	if (entry->known.ended) {
		rc = add_line(manifest, entry->end, &places, all, err);
		free_slots(&places);
		return rc;
	}
	manifest_order(entry);
	if (add_pages(manifest, entry, true, all, err) == -1)
		return -1;
	if (all->n == from || all->items[from].lines > 0)
		return 0;
	/* They are objects: add them in their order. */
	while (all->n > from)
		free(all->items[--all->n].path);
	if (add_pages(manifest, entry, false, all, err) == -1)
		return -1;
	join_twins(all, from);
	return 0;
}

int
manifest_files(struct manifest *manifest, const char *key,
    struct tree_receipts *all, struct err *err)
{
	struct manifest_entry *entry;

	HASH_FIND_STR(manifest->entries, key, entry);
	return entry != NULL ? add_entry(manifest, entry, all, err) : 0;
}

int
manifest_all_files(struct manifest *manifest, struct tree_receipts *all,
    struct err *err)
{
	struct manifest_entry *entry;

	for (entry = manifest->entries; entry != NULL;
	    entry = entry->hh.next)
		if (add_entry(manifest, entry, all, err) == -1)
			return -1;
	return manifest_done_markers(manifest, all, err);
}

int
manifest_done_markers(struct manifest *manifest, struct tree_receipts *all,
    struct err *err)
{
	struct places places = { NULL };
	struct manifest_done *done;
	int rc = 0;

	for (done = manifest->done_markers; done != NULL && rc == 0;
	    done = done->hh.next)
		rc = add_line(manifest, done->line, &places, all, err);
	free_slots(&places);
	return rc;
}

json_t *
manifest_fields(struct manifest *manifest, const char *key, struct err *err)
{
	struct manifest_entry *entry;
	json_t *line, *fields;

	HASH_FIND_STR(manifest->entries, key, entry);
	if (entry == NULL || !entry->known.ended)
		return NULL;
	if ((line = manifest_read_line(manifest, entry->end, err)) == NULL)
		return NULL;
	fields = json_incref(json_object_get(line, "fields"));
	json_decref(line);
	return fields;
}
