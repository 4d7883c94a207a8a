/*
 * Packing, the first phase: write the files, each unchanged since it was
 * listed.
 */

#include <sys/stat.h>

#include <errno.h>
#include <unistd.h>

#include "pack/pack_state.h"

/* End a file: check it against the list and its receipt. */
static int
end_file(struct pack *pack, struct err *err)
{
	struct archive_file *file = &pack->files.items[pack->next];
	const struct tree_receipt *receipt = pack_receipt(
	    pack->settings.receipts, file->name);
	struct stat st;
	int rc = fstat(pack->fd, &st);

	close(pack->fd);
	pack->fd = -1;
	if (rc == -1)
		return err_errno(err, ERR_DISK, "stat %s", file->name);
	if (archive_file_check(file, &st, err) == -1)
		return -1;
	sha256_peek(pack->check.hash, file->sha256);
	pack->progress.unknown += receipt == NULL &&
	    !pack_bookkeeping_knows(file->name) && !litter_is(file->name);
	if (receipt != NULL && pack_check_end(&pack->check, receipt,
	    pack->settings.growing, err) == -1)
		return err_wrap(err, "%s/%s", pack->settings.dir,
		    file->name);
	pack->next++;
	pack->progress.files++;
	return archive_writer_end(&pack->writer, err);
}

static int
begin_file(struct pack *pack, struct err *err)
{
	const struct archive_file *file = &pack->files.items[pack->next];

	pack->fd = archive_file_open(pack->dir, file, err);
	if (pack->fd == -1)
		return -1;
	pack_check_begin(&pack->check);
	return archive_writer_begin(&pack->writer, file->name, file->bytes,
	    err);
}

/* Copy a chunk of the file. */
static int
write_chunk(struct pack *pack, struct err *err)
{
	const struct archive_file *file = &pack->files.items[pack->next];
	uint64_t left = file->bytes - pack->check.bytes;
	ssize_t n;

	if (left == 0)
		return end_file(pack, err);
	do
		n = read(pack->fd, pack->buffer, left < ARCHIVE_CHUNK ?
		    (size_t)left : ARCHIVE_CHUNK);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return err_errno(err, ERR_DISK, "read %s", file->name);
	if (n == 0)
		return err_set(err, ERR_DISK, "%s was truncated while it was "
		    "being packed", file->name);
	pack_check_add(&pack->check, pack_receipt(
	    pack->settings.receipts, file->name), pack->buffer, (size_t)n);
	pack->progress.bytes += (uint64_t)n;
	return archive_writer_add(&pack->writer, pack->buffer, (size_t)n, err);
}

int
pack_write(struct pack *pack, struct err *err)
{
	if (pack->fd != -1)
		return write_chunk(pack, err);
	if (pack->next < pack->files.n)
		return begin_file(pack, err);
	pack->phase = PACK_SYNC;
	return archive_writer_close(&pack->writer, err);
}
