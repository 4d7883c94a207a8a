/*
 * Files of an export that don't match the manifest, and the records that lead
 * to them.
 *
 * A record above damage is "tainted": the listings below it are read.  In an
 * export that is complete except for damage, no others are.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

static bool
has(const struct set *set, const char *text)
{
	return set != NULL && set_has(set, text, strlen(text));
}

static void
add(struct set **set, const char *text, size_t len)
{
	if (*set == NULL)
		*set = set_new();
	set_add(*set, text, len);
}

/* Note the records above the listing ${key}, and their listings. */
static void
note_ancestors(struct run *run, const char *key)
{
	const struct source_resource *resource = source_find(
	    run->settings.source, key, strcspn(key, "/"));
	const char *rest = strchr(key, '/');
	char *above = rest != NULL ? mem_text(rest) : NULL, *record, *last;

	while (resource != NULL && (resource = resource->parent) != NULL &&
	    above != NULL && (last = strrchr(above, '/')) != NULL) {
		record = mem_format("%s%s", resource->name, above);
		add(&run->tainted, record, strlen(record));
		*last = '\0';
		add(&run->leading, record, strlen(resource->name) +
		    strlen(above));
		free(record);
	}
	free(above);
}

/* Note a damaged file.  ${listing}: NULL for a done marker. */
static void
add_damage(struct run *run, const char *listing, const char *path)
{
	if (run->damaged != NULL && set_has(run->damaged, path,
	    strlen(path)))
		return;
	add(&run->damaged, path, strlen(path));
	run->damage = mem_need(run->damage, run->n_damage + 1,
	    &run->damage_capacity, sizeof(*run->damage));
	run->damage[run->n_damage++] = (struct run_damage){
	    mem_text(listing), mem_text(path) };
	if (listing == NULL)
		return;
	add(&run->damaged_listings, listing, strlen(listing));
	note_ancestors(run, listing);
}

bool
run_is_damaged(const struct run *run, const char *path)
{
	return has(run->damaged, path);
}

bool
run_is_forgotten(const struct run *run, const char *listing)
{
	return has(run->forgotten, listing);
}

bool
run_has_damage(const struct run *run, const char *listing)
{
	return has(run->damaged_listings, listing);
}

bool
run_leads_to_damage(const struct run *run, const char *listing)
{
	return !run->is_narrow || has(run->leading, listing);
}

bool
run_is_above_damage(const struct run *run, const char *record)
{
	return has(run->tainted, record);
}

/* Does the file below ${dir} match ${wanted}, or at least begin with it? */
static bool
has_bytes(int dir, const struct tree_receipt *wanted, bool whole)
{
	unsigned char hash[SHA256_BYTES];
	struct text text;
	bool has;

	text_init(&text, SIZE_MAX / 4);
	has = file_read(dir, wanted->path, &text, NULL) == 0 &&
	    (whole ? text.len == wanted->bytes : text.len >= wanted->bytes);
	if (has) {
		sha256_of(text.data != NULL ? text.data : "", wanted->bytes,
		    hash);
		has = memcmp(hash, wanted->sha256, sizeof(hash)) == 0;
	}
	text_release(&text);
	return has;
}

/* The files that gaps of the listing name as damaged; or NULL. */
static struct set *
named_by_gaps(const struct manifest_listing *listing)
{
	const struct manifest_gap *gap;
	struct set *named = NULL;

	for (gap = listing->gaps; gap != NULL; gap = gap->next)
		if (gap->path != NULL)
			add(&named, gap->path, strlen(gap->path));
	return named;
}

/* Must a damaged listing begin again? */
static bool
is_forgotten(const struct run *run, const struct manifest_listing *listing)
{
	const struct source_resource *resource;

	if (!run_has_damage(run, listing->key))
		return false;
	/* No seal proves the line. */
	if (run->is_salvaged)
		return true;
	/*
	 * Objects of an unfinished listing are fetched along with the others.
	 */
	resource = source_find(run->settings.source, listing->key,
	    strcspn(listing->key, "/"));
	return !listing->ended && resource != NULL &&
	    resource->store != SOURCE_KEEP_SHARDS;
}

