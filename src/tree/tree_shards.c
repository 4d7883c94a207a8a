/*
 * The shards of a stream, by the names of their files.
 */

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tree/tree_internal.h"

/* The 17 of "17.jsonl"; 0: not a shard's name. */
size_t
tree_shard_number(const char *name)
{
	char *end;
	unsigned long n;

	if (*name < '1' || *name > '9')
		return 0;
	n = strtoul(name, &end, 10);
	return strcmp(end, ".jsonl") == 0 ? n : 0;
}

/* Remove the shards beyond ${known} from the directory. */
int
tree_remove_beyond(struct tree *tree, const char *path, size_t known,
    struct err *err)
{
	int fd = file_dir(tree->out, path, false, NULL), rc = 0;
	struct dirent *entry;
	DIR *dir;

	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1 || (dir = fdopendir(fd)) == NULL)
		return err_errno(err, ERR_DISK, "read directory %s", path);
	while (rc == 0 && (entry = readdir(dir)) != NULL) {
		if (tree_shard_number(entry->d_name) <= known)
			continue;
		if (unlinkat(fd, entry->d_name, 0) == -1)
			rc = err_errno(err, ERR_DISK, "remove %s/%s", path,
			    entry->d_name);
	}
	closedir(dir);
	return rc;
}

static int
by_number(const void *a, const void *b)
{
	const struct tree_receipt *one = a, *other = b;
	size_t n = tree_shard_number(strrchr(one->path, '/') + 1);
	size_t m = tree_shard_number(strrchr(other->path, '/') + 1);

	return n < m ? -1 : n > m;
}

int
tree_stream_files(struct tree *tree, const char *path,
    struct tree_receipts *files, struct err *err)
{
	int fd = file_dir(tree->dir, path, false, NULL);
	struct tree_receipt shard = { .lines = 0 };
	struct dirent *entry;
	struct stat st;
	DIR *dir;

	if (fd == -1 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd == -1 || (dir = fdopendir(fd)) == NULL)
		return err_errno(err, ERR_DISK, "read directory %s", path);
	while ((entry = readdir(dir)) != NULL) {
		if (tree_shard_number(entry->d_name) == 0 || fstatat(fd,
		    entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
		    !S_ISREG(st.st_mode))
			continue;
		shard.path = mem_format("%s/%s", path, entry->d_name);
		tree_receipts_add(files, &shard);
		free(shard.path);
	}
	closedir(dir);
	if (files->n > 1)
		qsort(files->items, files->n, sizeof(*files->items), by_number);
	return 0;
}
