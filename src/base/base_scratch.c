/*
 * Creating a scratch directory and publishing output from it.  base_left.c
 * describes its contents, and what happens to it when its process is killed.
 */

#include <sys/file.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base_file.h"
#include "base/base_left.h"
#include "base/base_mem.h"
#include "base/base_scratch.h"

#define TRIES 20

struct scratch {
	char *parent;		/* for error messages */
	char *name, *path;
	int dir;		/* the parent directory */
	int fd;			/* the scratch directory; holds its lock */
	char *note;		/* name of the published file's note, or NULL */
	int note_fd;		/* holds the note's lock */
	struct scratch *next;	/* in ${noted} */
};

/* -------------------------------------------------------------- at exit */

static struct scratch *noted;

static void
release(struct scratch *scratch)
{
	if (scratch->note != NULL) {
		unlinkat(scratch->dir, scratch->note, 0);
		close(scratch->note_fd);
	}
	close(scratch->dir);
	free(scratch->note);
	free(scratch->name);
	free(scratch->path);
	free(scratch->parent);
	free(scratch);
}

/*
 * Runs at exit, as late as possible: a note that outlives its process tells
 * the next one that the command was killed.
 */
static void
forget_notes(void)
{
	struct scratch *scratch;

	while ((scratch = noted) != NULL) {
		noted = scratch->next;
		release(scratch);
	}
}

/* ------------------------------------------------------------- creating */

/* Create the directory and its missing parents. */
static int
make_parents(const char *path)
{
	char *copy = mem_text(path), *p;
	int rc;

	for (p = strchr(copy + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
		*p = '\0';
		(void)!mkdir(copy, 0700);
		*p = '/';
	}
	rc = mkdir(copy, 0700) == -1 && errno != EEXIST ? -1 : 0;
	free(copy);
	return rc;
}

static int
create_marker(int fd)
{
	int marker = openat(fd, LEFT_MARKER, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);

	if (marker == -1)
		return -1;
	close(marker);
	return 0;
}

/* May another user rename or replace entries of the directory ${fd}? */
static bool
is_loose(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1 || (st.st_uid != geteuid() && st.st_uid != 0))
		return true;
	return (st.st_mode & (S_IWGRP | S_IWOTH)) != 0 &&
	    (st.st_mode & S_ISVTX) == 0;
}

/*
 * Is ${fd} the directory that was just created?  Where other users can rename
 * entries, it may be one of theirs, with links in it.
 */
static bool
is_made_by_us(int dir, int fd)
{
	struct dirent *entry;
	struct stat st;
	bool is = true;
	int copy;
	DIR *all;

	if (!is_loose(dir))
		return true;
	copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (copy == -1 || (all = fdopendir(copy)) == NULL) {
		if (copy != -1)
			close(copy);
		return false;
	}
	while (is && (entry = readdir(all)) != NULL)
		is = strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0;
	closedir(all);
	return is && fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
	    (st.st_mode & 077) == 0;
}

/*
 * Create a scratch directory with its marker, locked.  Return its descriptor,
 * or -1.  On a file system without locks or modes, it still works, but a
 * leftover is never removed.
 */
static int
make_scratch(int dir, char **name)
{
	int fd, tries, why;

	for (tries = 0; tries < TRIES; tries++) {
		free(*name);
		if ((*name = left_name(LEFT_PREFIX)) == NULL ||
		    mkdirat(dir, *name, 0700) == -1)
			return -1;
		/* Another process may sweep it before it is locked. */
		fd = openat(dir, *name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
		    O_CLOEXEC);
		if (fd == -1 && errno != ENOENT)
			return -1;
		if (fd == -1)
			continue;
		if (!is_made_by_us(dir, fd)) {
			close(fd);
			continue;
		}
		if ((flock(fd, LOCK_EX | LOCK_NB) == -1 &&
		    errno == EWOULDBLOCK) || !left_is_there(dir, *name, fd)) {
			close(fd);
			(void)!unlinkat(dir, *name, AT_REMOVEDIR);
			continue;
		}
		if (create_marker(fd) == 0)
			return fd;
		why = errno;
		close(fd);
		(void)!unlinkat(dir, *name, AT_REMOVEDIR);
		errno = why;
		return -1;
	}
	return -1;
}

/* As is_loose(), for the directory or one of its parents up to the root. */
static bool
is_loose_above(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), next;
	struct stat here = { 0 }, above;
	bool is = fd == -1, is_root = false;

	while (!is && !is_root) {
		is = is_loose(fd) || fstat(fd, &here) == -1;
		next = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		is_root = next != -1 && fstat(next, &above) == 0 &&
		    here.st_dev == above.st_dev &&
		    here.st_ino == above.st_ino;
		close(fd);
		if ((fd = next) == -1)
			return true;
	}
	if (fd != -1)
		close(fd);
	return is;
}

/*
 * The scratch directory's path, new.  Where another user could replace the
 * directory, use a path through its descriptor, which always leads to it.
 */
static char *
path_of(const struct scratch *scratch)
{
	char *path = mem_format("/proc/self/fd/%d", scratch->fd);

	if (is_loose_above(scratch->dir) && access(path, W_OK) == 0)
		return path;
	free(path);
	return mem_format("%s/%s", scratch->parent, scratch->name);
}

