/*
 * Reading an archive member by member.  Only ZIP and tar, plain or with gzip or
 * zstd, are enabled, to keep the attack surface small.  The unpacked size is
 * limited, also for data that libarchive skips.
 */

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive_internal.h"

/* More than this is a decompression bomb. */
#define MAX_TIMES 2000
#define MAX_MORE (UINT64_C(1) << 30)

/* No manifest compresses better than this. */
#define MAX_TIMES_OUT 64
#define MAX_MORE_OUT (UINT64_C(1) << 26)

/* Damaged members after which a ZIP is still read. */
#define MAX_AGAIN 100

static int
too_much(struct err *err)
{
	return err_set(err, ERR_DATA, "it expands to far more than an archive "
	    "of this size should; don't unpack it");
}

static la_ssize_t
get(struct archive *archive, void *cookie, const void **pos)
{
	struct archive_reader *reader = cookie;
	uint64_t unpacked = (uint64_t)reader->call->archive_filter_bytes(
	    archive, 0);
	ssize_t n;

	if (unpacked > reader->max && unpacked < INT64_MAX)
		return too_much(&reader->err);
	do
		n = pread(reader->fd, reader->buffer,
		    reader->size - reader->offset < ARCHIVE_CHUNK ?
		    (size_t)(reader->size - reader->offset) : ARCHIVE_CHUNK,
		    (off_t)reader->offset);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return err_errno(&reader->err, ERR_DISK, "read");
	*pos = reader->buffer;
	reader->offset += n;
	return n;
}

static la_int64_t
skip(struct archive *archive, void *cookie, la_int64_t bytes)
{
	struct archive_reader *reader = cookie;

	(void)archive;
	if (bytes > reader->size - reader->offset)
		bytes = reader->size - reader->offset;
	if (bytes < 0)
		bytes = 0;
	reader->offset += bytes;
	return bytes;
}

static la_int64_t
seek(struct archive *archive, void *cookie, la_int64_t offset, int whence)
{
	struct archive_reader *reader = cookie;
	int64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ?
	    reader->offset : reader->size, to;

	(void)archive;
	if (__builtin_add_overflow(from, offset, &to) || to < 0 ||
	    to > reader->size)
		return ARCHIVE_FATAL;
	reader->offset = to;
	return to;
}

/* Set ${err} to why a call failed. */
static int
failed(struct archive_reader *reader, struct err *err)
{
	const char *why;

	if (reader->err.kind != ERR_NONE) {
		if (err != NULL)
			*err = reader->err;
		return -1;
	}
	why = reader->call->archive_error_string(reader->archive);
	if (why == NULL)
		why = "it is damaged";
	else if (reader->members <= 1 && strncmp(why, "Unrecognized", 12) == 0)
		why = "it is not a zip, tar, tar.gz or tar.zst archive, or its "
		    "beginning is damaged";
	return err_set(err, ERR_DATA, "%.*s", (int)strcspn(why, "\n"), why);
}

static int
open_archive(struct archive_reader *reader)
{
	const struct archive_calls *call = reader->call;
	struct archive *archive = reader->archive;
	int rc = call->archive_read_support_format_zip_seekable(archive);

	rc |= call->archive_read_support_format_tar(archive);
	rc |= call->archive_read_support_filter_gzip(archive);
	rc |= call->archive_read_support_filter_zstd(archive);
	/* Read concatenated archives to the end of the file. */
	rc |= call->archive_read_set_options(archive,
	    "tar:read_concatenated_archives");
	rc |= call->archive_read_set_read_callback(archive, get);
	rc |= call->archive_read_set_seek_callback(archive, seek);
	rc |= call->archive_read_set_skip_callback(archive, skip);
	rc |= call->archive_read_set_callback_data(archive, reader);
	return rc != ARCHIVE_OK ? rc : call->archive_read_open1(archive);
}

int
archive_reader_open(struct archive_reader *reader, int fd, int64_t size,
    struct err *err)
{
	*reader = (struct archive_reader){ .fd = fd, .size = size };
	if ((reader->call = archive_calls(err)) == NULL)
		return -1;
	reader->max = MAX_MORE + (uint64_t)reader->size * MAX_TIMES;
	reader->max_out = MAX_MORE_OUT + (uint64_t)reader->size *
	    MAX_TIMES_OUT;
	reader->buffer = mem_alloc(ARCHIVE_CHUNK);
	reader->archive = reader->call->archive_read_new();
	return open_archive(reader) == ARCHIVE_OK ? 0 : failed(reader, err);
}

int
archive_reader_next(struct archive_reader *reader,
    struct archive_member *member, struct err *err)
{
	const struct archive_calls *call = reader->call;
	struct archive_entry *entry;
	int rc = call->archive_read_next_header(reader->archive, &entry);

	if (rc == ARCHIVE_EOF)
		return 0;
	reader->members++;
	if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
		return failed(reader, err);
	*member = (struct archive_member){
	    .name = call->archive_entry_pathname(entry),
	    .is_file = call->archive_entry_filetype(entry) == AE_IFREG &&
	    call->archive_entry_hardlink(entry) == NULL,
	    .is_dir = call->archive_entry_filetype(entry) == AE_IFDIR };
	if (member->name == NULL)
		member->name = "";
	if (strlen(member->name) >= PATH_MAX)
		return err_set(err, ERR_DATA, "the name of a member is longer "
		    "than any path: this is not an archive of an export");
	if (call->archive_entry_is_encrypted(entry))
		member->doubt = "it is encrypted";
	else if (rc == ARCHIVE_WARN)
		member->doubt = call->archive_error_string(reader->archive);
	return 1;
}

ssize_t
archive_reader_get(struct archive_reader *reader, void *data, size_t capacity,
    struct err *err)
{
	la_ssize_t n;

	if (reader->given > reader->max)
		return too_much(err);
	n = reader->call->archive_read_data(reader->archive, data, capacity);
	if (n < 0)
		return failed(reader, err);
	reader->given += (uint64_t)n;
	return (ssize_t)n;
}

bool
archive_reader_again(struct archive_reader *reader)
{
	struct archive_entry *entry;
	char magic[2] = "";
	uint64_t i;
	int rc;

	if (reader->again++ == MAX_AGAIN ||
	    pread(reader->fd, magic, 2, 0) != 2 ||
	    memcmp(magic, "PK", 2) != 0)
		return false;
	(void)reader->call->archive_read_free(reader->archive);
	reader->archive = reader->call->archive_read_new();
	reader->offset = 0;
	rc = open_archive(reader);
	for (i = 0; rc == ARCHIVE_OK && i < reader->members; i++) {
		rc = reader->call->archive_read_next_header(reader->archive,
		    &entry);
		if (rc == ARCHIVE_WARN)
			rc = ARCHIVE_OK;
	}
	return rc == ARCHIVE_OK;
}

const char *
archive_plain_name(const char *name)
{
	while (name[0] == '.' && name[1] == '/')
		for (name += 2; *name == '/'; name++)
			;
	return name;
}

void
archive_reader_release(struct archive_reader *reader)
{
	if (reader->archive != NULL)
		(void)reader->call->archive_read_free(reader->archive);
	free(reader->buffer);
	*reader = (struct archive_reader){ .fd = -1 };
}
