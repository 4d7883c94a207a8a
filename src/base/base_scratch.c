#include <sys/file.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base_mem.h"
#include "base/base_scratch.h"

#define PREFIX ".hlexport-scratch-"
#define TRIES 20

struct scratch {
	char *parent;
	char *path;
	int fd;			/* holds the lock */
};

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)at;
	return type == FTW_DP ? rmdir(path) : unlink(path);
}

static int
remove_all(const char *path)
{
	return nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int
open_locked(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd != -1 && flock(fd, LOCK_EX | LOCK_NB) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Remove what processes that are gone have left. */
static void
sweep(const char *parent)
{
	DIR *dir = opendir(parent);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char *path;
		int fd;

		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0)
			continue;
		path = mem_format("%s/%s", parent, entry->d_name);
		if ((fd = open_locked(path)) != -1) {
			remove_all(path);
			close(fd);
		}
		free(path);
	}
	if (dir != NULL)
		closedir(dir);
}

/* Is the path still what the descriptor is of? */
static bool
is_there(int fd, const char *path)
{
	struct stat one, other;

	return fstat(fd, &one) == 0 && lstat(path, &other) == 0 &&
	    one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/* Make the directory and those above it, as far as they are missing. */
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

struct scratch *
scratch_new(const char *parent, struct err *err)
{
	struct scratch *scratch;
	int fd, tries;
	char *path = NULL;

	if (make_parents(parent) == -1) {
		err_errno(err, ERR_DISK, "make the directory %s", parent);
		return NULL;
	}
	sweep(parent);
	/* Another's sweep may take it before it is locked. */
	for (tries = 0, fd = -1; fd == -1 && tries < TRIES; tries++) {
		free(path);
		path = mem_format("%s/" PREFIX "XXXXXX", parent);
		if (mkdtemp(path) == NULL)
			break;
		fd = open_locked(path);
		if (fd != -1 && !is_there(fd, path)) {
			close(fd);
			fd = -1;
		}
	}
	if (fd == -1) {
		err_errno(err, ERR_DISK, "make a directory in %s", parent);
		free(path);
		return NULL;
	}
	scratch = mem_zero(1, sizeof(*scratch));
	*scratch = (struct scratch){ mem_text(parent), path, fd };
	return scratch;
}

const char *
scratch_path(const struct scratch *scratch)
{
	return scratch->path;
}

static int
sync_path(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int rc = fd == -1 ? -1 : fsync(fd);

	if (fd != -1)
		close(fd);
	return rc;
}

static int
sync_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return sync_path(path);
}

/* Both are there: have them change places, in one step where it can be. */
static int
exchange(const char *from, const char *to)
{
	char *aside;
	int rc;

	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_EXCHANGE) == 0)
		return 0;
	aside = mem_format("%s.old", from);
	rc = rename(to, aside);
	if (rc == 0 && (rc = rename(from, to)) == -1)
		(void)!rename(aside, to);
	free(aside);
	return rc;
}

/* Only an empty directory gives way. */
static int
give_name(const char *from, const char *to)
{
	struct stat st;
	int rc;

	if (lstat(to, &st) == 0 && S_ISDIR(st.st_mode))
		return rename(from, to);
	rc = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
	if (rc == -1 && errno == EINVAL)
		rc = lstat(to, &st) == 0 ? -1 : rename(from, to);
	return rc;
}

int
scratch_publish(struct scratch *scratch, const char *name, const char *to,
    bool replace, struct err *err)
{
	char *from = mem_format("%s/%s", scratch->path, name);
	struct stat st;
	int rc;

	if (nftw(from, sync_one, 16, FTW_DEPTH | FTW_PHYS) == -1) {
		rc = err_errno(err, ERR_DISK, "sync %s", from);
	} else {
		if (replace && lstat(to, &st) == 0)
			rc = exchange(from, to);
		else	/* a file, or a directory with files, stays */
			rc = give_name(from, to);
		if (rc == 0)
			rc = sync_path(scratch->parent);
		if (rc == -1)
			rc = err_errno(err, errno == EEXIST ||
			    errno == ENOTEMPTY || errno == ENOTDIR ?
			    ERR_USAGE : ERR_DISK, "make %s", to);
	}
	free(from);
	return rc;
}

void
scratch_free(struct scratch *scratch)
{
	if (scratch == NULL)
		return;
	remove_all(scratch->path);
	close(scratch->fd);
	free(scratch->path);
	free(scratch->parent);
	free(scratch);
}
