/*
 * The files below an export, and which of them are bookkeeping files.
 */

#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit_internal.h"

#define DEEPEST 16

typedef int each_file(void *, const char *, bool, struct err *);

/* Directories below DEEPEST are reported, but not entered. */
static int
each_below(struct tree *tree, const char *path, int level, each_file *file,
    void *cookie, struct err *err)
{
	int fd = file_dir(tree_dir(tree), path, false, err), rc = 0;
	struct dirent *entry;
	struct stat st;
	DIR *dir;

	if (fd == -1)
		return -1;
	if ((dir = fdopendir(fd)) == NULL) {
		close(fd);
		return err_errno(err, ERR_DISK, "read directory %s", path);
	}
	while (rc == 0 && (entry = readdir(dir)) != NULL) {
		const char *name = entry->d_name;
		char *below;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		below = *path == '\0' ? mem_text(name) :
		    mem_format("%s/%s", path, name);
		if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
			rc = err_errno(err, ERR_DISK, "stat %s", below);
		else if (S_ISDIR(st.st_mode) && level + 1 < DEEPEST)
			rc = each_below(tree, below, level + 1, file, cookie,
			    err);
		else
			rc = file(cookie, below, S_ISREG(st.st_mode), err);
		free(below);
	}
	closedir(dir);
	return rc;
}

int
audit_each_file(struct tree *tree, const char *path, each_file *file,
    void *cookie, struct err *err)
{
	return each_below(tree, path, 0, file, cookie, err);
}

bool
audit_is_bookkeeping(const char *path)
{
	static const char *const names[] = { TREE_LOG, TREE_SUMS,
	    MANIFEST_NAME, MANIFEST_COPY, AUDIT_ACCEPTED };
	char temp[PATH_MAX];
	size_t i;

	/*
	 * The temporary file of an interrupted accept; the next one removes it.
	 */
	if (file_temp_name(AUDIT_ACCEPTED, temp) == 0 &&
	    strcmp(path, temp) == 0)
		return true;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(path, names[i]) == 0)
			return true;
	return false;
}
