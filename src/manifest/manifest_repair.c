/*
 * Repairs of the manifest: it is restored on disk, and entries that don't match
 * the files are forgotten.
 */

#include <stdlib.h>
#include <string.h>

#include "manifest/manifest_internal.h"

/* Write the file, unless it has exactly this content. */
static int
put(struct tree *tree, const char *name, const struct text *text,
    struct err *err)
{
	struct text have;
	bool is_same;

	text_init(&have, SIZE_MAX / 4);
	is_same = file_read(tree_dir(tree), name, &have, NULL) == 0 &&
	    text_equals(&have, text);
	text_release(&have);
	return is_same ? 0 : file_replace(tree_out(tree), name, text->data,
	    text->len, err);
}

int
manifest_restore(struct manifest *manifest, struct err *err)
{
	struct manifest_line all = { 0, (size_t)manifest->size };
	struct text text;
	int rc;

	text_init(&text, SIZE_MAX / 4);
	rc = manifest_copy_line(manifest, all, &text, err);
	if (rc == 0 && manifest->seal != NULL)
		rc = put(manifest->tree, MANIFEST_COPY, &text, err);
	if (rc == 0)
		rc = put(manifest->tree, MANIFEST_NAME, &text, err);
	text_release(&text);
	return rc;
}

char *
manifest_line_text(struct manifest *manifest, bool seal)
{
	struct manifest_line all = { 0, (size_t)manifest->size };
	char *line = NULL, *begin;
	struct text text;

	text_init(&text, SIZE_MAX / 4);
	if (manifest_copy_line(manifest, all, &text, NULL) == 0 &&
	    text.len > 1) {
		begin = seal ? memrchr(text.data, '\n', text.len - 1) : NULL;
		begin = begin != NULL ? begin + 1 : text.data;
		line = mem_copy(begin, strcspn(begin, "\n"));
	}
	text_release(&text);
	return line;
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
manifest_forget_all(struct manifest *manifest)
{
	while (manifest->entries != NULL)
		manifest_free_entry(manifest, manifest->entries);
	while (manifest->done_markers != NULL)
		manifest_forget_done(manifest, manifest->done_markers->key);
}

bool
manifest_is_as_lost(struct manifest *manifest)
{
	char *line;
	bool is;

	if (manifest->lost_sha256 == NULL)
		return true;
	line = manifest_line_text(manifest, true);
	is = line != NULL && strstr(line, manifest->lost_sha256) != NULL;
	free(line);
	return is;
}

void
manifest_forget_gaps(struct manifest *manifest, const char *key)
{
	struct manifest_entry *entry;

	HASH_FIND_STR(manifest->entries, key, entry);
	if (entry != NULL)
		manifest_free_gaps(entry);
}

void
manifest_forget_done(struct manifest *manifest, const char *key)
{
	struct manifest_done *done;

	HASH_FIND_STR(manifest->done_markers, key, done);
	if (done == NULL)
		return;
	HASH_DEL(manifest->done_markers, done);
	free(done->key);
	free(done);
}

void
manifest_unseal(struct manifest *manifest)
{
	manifest->was_sealed |= manifest->seal != NULL;
	json_decref(manifest->seal);
	manifest->seal = NULL;
}

void
manifest_widen(struct manifest *manifest, json_t *options)
{
	while (manifest->done_markers != NULL)
		manifest_forget_done(manifest, manifest->done_markers->key);
	json_object_set(manifest->header, "options", options);
	manifest_unseal(manifest);
}

int
manifest_save(struct manifest *manifest, struct err *err)
{
	return manifest_rewrite(manifest, NULL, err);
}
