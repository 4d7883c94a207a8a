/*
 * A directory whose removal was interrupted, or that was packed before: it can
 * be removed if each file in it is in the archive with the same bytes.
 */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pack/pack_internal.h"

struct pack_rest {
	char *where, *path;	/* the directory, the archive */
	int dir, fd, lock;
	struct archive_files files;	/* in the directory */
	bool *is_found;		/* of each: the archive has it */
	struct pack_found found;
	struct archive_reader reader;
	bool is_open, is_over;	/* a member is being read; all are read */
	struct archive_file *file;	/* of the same name, or NULL */
	struct pack_check check;
	char *buffer;
	struct pack_progress progress;
};

/* ----------------------------------------------------------- beginning */

static int
open_archive(struct pack_rest *rest, struct log *log, struct err *err)
{
	struct stat st;

	rest->fd = open(rest->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
	if (rest->fd == -1 || fstat(rest->fd, &st) == -1)
		return err_errno(err, ERR_DISK, "open %s", rest->path);
	rest->progress.archive_bytes = (uint64_t)st.st_size;
	if (pack_find(rest->fd, rest->path, log, &rest->found, err) == -1)
		return -1;
	return archive_reader_open(&rest->reader, rest->fd,
	    rest->found.trailer.end, err) == -1 ? err_wrap(err, "%s",
	    rest->path) : 0;
}

/* Is the archive's folder named like the directory? */
static bool
is_called_alike(const struct pack_rest *rest)
{
	char *real = realpath(rest->where, NULL);
	char *copy = mem_text(real != NULL ? real : rest->where);
	char *name = basename(copy);
	const char *top = rest->found.top != NULL ? rest->found.top : "";
	size_t len = strlen(name);
	bool is = strncmp(top, name, len) == 0 &&
	    strcmp(&top[len], "/") == 0;

	free(copy);
	free(real);
	return is;
}

static int
open_directory(struct pack_rest *rest, struct err *err)
{
	rest->dir = open(rest->where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (rest->dir == -1 && errno != ENOENT)
		return err_errno(err, ERR_USAGE, "open %s", rest->where);
	if (rest->dir != -1) {
		if (pack_lock(rest->dir, rest->where, &rest->lock,
		    err) == -1)
			return -1;
		if (archive_list(rest->dir, &rest->files, err) == -1)
			return err_wrap(err, "%s", rest->where);
	}
	rest->is_found = mem_zero(rest->files.n + 1, sizeof(bool));
	/* If no files are left, only the name identifies the directory. */
	if (rest->files.n == 0 && !is_called_alike(rest))
		return err_set(err, ERR_USAGE, rest->dir == -1 ? "%s does not "
		    "exist, and %s is not an archive of a directory of that "
		    "name" :
		    "%s contains no files, and %s is not an archive of a "
		    "directory of that name", rest->where, rest->path);
	return 0;
}

struct pack_rest *
pack_rest_new(const char *where, const char *path, struct log *log,
    struct err *err)
{
	struct pack_rest *rest = mem_zero(1, sizeof(*rest));

	rest->dir = rest->fd = rest->lock = -1;
	rest->where = mem_text(where);
	rest->path = mem_text(path);
	rest->buffer = mem_alloc(ARCHIVE_CHUNK);
	rest->progress.is_reading = true;
	if (open_archive(rest, log, err) == 0 &&
	    open_directory(rest, err) == 0)
		return rest;
	pack_rest_free(rest);
	return NULL;
}

/* ----------------------------------------------------------- comparing */

static int
by_name(const void *name, const void *file)
{
	return strcmp(name, ((const struct archive_file *)file)->name);
}

static void
begin_member(struct pack_rest *rest, const struct archive_member *member)
{
	const char *name = archive_plain_name(member->name);
	const char *top = rest->found.top != NULL ? rest->found.top : "";
	size_t len = strlen(top);

	if (!member->is_file || member->doubt != NULL ||
	    strncmp(name, top, len) != 0)
		return;
	rest->is_open = true;
	rest->file = rest->files.n == 0 ? NULL : bsearch(&name[len],
	    rest->files.items, rest->files.n, sizeof(*rest->file), by_name);
	pack_check_begin(&rest->check);
}

/* Note whether the file on disk has the bytes of the member. */
static int
compare(struct pack_rest *rest, struct err *err)
{
	unsigned char member[SHA256_BYTES];
	struct archive_file *file = rest->file;
	ssize_t n;
	int fd;

	if (file == NULL || file->bytes != rest->check.bytes)
		return 0;
	sha256_peek(rest->check.hash, member);
	if ((fd = archive_file_open(rest->dir, file, err)) == -1)
		return -1;
	pack_check_begin(&rest->check);
	while ((n = read(fd, rest->buffer, ARCHIVE_CHUNK)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			break;
		pack_check_add(&rest->check, NULL, rest->buffer, (size_t)n);
	}
	if (n == -1)
		err_errno(err, ERR_DISK, "read %s", file->name);
	close(fd);
	sha256_peek(rest->check.hash, file->sha256);
	rest->is_found[file - rest->files.items] |= n == 0 &&
	    memcmp(member, file->sha256, SHA256_BYTES) == 0;
	return n == -1 ? -1 : 0;
}

static int
read_chunk(struct pack_rest *rest, struct err *err)
{
	ssize_t n = archive_reader_get(&rest->reader, rest->buffer,
	    ARCHIVE_CHUNK, err);

	if (n == -1)
		return -1;
	pack_check_add(&rest->check, NULL, rest->buffer, (size_t)n);
	rest->progress.bytes += (uint64_t)n;
	if (n > 0)
		return 0;
	rest->is_open = false;
	rest->progress.files++;
	return compare(rest, err);
}

/* Check that the archive has all files. */
static int
check_all(const struct pack_rest *rest, struct err *err)
{
	size_t i;

	for (i = 0; i < rest->files.n; i++)
		if (!rest->is_found[i])
			return err_set(err, ERR_USAGE, "%s does not contain %s "
			    "with the same bytes as in %s", rest->path,
			    rest->files.items[i].name, rest->where);
	return 0;
}

int
pack_rest_step(struct pack_rest *rest, struct err *err)
{
	struct archive_member member;
	int rc;

	if (rest->is_over)
		return 0;
	if (rest->is_open)
		return read_chunk(rest, err) == -1 ? err_wrap(err, "%s",
		    rest->path) : 1;
	rc = archive_reader_next(&rest->reader, &member, err);
	if (rc == -1)
		return err_wrap(err, "%s", rest->path);
	if (rc == 1) {
		begin_member(rest, &member);
		return 1;
	}
	rest->is_over = true;
	rest->progress.files_total = rest->progress.files;
	rest->progress.bytes_total = rest->progress.bytes;
	return check_all(rest, err) == -1 ? -1 : 1;
}

/* ------------------------------------------------------------ removing */

int
pack_rest_remove(struct pack_rest *rest, struct err *err)
{
	if (!rest->is_over)
		return err_set(err, ERR_INTERNAL, "the archive is not compared "
		    "yet");
	return rest->dir == -1 ? 0 : pack_remove_files(rest->where,
	    rest->dir, &rest->files, err);
}

void
pack_rest_progress(const struct pack_rest *rest,
    struct pack_progress *progress)
{
	*progress = rest->progress;
}

int
pack_rest_sha256(const struct pack_rest *rest, char hex[SHA256_HEX],
    struct err *err)
{
	unsigned char sha256[SHA256_BYTES];
	struct sha256 *hash = sha256_new();
	int64_t offset = 0;
	ssize_t n;

	while ((n = pread(rest->fd, rest->buffer, ARCHIVE_CHUNK,
	    (off_t)offset)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			break;
		sha256_add(hash, rest->buffer, (size_t)n);
		offset += n;
	}
	sha256_peek(hash, sha256);
	sha256_hex(sha256, hex);
	sha256_free(hash);
	return n == -1 ? err_errno(err, ERR_DISK, "read %s", rest->path) : 0;
}

void
pack_rest_free(struct pack_rest *rest)
{
	if (rest == NULL)
		return;
	archive_reader_release(&rest->reader);
	pack_found_release(&rest->found);
	pack_check_release(&rest->check);
	archive_files_release(&rest->files);
	if (rest->lock != -1)
		close(rest->lock);
	if (rest->dir != -1)
		close(rest->dir);
	if (rest->fd != -1)
		close(rest->fd);
	free(rest->is_found);
	free(rest->buffer);
	free(rest->where);
	free(rest->path);
	free(rest);
}