struct scratch *
scratch_new(const char *parent, struct err *err)
{
	static bool is_registered;
	struct scratch *scratch = mem_zero(1, sizeof(*scratch));

	if (!is_registered)
		is_registered = atexit(forget_notes) == 0;
	scratch->fd = scratch->note_fd = -1;
	scratch->parent = mem_text(parent);
	if (make_parents(parent) == -1 || (scratch->dir = open(parent,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1) {
		err_errno(err, ERR_DISK, "create directory %s", parent);
		goto err_free;
	}
	left_sweep(scratch->dir);
	if ((scratch->fd = make_scratch(scratch->dir,
	    &scratch->name)) == -1) {
		err_errno(err, ERR_DISK, "create a directory in %s", parent);
		close(scratch->dir);
		goto err_free;
	}
	scratch->path = path_of(scratch);
	return scratch;

err_free:
	free(scratch->name);
	free(scratch->parent);
	free(scratch);
	return NULL;
}

const char *
scratch_path(const struct scratch *scratch)
{
	return scratch->path;
}

/* ---------------------------------------------------------- publishing */

static int
sync_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC), rc, why;

	if (fd == -1)
		return -1;
	rc = file_sync(fd, name, NULL);
	why = errno;
	close(fd);
	errno = why;
	return rc;
}

/* Sync ${name}, a file or a directory with its contents. */
static int
sync_all(int dir, const char *name)
{
	struct dirent *entry;
	struct stat st;
	DIR *list;
	int fd, rc = 0, why;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	if (!S_ISDIR(st.st_mode))
		return sync_file(dir, name);
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (fd == -1)
		return -1;
	if ((list = left_list(fd)) == NULL)
		rc = -1;
	while (rc == 0 && (entry = readdir(list)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			rc = sync_all(fd, entry->d_name);
	if (rc == 0)
		rc = file_sync(fd, name, NULL);
	why = errno;
	if (list != NULL)
		closedir(list);
	close(fd);
	errno = why;
	return rc;
}

/*
 * Replace ${to}: exchange the two atomically where the file system can.
 * Otherwise a file is renamed over a file, and anything else is set aside
 * first, and put back if the rename fails.
 */
static int
exchange(struct scratch *scratch, const char *name, const char *to,
    bool are_files)
{
	int why;

	if (renameat2(scratch->fd, name, scratch->dir, to,
	    RENAME_EXCHANGE) == 0)
		return 0;
	if (are_files)
		return renameat(scratch->fd, name, scratch->dir, to);
	if (left_set_aside(scratch->dir, to, scratch->fd) == 0 &&
	    renameat(scratch->fd, name, scratch->dir, to) == 0)
		return 0;
	why = errno;
	left_put_back(scratch->dir, scratch->fd);
	errno = why;
	return -1;
}

/* Replace ${to} only if ${replace} is set or it is an empty directory. */
static int
give_name(struct scratch *scratch, const char *name, const char *to,
    bool replace)
{
	struct stat st, made;
	bool is_there = fstatat(scratch->dir, to, &st,
	    AT_SYMLINK_NOFOLLOW) == 0;

	if (fstatat(scratch->fd, name, &made, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	if (replace && is_there)
		return exchange(scratch, name, to, S_ISREG(st.st_mode) &&
		    S_ISREG(made.st_mode));
	/* rename(2) fails unless the directory is empty. */
	if (is_there && S_ISDIR(st.st_mode))
		return renameat(scratch->fd, name, scratch->dir, to);
	if (renameat2(scratch->fd, name, scratch->dir, to,
	    RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL)
		return -1;
	/* No RENAME_NOREPLACE here; for a directory a plain rename will do. */
	return S_ISDIR(made.st_mode) ? renameat(scratch->fd, name,
	    scratch->dir, to) : linkat(scratch->fd, name, scratch->dir, to,
	    0);
}

/* The rename may not be durable: undo it, so that ${to} is unchanged. */
static void
take_back(struct scratch *scratch, const char *name, const char *to)
{
	struct stat st;

	/* The previous file is in the scratch directory, or set aside. */
	if (fstatat(scratch->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		(void)renameat2(scratch->fd, name, scratch->dir, to,
		    RENAME_EXCHANGE);
		return;
	}
	if (renameat(scratch->dir, to, scratch->fd, name) == 0)
		left_put_back(scratch->dir, scratch->fd);
}

static int
put_note(struct scratch *scratch, const char *name, const char *to,
    const char *command)
{
	struct stat st;

	if (fstatat(scratch->fd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	scratch->note_fd = left_note(scratch->dir, &st, to, command,
	    &scratch->note);
	return scratch->note_fd == -1 ? -1 : 0;
}

int
scratch_publish(struct scratch *scratch, const char *name, const char *to,
    const char *command, bool replace, struct err *err)
{
	const char *slash = strrchr(to, '/');
	const char *bare = slash != NULL ? slash + 1 : to;

	if (sync_all(scratch->fd, name) == -1)
		return err_errno(err, ERR_DISK, "sync %s/%s", scratch->path,
		    name);
	if (put_note(scratch, name, bare, command) == -1)
		return err_errno(err, ERR_DISK, "write to %s",
		    scratch->parent);
	if (give_name(scratch, name, bare, replace) == -1)
		return err_errno(err, errno == EEXIST ||
		    errno == ENOTEMPTY || errno == ENOTDIR ? ERR_USAGE :
		    ERR_DISK, "create %s", to);
	if (file_sync(scratch->dir, scratch->parent, err) == -1) {
		take_back(scratch, name, bare);
		return -1;
	}
	/* Notes of killed runs are outdated now. */
	left_sweep(scratch->dir);
	return 0;
}

void
scratch_free(struct scratch *scratch)
{
	if (scratch == NULL)
		return;
	left_remove(scratch->dir, scratch->name, scratch->fd);
	close(scratch->fd);
	if (scratch->note == NULL) {
		release(scratch);
		return;
	}
	scratch->next = noted;
	noted = scratch;
}
