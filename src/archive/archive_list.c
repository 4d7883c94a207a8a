/*
 * The files to pack, and the detection of changes to them.
 */

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive_internal.h"

#define DEEPEST 64

static const char *
kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFLNK:
		return "a symbolic link";
	case S_IFIFO:
		return "a pipe";
	case S_IFSOCK:
		return "a socket";
	case S_IFDIR:
		return "a directory";
	default:
		return "a device";
	}
}

/* Add ${name} (stolen), which ${st} describes. */
static int
add(struct archive_files *files, char *name, const struct stat *st,
    struct err *err)
{
	struct archive_file file = { .name = name,
	    .bytes = (uint64_t)st->st_size, .dev = st->st_dev,
	    .ino = st->st_ino, .mtime = st->st_mtim, .ctime = st->st_ctim };

	if (!S_ISREG(st->st_mode)) {
		err_set(err, ERR_USAGE, "%s is %s; only plain files can be "
		    "packed: remove it or replace it with the file", name,
		    kind_of(st->st_mode));
		free(name);
		return -1;
	}
	files->items = mem_need(files->items, files->n + 1, &files->capacity,
	    sizeof(*files->items));
	files->items[files->n++] = file;
	return 0;
}

static int list_below(int, const char *, int, struct archive_files *,
    struct err *);

/* Add the entry ${name} of the directory open as ${dir}; ${path} is stolen. */
static int
add_entry(int dir, const char *name, char *path, int level,
    struct archive_files *files, struct err *err)
{
	struct stat st;
	int fd, rc;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		rc = err_errno(err, ERR_DISK, "stat %s", path);
	} else if (!S_ISDIR(st.st_mode)) {
		return add(files, path, &st, err);
	} else if (level >= DEEPEST) {
		rc = err_set(err, ERR_USAGE, "%s is nested too deeply: %d "
		    "directories", path, level);
	} else if ((fd = file_dir(dir, name, false, err)) == -1) {
		rc = -1;
	} else {
		rc = list_below(fd, path, level + 1, files, err);
	}
	free(path);
	return rc;
}

/* Add everything below ${fd}, and close it. */
static int
list_below(int fd, const char *path, int level, struct archive_files *files,
    struct err *err)
{
	struct dirent *entry;
	DIR *dir = fdopendir(fd);
	int rc = 0;

	if (dir == NULL) {
		close(fd);
		return err_errno(err, ERR_DISK, "read directory %s", path);
	}
	while (rc == 0) {
		errno = 0;
		if ((entry = readdir(dir)) == NULL) {
			if (errno != 0)
				rc = err_errno(err, ERR_DISK,
				    "read directory %s", path);
			break;
		}
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		rc = add_entry(dirfd(dir), entry->d_name, *path == '\0' ?
		    mem_text(entry->d_name) : mem_format("%s/%s", path,
		    entry->d_name), level, files, err);
	}
	closedir(dir);
	return rc;
}

static int
by_name(const void *a, const void *b)
{
	const struct archive_file *one = a, *other = b;

	return strcmp(one->name, other->name);
}

static void
sort(struct archive_files *files)
{
	if (files->n > 1)
		qsort(files->items, files->n, sizeof(*files->items), by_name);
}

int
archive_list(int dir, struct archive_files *files, struct err *err)
{
	int fd = file_dir(dir, "", false, err);

	if (fd == -1 || list_below(fd, "", 0, files, err) == -1)
		return -1;
	sort(files);
	return 0;
}

int
archive_list_names(int dir, const char *const *names, size_t n,
    struct archive_files *files, struct err *err)
{
	struct stat st;
	size_t i;
	int fd;

	for (i = 0; i < n; i++) {
		fd = file_open(dir, names[i], O_RDONLY, err);
		if (fd == -1)
			return -1;
		if (fstat(fd, &st) == -1) {
			close(fd);
			return err_errno(err, ERR_DISK, "stat %s",
			    names[i]);
		}
		close(fd);
		if (add(files, mem_text(names[i]), &st, err) == -1)
			return -1;
	}
	sort(files);
	for (i = 1; i < files->n; i++)
		if (by_name(&files->items[i - 1], &files->items[i]) == 0)
			return err_set(err, ERR_INTERNAL, "%s is named twice",
			    files->items[i].name);
	return 0;
}

void
archive_list_first(struct archive_files *files, const char *name)
{
	struct archive_file file;
	size_t i;

	for (i = 0; i < files->n; i++) {
		if (strcmp(files->items[i].name, name) != 0)
			continue;
		file = files->items[i];
		memmove(&files->items[1], &files->items[0], i * sizeof(file));
		files->items[0] = file;
		return;
	}
}

int
archive_file_check(const struct archive_file *file, const struct stat *st,
    struct err *err)
{
	if (S_ISREG(st->st_mode) && st->st_dev == file->dev &&
	    st->st_ino == file->ino && (uint64_t)st->st_size == file->bytes &&
	    st->st_mtim.tv_sec == file->mtime.tv_sec &&
	    st->st_mtim.tv_nsec == file->mtime.tv_nsec &&
	    st->st_ctim.tv_sec == file->ctime.tv_sec &&
	    st->st_ctim.tv_nsec == file->ctime.tv_nsec)
		return 0;
	return err_set(err, ERR_DISK, "%s changed while it was being packed; "
	    "try again when no other program writes to it", file->name);
}

int
archive_file_open(int dir, const struct archive_file *file, struct err *err)
{
	int fd = file_open(dir, file->name, O_RDONLY, err);
	struct stat st;

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == -1)
		err_errno(err, ERR_DISK, "stat %s", file->name);
	else if (archive_file_check(file, &st, err) == 0)
		return fd;
	close(fd);
	return -1;
}

void
archive_files_release(struct archive_files *files)
{
	size_t i;

	for (i = 0; i < files->n; i++)
		free(files->items[i].name);
	free(files->items);
	*files = (struct archive_files){ NULL, 0, 0 };
}
