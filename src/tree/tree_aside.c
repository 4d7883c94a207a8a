/*
 * Files are moved out of an export, never deleted: to the directory
 * EXPORT.removed-TIME beside it, or .hlexport-removed-TIME in it if the former
 * can't be created.
 */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tree/tree_internal.h"

#define TRIES 100

/* Create a directory named ${prefix}, the time and, if it exists, a number. */
static char *
make_unique(const char *prefix)
{
	char stamp[20], *path = NULL;
	unsigned n;

	clock_stamp(clock_wall(), stamp);
	for (n = 1; n <= TRIES; n++) {
		free(path);
		path = n == 1 ? mem_format("%s%s", prefix, stamp) :
		    mem_format("%s%s-%u", prefix, stamp, n);
		if (mkdir(path, 0700) == 0)
			return path;
		if (errno != EEXIST)
			break;
	}
	free(path);
	return NULL;
}

/* Open it if it is on the same disk, so that files can be moved there. */
static int
open_on_disk(const struct tree *tree, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat one, other;

	if (fd != -1 && fstat(fd, &one) == 0 && fstat(tree->dir, &other) == 0
	    && one.st_dev == other.st_dev)
		return fd;
	if (fd != -1)
		close(fd);
	(void)!rmdir(path);
	return -1;
}

static int
open_aside(struct tree *tree, struct err *err)
{
	const char *base;
	char *real, *prefixes[2];
	size_t i;

	if (tree->aside != -1)
		return 0;
	real = realpath(tree->path, NULL);
	base = real != NULL ? real : tree->path;
	prefixes[0] = mem_format("%s.removed-", base);
	prefixes[1] = mem_format("%s/.hlexport-removed-", base);
	for (i = 0; i < 2 && tree->aside == -1; i++) {
		free(tree->aside_path);
		tree->aside_path = make_unique(prefixes[i]);
		if (tree->aside_path != NULL)
			tree->aside = open_on_disk(tree, tree->aside_path);
	}
	free(prefixes[0]);
	free(prefixes[1]);
	free(real);
	return tree->aside != -1 ? 0 : err_errno(err, ERR_DISK, "create a "
	    "directory for removed files beside %s or in it", tree->path);
}

/* Does ${path} begin with ${prefix}, and then a time and perhaps a number? */
static bool
is_made_by_us(const char *path, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(path, prefix, n) == 0 && path[n] != '\0' &&
	    path[n + strspn(&path[n], "0123456789-")] == '\0';
}

int
tree_open_aside(const struct tree *tree, const char *path)
{
	char *real = realpath(tree->path, NULL), *beside, *inside;
	struct stat st;
	int fd = -1;

	if (real == NULL)
		return -1;
	beside = mem_format("%s.removed-", real);
	inside = mem_format("%s/.hlexport-removed-", real);
	errno = EINVAL;
	if (is_made_by_us(path, beside) || is_made_by_us(path, inside))
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
		    O_CLOEXEC);
	if (fd != -1 && (fstat(fd, &st) == -1 || st.st_uid != geteuid())) {
		close(fd);
		fd = -1;
	}
	free(beside);
	free(inside);
	free(real);
	return fd;
}

static int
move(struct tree *tree, int from, int to, const char *name, struct err *err)
{
	if (renameat(from, name, to, name) == -1)
		return err_errno(err, ERR_DISK, "move %s to %s", name,
		    tree->aside_path);
	return file_sync(from, tree->path, err);
}

static int
save(struct tree *tree, int from, int to, const char *name, struct err *err)
{
	struct text text;
	int rc;

	(void)tree;
	text_init(&text, SIZE_MAX / 4);
	rc = file_read(from, name, &text, err);
	if (rc == 0)
		rc = file_replace(to, name, text.data != NULL ? text.data : "",
		    text.len, err);
	text_release(&text);
	return rc;
}

static int
copy(struct tree *tree, int from, int to, const char *name, struct err *err)
{
	/* Not every file system has links. */
	return linkat(from, name, to, name, 0) == 0 ? 0 :
	    save(tree, from, to, name, err);
}

/* Apply ${what} to ${path}, from the export to the directory beside it. */
static int
put_aside(struct tree *tree, const char *path, int (*what)(struct tree *, int,
    int, const char *, struct err *), struct err *err)
{
	const char *slash = strrchr(path, '/');
	char *above = mem_copy(path, slash != NULL ? (size_t)(slash - path) :
	    0);
	int from = -1, to = -1, rc = -1;

	if (open_aside(tree, err) == 0 &&
	    (from = file_dir(tree->dir, above, false, err)) != -1 &&
	    (to = file_dir(tree->aside, above, true, err)) != -1)
		rc = what(tree, from, to, slash != NULL ? slash + 1 : path,
		    err);
	if (rc == 0)
		rc = file_sync(to, above, err);
	if (from != -1)
		close(from);
	if (to != -1)
		close(to);
	free(above);
	return rc;
}

int
tree_set_aside(struct tree *tree, const char *path, struct err *err)
{
	/* ${path} may be or contain a cached directory. */
	tree_leave_folders(tree);
	return put_aside(tree, path, move, err);
}

int
tree_copy_aside(struct tree *tree, const char *path, struct err *err)
{
	return put_aside(tree, path, copy, err);
}

int
tree_save_aside(struct tree *tree, const char *path, struct err *err)
{
	return put_aside(tree, path, save, err);
}

const char *
tree_aside(const struct tree *tree)
{
	return tree->aside != -1 ? tree->aside_path : NULL;
}
