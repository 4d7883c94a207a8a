/*
 * Where the manifest's lines are: on disk, being appended by the tree's
 * worker, or waiting to be appended.
 */

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "manifest/manifest_internal.h"

int
manifest_commit(struct manifest *manifest, struct err *err)
{
	int rc;

	if (manifest->on_its_way.len == 0)
		return 0;
	rc = tree_wait(manifest->tree, err);
	if (rc == 0) {
		manifest->size += (int64_t)manifest->on_its_way.len;
		text_clear(&manifest->on_its_way);
	}
	return rc;
}

int
manifest_copy_line(struct manifest *manifest, struct manifest_line line,
    struct text *text, struct err *err)
{
	const struct text *coming = &manifest->on_its_way;
	int64_t behind = line.offset - manifest->size;
	char *chunk;
	size_t done = 0;
	ssize_t n;

	if (line.len == 0)
		return 0;
	if (behind >= (int64_t)coming->len)
		return text_add(text, &manifest->pending.data[behind -
		    (int64_t)coming->len], line.len);
	if (behind >= 0)
		return text_add(text, &coming->data[behind], line.len);
	if (manifest->memory.len > 0)
		return text_add(text, &manifest->memory.data[line.offset],
		    line.len);
	chunk = mem_alloc(line.len);
	while (done < line.len) {
		n = pread(manifest->fd, &chunk[done], line.len - done,
		    (off_t)line.offset + (off_t)done);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			free(chunk);
			return n == -1 ? err_errno(err, ERR_DISK, "read "
			    MANIFEST_NAME) : err_set(err, ERR_DISK,
			    MANIFEST_NAME " was truncated while it was in use");
		}
		done += (size_t)n;
	}
	text_add(text, chunk, line.len);
	free(chunk);
	return 0;
}

json_t *
manifest_read_line(struct manifest *manifest, struct manifest_line line,
    struct err *err)
{
	struct text text;
	json_t *json = NULL;

	text_init(&text, SIZE_MAX / 4);
	if (manifest_copy_line(manifest, line, &text, err) == 0) {
		json = json_loadb(text.data, text.len, 0, NULL);
		if (json == NULL)
			err_set(err, ERR_DATA, MANIFEST_NAME " was changed "
			    "while it was in use");
	}
	text_release(&text);
	return json;
}
