#ifndef PACK_INTERNAL_H
#define PACK_INTERNAL_H

#include <sys/stat.h>
#include <sys/types.h>

#include <archive.h>
#include <archive_entry.h>

#include "pack/pack.h"

#define PACK_CHUNK (1 << 18)	/* bytes of a buffer */

/* -------------------------------------------------- pack_library.c */

/* The functions of libarchive that are used. */
#define PACK_CALLS(CALL) \
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
struct pack_calls {
#define PACK_CALL(name) __typeof__(name) *name;
	PACK_CALLS(PACK_CALL)
#undef PACK_CALL
};

/**
 * pack_calls(err):
 * Return the functions of libarchive, which is loaded by the first call; or
 * NULL with ${err} set (ERR_USAGE) if it is not installed.
 */
const struct pack_calls *pack_calls(struct err *);

/* --------------------------------------------------- pack_format.c */

/**
 * pack_is_compressed(name):
 * Return whether files with this suffix are compressed.
 */
bool pack_is_compressed(const char *);

/* ----------------------------------------------------- pack_list.c */

/* A file to pack. */
struct pack_file {
	char *name;		/* path below the directory */
	uint64_t bytes;
	dev_t dev;		/* to detect changes */
	ino_t ino;
	struct timespec mtime, ctime;
	unsigned char sha256[SHA256_BYTES];
};

struct pack_files {
	struct pack_file *items;
	size_t n, capacity;
};

/**
 * pack_list(dir, files, err):
 * Add all files below the directory open as ${dir}, sorted by name.  Return 0;
 * or -1 with ${err} set (ERR_USAGE names a link or special file).
 */
int pack_list(int, struct pack_files *, struct err *);

/**
 * pack_list_names(dir, names, n, files, err):
 * Add these ${n} files below ${dir}, as pack_list() does.
 */
int pack_list_names(int, const char *const *, size_t,
    struct pack_files *, struct err *);

/** pack_list_first(files, name): Move ${name} to the front, if it is there. */
void pack_list_first(struct pack_files *, const char *);

/**
 * pack_file_open(dir, file, err):
 * Open it, if it has not changed; or return -1.
 */
int pack_file_open(int, const struct pack_file *, struct err *);

/**
 * pack_file_check(file, st, err):
 * Return 0 if ${st} shows no change of ${file}; else -1 with ${err} set.
 */
int pack_file_check(const struct pack_file *, const struct stat *,
    struct err *);

/** pack_files_release(files): Free what ${files} holds. */
void pack_files_release(struct pack_files *);

/* -------------------------------------------------- pack_export.c */

/**
 * pack_lock(dir, where, fd, err):
 * Lock the export ${dir} until ${fd} is closed; it is -1 if there is no log to
 * lock.  The lock belongs to the open file, not to the process, because packing
 * opens and closes the log again.  Return 0; or -1 with ${err} set
 * (ERR_LOCKED).
 */
int pack_lock(int, const char *, int *, struct err *);

/* -------------------------------------------------- pack_remove.c */

/**
 * pack_remove_files(path, dir, files, err):
 * Remove these ${files} of the directory ${path}, open as ${dir}, and the
 * directory.  Return 0; or -1 with ${err} set if a file has changed or was
 * added.
 */
int pack_remove_files(const char *, int, const struct pack_files *,
    struct err *);

/* ---------------------------------------------------- pack_staged.c */

/* An archive that is being written under a temporary name. */
struct pack_staged {
	const char *target;	/* borrowed, for messages */
	char *name;		/* its last component */
	char *prefix;		/* of its hidden names */
	char *temp;		/* the hidden name, until it is published */
	int dir;		/* the directory */
	int fd;			/* the file, locked; or -1 */
	bool force, is_named;
	bool replaces;		/* the target exists: */
	struct stat replaced;
	bool is_exchanged;	/* it has the hidden name now */
};

/**
 * pack_staged_open(staged, target, inside, force, err):
 * Create the file that is to become ${target}, which must not be inside the
 * directory open as ${inside}.  Return 0; or -1 with ${err} set; call
 * pack_staged_close() in either case.
 */
int pack_staged_open(struct pack_staged *, const char *, int, bool,
    struct err *);

