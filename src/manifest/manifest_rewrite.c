/*
 * Writing the manifest in order: the header, the listings by key, the done
 * markers by key, the seal.  Obsolete lines are left out.
 *
 * The seal's "sha256" is that of the whole file with 64 zeros in its place.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "manifest/manifest_internal.h"

#define ZEROS "0000000000000000000000000000000000000000" \
    "000000000000000000000000"

static int
by_key(const struct manifest_entry *a, const struct manifest_entry *b)
{
	return strcmp(a->key, b->key);
}

static int
done_by_key(const struct manifest_done *a, const struct manifest_done *b)
{
	return strcmp(a->key, b->key);
}

/* Copy a line, and update its position. */
static int
move_line(struct manifest *manifest, struct manifest_line *line,
    struct text *text, struct err *err)
{
	int64_t offset = (int64_t)text->len;

	if (manifest_copy_line(manifest, *line, text, err) == -1)
		return -1;
	line->offset = offset;
	return 0;
}

static int
move_pages(struct manifest *manifest, struct manifest_entry *entry,
    struct text *text, struct err *err)
{
	size_t i;

	for (i = 0; i < entry->n_pages; i++)
		if (move_line(manifest, &entry->pages[i].line, text,
		    err) == -1)
			return -1;
	return 0;
}

static int
move_all(struct manifest *manifest, struct text *text, struct err *err)
{
	struct manifest_entry *entry;
	struct manifest_done *done;
	struct manifest_gap *gap;

	HASH_SORT(manifest->entries, by_key);
	HASH_SORT(manifest->done_markers, done_by_key);
	for (entry = manifest->entries; entry != NULL;
	    entry = entry->hh.next) {
		manifest_order(entry);
		if (entry->known.ended) {
			if (move_line(manifest, &entry->end, text,
			    err) == -1)
				return -1;
		} else if (move_pages(manifest, entry, text, err) == -1) {
			return -1;
		}
		for (gap = entry->gaps; gap != NULL; gap = gap->next)
			if (move_line(manifest, &gap->line, text, err) == -1)
				return -1;
	}
	for (done = manifest->done_markers; done != NULL; done = done->hh.next)
		if (move_line(manifest, &done->line, text, err) == -1)
			return -1;
	return 0;
}

static void
add_json(struct text *text, json_t *json)
{
	char *line = json_dumps(json, JSON_COMPACT);

	text_adds(text, line);
	text_addc(text, '\n');
	free(line);
}

static void
add_seal(struct text *text, json_t *seal)
{
	unsigned char hash[SHA256_BYTES];
	char hex[SHA256_HEX];
	json_t *json = json_object();
	size_t before = text->len;

	json_object_set(json, "seal", seal);
	json_object_set_new(json, "sha256", json_string(ZEROS));
	add_json(text, json);
	sha256_of(text->data, text->len, hash);
	sha256_hex(hash, hex);
	json_object_set_new(json, "sha256", json_string(hex));
	text->len = before;
	add_json(text, json);
	json_decref(json);
}

int
manifest_check_seal(json_t *json, struct span file, size_t line_at,
    struct err *err)
{
	const char *reported = json_string_value(json_object_get(json,
	    "sha256"));
	unsigned char hash[SHA256_BYTES];
	char hex[SHA256_HEX], *pos;
	struct text text;
	int rc = -1;

	text_init(&text, file.len + 1);
	text_add(&text, file.data, file.len);
	if (reported != NULL && strlen(reported) == SHA256_HEX - 1 &&
	    (pos = strstr(&text.data[line_at], reported)) != NULL) {
		memcpy(pos, ZEROS, SHA256_HEX - 1);
		sha256_of(text.data, text.len, hash);
		sha256_hex(hash, hex);
		rc = strcmp(hex, reported) == 0 ? 0 : -1;
	}
	text_release(&text);
	if (rc == -1)
		return err_set(err, ERR_DATA, MANIFEST_NAME " was changed "
		    "after it was sealed");
	return 0;
}

int
manifest_rewrite(struct manifest *manifest, json_t *seal, struct err *err)
{
	struct text text;
	int fd;

	if (manifest_commit(manifest, err) == -1)
		return -1;
	text_init(&text, SIZE_MAX / 4);
	add_json(&text, manifest->header);
	if (move_all(manifest, &text, err) == -1)
		goto err_release;
	if (seal != NULL)
		add_seal(&text, seal);
	/* Write the copy first, for an export that is or was sealed. */
	if ((seal != NULL || manifest->was_sealed) &&
	    file_replace(tree_out(manifest->tree), MANIFEST_COPY, text.data,
	    text.len, err) == -1)
		goto err_release;
	if (file_replace(tree_out(manifest->tree), MANIFEST_NAME, text.data,
	    text.len, err) == -1)
		goto err_release;
	fd = file_open(tree_out(manifest->tree), MANIFEST_NAME,
	    O_RDWR | O_APPEND, err);
	if (fd == -1)
		goto err_release;
	if (manifest->fd != -1)
		close(manifest->fd);
	manifest->fd = fd;
	manifest->is_below = false;
	text_release(&manifest->memory);
	manifest->size = (int64_t)text.len;
	text_clear(&manifest->pending);
	text_release(&text);
	return 0;

err_release:
	text_release(&text);
	return -1;
}

int64_t
manifest_live(const struct manifest *manifest)
{
	struct manifest_entry *entry;
	const struct manifest_done *done;
	const struct manifest_gap *gap;
	int64_t live = 0;
	size_t i;

	for (entry = manifest->entries; entry != NULL;
	    entry = entry->hh.next) {
		manifest_order(entry);
		if (entry->known.ended)
			live += (int64_t)entry->end.len;
		for (i = 0; i < entry->n_pages; i++)
			live += (int64_t)entry->pages[i].line.len;
		for (gap = entry->gaps; gap != NULL; gap = gap->next)
			live += (int64_t)gap->line.len;
	}
	for (done = manifest->done_markers; done != NULL; done = done->hh.next)
		live += (int64_t)done->line.len;
	return live;
}

int
manifest_seal(struct manifest *manifest, json_t *seal, struct err *err)
{
	int rc = manifest_rewrite(manifest, seal, err);

	if (rc == 0)
		manifest->seal = seal;
	else
		json_decref(seal);
	return rc;
}
