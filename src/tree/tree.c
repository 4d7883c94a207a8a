/*
 * The export directory: created, opened, locked.
 */

#include <sys/resource.h>
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

/*
 * The lock is on the log, which is never replaced, and ends with the process.
 * A second lock, by F_SETLK, only reveals the process's id: it is lost once any
 * descriptor of the file is closed.
 */
static bool has_no_locks;

void
tree_use_no_locks(void)
{
	has_no_locks = true;
}

static int
lock(struct tree *tree, struct err *err)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
	    .l_len = 1 };
	struct flock tells = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
	    .l_start = 1, .l_len = 1 };

	if (fcntl(tree->log, F_OFD_SETLK, &lock) == 0) {
		(void)fcntl(tree->log, F_SETLK, &tells);
		return 0;
	}
	if (errno != EACCES && errno != EAGAIN) {
		if (has_no_locks)
			return 0;
		err_errno(err, ERR_DISK, "lock %s/" TREE_LOG, tree->path);
		snprintf(&err->text[strlen(err->text)], sizeof(err->text) -
		    strlen(err->text), "; if the file system has no locks, use "
		    "--no-lock, and make sure that no other process works on "
		    "the export");
		return -1;
	}
	if (fcntl(tree->log, F_GETLK, &tells) == 0 &&
	    tells.l_type != F_UNLCK && tells.l_pid > 0)
		return err_set(err, ERR_LOCKED, "process %ld is working on %s",
		    (long)tells.l_pid, tree->path);
	return err_set(err, ERR_LOCKED, "another process is working on %s",
	    tree->path);
}

bool
tree_is_busy(const char *path)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET,
	    .l_len = 1 };
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = -1;
	bool is;

	if (dir != -1)
		fd = file_open(dir, TREE_LOG, O_RDONLY, NULL);
	is = fd != -1 && fcntl(fd, F_OFD_GETLK, &lock) == 0 &&
	    lock.l_type != F_UNLCK;
	if (fd != -1)
		close(fd);
	if (dir != -1)
		close(dir);
	return is;
}

/* For connections, shards that are written, and the process itself. */
#define OTHER_FILES 44
#define MAX_HELD 96

static unsigned
between(rlim_t min, rlim_t n, rlim_t max)
{
	return (unsigned)(n < min ? min : n > max ? max : n);
}

/* How many files may wait, open, to be synced, and how many folders be open? */
static void
share_files(struct tree *tree)
{
	struct rlimit limit;
	rlim_t spare = 4096;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		spare = limit.rlim_cur > OTHER_FILES ? limit.rlim_cur -
		    OTHER_FILES : 0;
	tree->max_folders = between(4, spare / 5, TREE_FOLDERS);
	/* There are two batches. */
	tree->max_held = between(4, (spare - spare / 5) / 2, MAX_HELD);
}

static struct tree *
new_tree(const char *path, int dir)
{
	struct tree *tree = mem_zero(1, sizeof(*tree));
	struct stat st;

	share_files(tree);
	tree->path = mem_text(path);
	tree->dir = tree->out = dir;
	tree->log = tree->aside = -1;
	tree->names = set_new();
	tree->folded = set_new();
	tree->taken = set_new();
	tree->batch = mem_zero(1, sizeof(*tree->batch));
	tree->under_way = mem_zero(1, sizeof(*tree->under_way));
	if (fstat(dir, &st) == 0)
		tree->device = st.st_dev;
	tree->can_sync_all = file_can_sync_all(dir);
	return tree;
}

static struct tree *
open_dir(const char *path, int dir, struct err *err)
{
	struct tree *tree = new_tree(path, dir);

	tree->log = file_open(dir, TREE_LOG, O_RDWR | O_CREAT | O_APPEND,
	    err);
	if (tree->log == -1) {
		err_wrap(err, "%s", path);
		goto err_close;
	}
	if (lock(tree, err) == -1)
		goto err_close;
	return tree;

err_close:
	tree_close(tree);
	return NULL;
}