/**
 * pack_staged_name(staged, err):
 * Publish the file under its name.  Return 0; or -1 with ${err} set on failure,
 * or if the target appeared or changed meanwhile.
 */
int pack_staged_name(struct pack_staged *, struct err *);

/** pack_staged_close(staged): Release it; an unpublished file is removed. */
void pack_staged_close(struct pack_staged *);

/* ----------------------------------------------------- pack_trailer.c */

#define PACK_TRAILER_BEFORE 32

/* The trailer of an archive that is read. */
struct pack_trailer {
	bool is_there;
	bool is_valid;		/* it matches the bytes before it */
	bool is_misplaced;	/* it is not at the end, or incomplete */
	int64_t end;		/* of the archive, without the trailer */
	int64_t digits, offset;	/* where they are; bytes hashed so far */
	char hex[SHA256_HEX];
	struct sha256 *hash;
};

/**
 * pack_trailer_before(format, out):
 * Write the bytes before the digits to ${out}; return how many.
 */
size_t pack_trailer_before(enum pack_format, char [PACK_TRAILER_BEFORE]);

/**
 * pack_trailer_after(format, pos):
 * Set ${pos} to the bytes after the digits; return how many.
 */
size_t pack_trailer_after(enum pack_format, const char **);

/**
 * pack_trailer_find(fd, size, trailer, err):
 * Look for a trailer.  Return 0, whether or not there is one; or -1 with ${err}
 * set.
 */
int pack_trailer_find(int, int64_t, struct pack_trailer *, struct err *);

/**
 * pack_trailer_step(fd, trailer, buffer, err):
 * Hash the next chunk, using ${buffer}.  Return 1; 0 at the end; or -1 with
 * ${err} set.
 */
int pack_trailer_step(int, struct pack_trailer *, char *, struct err *);

/** pack_trailer_release(trailer): Free what it holds. */
void pack_trailer_release(struct pack_trailer *);

/* --------------------------------------------------- pack_writer.c */

/* An archive that is being written. */
struct pack_writer {
	const struct pack_calls *call;
	struct archive *archive;
	struct archive_entry *entry;
	const struct pack_settings *settings;
	struct sha256 *hash;	/* of the archive */
	uint64_t bytes, begun;	/* written; of these, sync started */
	char late[2];		/* a ZIP's last bytes, held back */
	size_t n_late;
	int fd;
	bool is_over;		/* given up: discard further bytes */
	struct err err;		/* of a callback */
};

/**
 * pack_writer_open(writer, settings, fd, err):
 * Write an archive to ${fd} by ${settings}.  Return 0; or -1 with ${err} set;
 * call pack_writer_release() in either case.
 */
int pack_writer_open(struct pack_writer *,
    const struct pack_settings *, int, struct err *);

/** pack_writer_begin(writer, name, bytes, err): Begin a member. */
int pack_writer_begin(struct pack_writer *, const char *, uint64_t,
    struct err *);

/** pack_writer_add(writer, data, len, err): Add bytes to it. */
int pack_writer_add(struct pack_writer *, const void *, size_t,
    struct err *);

/** pack_writer_end(writer, err): End the member. */
int pack_writer_end(struct pack_writer *, struct err *);

/**
 * pack_writer_close(writer, err):
 * Write the end of the archive and its trailer.
 */
int pack_writer_close(struct pack_writer *, struct err *);

/** pack_writer_release(writer): Free what it holds. */
void pack_writer_release(struct pack_writer *);

/** pack_member_name(settings, name): Return the member's name, new. */
char *pack_member_name(const struct pack_settings *, const char *);

/* --------------------------------------------------- pack_reader.c */

/* A member of an archive that is read. */
struct pack_member {
	const char *name;	/* borrowed until the next; "": none */
	bool is_file, is_dir;	/* neither: a link or a special file */
	const char *doubt;	/* libarchive's warning, or NULL */
};

/* An archive that is being read. */
struct pack_reader {
	const struct pack_calls *call;
	struct archive *archive;
	int fd;
	int64_t size, offset;	/* of the archive, and the position */
	uint64_t members;	/* read so far */
	unsigned again;		/* times that it was reopened */
	uint64_t max;		/* limit of unpacked bytes */
	uint64_t given;		/* unpacked so far */
	uint64_t max_out;	/* limit of a member that is written to disk */
	char *buffer;
	struct err err;		/* of a callback */
};

