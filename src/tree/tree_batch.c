/*
 * Syncs, many at a time.
 *
 * What was written since the last sync is kept in a list: files, and the
 * directories they are in with all directories above them.  A flush syncs the
 * files, then gives objects their names, then syncs the directories.  After
 * it, and not before, may a manifest line say that they are there.
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tree/tree_internal.h"

/*
 * How much may be lost to a crash, more or less: at first little, so that a
 * run that is cut short has something to show, then about a second's work.
 */
#define DUE_FIRST_MS 50
#define DUE_MOST_MS 1000
#define DUE_BYTES (UINT64_C(64) << 20)
#define DUE_FILES 128		/* each holds a descriptor open */

static bool
find_folder(const struct tree *tree, const char *path, size_t len,
    size_t *folder)
{
	size_t i;

	/* The last ones are the likely ones. */
	for (i = tree->batch.n_folders; i-- > 0; ) {
		const char *have = tree->batch.folders[i].path;

		if (strncmp(have, path, len) == 0 && have[len] == '\0') {
			*folder = i;
			return true;
		}
	}
	return false;
}

/* Keep the open directory ${fd}, whose path is ${len} bytes of ${path}. */
static size_t
add_folder(struct tree_batch *batch, const char *path, size_t len, int fd)
{
	batch->folders = mem_need(batch->folders, batch->n_folders + 1,
	    &batch->folders_room, sizeof(*batch->folders));
	batch->folders[batch->n_folders] = (struct tree_folder){
	    mem_copy(path, len), fd, false };
	return batch->n_folders++;
}

/* Open the folder whose path is the first ${len} bytes of ${path}. */
static int
open_folder(struct tree *tree, const char *path, size_t len, size_t *folder,
    struct err *err)
{
	struct tree_batch *batch = &tree->batch;
	const char *name;
	size_t above, from = len;
	bool made;
	char *copy;
	int fd;

	if (find_folder(tree, path, len, folder))
		return 0;
	if (len == 0) {
		if ((fd = file_dir(tree->out, "", false, err)) == -1)
			return -1;
		*folder = add_folder(batch, path, 0, fd);
		return 0;
	}
	while (from > 0 && path[from - 1] != '/')
		from--;
	if (open_folder(tree, path, from > 0 ? from - 1 : 0, &above,
	    err) == -1)
		return -1;
	copy = mem_copy(path, len);
	name = copy + from;
	if ((fd = file_step(batch->folders[above].fd, name, &made,
	    err)) == -1) {
		err_wrap(err, "%s", copy);
		free(copy);
		return -1;
	}
	free(copy);
	/* A new name in the one above wants a sync of that one. */
	batch->folders[above].changed |= made;
	*folder = add_folder(batch, path, len, fd);
	return 0;
}

int
tree_folder(struct tree *tree, const char *path, size_t *folder,
    struct err *err)
{
	return open_folder(tree, path, strlen(path), folder, err);
}

void
tree_wrote(struct tree *tree, const struct tree_file *file, uint64_t bytes)
{
	struct tree_batch *batch = &tree->batch;
	size_t i;

	if (batch->bytes == 0 && batch->n_files == 0)
		batch->since = clock_ms();
	batch->bytes += bytes;
	for (i = 0; file->is_stream && i < batch->n_files; i++)
		if (batch->files[i].fd == file->fd)
			return;
	batch->files = mem_need(batch->files, batch->n_files + 1,
	    &batch->files_room, sizeof(*batch->files));
	batch->files[batch->n_files++] = *file;
}

bool
tree_is_due(const struct tree *tree)
{
	const struct tree_batch *batch = &tree->batch;

	return batch->n_files > 0 && (batch->bytes >= DUE_BYTES ||
	    batch->n_files >= DUE_FILES ||
	    clock_ms() - batch->since >= tree->due_ms);
}

static int
sync_files(struct tree *tree, struct err *err)
{
	struct tree_batch *batch = &tree->batch;
	size_t i;

	for (i = 0; i < batch->n_files; i++)
		if (file_sync(batch->files[i].fd, batch->files[i].path !=
		    NULL ? batch->files[i].path : "a shard", err) == -1)
			return -1;
	return 0;
}

static int
name_files(struct tree *tree, struct err *err)
{
	struct tree_batch *batch = &tree->batch;
	char temp[PATH_MAX];
	size_t i;

	for (i = 0; i < batch->n_files; i++) {
		struct tree_file *file = &batch->files[i];
		const char *name;
		int dir;

		if (file->path == NULL)
			continue;
		name = strrchr(file->path, '/');
		name = name != NULL ? name + 1 : file->path;
		dir = batch->folders[file->folder].fd;
		batch->folders[file->folder].changed = true;
		if (file_temp_name(name, temp) == -1 ||
		    renameat(dir, temp, dir, name) == -1)
			return err_errno(err, ERR_DISK, "name %s",
			    file->path);
	}
	return 0;
}

static int
sync_folders(struct tree *tree, struct err *err)
{
	struct tree_batch *batch = &tree->batch;
	size_t i;

	for (i = batch->n_folders; i-- > 0; )
		if (batch->folders[i].changed &&
		    file_sync(batch->folders[i].fd, batch->folders[i].path,
		    err) == -1)
			return -1;
	return 0;
}

/* Nothing is left to do; open streams keep their files. */
static void
clear(struct tree_batch *batch)
{
	size_t i;

	for (i = 0; i < batch->n_files; i++) {
		if (!batch->files[i].is_stream)
			close(batch->files[i].fd);
		free(batch->files[i].path);
	}
	for (i = 0; i < batch->n_folders; i++) {
		close(batch->folders[i].fd);
		free(batch->folders[i].path);
	}
	batch->n_files = batch->n_folders = 0;
	batch->bytes = 0;
}

int
tree_flush(struct tree *tree, struct err *err)
{
	if (sync_files(tree, err) == -1 || name_files(tree, err) == -1 ||
	    sync_folders(tree, err) == -1)
		return -1;
	clear(&tree->batch);
	if (tree->due_ms < DUE_MOST_MS)
		tree->due_ms = 2 * tree->due_ms + DUE_FIRST_MS;
	return 0;
}
