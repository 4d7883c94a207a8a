/*
 * Unpacking an export for the commands that read directories.  If there is a
 * manifest, only the files in it are written, and of each at most one byte more
 * than it should have, which shows that it is too long.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pack/pack_internal.h"

/* An archive that is being unpacked. */
struct unpacking {
	const char *path;
	int fd, dir;		/* the archive, the directory */
	struct pack_found found;
	struct archive_reader reader;
	struct tree_receipts receipts;
	bool growing;		/* a shard may be longer than its receipt */
	struct pack_check check;
	struct pack_unpacked *unpacked;
	char *buffer;
	uint64_t bytes;		/* written */
	bool (*tick)(void *, uint64_t);
	void *cookie;
};

/* The most bytes to write of the file ${name}; 0: skip it. */
static uint64_t
wanted(const struct unpacking *job, const char *name)
{
	const struct tree_receipt *receipt;

	if (!file_is_path(name))
		return 0;
	if (pack_bookkeeping_knows(name))
		return job->reader.max_out;
	if (job->found.manifest == NULL)
		return UINT64_MAX;
	receipt = pack_receipt(&job->receipts, name);
	return receipt == NULL ? 0 : receipt->bytes + 1;
}

/* Note that ${name} is damaged; NULL: the rest of the archive. */
static void
note_damage(struct unpacking *job, const char *name)
{
	if (job->unpacked->damaged++ == 0)
		job->unpacked->first = mem_text(name != NULL ? name : "what "
		    "follows can't be read");
}

/* Write the current member to ${fd}, up to ${max} bytes. */
static int
copy_member(struct unpacking *job, const char *name, int fd, uint64_t max,
    struct err *err)
{
	const struct tree_receipt *receipt = pack_receipt(&job->receipts,
	    name);
	struct iovec part;
	struct err why;
	ssize_t n = 0;

	pack_check_begin(&job->check);

	while (max > 0 && (n = archive_reader_get(&job->reader, job->buffer,
	    max < ARCHIVE_CHUNK ? (size_t)max : ARCHIVE_CHUNK, &why)) != 0) {
		if (n == -1 && why.kind != ERR_DISK) {
			/* The file stays truncated. */
			note_damage(job, name);
			(void)archive_reader_again(&job->reader);
			return 0;
		}
		if (n == -1) {
			*err = why;
			return -1;
		}
		part = (struct iovec){ job->buffer, (size_t)n };
		if (file_write(fd, &part, 1, err) == -1)
			return -1;
		pack_check_add(&job->check, receipt, job->buffer, (size_t)n);
		max -= (uint64_t)n;
		job->bytes += (uint64_t)n;
		if (job->tick(job->cookie, job->bytes))
			return err_set(err, ERR_STOPPED, "stopped");
	}
	if (receipt != NULL && pack_check_end(&job->check, receipt,
	    job->growing, &why) == -1)
		note_damage(job, name);
	return 0;
}

static int
take(struct unpacking *job, const struct archive_member *member,
    struct err *err)
{
	const char *name = archive_plain_name(member->name);
	size_t len = strlen(job->found.top);
	uint64_t max;
	int fd, rc;

	if (!member->is_file || strncmp(name, job->found.top, len) != 0)
		return 0;
	name += len;
	if ((max = wanted(job, name)) == 0)
		return 0;
	fd = file_open(job->dir, name, O_WRONLY | O_CREAT | O_EXCL, err);
	/* verify reports a duplicate, or a file that is also a folder. */
	if (fd == -1)
		return errno == EEXIST || errno == ENOTDIR ||
		    errno == EISDIR ? 0 : -1;
	rc = copy_member(job, name, fd, max, err);
	close(fd);
	return rc;
}

static int
take_all(struct unpacking *job, struct err *err)
{
	struct archive_member member;
	struct err why;
	int rc;

	while ((rc = archive_reader_next(&job->reader, &member, &why)) == 1)
		if (take(job, &member, err) == -1)
			return -1;
	if (rc == -1 && why.kind == ERR_DISK) {
		*err = why;
		return err_wrap(err, "%s", job->path);
	}
	if (rc == -1)
		note_damage(job, NULL);
	return 0;
}

static int
begin(struct unpacking *job, struct log *log, struct err *err)
{
	job->fd = open(job->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (job->fd == -1)
		return err_errno(err, ERR_USAGE, "open %s", job->path);
	if (pack_find(job->fd, job->path, log, &job->found, err) == -1)
		return -1;
	if (archive_reader_open(&job->reader, job->fd, job->found.trailer.end,
	    err) == -1)
		return err_wrap(err, "%s", job->path);
	if (job->found.top == NULL)
		job->found.top = mem_text("");
	if (job->found.why != NULL)
		note_damage(job, MANIFEST_NAME);
	job->growing = job->found.manifest != NULL &&
	    manifest_sealed(job->found.manifest) == NULL;
	if (job->found.manifest != NULL && manifest_all_files(
	    job->found.manifest, &job->receipts, err) == -1)
		return -1;
	tree_receipts_sort(&job->receipts);
	return 0;
}

/* The name of the export's directory when it was packed, new. */
static char *
folder_name(const struct unpacking *job)
{
	const char *top = job->found.top;
	char *name = top != NULL && *top != '\0' ?
	    mem_copy(top, strlen(top) - 1) : NULL;

	if (name != NULL && file_is_path(name))
		return name;
	free(name);
	return mem_text("export");
}

int
pack_unpack(const char *path, const char *to, struct log *log,
    bool (*tick)(void *, uint64_t), void *cookie,
    struct pack_unpacked *unpacked, struct err *err)
{
	struct unpacking job = { .path = path, .unpacked = unpacked,
	    .fd = -1, .dir = -1, .buffer = mem_alloc(ARCHIVE_CHUNK),
	    .tick = tick, .cookie = cookie };
	char *dir = NULL, *name;
	int in;

	*unpacked = (struct pack_unpacked){ .dir = NULL };
	if (begin(&job, log, err) == -1)
		goto end;
	name = folder_name(&job);
	if ((in = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1) {
		err_errno(err, ERR_DISK, "open %s", to);
	} else {
		job.dir = file_dir(in, name, true, err);
		close(in);
	}
	if (job.dir != -1 && take_all(&job, err) == 0)
		dir = mem_format("%s/%s", to, name);
	free(name);
end:
	if (job.dir != -1)
		close(job.dir);
	if (job.fd != -1)
		close(job.fd);
	archive_reader_release(&job.reader);
	tree_receipts_release(&job.receipts);
	pack_found_release(&job.found);
	pack_check_release(&job.check);
	free(job.buffer);
	unpacked->dir = dir;
	return dir != NULL ? 0 : -1;
}
