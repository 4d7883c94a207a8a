/*
 * What was packed, removed: each file only if it is still the one that was.
 */

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pack/pack_internal.h"

static int
remove_file(int dir, const struct pack_file *file, struct err *err)
{
	struct stat st;

	if (fstatat(dir, file->name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return err_errno(err, ERR_DISK, "look at %s", file->name);
	if (pack_file_check(file, &st, err) == -1)
		return -1;
	return file_remove(dir, file->name, err);
}

/* Remove the folders below ${dir}, which have no files any more. */
static int
remove_folders(int dir, struct err *err)
{
	int fd = file_dir(dir, "", false, err), below, rc = 0;
	struct dirent *entry;
	DIR *list = fd != -1 ? fdopendir(fd) : NULL;

	if (list == NULL)
		return fd == -1 ? -1 : err_errno(err, ERR_DISK,
		    "read a directory");
	while (rc == 0 && (entry = readdir(list)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		below = file_dir(dir, entry->d_name, false, err);
		if (below == -1 || remove_folders(below, err) == -1)
			rc = -1;
		if (below != -1)
			close(below);
		if (rc == 0 && unlinkat(dir, entry->d_name,
		    AT_REMOVEDIR) == -1)
			rc = err_errno(err, ERR_DISK, "remove %s",
			    entry->d_name);
	}
	closedir(list);
	return rc;
}

int
pack_remove_files(const char *path, int dir, const struct pack_files *files,
    struct err *err)
{
	char *real = realpath(path, NULL);
	size_t i;
	int rc = 0;

	/* From the last on: what stands first tells what this was. */
	for (i = files->n; i-- > 0; )
		if ((rc = remove_file(dir, &files->at[i], err)) == -1)
			break;
	if (rc == 0)
		rc = remove_folders(dir, err);
	if (rc == 0 && (real == NULL || rmdir(real) == -1))
		rc = err_errno(err, ERR_DISK, "remove %s", path);
	free(real);
	return rc == 0 ? 0 : err_wrap(err, "the archive is whole, but %s is "
	    "not removed", path);
}
