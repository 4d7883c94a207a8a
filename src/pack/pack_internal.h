#ifndef PACK_INTERNAL_H
#define PACK_INTERNAL_H

#include <sys/stat.h>
#include <sys/types.h>

#include <archive.h>
#include <archive_entry.h>

#include "pack/pack.h"

#define PACK_CHUNK (1 << 18)	/* bytes at a time */

/* -------------------------------------------------- pack_library.c */

/* The calls of libarchive that are made here. */
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

/* Where they are; each is called as in its manual page. */
struct pack_calls {
#define PACK_CALL(name) __typeof__(name) *name;
	PACK_CALLS(PACK_CALL)
#undef PACK_CALL
};

/**
 * pack_calls(err):
 * Return libarchive's calls, which are loaded when they are wanted first; or
 * NULL with ${err} set (ERR_USAGE) where it is not installed.
 */
const struct pack_calls *pack_calls(struct err *);

/* --------------------------------------------------- pack_format.c */

/** pack_is_compressed(name): Is it of a kind that is compressed? */
bool pack_is_compressed(const char *);

/* ----------------------------------------------------- pack_list.c */

/* A file that is packed. */
struct pack_file {
	char *name;		/* below the directory */
	uint64_t bytes;
	dev_t dev;		/* these tell whether it has changed */
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
 * Add all files below the directory open as ${dir}, by name.  ERR_USAGE: there
 * is a link, or something else that is no plain file; it is named.
 */
int pack_list(int, struct pack_files *, struct err *);

/**
 * pack_list_names(dir, names, n, files, err):
 * Add these ${n} files below ${dir}, by name.  As pack_list().
 */
int pack_list_names(int, const char *const *, size_t,
    struct pack_files *, struct err *);

/** pack_list_first(files, name): Let ${name} stand first, if it's there. */
void pack_list_first(struct pack_files *, const char *);

/** pack_file_open(dir, file, err): Open it, if it is still the same. */
int pack_file_open(int, const struct pack_file *, struct err *);

/** pack_file_check(file, st, err): Is ${st} still that of ${file}? */
int pack_file_check(const struct pack_file *, const struct stat *,
    struct err *);

/** pack_files_release(files): Free what ${files} holds. */
void pack_files_release(struct pack_files *);

/* -------------------------------------------------- pack_export.c */

/**
 * pack_lock(dir, where, fd, err):
 * Nobody may work on the export in ${dir} while ${fd} is open; it is -1 where
 * there is no log to lock.  The lock is the file's, not the process's, because
 * the log is opened and closed once more to be packed.
 */
int pack_lock(int, const char *, int *, struct err *);

/* -------------------------------------------------- pack_remove.c */

/**
 * pack_remove_files(path, dir, files, err):
 * Remove these ${files} of the directory ${path}, open as ${dir}, and it.
 * Return 0; or -1 with ${err} set where one is not as it was, or there is
 * another.
 */
int pack_remove_files(const char *, int, const struct pack_files *,
    struct err *);

/* ---------------------------------------------------- pack_staged.c */

/* Where an archive comes to stand. */
struct pack_staged {
	const char *target;	/* borrowed, for words */
	char *name;		/* without its folders */
	char *prefix;		/* of hidden names that are for it */
	char *temp;		/* what it is called until it is whole */
	int dir;		/* its folder */
	int fd;			/* the file, locked; or -1 */
	bool force, is_named;
	bool replaces;		/* a file of the name is there: */
	struct stat replaced;
	bool is_exchanged;	/* that has the hidden name now */
};

/**
 * pack_staged_open(staged, target, inside, force, err):
 * Make the file that is to become ${target}.  It must not be in the directory
 * open as ${inside}.  Return 0; or -1 with ${err} set; pack_staged_close()
 * it in either case.
 */
int pack_staged_open(struct pack_staged *, const char *, int, bool,
    struct err *);

/**
 * pack_staged_name(staged, err):
 * Give the file its name, for good.  Return 0; or -1 with ${err} set where
 * that could not be done, or another file has come to stand there meanwhile.
 */
int pack_staged_name(struct pack_staged *, struct err *);

/** pack_staged_close(staged): Release it; without its name, it is gone. */
void pack_staged_close(struct pack_staged *);

/* ----------------------------------------------------- pack_trailer.c */

#define PACK_TRAILER_BEFORE 32

/* The mark of an archive that is read. */
struct pack_trailer {
	bool is_there;
	bool is_valid;		/* it agrees with the bytes before it */
	bool is_misplaced;	/* it is not at the end, or not whole */
	int64_t end;		/* the archive's, without it */
	int64_t digits, offset;	/* where they are; read up to here */
	char hex[SHA256_HEX];
	struct sha256 *hash;
};

/**
 * pack_trailer_before(format, out):
 * Write what stands before the digits to ${out}; return how many bytes.
 */
size_t pack_trailer_before(enum pack_format, char [PACK_TRAILER_BEFORE]);

/** pack_trailer_after(format, pos): The same of what stands behind them. */
size_t pack_trailer_after(enum pack_format, const char **);

/** pack_trailer_find(fd, size, trailer, err): Look for one.  Return 0 or -1. */
int pack_trailer_find(int, int64_t, struct pack_trailer *, struct err *);

/**
 * pack_trailer_step(fd, trailer, buffer, err):
 * Read on, by way of ${buffer}.  Return 1; 0 at the end; or -1.
 */
int pack_trailer_step(int, struct pack_trailer *, char *, struct err *);

/** pack_trailer_release(trailer): Free what it holds. */
void pack_trailer_release(struct pack_trailer *);

/* --------------------------------------------------- pack_writer.c */

/* An archive that is written. */
struct pack_writer {
	const struct pack_calls *call;
	struct archive *archive;
	struct archive_entry *entry;
	const struct pack_settings *settings;
	struct sha256 *hash;	/* of the archive */
	uint64_t bytes, begun;	/* written; of these, on their way to disk */
	char late[2];		/* a ZIP's last bytes, not written yet */
	size_t n_late;
	int fd;
	bool is_over;		/* nothing more is to be written */
	struct err err;		/* what went wrong in writing */
};

/**
 * pack_writer_open(writer, settings, fd, err):
 * Write to ${fd} as ${settings} say.  Return 0; or -1 with ${err} set;
 * pack_writer_release() it in either case.
 */
int pack_writer_open(struct pack_writer *,
    const struct pack_settings *, int, struct err *);

/** pack_writer_begin(writer, name, bytes, err): Begin a member. */
int pack_writer_begin(struct pack_writer *, const char *, uint64_t,
    struct err *);

/** pack_writer_add(writer, data, len, err): Add bytes to it. */
int pack_writer_add(struct pack_writer *, const void *, size_t,
    struct err *);

/** pack_writer_end(writer, err): It has all of its bytes. */
int pack_writer_end(struct pack_writer *, struct err *);

/** pack_writer_close(writer, err): Write its end, and the mark. */
int pack_writer_close(struct pack_writer *, struct err *);

/** pack_writer_release(writer): Free what it holds. */
void pack_writer_release(struct pack_writer *);

/** pack_member_name(settings, name): Return it in the archive, new. */
char *pack_member_name(const struct pack_settings *, const char *);

/* --------------------------------------------------- pack_reader.c */

/* A member that is read. */
struct pack_member {
	const char *name;	/* borrowed until the next; "" if it has none */
	bool is_file, is_dir;	/* neither: a link or something else */
	const char *doubt;	/* what libarchive found strange, or NULL */
};

/* An archive that is read. */
struct pack_reader {
	const struct pack_calls *call;
	struct archive *archive;
	int fd;
	int64_t size, offset;	/* of the archive, and where we are in it */
	uint64_t members;	/* that it came to */
	unsigned again;		/* how often it was begun anew */
	uint64_t max;		/* bytes that it may unpack to */
	uint64_t given;		/* that were read */
	uint64_t max_out;	/* that a member may write to the disk */
	char *buffer;
	struct err err;		/* what went wrong in reading */
};

/**
 * pack_reader_open(reader, fd, size, err):
 * Read the archive in the first ${size} bytes of ${fd}.  Return 0; or -1 with
 * ${err} set (ERR_DATA: it is none); pack_reader_release() it in either
 * case.
 */
int pack_reader_open(struct pack_reader *, int, int64_t, struct err *);

/**
 * pack_reader_next(reader, member, err):
 * Go to the next member.  Return 1; 0 at the end; or -1 with ${err} set
 * (ERR_DATA) where the archive can't be read on.
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
 * A member of a ZIP is damaged: begin anew, and go to it, so that the next is
 * the one behind.  Return whether that could be done.
 */
bool pack_reader_again(struct pack_reader *);

/** pack_reader_release(reader): Free what it holds. */
void pack_reader_release(struct pack_reader *);

/* ------------------------------------------------- pack_compare.c */

/* A member of an archive that is held against what it should be. */
struct pack_check {
	struct sha256 *hash;
	uint64_t bytes, lines;
	bool is_in_line;	/* the last byte was no end of a line */
	unsigned char prefix[SHA256_BYTES];	/* of the bytes that count */
};

/** pack_check_begin(check): Forget what was added. */
void pack_check_begin(struct pack_check *);

/**
 * pack_check_add(check, receipt, data, len):
 * Count bytes; those up to where ${receipt} (or NULL) ends are what it says.
 */
void pack_check_add(struct pack_check *, const struct tree_receipt *,
    const char *, size_t);

/**
 * pack_check_end(check, receipt, growing, err):
 * Is it what ${receipt} says?  Return 0; or -1 with ${err} set (ERR_DATA,
 * what differs).
 */
int pack_check_end(struct pack_check *, const struct tree_receipt *,
    bool, struct err *);

/** pack_check_release(check): Free what it holds. */
void pack_check_release(struct pack_check *);

/** pack_receipt(receipts, path): Find it; they are in their order. */
struct tree_receipt *pack_receipt(const struct tree_receipts *,
    const char *);

/* -------------------------------------------------- pack_bookkeeping.c */

/** pack_bookkeeping_knows(name): Is it the manifest, its copy, sums or log? */
bool pack_bookkeeping_knows(const char *);

/* ---------------------------------------------------- pack_find.c */

/* What is looked for in an archive before it is verified. */
struct pack_found {
	char *top;		/* folder of the export in it: "" or "name/" */
	struct manifest *manifest;	/* or NULL */
	enum manifest_state state;	/* how it came to be known */
	char *why;		/* what is wrong with it; NULL: nothing */
	struct pack_trailer trailer;
	struct text sums;	/* without a manifest: SHA256SUMS */
	bool has_sums;
	char **paths;		/* if it may not know all: of all in ${top} */
	size_t n_paths, paths_capacity;
	struct tree *tree;	/* the manifest's; nothing is in it any more */
};

/**
 * pack_find(fd, path, log, found, err):
 * Find the manifest of the archive in ${fd}, as manifest_recover() does in a
 * directory, or SHA256SUMS.
 * Return 0; or -1 with ${err} set; pack_found_release() it in either case.
 */
int pack_find(int, const char *, struct log *, struct pack_found *,
    struct err *);

/** pack_found_release(found): Free what it holds. */
void pack_found_release(struct pack_found *);

/** pack_plain_name(name): Return ${name} without "./" before it. */
const char *pack_plain_name(const char *);

/** pack_scratch(err): Return a new place for what is taken out; or NULL. */
struct scratch *pack_scratch(struct err *);

#endif
