/*
 * Objects: one JSON document, one file.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tree/tree_internal.h"

/*
 * A batch of more objects than this syncs the whole disk, if possible.  For
 * fewer, that would mean to wait for other programs' data.
 */
#define FEW 16

/*
 * Objects are read again soon, for derived tables.  Keeping this many bytes of
 * a batch in memory saves opening the files.
 */
#define KEPT_MAX (1 << 20)

static int
write_temp(struct tree *tree, const char *path, struct tree_folder **folder,
    struct span bytes, struct err *err)
{
	const char *slash = strrchr(path, '/');
	struct iovec part = { (void *)bytes.data, bytes.len };
	char above[PATH_MAX], temp[PATH_MAX];
	size_t len = slash != NULL ? (size_t)(slash - path) : 0;
	int fd;

	if (strlen(path) >= PATH_MAX) {
		err_set(err, ERR_DISK, "the path is too long: %.60s...", path);
		return -1;
	}
	memcpy(above, path, len);
	above[len] = '\0';
	if (tree_folder(tree, above, folder, err) == -1)
		return -1;
	if (file_temp_name(slash != NULL ? slash + 1 : path, temp) == -1)
		return err_errno(err, ERR_DISK, "create %s", path);
	fd = file_open((*folder)->fd, temp, O_RDWR | O_CREAT | O_TRUNC, err);
	if (fd == -1)
		return err_wrap(err, "%s", path);
	if (file_write(fd, &part, 1, err) == -1) {
		err_wrap(err, "%s", path);
		close(fd);
		return -1;
	}
	return fd;
}

static int
put(struct tree *tree, const char *path, struct span bytes,
    struct tree_receipt *receipt, struct err *err)
{
	struct tree_file file = { .path = NULL };
	struct tree_folder *folder;

	/* A page may have more records than the limit of open files. */
	if (tree->batch->n_held >= tree->max_held &&
	    tree_flush(tree, err) == -1)
		return -1;
	file.fd = write_temp(tree, path, &folder, bytes, err);
	if (file.fd == -1)
		return -1;
	file.folder = folder;
	file.is_apart = folder->is_apart;
	if (tree->can_sync_all && !file.is_apart &&
	    (tree->batch->n_objects >= FEW ||
	    tree->batch->n_held >= tree->max_held)) {
		close(file.fd);
		file.fd = -1;
	}
	file.path = mem_text(path);
	if (bytes.len <= KEPT_MAX - tree->batch->n_kept) {
		file.bytes = mem_copy(bytes.data, bytes.len);
		file.len = bytes.len;
	}
	tree_wrote(tree, &file, bytes.len);
	*receipt = (struct tree_receipt){ .path = (char *)path,
	    .bytes = bytes.len };
	sha256_of(bytes.data, bytes.len, receipt->sha256);
	return 0;
}

int
tree_put(struct tree *tree, const char *path, struct span bytes,
    struct tree_receipt *receipt, struct err *err)
{
	if (!set_add(tree->taken, path, strlen(path)))
		return err_set(err, ERR_DATA, "two records want the file %s",
		    path);
	return put(tree, path, bytes, receipt, err);
}

int
tree_put_again(struct tree *tree, const char *path, struct span bytes,
    struct tree_receipt *receipt, struct err *err)
{
	/* Both would use the same temporary name. */
	if (tree_find_pending(tree, path) != NULL &&
	    tree_flush(tree, err) == -1)
		return -1;
	return put(tree, path, bytes, receipt, err);
}

/* Read all of ${fd}. */
static int
read_all(int fd, const char *path, struct text *text, struct err *err)
{
	char chunk[65536];
	off_t offset = 0;
	ssize_t n;

	while ((n = pread(fd, chunk, sizeof(chunk), offset)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_errno(err, ERR_DISK, "read %s", path);
		if (text_add(text, chunk, (size_t)n) == -1)
			return err_set(err, ERR_DISK, "%s is too large", path);
		offset += n;
	}
	return 0;
}

/* Open a file that may not have its final name yet. */
static int
open_pending(const struct tree_file *file)
{
	const char *name = strrchr(file->path, '/');
	char temp[PATH_MAX];
	int fd = -1;

	name = name != NULL ? name + 1 : file->path;
	if (file_temp_name(name, temp) == 0)
		fd = file_open(file->folder->fd, temp, O_RDONLY, NULL);
	/* It may just have been renamed. */
	return fd != -1 ? fd : file_open(file->folder->fd, name, O_RDONLY,
	    NULL);
}

int
tree_get(struct tree *tree, const char *path, struct text *text,
    struct err *err)
{
	const struct tree_file *pending;
	int fd, rc;

	/* A synced file has its name; the next sync reports a failure. */
	if (tree->is_under_way && !tree_worker_is_busy(tree->worker))
		(void)tree_wait(tree, NULL);
	pending = tree_find_pending(tree, path);
	if (pending != NULL && pending->bytes != NULL) {
		if (text_add(text, pending->bytes, pending->len) == -1)
			return err_set(err, ERR_DISK, "%s is too large",
			    path);
		return 0;
	}
	if (pending != NULL && pending->fd != -1)
		return read_all(pending->fd, path, text, err);
	fd = pending != NULL ? open_pending(pending) :
	    tree_open_near(tree, path);
	if (fd != -1) {
		rc = read_all(fd, path, text, err);
		close(fd);
		return rc;
	}
	if (tree->out != tree->dir) {
		if (file_read(tree->out, path, text, err) == 0)
			return 0;
		if (errno != ENOENT)
			return -1;
	}
	return file_read(tree->dir, path, text, err);
}
