/*
 * Syncing a batch: its files, then the names of its objects, then their
 * directories, then the lines that record all this.
 *
 * On any disk, each file and directory can be synced separately.  If there are
 * many and the disk can be synced as a whole, that takes a single wait, though
 * it includes other programs' data.  Objects of such a batch are closed
 * already, as their descriptors are not needed.
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tree/tree_internal.h"

#define FEW 8	/* up to this many directories are synced separately */

static int
sync_file(const struct tree_file *file, struct err *err)
{
	return file_sync(file->fd, file->path != NULL ? file->path :
	    "a shard", err);
}

static int
sync_files(const struct tree_batch *batch, struct err *err)
{
	size_t i;

	/* Start all at once, so that the first wait covers them all. */
	for (i = 0; !batch->is_whole && i < batch->n_files; i++)
		file_begin_sync(batch->files[i].fd);
	if (batch->is_whole && file_sync_all(batch->disk, "the disk",
	    err) == -1)
		return -1;
	for (i = 0; i < batch->n_files; i++)
		if ((!batch->is_whole || batch->files[i].is_apart) &&
		    sync_file(&batch->files[i], err) == -1)
			return -1;
	return 0;
}

static int
name_files(const struct tree_batch *batch, struct err *err)
{
	char temp[PATH_MAX];
	size_t i;

	for (i = 0; i < batch->n_files; i++) {
		const struct tree_file *file = &batch->files[i];
		const char *name;
		int dir;

		if (file->path == NULL)
			continue;
		name = strrchr(file->path, '/');
		name = name != NULL ? name + 1 : file->path;
		dir = file->folder->fd;
		if (file_temp_name(name, temp) == -1 ||
		    renameat(dir, temp, dir, name) == -1)
			return err_errno(err, ERR_DISK, "name %s",
			    file->path);
	}
	return 0;
}

static int
sync_folders(const struct tree_batch *batch, struct err *err)
{
	bool is_whole = batch->is_whole && batch->n_changed > FEW;
	size_t i;

	if (is_whole && file_sync_all(batch->disk, "the disk", err) == -1)
		return -1;
	for (i = batch->n_changed; i-- > 0; )
		if ((!is_whole || batch->changed[i]->is_apart) &&
		    file_sync(batch->changed[i]->fd, batch->changed[i]->path,
		    err) == -1)
			return -1;
	return 0;
}

static int
say_lines(const struct tree_lines_to_say *lines, struct err *err)
{
	struct iovec part = { (void *)(uintptr_t)lines->bytes.data,
	    lines->bytes.len };

	if (part.iov_len == 0)
		return 0;
	if (file_write(lines->fd, &part, 1, err) == -1)
		return err_wrap(err, "%s", lines->name);
	return file_sync(lines->fd, lines->name, err);
}

int
tree_sync(const struct tree_batch *batch, struct err *err)
{
	if (sync_files(batch, err) == -1 || name_files(batch, err) == -1 ||
	    sync_folders(batch, err) == -1)
		return -1;
	return say_lines(&batch->lines, err);
}