/* Create ${parent} and its parents. */
static int
make_parent(const char *parent, struct err *err)
{
	char path[PATH_MAX];
	char *slash;

	if (snprintf(path, sizeof(path), "%s", parent) >= PATH_MAX)
		return err_set(err, ERR_DISK, "the path is too long: %.60s...",
		    parent);
	for (slash = path + 1; (slash = strchr(slash, '/')) != NULL;
	    slash++) {
		*slash = '\0';
		if (mkdir(path, 0700) == -1 && errno != EEXIST)
			return err_errno(err, ERR_DISK, "create %s", path);
		*slash = '/';
	}
	if (mkdir(path, 0700) == -1 && errno != EEXIST)
		return err_errno(err, ERR_DISK, "create %s", path);
	return 0;
}

struct tree *
tree_create(const char *parent, struct err *err)
{
	char stamp[20], path[PATH_MAX], log[PATH_MAX + sizeof(TREE_LOG)];
	struct tree *tree;
	unsigned n;
	int dir;

	if (make_parent(parent, err) == -1)
		return NULL;
	clock_stamp(clock_wall(), stamp);
	snprintf(path, sizeof(path), "%s/%s", parent, stamp);
	/* A second export in the same second gets a number. */
	for (n = 2; mkdir(path, 0700) == -1; n++) {
		if (errno != EEXIST || n > 9999) {
			err_errno(err, ERR_DISK, "create %s", path);
			return NULL;
		}
		snprintf(path, sizeof(path), "%s/%s-%u", parent, stamp, n);
	}
	if ((dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1) {
		err_errno(err, ERR_DISK, "open %s", path);
		return NULL;
	}
	if ((tree = open_dir(path, dir, err)) != NULL)
		return tree;
	/* Don't leave an unusable directory. */
	snprintf(log, sizeof(log), "%s/" TREE_LOG, path);
	(void)!unlink(log);
	(void)!rmdir(path);
	return NULL;
}

struct tree *
tree_open(const char *path, struct err *err)
{
	char *copy = mem_text(path);
	size_t len = strlen(copy);
	struct tree *tree = NULL;
	int dir;

	while (len > 1 && copy[len - 1] == '/')
		copy[--len] = '\0';
	dir = open(copy, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1)
		err_errno(err, ERR_DISK, "open %s", copy);
	else
		tree = open_dir(copy, dir, err);
	free(copy);
	return tree;
}

struct tree *
tree_peek(const char *path, struct err *err)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir == -1) {
		err_errno(err, errno == ENOENT || errno == ENOTDIR ?
		    ERR_USAGE : ERR_DISK, "open %s", path);
		return NULL;
	}
	return new_tree(path, dir);
}

void
tree_close(struct tree *tree)
{
	if (tree == NULL)
		return;
	tree_batches_free(tree);
	tree_leave_folders(tree);
	set_free(tree->names);
	set_free(tree->folded);
	set_free(tree->taken);
	if (tree->log != -1)
		close(tree->log);
	if (tree->out != tree->dir)
		close(tree->out);
	close(tree->dir);
	tree_leave_near(tree);
	if (tree->aside != -1)
		close(tree->aside);
	free(tree->layer);
	free(tree->aside_path);
	free(tree->path);
	free(tree);
}

const char *
tree_where(const struct tree *tree)
{
	return tree->path;
}

int
tree_dir(const struct tree *tree)
{
	return tree->dir;
}

int
tree_log(const struct tree *tree)
{
	return tree->log;
}

/* Is it a name as tree_create() makes? */
static int
is_stamp(const struct dirent *entry)
{
	const char *p = entry->d_name;
	size_t i;

	for (i = 0; i < 15; i++)
		if (i == 8 ? p[i] != '-' : p[i] < '0' || p[i] > '9')
			return 0;
	return p[15] == '\0' || p[15] == '-';
}

/* Oldest first; within one second, by number. */
static int
by_age(const struct dirent **a, const struct dirent **b)
{
	return strverscmp((*a)->d_name, (*b)->d_name);
}

char *
tree_newest(const char *parent, bool (*wanted)(const char *))
{
	struct dirent **entries;
	int n = scandir(parent, &entries, is_stamp, by_age);
	char *newest = NULL, *path;

	while (n-- > 0) {
		if (newest == NULL) {
			path = mem_format("%s/%s", parent,
			    entries[n]->d_name);
			if (wanted(path))
				newest = path;
			else
				free(path);
		}
		free(entries[n]);
	}
	if (n >= -1)
		free(entries);
	return newest;
}
