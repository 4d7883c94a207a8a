/*
 * What a repair does to the manifest: its copy in its place, and what is
 * damaged forgotten, so that an export that was complete is one to go on
 * with.
 */

#include <stdlib.h>
#include <string.h>

#include "manifest/manifest_internal.h"

int
manifest_restore(struct tree *tree, struct log *log, struct err *err)
{
	struct manifest *copy = manifest_open_copy(tree, log, err);
	struct text text;
	int rc;

	if (copy == NULL)
		return -1;
	manifest_close(copy);
	text_init(&text, SIZE_MAX / 4);
	rc = file_read(tree_dir(tree), MANIFEST_COPY, &text, err);
	if (rc == 0)
		rc = file_replace(tree_dir(tree), MANIFEST_NAME, text.at,
		    text.len, err);
	text_release(&text);
	return rc;
}

void
manifest_forget(struct manifest *manifest, const char *key)
{
	struct manifest_entry *entry;

	HASH_FIND_STR(manifest->entries, key, entry);
	if (entry != NULL)
		manifest_free_entry(manifest, entry);
}

void
manifest_reopen(struct manifest *manifest)
{
	struct manifest_mark *mark, *next;

	json_decref(manifest->seal);
	manifest->seal = NULL;
	HASH_ITER(hh, manifest->marks, mark, next) {
		HASH_DEL(manifest->marks, mark);
		free(mark->key);
		free(mark);
	}
}

int
manifest_save(struct manifest *manifest, struct err *err)
{
	return manifest_rewrite(manifest, NULL, err);
}
