/*
 * Getting things onto the disk for good.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

/*
 * Data first, then the lines that say it is there.  The crawl does not wait
 * for this: what it does in the meantime is lost with it in a crash, and the
 * manifest never knows more than the disk.
 */
int
run_flush(struct run *run, struct err *err)
{
	if (run->tree == NULL)
		return 0;
	if (tree_flush(run->tree, err) == -1)
		return -1;
	return manifest_flush(run->manifest, err);
}

/* Write what `sha256sum -c` reads. */
static int
write_sums(struct run *run, struct tree_receipts *files, struct err *err)
{
	struct text text;
	int rc;

	text_init(&text, SIZE_MAX / 4);
	tree_sums(files, &text);
	rc = file_replace(tree_dir(run->tree), TREE_SUMS, text.at != NULL ?
	    text.at : "", text.len, err);
	text_release(&text);
	return rc;
}

/* The seal: how many records of each resource, files and bytes. */
static json_t *
make_seal(struct run *run, const struct tree_receipts *files)
{
	const struct source *source = run->settings.source;
	struct manifest_listing listing = { .key = NULL };
	json_t *seal = json_object(), *records = json_object();
	uint64_t bytes = 0, listings = 0;
	char when[32];
	size_t i;

	for (i = 0; i < source->n_resources; i++)
		json_object_set_new(records, source->resources[i].name,
		    json_integer(0));
	while (manifest_each(run->manifest, listing.key, &listing)) {
		char *name = mem_copy(listing.key, strcspn(listing.key,
		    "/"));
		json_int_t n = json_integer_value(json_object_get(records,
		    name));

		json_object_set_new(records, name,
		    json_integer(n + (json_int_t)listing.records));
		free(name);
		listings++;
	}
	for (i = 0; i < files->n; i++)
		bytes += files->at[i].bytes;
	clock_second(clock_wall(), when);
	json_object_set_new(seal, "ended", json_string(when));
	json_object_set_new(seal, "listings",
	    json_integer((json_int_t)listings));
	json_object_set_new(seal, "records", records);
	json_object_set_new(seal, "files",
	    json_integer((json_int_t)files->n));
	json_object_set_new(seal, "bytes", json_integer((json_int_t)bytes));
	return seal;
}

static bool
has_gaps(struct run *run)
{
	struct manifest_listing listing = { .key = NULL };

	while (manifest_each(run->manifest, listing.key, &listing))
		if (!listing.ended)
			return true;
	return false;
}

int
run_seal(struct run *run, struct err *err)
{
	struct tree_receipts files = { NULL, 0, 0 };
	int rc = -1;

	if (run_flush(run, err) == -1 ||
	    manifest_all_files(run->manifest, &files, err) == -1)
		goto done;
	if (tree_sweep(run->tree, err) == -1 ||
	    write_sums(run, &files, err) == -1)
		goto done;
	rc = 0;
	if (!has_gaps(run))
		rc = manifest_seal(run->manifest, make_seal(run, &files),
		    err);
done:
	tree_receipts_release(&files);
	return rc;
}
