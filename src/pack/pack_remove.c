/*
 * Removing what was packed: each file only if it has not changed since.
 *
 * If it is interrupted anywhere, what is left still identifies the directory:
 * folders are removed before the manifest, and the manifest before the
 * directory.
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
remove_file(int dir, const struct archive_file *file, struct err *err)
{
	struct stat st;

	if (file_stat(dir, file->name, &st) == -1)
		return err_errno(err, ERR_DISK, "stat %s", file->name);
	if (archive_file_check(file, &st, err) == -1)
		return -1;
	return file_remove(dir, file->name, err);
}

static int remove_folders(int, struct err *);

static int
remove_folder(int dir, const char *name, struct err *err)
{
	int below = file_dir(dir, name, false, err);
	int rc = below == -1 ? -1 : remove_folders(below, err);

	if (below != -1)
		close(below);
	if (rc == 0 && unlinkat(dir, name, AT_REMOVEDIR) == -1)
		rc = err_errno(err, ERR_DISK, "remove %s", name);
	return rc;
}

/* Remove the empty folders below ${dir}. */
static int
remove_folders(int dir, struct err *err)
{
	int fd = file_dir(dir, "", false, err), rc = 0;
	struct dirent *entry;
	DIR *list = fd != -1 ? fdopendir(fd) : NULL;

	if (list == NULL)
		return fd == -1 ? -1 : err_errno(err, ERR_DISK,
		    "read a directory");
	while (rc == 0 && (entry = readdir(list)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0 &&
		    strcmp(entry->d_name, MANIFEST_NAME) != 0)
			rc = remove_folder(dir, entry->d_name, err);
	closedir(list);
	return rc;
}

/* Remove all files and folders, the manifest last. */
static int
remove_all(int dir, const struct archive_files *files, struct err *err)
{
	const struct archive_file *manifest = NULL;
	size_t i;

	for (i = files->n; i-- > 0; ) {
		if (strcmp(files->items[i].name, MANIFEST_NAME) == 0)
			manifest = &files->items[i];
		else if (remove_file(dir, &files->items[i], err) == -1)
			return -1;
	}
	if (remove_folders(dir, err) == -1)
		return -1;
	return manifest != NULL ? remove_file(dir, manifest, err) : 0;
}

int
pack_remove_files(const char *path, int dir, const struct archive_files *files,
    struct err *err)
{
	char *real = realpath(path, NULL);
	int rc = remove_all(dir, files, err);

	if (rc == 0 && (real == NULL || rmdir(real) == -1))
		rc = err_errno(err, ERR_DISK, "remove %s", path);
	free(real);
	return rc == 0 ? 0 : err_wrap(err, "the archive is complete, but %s "
	    "was not removed", path);
}
