/*
 * Where an archive comes to stand: a file that has a hidden name until it is
 * whole.  The lock on it goes with the process, so that one which a crash
 * left behind is told from one that is being written.
 */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pack/pack_internal.h"

static bool
is_same(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

/* Is the directory ${dir} the directory ${top}, or below it?  1, 0, -1. */
static int
is_inside(int dir, int top, struct err *err)
{
	struct stat here, below = { .st_ino = 0 }, wanted;
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), next;
	int rc = fstat(top, &wanted) == 0 ? 2 : -1;

	while (rc == 2) {
		if (fd == -1 || fstat(fd, &here) == -1) {
			rc = -1;
		} else if (is_same(&here, &wanted)) {
			rc = 1;
		} else if (is_same(&here, &below)) {
			rc = 0;		/* nothing is above the root */
		} else {
			below = here;
			next = openat(fd, "..", O_RDONLY | O_DIRECTORY |
			    O_CLOEXEC);
			close(fd);
			fd = next;
		}
	}
	if (rc == -1)
		err_errno(err, ERR_DISK, "look at what is above an archive");
	if (fd != -1)
		close(fd);
	return rc;
}

/* May the target be made?  One that is there must be a file. */
static int
check_target(const struct pack_place *place, struct err *err)
{
	struct stat st;

	if (fstatat(place->dir, place->name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : err_errno(err, ERR_DISK,
		    "look at %s", place->target);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_USAGE, "%s is there, and no plain "
		    "file; give another name", place->target);
	if (!place->force)
		return err_set(err, ERR_USAGE, "%s is there; give another "
		    "name, or --force to replace it", place->target);
	return 0;
}

static int
lock(const struct pack_place *place, struct err *err)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct stat have, there;

	if (fcntl(place->fd, F_SETLK, &lock) == -1) {
		if (errno != EACCES && errno != EAGAIN)
			return err_errno(err, ERR_DISK, "lock %s",
			    place->temp);
		return err_set(err, ERR_LOCKED, "another process is writing "
		    "%s", place->target);
	}
	/* It may just have got its name: then it is another's. */
	if (fstat(place->fd, &have) == -1 || fstatat(place->dir, place->temp,
	    &there, AT_SYMLINK_NOFOLLOW) == -1 || !is_same(&have, &there))
		return err_set(err, ERR_LOCKED, "another process has just "
		    "written %s", place->target);
	if (!S_ISREG(have.st_mode) || have.st_nlink != 1)
		return err_set(err, ERR_USAGE, "%s is in the way; remove it",
		    place->temp);
	return 0;
}

/* Open the hidden file, empty: what a crash left in it is gone. */
static int
open_temp(struct pack_place *place, struct err *err)
{
	place->fd = file_open(place->dir, place->temp, O_RDWR | O_CREAT |
	    O_NONBLOCK, err);
	if (place->fd == -1)
		return err_wrap(err, "%s", place->target);
	if (lock(place, err) == -1) {
		close(place->fd);
		place->fd = -1;
		return -1;
	}
	if (ftruncate(place->fd, 0) == -1)
		return err_errno(err, ERR_DISK, "empty %s", place->temp);
	return 0;
}

/* Open the folder of the target, and see what it is called in there. */
static int
open_folder(struct pack_place *place, struct err *err)
{
	const char *slash = strrchr(place->target, '/');
	char *folder = slash == NULL ? mem_text(".") : mem_copy(place->target,
	    (size_t)(slash - place->target) + 1);
	char temp[PATH_MAX];

	place->name = mem_text(slash != NULL ? slash + 1 : place->target);
	place->dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place->dir == -1)
		err_errno(err, errno == ENOENT ? ERR_USAGE : ERR_DISK,
		    "open the folder of %s", place->target);
	free(folder);
	if (place->dir == -1)
		return -1;
	if (file_temp_name(place->name, temp) == -1)
		return err_errno(err, ERR_USAGE, "%s", place->target);
	place->temp = mem_text(temp);
	return 0;
}

int
pack_place_open(struct pack_place *place, const char *target, int inside,
    bool force, struct err *err)
{
	int rc;

	*place = (struct pack_place){ .target = target, .dir = -1,
	    .fd = -1, .force = force };
	if (open_folder(place, err) == -1)
		return -1;
	if ((rc = is_inside(place->dir, inside, err)) == -1)
		return -1;
	if (rc == 1)
		return err_set(err, ERR_USAGE, "%s is in the directory that "
		    "is packed; put it elsewhere", target);
	return check_target(place, err) == -1 ? -1 : open_temp(place, err);
}

int
pack_place_name(struct pack_place *place, struct err *err)
{
	if (check_target(place, err) == -1)
		return -1;
	if (renameat(place->dir, place->temp, place->dir, place->name) == -1)
		return err_errno(err, ERR_DISK, "rename %s to %s",
		    place->temp, place->target);
	place->is_named = true;
	/* The name counts only once its directory is on disk too. */
	return file_sync(place->dir, place->target, err);
}

void
pack_place_close(struct pack_place *place)
{
	/* Unlinked before it is unlocked: so it is never another's. */
	if (place->fd != -1 && !place->is_named)
		unlinkat(place->dir, place->temp, 0);
	if (place->fd != -1)
		close(place->fd);
	if (place->dir != -1)
		close(place->dir);
	free(place->name);
	free(place->temp);
	*place = (struct pack_place){ .dir = -1, .fd = -1 };
}
