/*
 * Do the files in a manifest match the path templates of its source?  A crafted
 * manifest may name others.
 */

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/manifest_internal.h"

static bool
is_like(const char *pattern, const char *path)
{
	return pattern != NULL && fnmatch(pattern, path, FNM_PATHNAME |
	    FNM_PERIOD) == 0;
}

static int
check_listing(struct manifest *manifest, const char *key,
    const struct source_resource *resource, struct err *err)
{
	struct tree_receipts files = { NULL, 0, 0 };
	char *pattern = source_file_pattern(resource);
	int rc = manifest_files(manifest, key, &files, err);
	size_t i;

	for (i = 0; i < files.n && rc == 0; i++)
		if (!is_like(pattern, files.items[i].path))
			rc = err_set(err, ERR_DATA,
			    MANIFEST_NAME ": %s can't be a file of %s",
			    files.items[i].path, key);
	tree_receipts_release(&files);
	free(pattern);
	return rc;
}

/* A done marker's line does not name its resource. */
static int
check_marks(struct manifest *manifest, const struct source *source,
    struct err *err)
{
	struct tree_receipts markers = { NULL, 0, 0 };
	char **patterns = mem_zero(source->n_resources, sizeof(char *));
	int rc = manifest_done_markers(manifest, &markers, err);
	size_t i, k;

	for (k = 0; k < source->n_resources; k++)
		patterns[k] = source_done_pattern(&source->resources[k]);
	for (i = 0; i < markers.n && rc == 0; i++) {
		for (k = 0; k < source->n_resources; k++)
			if (is_like(patterns[k], markers.items[i].path))
				break;
		if (k == source->n_resources)
			rc = err_set(err, ERR_DATA,
			    MANIFEST_NAME ": %s is not the done marker of %s",
			    markers.items[i].path, source->name);
	}
	for (k = 0; k < source->n_resources; k++)
		free(patterns[k]);
	free(patterns);
	tree_receipts_release(&markers);
	return rc;
}

int
manifest_fits(struct manifest *manifest, const struct source *source,
    struct err *err)
{
	struct manifest_listing listing = { .key = NULL };
	const struct source_resource *resource;

	while (manifest_each(manifest, listing.key, &listing)) {
		resource = source_find(source, listing.key,
		    strcspn(listing.key, "/"));
		if (resource != NULL && check_listing(manifest, listing.key,
		    resource, err) == -1)
			return -1;
	}
	return check_marks(manifest, source, err);
}
