/*
 * A layer over an export: writes go to a separate directory, and reads try it
 * first.  The export itself does not change until the layer is merged, file by
 * file, by rename.
 *
 * The layer of EXPORT is EXPORT.repair beside it or, if that can't be created,
 * .hlexport-repair in it.
 *
 *	.base		what the layer lies on: its SHA-256
 *	.commit		it is being merged, which can be done again at any point
 */

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tree/tree_internal.h"

#define BESIDE ".repair"
#define INSIDE ".hlexport-repair"
#define BASE ".base"
#define COMMIT ".commit"
#define LAST "manifest.jsonl"	/* moved last: it makes the rest count */
#define DEEPEST 16		/* no export is deeper */

static bool
is_own(const char *name)
{
	return strcmp(name, BASE) == 0 || strcmp(name, COMMIT) == 0;
}

/* Open a private directory on the export's disk. */
static int
open_checked(const struct tree *tree, int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	struct stat own, export;

	if (fd == -1)
		return -1;
	if (fstat(fd, &own) == 0 && fstat(tree->dir, &export) == 0 &&
	    own.st_dev == export.st_dev && own.st_uid == geteuid())
		return fd;
	close(fd);
	return -1;
}

/* Open the layer; with ${make}, create it.  Return a descriptor, or -1. */
static int
open_layer(struct tree *tree, bool make)
{
	char *real = realpath(tree->path, NULL);
	char *beside = real != NULL ? mem_format("%s" BESIDE, real) : NULL;
	int fd = -1;

	free(tree->layer);
	tree->layer = NULL;
	/* Use an existing one, whether or not one could be created. */
	if (beside != NULL) {
		fd = open_checked(tree, AT_FDCWD, beside);
		if (fd == -1 && make && mkdir(beside, 0700) == 0)
			fd = open_checked(tree, AT_FDCWD, beside);
	}
	if (fd != -1) {
		tree->layer = mem_text(beside);
	} else {
		fd = open_checked(tree, tree->dir, INSIDE);
		if (fd == -1 && make && mkdirat(tree->dir, INSIDE,
		    0700) == 0)
			fd = open_checked(tree, tree->dir, INSIDE);
		if (fd != -1)
			tree->layer = mem_format("%s/" INSIDE, tree->path);
	}
	free(beside);
	free(real);
	return fd;
}

/* --------------------------------------------------- going through it */

/* A walk through the layer: its position, and what is done with each file. */
struct walk {
	struct tree *tree;	/* to be merged into; or NULL */
	struct text path;	/* in the export */
	int (*file)(struct walk *, int from, int to, const char *name,
	    struct err *err);
};

/* Open the directory of the export that the layer's files belong in. */
static int
step_into(struct walk *walk, int to, const char *name, struct err *err)
{
	bool made;
	int fd = file_step(to, name, &made, err);

	if (fd != -1 || (errno != ENOTDIR && errno != ELOOP))
		return fd;
	/* Something else has its name. */
	return tree_set_aside(walk->tree, walk->path.data, err) == -1 ? -1 :
	    file_step(to, name, &made, err);
}

/*
 * Walk the directory ${from}; ${to} is the same directory in the export, or
 * -1.  Empty directories are removed.
 */
static int
go(struct walk *walk, int from, int to, int level, struct err *err)
{
	int copy = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy != -1 ? fdopendir(copy) : NULL;
	size_t len = walk->path.len;
	struct dirent *entry;
	int rc = 0;

	if (dir == NULL) {
		if (copy != -1)
			close(copy);
		return err_errno(err, ERR_DISK, "read a directory");
	}
	while (rc == 0 && level < DEEPEST && (entry = readdir(dir)) != NULL) {
		const char *name = entry->d_name;
		int below, above = -1;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
		    (level == 0 && (is_own(name) || strcmp(name, LAST) == 0)))
			continue;
		text_addf(&walk->path, "%s%s", len > 0 ? "/" : "", name);
		below = openat(from, name, O_RDONLY | O_DIRECTORY |
		    O_NOFOLLOW | O_CLOEXEC);
		if (below == -1) {
			rc = walk->file(walk, from, to, name, err);
		} else {
			if (to != -1 && (above = step_into(walk, to, name,
			    err)) == -1)
				rc = -1;
			else
				rc = go(walk, below, above, level + 1, err);
			close(below);
			if (above != -1)
				close(above);
			if (rc == 0 && unlinkat(from, name,
			    AT_REMOVEDIR) == -1)
				rc = err_errno(err, ERR_DISK, "remove %s",
				    name);
		}
		walk->path.len = len;
	}
	closedir(dir);
	if (rc == 0 && to != -1)
		rc = file_sync(to, "a directory", err);
	return rc;
}

