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

static int
write_temp(struct tree *tree, const char *path, size_t *folder,
    struct span bytes, struct err *err)
{
	const char *slash = strrchr(path, '/');
	struct iovec piece = { (void *)bytes.at, bytes.len };
	char above[PATH_MAX], temp[PATH_MAX];
	size_t len = slash != NULL ? (size_t)(slash - path) : 0;
	int fd;

	if (strlen(path) >= PATH_MAX)
		return err_set(err, ERR_DISK, "the path is too long: %.60s...",
		    path);
	memcpy(above, path, len);
	above[len] = '\0';
	if (tree_folder(tree, above, folder, err) == -1)
		return -1;
	if (file_temp_name(slash != NULL ? slash + 1 : path, temp) == -1)
		return err_errno(err, ERR_DISK, "create %s", path);
	fd = file_open(tree->batch.folders[*folder].fd, temp,
	    O_RDWR | O_CREAT | O_TRUNC, err);
	if (fd == -1)
		return err_wrap(err, "%s", path);
	if (file_write(fd, &piece, 1, err) == -1) {
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

	file.fd = write_temp(tree, path, &file.folder, bytes, err);
	if (file.fd == -1)
		return -1;
	file.path = mem_text(path);
	tree_wrote(tree, &file, bytes.len);
	*receipt = (struct tree_receipt){ .path = (char *)path,
	    .bytes = bytes.len };
	sha256_of(bytes.at, bytes.len, receipt->sha256);
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

/* The file among those that are not flushed, or NULL. */
static const struct tree_file *
find_pending(const struct tree *tree, const char *path)
{
	size_t i;

	for (i = tree->batch.n_files; i-- > 0; )
		if (tree->batch.files[i].path != NULL &&
		    strcmp(tree->batch.files[i].path, path) == 0)
			return &tree->batch.files[i];
	return NULL;
}

int
tree_put_again(struct tree *tree, const char *path, struct span bytes,
    struct tree_receipt *receipt, struct err *err)
{
	/* Both would have the same temporary name. */
	if (find_pending(tree, path) != NULL && tree_flush(tree, err) == -1)
		return -1;
	return put(tree, path, bytes, receipt, err);
}

/* Read what was written and not flushed. */
static int
get_pending(const struct tree_file *file, struct text *text,
    struct err *err)
{
	char piece[65536];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(file->fd, piece, sizeof(piece), at)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_errno(err, ERR_DISK, "read %s",
			    file->path);
		if (text_add(text, piece, (size_t)n) == -1)
			return err_set(err, ERR_DISK, "%s is too large",
			    file->path);
		at += n;
	}
	return 0;
}

int
tree_get(struct tree *tree, const char *path, struct text *text,
    struct err *err)
{
	const struct tree_file *pending = find_pending(tree, path);

	if (pending != NULL)
		return get_pending(pending, text, err);
	if (tree->out != tree->dir) {
		if (file_read(tree->out, path, text, err) == 0)
			return 0;
		if (errno != ENOENT)
			return -1;
	}
	return file_read(tree->dir, path, text, err);
}
