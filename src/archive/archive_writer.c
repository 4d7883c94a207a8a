/*
 * Writing an archive member by member.  Its bytes don't depend on time, place
 * or user: the same files give the same archive.
 */

#include <sys/stat.h>

#include <stdlib.h>
#include <string.h>

#include "archive/archive_internal.h"

#define SYNC_BYTES (UINT64_C(32) << 20)

static int
write_out(struct archive_writer *writer, const void *data, size_t len)
{
	struct iovec part = { (void *)data, len };

	if (writer->err.kind != ERR_NONE ||
	    file_write(writer->fd, &part, 1, &writer->err) == -1)
		return -1;
	sha256_add(writer->hash, data, len);
	writer->bytes += len;
	if (writer->bytes - writer->begun >= SYNC_BYTES) {
		file_begin_sync(writer->fd);
		writer->begun = writer->bytes;
	}
	return 0;
}

/* Hold back the last two bytes: a ZIP's end differs with a comment. */
static int
write_late(struct archive_writer *writer, const char *data, size_t len)
{
	size_t n;

	for (; len > 0 && (len < 2 || writer->n_late < 2); data++, len--) {
		if (writer->n_late == 2) {
			if (write_out(writer, writer->late, 1) == -1)
				return -1;
			writer->late[0] = writer->late[1];
			writer->n_late = 1;
		}
		writer->late[writer->n_late++] = *data;
	}
	if (len == 0)
		return 0;
	n = len - 2;
	if (write_out(writer, writer->late, 2) == -1 ||
	    write_out(writer, data, n) == -1)
		return -1;
	memcpy(writer->late, data + n, 2);
	return 0;
}

/* libarchive's write callback. */
static la_ssize_t
put(struct archive *archive, void *cookie, const void *data, size_t len)
{
	struct archive_writer *writer = cookie;

	(void)archive;
	/*
	 * The archive is given up: libarchive ends the member before it frees
	 * its memory, and would pad a tar's member with any number of zeros.
	 */
	if (writer->is_over)
		return writer->settings->format == ARCHIVE_ZIP ?
		    (la_ssize_t)len : -1;
	if ((writer->settings->format == ARCHIVE_ZIP ?
	    write_late(writer, data, len) : write_out(writer, data, len)) == -1)
		return -1;
	return (la_ssize_t)len;
}

/* Set ${err} to why a call failed: a disk error, or libarchive's. */
static int
failed(struct archive_writer *writer, struct err *err)
{
	const char *why;

	if (writer->err.kind != ERR_NONE) {
		if (err != NULL)
			*err = writer->err;
		return err_wrap(err, "%s", writer->settings->target);
	}
	why = writer->call->archive_error_string(writer->archive);
	return err_set(err, ERR_INTERNAL, "%s: libarchive: %s",
	    writer->settings->target, why != NULL ? why : "unknown error");
}

/* Treat warnings as errors. */
static int
check(struct archive_writer *writer, int rc, struct err *err)
{
	return rc == ARCHIVE_OK ? 0 : failed(writer, err);
}

static int
set_format(struct archive_writer *writer, struct err *err)
{
	const struct archive_calls *call = writer->call;
	struct archive *archive = writer->archive;
	const char *options = NULL;
	int rc;

	if (writer->settings->format == ARCHIVE_ZIP)
		rc = call->archive_write_set_format_zip(archive);
	else
		rc = call->archive_write_set_format_pax_restricted(archive);
	switch (writer->settings->format) {
	case ARCHIVE_ZIP:
		options = "zip:hdrcharset=UTF-8";
		break;
	case ARCHIVE_TAR:
		break;
	case ARCHIVE_TAR_GZ:
		rc |= call->archive_write_add_filter_gzip(archive);
		options = "gzip:!timestamp,gzip:compression-level=6";
		break;
	case ARCHIVE_TAR_ZST:
		rc |= call->archive_write_add_filter_zstd(archive);
		options = "zstd:compression-level=3";
		break;
	}
	if (options != NULL && rc == ARCHIVE_OK)
		rc = call->archive_write_set_options(archive, options);
	/* No padding for tapes. */
	rc |= call->archive_write_set_bytes_per_block(archive, ARCHIVE_CHUNK);
	rc |= call->archive_write_set_bytes_in_last_block(archive, 1);
	return check(writer, rc, err);
}

