/*
 * Recursive removal.  Each directory is opened relative to its parent without
 * following links, so that nobody can swap in a link meanwhile.
 */

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/base_remove.h"

#define DEEPEST 200

static int remove_level(int, const char *const *, dev_t, int);

/* Is it to be kept? */
static bool
is_in(const char *name, const char *const *but)
{
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return true;
	for (; *but != NULL; but++)
		if (strcmp(name, *but) == 0)
			return true;
	return false;
}

static int
remove_directory(int dir, const char *name, dev_t device, int level)
{
	static const char *const none[] = { NULL };
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC), rc;
	struct stat st;

	if (fd == -1)
		return -1;
	rc = fstat(fd, &st) == 0 && st.st_dev == device && level < DEEPEST ?
	    remove_level(fd, none, device, level + 1) : -1;
	close(fd);
	return unlinkat(dir, name, AT_REMOVEDIR) == -1 ? -1 : rc;
}

/* Remove the contents of one directory. */
static int
remove_level(int fd, const char *const *but, dev_t device, int level)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = copy != -1 ? fdopendir(copy) : NULL;
	struct dirent *entry;
	struct stat st;
	int rc = 0;

	if (list == NULL) {
		if (copy != -1)
			close(copy);
		return -1;
	}
	while ((entry = readdir(list)) != NULL) {
		const char *name = entry->d_name;

		if (is_in(name, but))
			continue;
		if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
			rc = -1;
		else if (S_ISDIR(st.st_mode))
			rc |= remove_directory(fd, name, device, level);
		else if (unlinkat(fd, name, 0) == -1)
			rc = -1;
	}
	closedir(list);
	return rc;
}

int
remove_below(int fd, const char *const *but)
{
	struct stat st;

	return fstat(fd, &st) == -1 ? -1 : remove_level(fd, but, st.st_dev,
	    0);
}
