#ifndef ARCHIVE_INTERNAL_H
#define ARCHIVE_INTERNAL_H

#include <archive.h>
#include <archive_entry.h>

#include "archive/archive.h"

/* -------------------------------------------------- archive_library.c */

/* The functions of libarchive that are used. */
#define ARCHIVE_CALLS(CALL) \
	CALL(archive_error_string) \
	CALL(archive_filter_bytes) \
	CALL(archive_entry_new) \
	CALL(archive_entry_free) \
	CALL(archive_entry_clear) \
	CALL(archive_entry_set_pathname) \
	CALL(archive_entry_set_size) \
	CALL(archive_entry_set_filetype) \
	CALL(archive_entry_set_perm) \
	CALL(archive_entry_set_mtime) \
	CALL(archive_entry_pathname) \
	CALL(archive_entry_filetype) \
	CALL(archive_entry_hardlink) \
	CALL(archive_entry_is_encrypted) \
	CALL(archive_write_new) \
	CALL(archive_write_free) \
	CALL(archive_write_close) \
	CALL(archive_write_open) \
	CALL(archive_write_header) \
	CALL(archive_write_data) \
	CALL(archive_write_finish_entry) \
	CALL(archive_write_set_format_zip) \
	CALL(archive_write_set_format_pax_restricted) \
	CALL(archive_write_add_filter_gzip) \
	CALL(archive_write_add_filter_zstd) \
	CALL(archive_write_set_options) \
	CALL(archive_write_set_bytes_per_block) \
	CALL(archive_write_set_bytes_in_last_block) \
	CALL(archive_write_zip_set_compression_deflate) \
	CALL(archive_write_zip_set_compression_store) \
	CALL(archive_read_new) \
	CALL(archive_read_free) \
	CALL(archive_read_support_format_zip_seekable) \
	CALL(archive_read_support_format_tar) \
	CALL(archive_read_support_filter_gzip) \
	CALL(archive_read_support_filter_zstd) \
	CALL(archive_read_set_options) \
	CALL(archive_read_set_read_callback) \
	CALL(archive_read_set_seek_callback) \
	CALL(archive_read_set_skip_callback) \
	CALL(archive_read_set_callback_data) \
	CALL(archive_read_open1) \
	CALL(archive_read_next_header) \
	CALL(archive_read_data)

/* Pointers to them, by name. */
struct archive_calls {
#define ARCHIVE_CALL(name) __typeof__(name) *name;
	ARCHIVE_CALLS(ARCHIVE_CALL)
#undef ARCHIVE_CALL
};

/**
 * archive_calls(err):
 * Return the functions of libarchive, which is loaded by the first call; or
 * NULL with ${err} set (ERR_USAGE) if it is not installed.
 */
const struct archive_calls *archive_calls(struct err *);

/* --------------------------------------------------- archive_format.c */

/**
 * archive_is_compressed(name):
 * Return whether files with this suffix are compressed.
 */
bool archive_is_compressed(const char *);

/* -------------------------------------------------- archive_trailer.c */

#define ARCHIVE_TRAILER_BEFORE 32

/**
 * archive_trailer_before(format, out):
 * Write the bytes before the digits to ${out}; return how many.
 */
size_t archive_trailer_before(enum archive_format,
    char [ARCHIVE_TRAILER_BEFORE]);

/**
 * archive_trailer_after(format, pos):
 * Set ${pos} to the bytes after the digits; return how many.
 */
size_t archive_trailer_after(enum archive_format, const char **);


#endif
