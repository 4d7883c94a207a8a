/*
 * Temporary files that a crash left behind.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tree/tree_internal.h"

#define DEEPEST 16	/* no export is deeper */

static int sweep_below(int, const char *, int, struct err *);

/* Sweep one entry of the directory open as ${dir}. */
static int
sweep_entry(int dir, const struct dirent *entry, int level, struct err *err)
{
	const char *name = entry->d_name;
	int fd, rc;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	if (file_is_temp(name)) {
		/* A directory of this name has moved or fetched files. */
		if (unlinkat(dir, name, 0) == -1 && errno != ENOENT &&
		    errno != EISDIR && errno != EPERM)
			return err_errno(err, ERR_DISK, "remove %s", name);
		return 0;
	}
	if (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN)
		return 0;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (fd == -1)
		return 0;	/* it is not a directory */
	rc = sweep_below(fd, name, level + 1, err);
	return rc;
}

/* Sweep all entries of ${fd}, and close it. */
static int
sweep_below(int fd, const char *name, int level, struct err *err)
{
	struct dirent *entry;
	DIR *dir = fdopendir(fd);
	int rc = 0;

	if (dir == NULL) {
		close(fd);
		return err_errno(err, ERR_DISK, "read directory %s", name);
	}
	while (rc == 0 && level <= DEEPEST && (entry = readdir(dir)) != NULL)
		rc = sweep_entry(dirfd(dir), entry, level, err);
	closedir(dir);
	return rc;
}

int
tree_sweep(struct tree *tree, struct err *err)
{
	int fd = file_dir(tree->out, "", false, err);

	return fd == -1 ? -1 : sweep_below(fd, tree->path, 0, err);
}
