/*
 * Publishing an archive: a file with a hidden name until it is complete.  Its
 * lock ends with the process, so that a file left by a crash can be told from
 * one that is being written.
 */

#include <sys/random.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive_internal.h"

#define RANDOM 12	/* digits of its name */
#define TRIES 20

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
	/* The user may lack permission to list parent directories. */
	int fd = openat(dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC), next;
	int rc = fstat(top, &wanted) == 0 ? 2 : -1;

	while (rc == 2) {
		if (fd == -1 || fstat(fd, &here) == -1) {
			rc = -1;
		} else if (is_same(&here, &wanted)) {
			rc = 1;
		} else if (is_same(&here, &below)) {
			rc = 0;		/* the root */
		} else {
			below = here;
			next = openat(fd, "..", O_PATH | O_DIRECTORY |
			    O_CLOEXEC);
			close(fd);
			fd = next;
		}
	}
	if (rc == -1)
		err_errno(err, ERR_DISK, "stat the parent directories of the "
		    "archive");
	if (fd != -1)
		close(fd);
	return rc;
}

/*
 * May the target be written?  Return 1 and set ${st} if it exists as a plain
 * file and may be replaced; 0 if it does not exist; or -1 with ${err} set.
 */
static int
check_target(const struct archive_staged *staged, struct stat *st,
    struct err *err)
{
	if (fstatat(staged->dir, staged->name, st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : err_errno(err, ERR_DISK,
		    "stat %s", staged->target);
	if (!S_ISREG(st->st_mode))
		return err_set(err, ERR_USAGE, "%s exists and is not a plain "
		    "file; give another name", staged->target);
	if (!staged->force)
		return err_set(err, ERR_USAGE, "%s exists; give another name, "
		    "or --force to replace it", staged->target);
	return 1;
}

/* ------------------------------------------------------ the hidden file */

static bool
lock(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_SETLK, &lock) == 0;
}

/* Is ${name} a hidden file for the same target? */
static bool
is_temp(const struct archive_staged *staged, const char *name)
{
	size_t len = strlen(staged->prefix);

	return strncmp(name, staged->prefix, len) == 0 &&
	    strspn(&name[len], "0123456789abcdef") == RANDOM &&
	    name[len + RANDOM] == '\0';
}

/*
 * Handle another process's hidden file: remove it if that process is gone; else
 * fail.
 */
static int
sweep_one(const struct archive_staged *staged, const char *name,
    struct err *err)
{
	int fd = openat(staged->dir, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC), rc = 0;
	struct stat have, there;

