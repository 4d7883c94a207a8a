/*
 * Files into an archive, in acts: written, synced, read back (as bytes, and
 * as files), the files looked at once more, named.  Whatever ends it before,
 * there is no archive.
 */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output/output_internal.h"

enum act { PACK_WRITE, PACK_SYNC, PACK_MARK, PACK_READ, PACK_NAME, PACK_DONE };

struct output_pack {
	struct output_settings settings;
	int dir;		/* of the files */
	struct output_files files;
	struct output_place place;
	struct output_writer writer;
	struct output_reader reader;
	struct output_mark mark;
	enum act act;
	size_t next;		/* the file that is written or read */
	int fd;			/* it, while it is written; or -1 */
	bool is_open;		/* a member is being read back */
	struct output_check check;	/* of its bytes */
	char *buffer;
	unsigned char sha256[SHA256_BYTES];	/* of the archive */
	struct output_progress progress;
};

/* Each file that has a receipt must be there. */
static int
check_receipts(struct output_pack *pack, struct err *err)
{
	const struct tree_receipts *receipts = pack->settings.receipts;
	size_t i, k = 0;
	int order;

	for (i = 0; receipts != NULL && i < receipts->n; i++) {
		order = -1;
		while (k < pack->files.n && (order = strcmp(
		    pack->files.at[k].name, receipts->at[i].path)) < 0)
			k++;
		if (order != 0)
			return err_set(err, ERR_DATA, "%s is not there, and "
			    "the manifest says that it is",
			    receipts->at[i].path);
	}
	return 0;
}

static int
list(struct output_pack *pack, struct err *err)
{
	const struct output_settings *settings = &pack->settings;
	size_t i;
	int rc;

	if (settings->names == NULL)
		rc = output_list(pack->dir, &pack->files, err);
	else
		rc = output_list_names(pack->dir, settings->names,
		    settings->n, &pack->files, err);
	if (rc == -1)
		return err_wrap(err, "%s", settings->dir);
	if (check_receipts(pack, err) == -1)
		return -1;
	if (settings->first != NULL)
		output_list_first(&pack->files, settings->first);
	pack->progress.files_total = pack->files.n;
	for (i = 0; i < pack->files.n; i++)
		pack->progress.bytes_total += pack->files.at[i].bytes;
	return 0;
}