static int
start(struct walk *walk, int from, int to, struct err *err)
{
	int rc;

	text_init(&walk->path, 1 << 20);
	rc = go(walk, from, to, 0, err);
	text_release(&walk->path);
	return rc;
}

static int
move_file(struct walk *walk, int from, int to, const char *name,
    struct err *err)
{
	struct stat st;
	int rc;

	/* Remove temporary files of a crash. */
	if (file_is_temp(name))
		return unlinkat(from, name, 0) == 0 ? 0 : err_errno(err,
		    ERR_DISK, "remove %s", name);
	/* An export from elsewhere may contain a directory with this name. */
	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISREG(st.st_mode) || strcmp(walk->path.data, TREE_LOG) == 0)
		return err_set(err, ERR_DATA, "%s in %s was not written by a "
		    "repair; move that directory away", walk->path.data,
		    walk->tree->layer);
	rc = renameat(from, name, to, name);
	if (rc == -1 && errno == EISDIR && tree_set_aside(walk->tree,
	    walk->path.data, err) == 0)
		rc = renameat(from, name, to, name);
	return rc == 0 ? 0 : err_errno(err, ERR_DISK, "move %s into place",
	    walk->path.data);
}

static int
remove_file(struct walk *walk, int from, int to, const char *name,
    struct err *err)
{
	(void)walk;
	(void)to;
	return unlinkat(from, name, 0) == 0 ? 0 : err_errno(err, ERR_DISK,
	    "remove %s", name);
}

/* Empty the layer. */
static int
clear(int fd, struct err *err)
{
	struct walk walk = { .file = remove_file };
	int rc;

	(void)!unlinkat(fd, COMMIT, 0);
	rc = start(&walk, fd, -1, err);
	(void)!unlinkat(fd, LAST, 0);
	(void)!unlinkat(fd, BASE, 0);
	return rc;
}

static int
is_there(struct walk *walk, int from, int to, const char *name,
    struct err *err)
{
	(void)walk;
	(void)from;
	(void)to;
	return file_is_temp(name) ? 0 : err_set(err, ERR_DATA, "%s", name);
}

/* Is our layer empty?  Empty folders are removed. */
static bool
is_used_up(int fd)
{
	struct walk walk = { .file = is_there };
	struct err err;

	return start(&walk, fd, -1, &err) == 0 &&
	    faccessat(fd, LAST, F_OK, AT_SYMLINK_NOFOLLOW) == -1;
}

/* Does it contain only what a crash at its creation may have left? */
static bool
is_bare(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy != -1 ? fdopendir(copy) : NULL;
	struct dirent *entry;
	bool is = dir != NULL;

	while (is && (entry = readdir(dir)) != NULL)
		is = strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0 ||
		    (file_is_temp(entry->d_name) && entry->d_type == DT_REG);
	if (dir != NULL)
		closedir(dir);
	else if (copy != -1)
		close(copy);
	return is;
}

/* The directory may be anything, even somebody's only copy. */
static int
refuse(const struct tree *tree, struct err *err)
{
	return err_set(err, ERR_DATA, "%s exists but does not belong to a "
	    "repair of this export in its present state; move it away first",
	    tree->layer);
}

/* ------------------------------------------------------------ its life */

/* From now on, write to ${fd}. */
static void
change_out(struct tree *tree, int fd)
{
	(void)tree_wait(tree, NULL);
	tree_leave_folders(tree);
	tree->out = fd;
}

static bool
has_base(int fd, const char *base)
{
	struct text text;
	bool is;

	text_init(&text, 200);
	is = file_read(fd, BASE, &text, NULL) == 0 &&
	    strcmp(text.data != NULL ? text.data : "", base) == 0;
	text_release(&text);
	return is;
}

/* Is its base the export's present manifest? */
static bool
lies_on(const struct tree *tree, int fd)
{
	unsigned char hash[SHA256_BYTES];
	char hex[SHA256_HEX];
	struct text text;
	bool does;

	text_init(&text, SIZE_MAX / 4);
	(void)file_read(tree->dir, LAST, &text, NULL);
	sha256_of(text.data != NULL ? text.data : "", text.len, hash);
	sha256_hex(hash, hex);
	text_clear(&text);
	does = file_read(fd, BASE, &text, NULL) == 0 && text.len >=
	    strlen(hex) && memcmp(text.data, hex, strlen(hex)) == 0;
	text_release(&text);
	return does;
}