/* Check the files of the listing, and register their names with the tree. */
static int
look_at(struct run *run, const struct manifest_listing *listing,
    struct err *err)
{
	struct tree_receipts files = { NULL, 0, 0 };
	bool sanitized = listing->ended && listing->gaps != NULL;
	struct set *named = named_by_gaps(listing);
	size_t i;
	int rc = manifest_files(run->manifest, listing->key, &files, err);

	for (i = 0; rc == 0 && i < files.n && !run->settings.repair; i++) {
		const struct tree_receipt *file = &files.items[i];

		if (!tree_has(run->tree, file, listing->ended) ||
		    (has(named, file->path) && !has_bytes(tree_dir(run->tree),
		    file, true)))
			add_damage(run, listing->key, file->path);
	}
	set_free(named);
	for (i = 0; rc == 0 && i < files.n && !listing->ended; i++)
		if (run_is_damaged(run, files.items[i].path))
			tree_receipts_add(&run->begun, &files.items[i]);
	if (rc == 0 && !is_forgotten(run, listing))
		for (i = 0; i < files.n; i++)
			tree_register(run->tree, files.items[i].path);
	tree_receipts_release(&files);
	/* Somebody has restored the damaged files. */
	if (rc == 0 && sanitized && !run_has_damage(run, listing->key))
		manifest_forget_gaps(run->manifest, listing->key);
	return rc;
}

static int
look_at_done_markers(struct run *run, struct err *err)
{
	struct tree_receipts markers = { NULL, 0, 0 };
	size_t i;
	int rc = manifest_done_markers(run->manifest, &markers, err);

	for (i = 0; rc == 0 && i < markers.n; i++) {
		/* If more is exported, all of them are written again. */
		if (!run_wants_more(run))
			tree_register(run->tree, markers.items[i].path);
		if (!run->settings.repair &&
		    !tree_has(run->tree, &markers.items[i], true))
			add_damage(run, NULL, markers.items[i].path);
	}
	tree_receipts_release(&markers);
	return rc;
}

bool
run_is_written_again(struct run *run, const char *path)
{
	const struct tree_receipt *file = tree_receipts_find(&run->begun,
	    path);

	return file != NULL && has_bytes(tree_out(run->tree), file, false);
}

static void
forget_all(struct run *run)
{
	struct manifest_listing known;
	const char *key;
	size_t i;

	for (i = 0; i < run->n_damage; i++) {
		key = run->damage[i].listing;
		if (key == NULL || (manifest_find(run->manifest, key,
		    &known) && !is_forgotten(run, &known)))
			continue;
		add(&run->forgotten, key, strlen(key));
		manifest_forget(run->manifest, key);
	}
}

int
run_damage_begin(struct run *run, struct err *err)
{
	const struct run_settings *settings = &run->settings;
	struct manifest_listing listing = { .key = NULL };
	size_t i;
	int rc = 0;

	for (i = 0; i < settings->n_damage; i++)
		add_damage(run, settings->damage[i].listing,
		    settings->damage[i].path);
	while (rc == 0 && manifest_each(run->manifest, listing.key, &listing))
		rc = look_at(run, &listing, err);
	if (rc == 0)
		rc = look_at_done_markers(run, err);
	tree_receipts_sort(&run->begun);
	forget_all(run);
	return rc;
}

void
run_damage_free(struct run *run)
{
	size_t i;

	for (i = 0; i < run->n_damage; i++) {
		free((char *)run->damage[i].listing);
		free((char *)run->damage[i].path);
	}
	free(run->damage);
	set_free(run->damaged);
	set_free(run->damaged_listings);
	set_free(run->tainted);
	set_free(run->leading);
	set_free(run->restored);
	set_free(run->forgotten);
	tree_receipts_release(&run->begun);
}
