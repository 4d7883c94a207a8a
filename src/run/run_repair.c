/*
 * A repair is a resume: what is damaged is forgotten, and asked for again
 * like anything else that is not there.
 *
 * Of a listing in pages only the windows that hold damage are forgotten.
 * The shards of a stream must keep their number of lines for that, so one
 * that is damaged is replaced by one of as many empty records, which no
 * window claims; at its end the listing is put in order as after any mended
 * gap (see run_end.c), and they are gone.
 */

#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

/* A listing that is repaired. */
struct patient {
	struct run *run;
	const struct source_resource *resource;
	struct manifest_listing known;
	struct tree_receipts files;
	bool *damaged;		/* by file */
	bool is_stream;
};

/* The name of a file of a listing, or of the listing as a whole, in a set. */
static void
name_damage(struct text *name, const char *listing, const char *path)
{
	text_clear(name);
	text_adds(name, listing);
	text_addc(name, '\n');
	if (path != NULL)
		text_adds(name, path);
}

/* With ${path} NULL: are its counts in doubt, and not only some files? */
static bool
is_damaged(struct run *run, const struct set *damage, const char *listing,
    const char *path)
{
	name_damage(&run->scratch, listing, path);
	return set_has(damage, run->scratch.at, run->scratch.len);
}

/* Was only a part of the list asked for? */
static bool
is_slice(const struct patient *patient)
{
	const struct source_slice *slice = &patient->resource->slice;
	struct source_scope scope = run_scope(patient->run);
	struct text text;
	bool is;

	text_init(&text, 200);
	source_text_of(&slice->first, &scope, &text);
	source_text_of(&slice->count, &scope, &text);
	is = text.len > 0;
	text_release(&text);
	return is;
}

/* Can a record's place in the listing be told from its place on disk? */
static bool
has_windows(const struct patient *patient)
{
	const struct manifest_listing *known = &patient->known;
	uint64_t lines = 0;
	size_t i;

	/* Marks of pages and times of windows are not kept. */
	if (patient->resource->paging == SOURCE_CURSOR ||
	    patient->resource->paging == SOURCE_WINDOWS ||
	    is_slice(patient))
		return false;
	if (!known->ended || known->size == 0 || known->total < 0 ||
	    (uint64_t)known->total != known->records ||
	    known->records <= known->size)
		return false;
	if (!patient->is_stream)
		return patient->files.n == known->records;
	for (i = 0; i < patient->files.n; i++) {
		if (i + 1 < patient->files.n &&
		    patient->files.at[i].lines != TREE_SHARD_LINES)
			return false;
		lines += patient->files.at[i].lines;
	}
	return lines == known->records;
}

/* Is all of a window, from ${first} to before ${end}, whole? */
static bool
is_whole(const struct patient *patient, uint64_t first, uint64_t end)
{
	uint64_t each = patient->is_stream ? TREE_SHARD_LINES : 1, i;

	for (i = first / each; i <= (end - 1) / each; i++)
		if (patient->damaged[i])
			return false;
	return true;
}

/* Write a shard of empty records in the damaged one's place. */
static int
replace_shard(struct run *run, struct tree_receipt *shard, struct err *err)
{
	struct text text;
	uint64_t i;
	int rc;

	text_init(&text, SIZE_MAX / 4);
	for (i = 0; i < shard->lines; i++)
		text_adds(&text, "null\n");
	rc = file_replace(tree_dir(run->tree), shard->path, text.at,
	    text.len, err);
	shard->bytes = text.len;
	sha256_of(text.at, text.len, shard->sha256);
	text_release(&text);
	return rc;
}

static void
say_window(struct patient *patient, const char *key, uint64_t first,
    uint64_t end, bool is_first)
{
	const struct manifest_listing *known = &patient->known;
	uint64_t n = end - first;
	struct manifest_page page = { .first = first,
	    .count = source_in_order(patient->resource) ? (uint32_t)n :
	    known->size,
	    .pass = 1, .received = n, .distinct = n, .kept = n,
	    .total = known->total, .size = known->size,
	    .at = patient->is_stream ? first : 0 };
	struct tree_receipts files = { &patient->files.at[first],
	    (size_t)n, (size_t)n };

	/* What is known of shards is said once. */
	if (patient->is_stream)
		files = is_first ? patient->files :
		    (struct tree_receipts){ NULL, 0, 0 };
	manifest_say_page(patient->run->manifest, key, &page, &files);
}

/* Keep the windows that are whole. */
static int
keep_windows(struct patient *patient, const char *key, struct err *err)
{
	const struct manifest_listing known = patient->known;
	uint64_t first, end;
	bool is_first = true;
	size_t i;

	for (i = 0; patient->is_stream && i < patient->files.n; i++)
		if (patient->damaged[i] && replace_shard(patient->run,
		    &patient->files.at[i], err) == -1)
			return -1;
	for (first = 0; first < known.records; first = end) {
		end = first + known.size < known.records ?
		    first + known.size : known.records;
		if (!is_whole(patient, first, end))
			continue;
		say_window(patient, key, first, end, is_first);
		is_first = false;
	}
	return 0;
}

static int
forget(struct run *run, const struct set *damage, const char *listing,
    struct err *err)
{
	struct patient patient = { .run = run };
	const struct source_resource *resource = source_find(
	    run->settings.source, listing, strcspn(listing, "/"));
	char *key = mem_text(listing);
	size_t i;
	int rc = 0;

	if (resource == NULL ||
	    !manifest_find(run->manifest, key, &patient.known))
		goto done;
	patient.resource = resource;
	patient.is_stream = resource->store == SOURCE_KEEP_SHARDS;
	rc = manifest_files(run->manifest, key, &patient.files, err);
	if (rc == -1)
		goto done;
	patient.damaged = mem_zero(patient.files.n + 1, sizeof(bool));
	for (i = 0; i < patient.files.n; i++)
		patient.damaged[i] = is_damaged(run, damage, key,
		    patient.files.at[i].path);
	manifest_forget(run->manifest, key);
	if (!is_damaged(run, damage, key, NULL) && has_windows(&patient))
		rc = keep_windows(&patient, key, err);
done:
	tree_receipts_release(&patient.files);
	free(patient.damaged);
	free(key);
	return rc;
}

int
run_repair(struct run *run, struct err *err)
{
	const struct run_settings *settings = &run->settings;
	struct set *damage = set_new(), *done = set_new();
	const char *key;
	size_t i;
	int rc = 0;

	for (i = 0; i < settings->n_damage; i++) {
		name_damage(&run->scratch, settings->damage[i].listing,
		    settings->damage[i].path);
		set_add(damage, run->scratch.at, run->scratch.len);
	}
	manifest_reopen(run->manifest);
	for (i = 0; i < settings->n_damage && rc == 0; i++) {
		key = settings->damage[i].listing;
		if (!set_add(done, key, strlen(key)))
			continue;
		log_event(settings->log, LOG_INFO, "run", "repairing",
		    "listing", key, "path", settings->damage[i].path, NULL);
		rc = forget(run, damage, key, err);
	}
	set_free(damage);
	set_free(done);
	return rc == 0 ? manifest_save(run->manifest, err) : -1;
}