int
archive_writer_open(struct archive_writer *writer,
    const struct archive_settings *settings, int fd, struct err *err)
{
	*writer = (struct archive_writer){ .settings = settings, .fd = fd };
	if ((writer->call = archive_calls(err)) == NULL)
		return -1;
	writer->hash = sha256_new();
	writer->archive = writer->call->archive_write_new();
	writer->entry = writer->call->archive_entry_new();
	if (set_format(writer, err) == -1)
		return -1;
	return check(writer, writer->call->archive_write_open(
	    writer->archive, writer, NULL, put, NULL), err);
}

char *
archive_member_name(const struct archive_settings *settings, const char *name)
{
	return settings->top == NULL ? mem_text(name) :
	    mem_format("%s/%s", settings->top, name);
}

/* Don't compress what is compressed already. */
static int
set_compression(struct archive_writer *writer, const char *name,
    struct err *err)
{
	const struct archive_calls *call = writer->call;

	if (writer->settings->format != ARCHIVE_ZIP)
		return 0;
	return check(writer, archive_is_compressed(name) ?
	    call->archive_write_zip_set_compression_store(writer->archive) :
	    call->archive_write_zip_set_compression_deflate(writer->archive),
	    err);
}

int
archive_writer_begin(struct archive_writer *writer, const char *name,
    uint64_t bytes, struct err *err)
{
	const struct archive_calls *call = writer->call;
	char *member = archive_member_name(writer->settings, name);

	call->archive_entry_clear(writer->entry);
	call->archive_entry_set_pathname(writer->entry, member);
	call->archive_entry_set_size(writer->entry, (la_int64_t)bytes);
	call->archive_entry_set_filetype(writer->entry, AE_IFREG);
	call->archive_entry_set_perm(writer->entry, 0600);
	call->archive_entry_set_mtime(writer->entry,
	    (time_t)writer->settings->time, 0);
	free(member);
	if (set_compression(writer, name, err) == -1)
		return -1;
	return check(writer, call->archive_write_header(writer->archive,
	    writer->entry), err);
}

int
archive_writer_add(struct archive_writer *writer, const void *data, size_t len,
    struct err *err)
{
	la_ssize_t n = writer->call->archive_write_data(writer->archive, data,
	    len);

	return n == (la_ssize_t)len ? 0 : failed(writer, err);
}

int
archive_writer_end(struct archive_writer *writer, struct err *err)
{
	return check(writer, writer->call->archive_write_finish_entry(
	    writer->archive), err);
}

/* Write the trailer; in a ZIP, it replaces the last two bytes. */
static int
write_trailer(struct archive_writer *writer, struct err *err)
{
	enum archive_format format = writer->settings->format;
	unsigned char sha256[SHA256_BYTES];
	char before[ARCHIVE_TRAILER_BEFORE], hex[SHA256_HEX];
	const char *after;
	size_t n = archive_trailer_before(format, before), n_after;

	if (format == ARCHIVE_ZIP && (writer->n_late != 2 ||
	    writer->late[0] != 0 || writer->late[1] != 0))
		return err_set(err, ERR_INTERNAL, "%s: unsupported libarchive: "
		    "it ends ZIP files differently", writer->settings->target);
	n_after = archive_trailer_after(format, &after);
	if (write_out(writer, before, n) == -1)
		return failed(writer, err);
	sha256_peek(writer->hash, sha256);
	sha256_hex(sha256, hex);
	if (write_out(writer, hex, SHA256_HEX - 1) == -1 ||
	    write_out(writer, after, n_after) == -1)
		return failed(writer, err);
	return 0;
}

int
archive_writer_close(struct archive_writer *writer, struct err *err)
{
	if (check(writer, writer->call->archive_write_close(
	    writer->archive), err) == -1)
		return -1;
	return write_trailer(writer, err);
}

void
archive_writer_release(struct archive_writer *writer)
{
	writer->is_over = true;
	if (writer->archive != NULL)
		(void)writer->call->archive_write_free(writer->archive);
	if (writer->entry != NULL)
		writer->call->archive_entry_free(writer->entry);
	sha256_free(writer->hash);
	*writer = (struct archive_writer){ .fd = -1 };
}
