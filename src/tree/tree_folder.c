/*
 * A cache of open directories of the export: a path is resolved once, not for
 * each file in it.
 */

#include <sys/stat.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tree/tree_internal.h"

void
tree_leave_folder(struct tree_folder *folder)
{
	if (--folder->users > 0)
		return;
	close(folder->fd);
	free(folder->path);
	free(folder);
}

void
tree_leave_folders(struct tree *tree)
{
	while (tree->n_folders > 0)
		tree_leave_folder(tree->folders[--tree->n_folders]);
}

bool
tree_is_apart(const struct tree *tree, int fd)
{
	struct stat st;

	return fstat(fd, &st) == -1 || st.st_dev != tree->device;
}

/* Put ${folder} in front of the ${n} others. */
static void
put_first(struct tree *tree, struct tree_folder *folder, size_t n)
{
	memmove(&tree->folders[1], &tree->folders[0],
	    n * sizeof(*tree->folders));
	tree->folders[0] = folder;
}

/* Return the folder whose path is ${len} bytes of ${path}, if it is open. */
static struct tree_folder *
find_open(struct tree *tree, const char *path, size_t len)
{
	struct tree_folder *folder;
	size_t i;

	for (i = 0; i < tree->n_folders; i++) {
		folder = tree->folders[i];
		if (folder->len != len || memcmp(folder->path, path,
		    len) != 0)
			continue;
		if (i > 0)
			put_first(tree, folder, i);
		return folder;
	}
	return NULL;
}

/* Keep the open directory ${fd}, whose path is ${len} bytes of ${path}. */
static struct tree_folder *
keep_open(struct tree *tree, const char *path, size_t len, int fd)
{
	struct tree_folder *folder = mem_alloc(sizeof(*folder));

	*folder = (struct tree_folder){ .path = mem_copy(path, len),
	    .len = len, .fd = fd, .users = 1,
	    .is_apart = tree_is_apart(tree, fd) };
	if (tree->n_folders == tree->max_folders)
		tree_leave_folder(tree->folders[--tree->n_folders]);
	put_first(tree, folder, tree->n_folders++);
	return folder;
}

/* Note that ${folder} gets a new name. */
static void
change(struct tree *tree, struct tree_folder *folder)
{
	struct tree_batch *batch = tree->batch;

	if (folder->batch == batch)
		return;
	folder->batch = batch;
	batch->changed = mem_need(batch->changed, batch->n_changed + 1,
	    &batch->changed_capacity, sizeof(struct tree_folder *));
	batch->changed[batch->n_changed++] = folder;
	batch->n_held++;
	folder->users++;
}

/* Open the folder whose path is the first ${len} bytes of ${path}. */
static struct tree_folder *
open_folder(struct tree *tree, const char *path, size_t len, bool make,
    struct err *err)
{
	struct tree_folder *folder = find_open(tree, path, len), *above;
	size_t from = len;
	bool made = false;
	char *name;
	int fd;

	if (folder != NULL)
		return folder;
	if (len == 0) {
		fd = file_dir(tree->out, "", false, err);
		return fd != -1 ? keep_open(tree, path, 0, fd) : NULL;
	}
	while (from > 0 && path[from - 1] != '/')
		from--;
	above = open_folder(tree, path, from > 0 ? from - 1 : 0, make, err);
	if (above == NULL)
		return NULL;
	name = mem_copy(&path[from], len - from);
	fd = make ? file_step(above->fd, name, &made, err) :
	    file_dir(above->fd, name, false, err);
	free(name);
	if (fd == -1) {
		err_wrap(err, "%.*s", (int)len, path);
		return NULL;
	}
	/* A new name in the parent requires its sync. */
	if (made)
		change(tree, above);
	return keep_open(tree, path, len, fd);
}

int
tree_folder(struct tree *tree, const char *path, struct tree_folder **folder,
    struct err *err)
{
	*folder = open_folder(tree, path, strlen(path), true, err);
	if (*folder == NULL)
		return -1;
	change(tree, *folder);
	return 0;
}

int
tree_open_near(struct tree *tree, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct tree_folder *folder = open_folder(tree, path, slash != NULL ?
	    (size_t)(slash - path) : 0, false, NULL);

	return folder == NULL ? -1 : file_open(folder->fd, slash != NULL ?
	    slash + 1 : path, O_RDONLY, NULL);
}
