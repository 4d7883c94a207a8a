/*
 * Makes the export durable: syncs, SHA256SUMS, the seal.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

/* Data first, then the lines that list it. */
int
run_flush(struct run *run, struct err *err)
{
	if (!run_writes(run))
		return 0;
	if (tree_flush(run->tree, err) == -1)
		return -1;
	return manifest_flush(run->manifest, err);
}

/* Write the input of `sha256sum -c`, unless it is up to date. */
static int
put_sums(struct run *run, struct tree_receipts *files, struct err *err)
{
	struct text text, have;
	int rc = 0;

	text_init(&text, SIZE_MAX / 4);
	text_init(&have, SIZE_MAX / 4);
	tree_sums(files, &text);
	if (file_read(tree_dir(run->tree), TREE_SUMS, &have, NULL) == -1 ||
	    !text_equals(&have, &text))
		rc = file_replace(tree_out(run->tree), TREE_SUMS,
		    text.data != NULL ? text.data : "", text.len, err);
	text_release(&text);
	text_release(&have);
	return rc;
}

/* In another tool's tree, SHA256SUMS lists files that no listing has yet. */
static void
add_others(struct run *run, struct tree_receipts *files)
{
	struct tree_receipts sums = { NULL, 0, 0 };
	struct text text;
	size_t i, n = files->n;

	text_init(&text, SIZE_MAX / 4);
	if (file_read(tree_dir(run->tree), TREE_SUMS, &text, NULL) == 0)
		(void)tree_sums_read((struct span){ text.data, text.len },
		    &sums);
	tree_receipts_sort(files);
	for (i = 0; i < sums.n; i++) {
		struct tree_receipts known = { files->items, n, n };

		if (tree_receipts_find(&known, sums.items[i].path) == NULL &&
		    tree_has(run->tree, &sums.items[i], false))
			tree_receipts_add(files, &sums.items[i]);
	}
	tree_receipts_release(&sums);
	text_release(&text);
}

int
run_put_sums(struct run *run, struct err *err)
{
	struct tree_receipts files = { NULL, 0, 0 };
	int rc = manifest_all_files(run->manifest, &files, err);

	if (rc == 0 && manifest_is_partial(run->manifest))
		add_others(run, &files);
	if (rc == 0)
		rc = put_sums(run, &files, err);
	tree_receipts_release(&files);
	return rc;
}

/*
 * Before sealing, check that every file exists.  Without ${all}, files known to
 * be damaged are excepted.
 */
static int
check_there(struct run *run, const struct tree_receipts *files, bool all,
    struct err *err)
{
	const char *first = NULL;
	size_t i, n = 0;

	for (i = 0; i < files->n; i++) {
		if (tree_has(run->tree, &files->items[i], true) ||
		    (!all && run_is_damaged(run, files->items[i].path)))
			continue;
		if (n++ == 0)
			first = files->items[i].path;
	}
	return n == 0 ? 0 : err_set(err, ERR_DISK, "%zu exported files are "
	    "missing or have a different size: %s%s",
	    n, first, n > 1 ? ", ..." : "");
}

int
run_check_there(struct run *run, bool all, struct err *err)
{
	struct tree_receipts files = { NULL, 0, 0 };
	int rc = manifest_all_files(run->manifest, &files, err);

	if (rc == 0)
		rc = check_there(run, &files, all, err);
	tree_receipts_release(&files);
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
	const char *ended;
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
		bytes += files->items[i].bytes;
	clock_second(clock_wall(), when);
	/* A rebuilt seal keeps its time. */
	ended = json_string_value(json_object_get(manifest_lost_seal(
	    run->manifest), "ended"));
	if (ended != NULL && strlen(ended) < sizeof(when))
		snprintf(when, sizeof(when), "%s", ended);
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
		if (!listing.ended || listing.gaps != NULL)
			return true;
	return false;
}

void
run_log_seal(struct run *run)
{
	char *line = manifest_line_text(run->manifest, true);
	char *logged = manifest_last_logged(tree_log(run->tree));

	if (line != NULL && (logged == NULL || strcmp(line, logged) != 0))
		log_event(run->settings.log, LOG_INFO, "run", "sealed",
		    MANIFEST_LOGGED, line, NULL);
	free(logged);
	free(line);
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
	    check_there(run, &files, !has_gaps(run), err) == -1 ||
	    (has_gaps(run) ? run_put_sums(run, err) :
	    put_sums(run, &files, err)) == -1)
		goto done;
	rc = 0;
	if (!has_gaps(run)) {
		rc = manifest_seal(run->manifest, make_seal(run, &files),
		    err);
		if (rc == 0 && !tree_is_layered(run->tree))
			run_log_seal(run);
	} else if (tree_is_layered(run->tree)) {
		rc = manifest_save(run->manifest, err);
	}
done:
	tree_receipts_release(&files);
	return rc;
}

void
run_log_rest(struct run *run)
{
	char *logged = manifest_last_logged(tree_log(run->tree));

	if (logged == NULL || strncmp(logged, "{\"seal\":", 8) != 0)
		run_log_seal(run);
	free(logged);
}