	/* Leave files of other users alone. */
	if (fd == -1)
		return 0;
	if (fstat(fd, &have) == -1 || !S_ISREG(have.st_mode) ||
	    have.st_uid != geteuid() || have.st_nlink != 1)
		;
	else if (!lock(fd))
		rc = err_set(err, ERR_LOCKED, "another process is writing "
		    "%s", staged->target);
	else if (fstatat(staged->dir, name, &there,
	    AT_SYMLINK_NOFOLLOW) == 0 && is_same(&have, &there))
		unlinkat(staged->dir, name, 0);
	close(fd);
	return rc;
}

static int
sweep(const struct archive_staged *staged, struct err *err)
{
	int fd = openat(staged->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd != -1 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	int rc = 0;

	if (list == NULL) {
		if (fd != -1)
			close(fd);
		return err_errno(err, ERR_DISK, "read the directory of %s",
		    staged->target);
	}
	while (rc == 0 && (entry = readdir(list)) != NULL)
		if (is_temp(staged, entry->d_name))
			rc = sweep_one(staged, entry->d_name, err);
	closedir(list);
	return rc;
}

/* Create the hidden file under an unpredictable name. */
static int
make_temp(struct archive_staged *staged, struct err *err)
{
	unsigned char bytes[RANDOM / 2];
	char digits[RANDOM + 1];
	struct stat have, there;
	int tries;
	size_t i;

	for (tries = 0; tries < TRIES; tries++) {
		if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
			break;
		for (i = 0; i < sizeof(bytes); i++)
			snprintf(&digits[2 * i], 3, "%02x", bytes[i]);
		free(staged->temp);
		staged->temp = mem_format("%s%s", staged->prefix, digits);
		staged->fd = openat(staged->dir, staged->temp, O_RDWR |
		    O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (staged->fd == -1)
			break;
		/*
		 * Another process's sweep may have removed it before it was
		 * locked.
		 */
		if (lock(staged->fd) && fstat(staged->fd, &have) == 0 &&
		    fstatat(staged->dir, staged->temp, &there,
		    AT_SYMLINK_NOFOLLOW) == 0 && is_same(&have, &there))
			return 0;
		close(staged->fd);
		staged->fd = -1;
	}
	return err_errno(err, ERR_DISK, "create a temporary file beside %s",
	    staged->target);
}

/* Open the directory of the target, and split off its name. */
static int
open_folder(struct archive_staged *staged, struct err *err)
{
	const char *slash = strrchr(staged->target, '/');
	char *folder = slash == NULL ? mem_text(".") : mem_copy(staged->target,
	    (size_t)(slash - staged->target) + 1);

	staged->name = mem_text(slash != NULL ? slash + 1 : staged->target);
	/* The longest names leave no room for the prefix. */
	staged->prefix = mem_format(".hlexport-%.*s-", NAME_MAX - 2 * RANDOM,
	    staged->name);
	staged->dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (staged->dir == -1)
		err_errno(err, errno == ENOENT ? ERR_USAGE : ERR_DISK,
		    "open the directory of %s", staged->target);
	free(folder);
	return staged->dir == -1 ? -1 : 0;
}

int
archive_staged_open(struct archive_staged *staged, const char *target,
    int inside, bool force, struct err *err)
{
	int rc;

	*staged = (struct archive_staged){ .target = target, .dir = -1,
	    .fd = -1, .force = force };
	if (open_folder(staged, err) == -1)
		return -1;
	if ((rc = is_inside(staged->dir, inside, err)) == -1)
		return -1;
	if (rc == 1)
		return err_set(err, ERR_USAGE, "%s is inside the directory "
		    "being packed; put it elsewhere", target);
	if ((rc = check_target(staged, &staged->replaced, err)) == -1)
		return -1;
	staged->replaces = rc == 1;
	return sweep(staged, err) == -1 ? -1 : make_temp(staged, err);
}

/* ------------------------------------------------------------- its name */

/* Is the target still the file that was checked? */
static int
check_replaced(const struct archive_staged *staged, struct err *err)
{
	const struct stat *was = &staged->replaced;
	struct stat st;
	int rc = check_target(staged, &st, err);

	if (rc == -1)
		return -1;
	if (rc == 1 && is_same(&st, was) && st.st_size == was->st_size &&
	    st.st_mtim.tv_sec == was->st_mtim.tv_sec &&
	    st.st_mtim.tv_nsec == was->st_mtim.tv_nsec)
		return 0;
	return err_set(err, ERR_DISK, "%s changed in the meantime; try again "
	    "when no other program writes to it", staged->target);
}

/*
 * Replace the target: the two files exchange names, so that it can be undone.
 * Unlinking the hidden name then removes the old file.
 */
static int
replace(struct archive_staged *staged, struct err *err)
{
	if (check_replaced(staged, err) == -1)
		return -1;
	if (renameat2(staged->dir, staged->temp, staged->dir, staged->name,
	    RENAME_EXCHANGE) == 0) {
		staged->is_exchanged = true;
		return 0;
	}
	if (errno != EINVAL && errno != ENOSYS)
		return err_errno(err, ERR_DISK, "rename %s to %s",
		    staged->temp, staged->target);
	return renameat(staged->dir, staged->temp, staged->dir,
	    staged->name) == 0 ? 0 : err_errno(err, ERR_DISK, "rename %s to "
	    "%s", staged->temp, staged->target);
}

/*
 * Give the file its name without replacing anything, not even a file that was
 * just created.
 */
static int
give(const struct archive_staged *staged, struct err *err)
{
	if (renameat2(staged->dir, staged->temp, staged->dir, staged->name,
	    RENAME_NOREPLACE) == 0)
		return 0;
	if ((errno == EINVAL || errno == ENOSYS) && linkat(staged->dir,
	    staged->temp, staged->dir, staged->name, 0) == 0) {
		unlinkat(staged->dir, staged->temp, 0);
		return 0;
	}
	return err_errno(err, errno == EEXIST ? ERR_USAGE : ERR_DISK,
	    "rename %s to %s", staged->temp, staged->target);
}

/* In a directory that others can write to, the name may lead elsewhere now. */
static int
check_ours(const struct archive_staged *staged, const char *name,
    struct err *err)
{
	struct stat have, there;

	if (fstat(staged->fd, &have) == 0 && fstatat(staged->dir, name, &there,
	    AT_SYMLINK_NOFOLLOW) == 0 && is_same(&have, &there))
		return 0;
	return err_set(err, ERR_DISK, "the temporary file of %s was replaced; "
	    "write the archive to a directory that only you can write to",
	    staged->target);
}

int
archive_staged_name(struct archive_staged *staged, struct err *err)
{
	if (check_ours(staged, staged->temp, err) == -1 || (staged->replaces ?
	    replace(staged, err) : give(staged, err)) == -1 ||
	    check_ours(staged, staged->name, err) == -1)
		return -1;
	/* The name is safe only once the directory is synced. */
	if (file_sync(staged->dir, staged->target, err) == -1) {
		if (staged->is_exchanged || !staged->replaces)
			(void)renameat2(staged->dir, staged->name, staged->dir,
			    staged->temp, staged->is_exchanged ?
			    RENAME_EXCHANGE : RENAME_NOREPLACE);
		return -1;
	}
	if (staged->is_exchanged)
		unlinkat(staged->dir, staged->temp, 0);
	staged->is_named = true;
	return 0;
}

void
archive_staged_close(struct archive_staged *staged)
{
	/* Unlink it while it is locked: later the name may be another's. */
	if (staged->fd != -1 && !staged->is_named)
		unlinkat(staged->dir, staged->temp, 0);
	if (staged->fd != -1)
		close(staged->fd);
	if (staged->dir != -1)
		close(staged->dir);
	free(staged->name);
	free(staged->prefix);
	free(staged->temp);
	*staged = (struct archive_staged){ .dir = -1, .fd = -1 };
}