/*
 * Did we make it, by its ".base"?  Modes are no proof: some disks ignore them.
 */
static bool
is_layer(int fd)
{
	struct text text;
	bool is;

	text_init(&text, 200);
	is = file_read(fd, BASE, &text, NULL) == 0 &&
	    text.len >= SHA256_HEX - 1 && strspn(text.data,
	    "0123456789abcdef") == SHA256_HEX - 1;
	text_release(&text);
	return is;
}

/* Empty the layer of an earlier repair. */
static int
make_ready(struct tree *tree, int fd, struct err *err)
{
	if (is_layer(fd))
		return clear(fd, err);
	return is_bare(fd) ? 0 : refuse(tree, err);
}

int
tree_layer_begin(struct tree *tree, const char *base, struct err *err)
{
	int fd = open_layer(tree, true);

	if (fd == -1)
		return err_errno(err, ERR_DISK, "create a directory for "
		    "repaired files beside %s or in it", tree->path);
	if (!has_base(fd, base) && (make_ready(tree, fd, err) == -1 ||
	    file_replace(fd, BASE, base, strlen(base), err) == -1)) {
		close(fd);
		return -1;
	}
	change_out(tree, fd);
	return 0;
}

static int
merge(struct tree *tree, int fd, struct err *err)
{
	struct walk walk = { .tree = tree, .file = move_file };
	int rc;

	if (file_replace(fd, COMMIT, "", 0, err) == -1 ||
	    start(&walk, fd, tree->dir, err) == -1)
		return -1;
	text_init(&walk.path, PATH_MAX);
	text_adds(&walk.path, LAST);
	rc = faccessat(fd, LAST, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ?
	    move_file(&walk, fd, tree->dir, LAST, err) : 0;
	text_release(&walk.path);
	if (rc == -1)
		return -1;
	return file_sync(tree->dir, tree->path, err);
}

/*
 * Remove the empty directory of the layer. ".base" goes last: it identifies the
 * directory as ours, wherever the process ends.
 */
static void
leave(struct tree *tree, int fd)
{
	(void)!unlinkat(fd, COMMIT, 0);
	(void)!unlinkat(fd, BASE, 0);
	if (tree->layer != NULL)
		(void)!rmdir(tree->layer);
	free(tree->layer);
	tree->layer = NULL;
}

int
tree_layer_merge(struct tree *tree, struct err *err)
{
	int fd = tree->out;

	if (tree_flush(tree, err) == -1 || merge(tree, fd, err) == -1)
		return -1;
	change_out(tree, tree->dir);
	leave(tree, fd);
	close(fd);
	return 0;
}

int
tree_layer_recover(struct tree *tree, struct err *err)
{
	int fd = open_layer(tree, false), rc = 0;
	bool is_committed;

	if (fd == -1)
		return 0;
	is_committed = faccessat(fd, COMMIT, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	/* The manifest is moved last. */
	if (is_committed && lies_on(tree, fd))
		rc = merge(tree, fd, err) == 0 ? 1 : -1;
	else if (is_layer(fd) && is_used_up(fd))
		rc = 1;
	else if (is_committed)
		rc = refuse(tree, err);
	if (rc == 1)
		leave(tree, fd);
	close(fd);
	return rc;
}

const char *
tree_layer_leave(struct tree *tree)
{
	struct err err;
	int fd = tree->out;

	if (fd == tree->dir)
		return NULL;
	/* The walk removes empty directories, and stops at a file. */
	if (is_used_up(fd) && clear(fd, &err) == 0)
		leave(tree, fd);
	change_out(tree, tree->dir);
	close(fd);
	return tree->layer;
}

int
tree_layer_drop(struct tree *tree, struct err *err)
{
	int fd = tree->out, rc = clear(fd, err);

	change_out(tree, tree->dir);
	if (rc == 0)
		leave(tree, fd);
	close(fd);
	return rc;
}

bool
tree_is_layered(const struct tree *tree)
{
	return tree->out != tree->dir;
}

int
tree_out(const struct tree *tree)
{
	return tree->out;
}

int
tree_open_file(const struct tree *tree, const char *path, struct err *err)
{
	int fd = -1;

	if (tree->out != tree->dir) {
		fd = file_open(tree->out, path, O_RDONLY, err);
		if (fd != -1 || errno != ENOENT)
			return fd;
	}
	return file_open(tree->dir, path, O_RDONLY, err);
}
