/*
 * Checks that a file exists with the right size.  Files mostly come in the
 * order of their directories, so the last directory stays open.
 */

#include <sys/stat.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tree/tree_internal.h"

/* Set tree->near to the directory whose path is ${len} bytes of ${path}. */
static bool
go_near(struct tree *tree, const char *path, size_t len)
{
	char *above;

	if (tree->near.path != NULL && strlen(tree->near.path) == len &&
	    strncmp(tree->near.path, path, len) == 0)
		return true;
	tree_leave_near(tree);
	above = mem_copy(path, len);
	tree->near.fd = file_dir(tree->dir, above, false, NULL);
	if (tree->near.fd != -1)
		tree->near.path = above;
	else
		free(above);
	return tree->near.path != NULL;
}

/* Stat the file in the layer, if any, or else in the export. */
static bool
look(struct tree *tree, const char *path, struct stat *st)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash != NULL ? (size_t)(slash - path) : 0;

	if (tree_is_layered(tree) && file_stat(tree->out, path, st) == 0)
		return true;
	return go_near(tree, path, len) && fstatat(tree->near.fd,
	    slash != NULL ? slash + 1 : path, st, AT_SYMLINK_NOFOLLOW) == 0;
}

bool
tree_has(struct tree *tree, const struct tree_receipt *receipt, bool exact)
{
	struct stat st;

	if (!look(tree, receipt->path, &st) || !S_ISREG(st.st_mode))
		return false;
	return exact ? (uint64_t)st.st_size == receipt->bytes :
	    (uint64_t)st.st_size >= receipt->bytes;
}

void
tree_leave_near(struct tree *tree)
{
	if (tree->near.path == NULL)
		return;
	close(tree->near.fd);
	free(tree->near.path);
	tree->near.path = NULL;
}
