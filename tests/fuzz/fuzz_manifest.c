/* Manifests: read, asked, and written anew. */

#include "fuzz.h"
#include "manifest/manifest.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tree_receipts files = { NULL, 0, 0 };
	struct manifest_listing listing = { .key = NULL };
	struct manifest *manifest;
	struct tree *tree;
	struct log *log;
	struct err err;

	fuzz_enter();
	fuzz_write(MANIFEST_NAME, data, size);
	fuzz_write(MANIFEST_COPY, data, size);
	log = log_new(LOG_ERROR, LOG_ERROR);
	tree = tree_open(".", &err);
	MUST(tree != NULL);
	json_decref(manifest_peek(".", NULL));
	(void)manifest_is_sealed(".");
	manifest_close(manifest_open_copy(tree, log, NULL));
	manifest = manifest_open(tree, log, &err);
	if (manifest != NULL) {
		while (manifest_each(manifest, listing.key, &listing))
			json_decref(manifest_fields(manifest, listing.key,
			    NULL));
		(void)manifest_all_files(manifest, &files, &err);
		MUST(manifest_save(manifest, &err) == 0);
		manifest_close(manifest);
		/* What was read can be read again. */
		manifest = manifest_open(tree, log, &err);
		MUST(manifest != NULL);
		manifest_close(manifest);
	}
	tree_receipts_release(&files);
	tree_close(tree);
	log_free(log);
	return 0;
}