struct output_pack *
output_pack_new(const struct output_settings *settings, struct err *err)
{
	struct output_pack *pack = mem_zero(1, sizeof(*pack));

	pack->settings = *settings;
	pack->fd = -1;
	pack->place = (struct output_place){ .dir = -1, .fd = -1 };
	pack->buffer = mem_alloc(OUTPUT_PIECE);
	pack->dir = open(settings->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (pack->dir == -1) {
		err_errno(err, errno == ENOENT || errno == ENOTDIR ?
		    ERR_USAGE : ERR_DISK, "open %s", settings->dir);
		goto err_free;
	}
	/* The archive's folder may be above: list before it is made there. */
	if (list(pack, err) == -1 ||
	    output_place_open(&pack->place, settings->target, pack->dir,
	    settings->force, err) == -1 ||
	    output_writer_open(&pack->writer, &pack->settings,
	    pack->place.fd, err) == -1)
		goto err_free;
	return pack;

err_free:
	output_pack_free(pack);
	return NULL;
}

/* All of a file is in the archive: is it what it should be? */
static int
end_file(struct output_pack *pack, struct err *err)
{
	struct output_file *file = &pack->files.at[pack->next];
	const struct tree_receipt *receipt = output_receipt(
	    pack->settings.receipts, file->name);
	struct stat st;
	int rc = fstat(pack->fd, &st);

	close(pack->fd);
	pack->fd = -1;
	if (rc == -1)
		return err_errno(err, ERR_DISK, "look at %s", file->name);
	if (output_file_check(file, &st, err) == -1)
		return -1;
	sha256_peek(pack->check.hash, file->sha256);
	pack->progress.unknown += receipt == NULL &&
	    !output_around_knows(file->name);
	if (receipt != NULL && output_check_end(&pack->check, receipt,
	    pack->settings.growing, err) == -1)
		return err_wrap(err, "%s/%s", pack->settings.dir,
		    file->name);
	pack->next++;
	pack->progress.files++;
	return output_writer_end(&pack->writer, err);
}

static int
begin_file(struct output_pack *pack, struct err *err)
{
	const struct output_file *file = &pack->files.at[pack->next];

	pack->fd = output_file_open(pack->dir, file, err);
	if (pack->fd == -1)
		return -1;
	output_check_begin(&pack->check);
	return output_writer_begin(&pack->writer, file->name, file->bytes,
	    err);
}

/* Read and write a piece of the file. */
static int
write_piece(struct output_pack *pack, struct err *err)
{
	const struct output_file *file = &pack->files.at[pack->next];
	uint64_t left = file->bytes - pack->check.bytes;
	ssize_t n;

	if (left == 0)
		return end_file(pack, err);
	do
		n = read(pack->fd, pack->buffer, left < OUTPUT_PIECE ?
		    (size_t)left : OUTPUT_PIECE);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return err_errno(err, ERR_DISK, "read %s", file->name);
	if (n == 0)
		return err_set(err, ERR_DISK, "%s became shorter while it "
		    "was packed", file->name);
	output_check_add(&pack->check, output_receipt(
	    pack->settings.receipts, file->name), pack->buffer, (size_t)n);
	pack->progress.bytes += (uint64_t)n;
	return output_writer_add(&pack->writer, pack->buffer, (size_t)n, err);
}

static int
step_write(struct output_pack *pack, struct err *err)
{
	if (pack->fd != -1)
		return write_piece(pack, err);
	if (pack->next < pack->files.n)
		return begin_file(pack, err);
	pack->act = PACK_SYNC;
	return output_writer_close(&pack->writer, err);
}

/* What was written, onto the disk; and then to be read from there. */
static int
step_sync(struct output_pack *pack, struct err *err)
{
	if (file_sync(pack->place.fd, pack->settings.target, err) == -1)
		return -1;
	file_drop_cache(pack->place.fd);
	sha256_peek(pack->writer.hash, pack->sha256);
	pack->act = PACK_MARK;
	pack->next = 0;
	pack->progress.files = pack->progress.bytes = 0;
	pack->progress.is_reading = true;
	return output_mark_find(pack->place.fd, (int64_t)pack->writer.bytes,
	    &pack->mark, err);
}

/* What can't be read back was written wrong, or the disk is at fault. */
static int
misread(const struct output_pack *pack, const char *what, struct err *err)
{
	return err_set(err, ERR_DISK, "%s: read back, it is not what was "
	    "written: %s; check the disk", pack->settings.target, what);
}

/* The archive as it is, all of its bytes. */
static int
step_mark(struct output_pack *pack, struct err *err)
{
	int rc = output_mark_step(pack->place.fd, &pack->mark, pack->buffer,
	    err);

	if (rc == -1)
		return err_wrap(err, "%s", pack->settings.target);
	if (rc == 1)
		return 0;
	if (!pack->mark.is_there || !pack->mark.is_sound)
		return misread(pack, "its mark", err);
	output_writer_release(&pack->writer);
	pack->act = PACK_READ;
	return output_reader_open(&pack->reader, pack->place.fd,
	    pack->mark.end, err);
}

static int
read_begin(struct output_pack *pack, struct err *err)
{
	struct output_member member;
	char *name;
	int rc = output_reader_next(&pack->reader, &member, err);
	bool is_it;

	if (rc == -1)
		return -1;
	if (rc == 0 && pack->next < pack->files.n)
		return misread(pack, pack->files.at[pack->next].name, err);
	if (rc == 0) {
		pack->act = PACK_NAME;
		return 0;
	}
	if (pack->next == pack->files.n)
		return misread(pack, member.name, err);
	name = output_member_name(&pack->settings,
	    pack->files.at[pack->next].name);
	is_it = member.is_file && member.doubt == NULL &&
	    strcmp(name, member.name) == 0;
	free(name);
	if (!is_it)
		return misread(pack, member.name, err);
	output_check_begin(&pack->check);
	pack->is_open = true;
	return 0;
}

static int
read_piece(struct output_pack *pack, struct err *err)
{
	const struct output_file *file = &pack->files.at[pack->next];
	unsigned char sha256[SHA256_BYTES];
	ssize_t n = output_reader_get(&pack->reader, pack->buffer,
	    OUTPUT_PIECE, err);

	if (n > 0) {
		output_check_add(&pack->check, NULL, pack->buffer,
		    (size_t)n);
		pack->progress.bytes += (uint64_t)n;
		return 0;
	}
	if (n == -1)
		return -1;
	sha256_peek(pack->check.hash, sha256);
	if (pack->check.bytes != file->bytes ||
	    memcmp(sha256, file->sha256, SHA256_BYTES) != 0)
		return misread(pack, file->name, err);
	pack->is_open = false;
	pack->next++;
	pack->progress.files++;
	return 0;
}

static int
step_read(struct output_pack *pack, struct err *err)
{
	int rc = pack->is_open ? read_piece(pack, err) :
	    read_begin(pack, err);

	if (rc == -1 && err != NULL && err->kind == ERR_DATA)
		err->kind = ERR_DISK;
	return rc == -1 ? err_wrap(err, "read back") : 0;
}

/* Is all in the directory as it was at the beginning? */
static int
check_unchanged(struct output_pack *pack, struct err *err)
{
	struct output_files now = { NULL, 0, 0 };
	struct stat st;
	size_t i;
	int rc = 0;

	if (pack->settings.names == NULL) {
		rc = output_list(pack->dir, &now, err);
		if (rc == 0 && now.n != pack->files.n)
			rc = err_set(err, ERR_DISK, "files came or went in "
			    "%s while it was packed; try again when nothing "
			    "works on it", pack->settings.dir);
		output_files_release(&now);
	}
	for (i = 0; rc == 0 && i < pack->files.n; i++) {
		if (fstatat(pack->dir, pack->files.at[i].name, &st,
		    AT_SYMLINK_NOFOLLOW) == -1)
			rc = err_errno(err, ERR_DISK, "look at %s",
			    pack->files.at[i].name);
		else
			rc = output_file_check(&pack->files.at[i], &st, err);
	}
	return rc;
}

static int
step_name(struct output_pack *pack, struct err *err)
{
	output_reader_release(&pack->reader);
	if (check_unchanged(pack, err) == -1 ||
	    output_place_name(&pack->place, err) == -1)
		return -1;
	pack->act = PACK_DONE;
	return 0;
}

int
output_pack_step(struct output_pack *pack, struct err *err)
{
	int rc = 0;

	switch (pack->act) {
	case PACK_WRITE:
		rc = step_write(pack, err);
		pack->progress.archive_bytes = pack->writer.bytes;
		break;
	case PACK_SYNC:
		rc = step_sync(pack, err);
		break;
	case PACK_MARK:
		rc = step_mark(pack, err);
		break;
	case PACK_READ:
		rc = step_read(pack, err);
		break;
	case PACK_NAME:
		rc = step_name(pack, err);
		break;
	case PACK_DONE:
		return 0;
	}
	return rc == -1 ? -1 : pack->act != PACK_DONE;
}

void
output_pack_progress(const struct output_pack *pack,
    struct output_progress *progress)
{
	*progress = pack->progress;
}

void
output_pack_sha256(const struct output_pack *pack, char hex[SHA256_HEX])
{
	sha256_hex(pack->sha256, hex);
}

int
output_pack_remove(struct output_pack *pack, struct err *err)
{
	if (pack->act != PACK_DONE)
		return err_set(err, ERR_INTERNAL, "it is not packed yet");
	return output_remove(pack->settings.dir, pack->dir, &pack->files,
	    err);
}

void
output_pack_free(struct output_pack *pack)
{
	if (pack == NULL)
		return;
	if (pack->fd != -1)
		close(pack->fd);
	output_writer_release(&pack->writer);
	output_reader_release(&pack->reader);
	output_mark_release(&pack->mark);
	output_place_close(&pack->place);
	output_files_release(&pack->files);
	output_check_release(&pack->check);
	if (pack->dir != -1)
		close(pack->dir);
	free(pack->buffer);
	free(pack);
}

int
output_pack_files(const struct output_settings *settings, struct err *err)
{
	struct output_pack *pack = output_pack_new(settings, err);
	int rc = pack != NULL ? 1 : -1;

	while (rc == 1)
		rc = output_pack_step(pack, err);
	output_pack_free(pack);
	return rc;
}