/**
 * pack_reader_open(reader, fd, size, err):
 * Read the archive in the first ${size} bytes of ${fd}.  Return 0; or -1 with
 * ${err} set (ERR_DATA: it is not an archive); call pack_reader_release() in
 * either case.
 */
int pack_reader_open(struct pack_reader *, int, int64_t, struct err *);

/**
 * pack_reader_next(reader, member, err):
 * Go to the next member.  Return 1; 0 at the end; or -1 with ${err} set
 * (ERR_DATA) if the rest of the archive can't be read.
 */
int pack_reader_next(struct pack_reader *, struct pack_member *,
    struct err *);

/**
 * pack_reader_get(reader, data, capacity, err):
 * Read up to ${capacity} bytes of the member.  Return how many, 0 at its end,
 * or -1 with ${err} set (ERR_DATA).
 */
ssize_t pack_reader_get(struct pack_reader *, void *, size_t,
    struct err *);

/**
 * pack_reader_again(reader):
 * After a damaged member of a ZIP: reopen the archive and skip to it, so that
 * the next member can be read.  Return whether that worked.
 */
bool pack_reader_again(struct pack_reader *);

/** pack_reader_release(reader): Free what it holds. */
void pack_reader_release(struct pack_reader *);

/* ------------------------------------------------- pack_compare.c */

/* Bytes that are compared with a receipt. */
struct pack_check {
	struct sha256 *hash;
	uint64_t bytes, lines;
	bool is_in_line;	/* the last byte was not a newline */
	unsigned char prefix[SHA256_BYTES];	/* hash of the bytes that
						 * count */
};

/** pack_check_begin(check): Start again with no bytes. */
void pack_check_begin(struct pack_check *);

/**
 * pack_check_add(check, receipt, data, len):
 * Add bytes; those beyond the size of ${receipt} (or NULL) don't count.
 */
void pack_check_add(struct pack_check *, const struct tree_receipt *,
    const char *, size_t);

/**
 * pack_check_end(check, receipt, growing, err):
 * Compare the bytes with ${receipt}.  If ${growing}, a shard may be longer.
 * Return 0; or -1 with ${err} set (ERR_DATA: what differs).
 */
int pack_check_end(struct pack_check *, const struct tree_receipt *,
    bool, struct err *);

/** pack_check_release(check): Free what it holds. */
void pack_check_release(struct pack_check *);

/** pack_receipt(receipts, path): Find the receipt, in sorted ones; or NULL. */
struct tree_receipt *pack_receipt(const struct tree_receipts *,
    const char *);

/* -------------------------------------------------- pack_bookkeeping.c */

/** pack_bookkeeping_knows(name): Return whether it is a bookkeeping file. */
bool pack_bookkeeping_knows(const char *);

/* ---------------------------------------------------- pack_find.c */

/* What is known of an archive before its files are read. */
struct pack_found {
	char *top;		/* folder of the export: "" or "name/" */
	struct manifest *manifest;	/* or NULL */
	enum manifest_state state;	/* how it was recovered */
	char *why;		/* what is wrong with it; NULL: intact */
	struct pack_trailer trailer;
	struct text sums;	/* SHA256SUMS, if there is no manifest */
	bool has_sums;
	char **paths;		/* of all files in ${top}, if the manifest may
				 * not list all */
	size_t n_paths, paths_capacity;
	struct tree *tree;	/* the manifest's, now an empty directory */
};

/**
 * pack_find(fd, path, log, found, err):
 * Find the manifest of the archive in ${fd}, as manifest_recover() does in a
 * directory, or SHA256SUMS.  Return 0; or -1 with ${err} set; call
 * pack_found_release() in either case.
 */
int pack_find(int, const char *, struct log *, struct pack_found *,
    struct err *);

/** pack_found_release(found): Free what it holds. */
void pack_found_release(struct pack_found *);

/** pack_plain_name(name): Return ${name} without leading "./". */
const char *pack_plain_name(const char *);

/**
 * pack_scratch(err):
 * Return a new temporary directory; or NULL with ${err} set.
 */
struct scratch *pack_scratch(struct err *);

#endif
