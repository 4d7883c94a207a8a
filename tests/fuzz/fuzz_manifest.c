/* Manifests: read, asked, written anew, and brought back from their copies. */

#include <string.h>

#include "fuzz.h"
#include "manifest/manifest.h"

/* Where the text "\n--\n" is, the copy begins; else it is the same. */
static void
write_files(const uint8_t *data, size_t size)
{
	const uint8_t *cut = memmem(data, size, "\n--\n", 4);
	size_t first = cut != NULL ? (size_t)(cut + 1 - data) : size;
	size_t rest = cut != NULL ? first + 3 : 0;

	fuzz_write(MANIFEST_NAME, data, first);
	fuzz_write(MANIFEST_COPY, data + rest, size - rest);
	fuzz_write(TREE_LOG, data, size);
}

/* What was brought back can be read by itself. */
static void
recover(struct tree *tree, struct log *log)
{
	enum manifest_state state;
	struct manifest *manifest = manifest_recover(tree, log, &state,
	    NULL);

	if (manifest == NULL)
		return;
	MUST(manifest_restore(manifest, NULL) == 0);
	manifest_close(manifest);
	manifest = manifest_open(tree, log, NULL);
	MUST(manifest != NULL);
	manifest_close(manifest);
}

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
	write_files(data, size);
	log = log_new(LOG_ERROR, LOG_ERROR);
	tree = tree_open(".", &err);
	MUST(tree != NULL);
	json_decref(manifest_peek(".", NULL));
	(void)manifest_is_sealed(".");
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
	write_files(data, size);
	recover(tree, log);
	tree_receipts_release(&files);
	tree_close(tree);
	log_free(log);
	return 0;
}
