#ifndef ARCHIVE_H
#define ARCHIVE_H

#include <sys/stat.h>
#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

/*
 * Archives of files: ZIP and tar, plain or compressed, written and read back,
 * with a trailer that holds a SHA-256.  Nothing here knows an export.
 */

#define ARCHIVE_CHUNK (1 << 18)	/* bytes of a buffer */

/* ----------------------------------------------------------- formats */

enum archive_format {
	ARCHIVE_ZIP,
	ARCHIVE_TAR,
	ARCHIVE_TAR_GZ,
	ARCHIVE_TAR_ZST
};

/**
 * archive_format_of(path, format, err):
 * Set ${format} by the suffix of ${path}.  Return 0; or -1 with ${err} set
 * (ERR_USAGE), which names the known suffixes.
 */
int archive_format_of(const char *, enum archive_format *, struct err *);

/* ----------------------------------------------------- archive_list.c */

/* A file to pack. */
struct archive_file {
	char *name;		/* path below the directory */
	uint64_t bytes;
	dev_t dev;		/* to detect changes */
	ino_t ino;
	struct timespec mtime, ctime;
	unsigned char sha256[SHA256_BYTES];
};

struct archive_files {
	struct archive_file *items;
	size_t n, capacity;
};

/**
 * archive_list(dir, files, err):
 * Add all files below the directory open as ${dir}, sorted by name.  Return 0;
 * or -1 with ${err} set (ERR_USAGE names a link or special file).
 */
int archive_list(int, struct archive_files *, struct err *);

/**
 * archive_list_names(dir, names, n, files, err):
 * Add these ${n} files below ${dir}, as archive_list() does.
 */
int archive_list_names(int, const char *const *, size_t,
    struct archive_files *, struct err *);

/** archive_list_first(files, name): Move ${name} to the front, if present. */
void archive_list_first(struct archive_files *, const char *);

/**
 * archive_file_open(dir, file, err):
 * Open it, if it has not changed; or return -1.
 */
int archive_file_open(int, const struct archive_file *, struct err *);

/**
 * archive_file_check(file, st, err):
 * Return 0 if ${st} shows no change of ${file}; else -1 with ${err} set.
 */
int archive_file_check(const struct archive_file *, const struct stat *,
    struct err *);

/** archive_files_release(files): Free what ${files} holds. */
void archive_files_release(struct archive_files *);

/* ---------------------------------------------------- archive_staged.c */

/* An archive that is being written under a temporary name. */
struct archive_staged {
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
 * archive_staged_open(staged, target, inside, force, err):
 * Create the file that is to become ${target}, which must not be inside the
 * directory open as ${inside}.  Return 0; or -1 with ${err} set; call
 * archive_staged_close() in either case.
 */
int archive_staged_open(struct archive_staged *, const char *, int, bool,
    struct err *);

/**
 * archive_staged_name(staged, err):
 * Publish the file under its name.  Return 0; or -1 with ${err} set on failure,
 * or if the target appeared or changed meanwhile.
 */
int archive_staged_name(struct archive_staged *, struct err *);

/** archive_staged_close(staged): Release it; an unpublished file is removed. */
void archive_staged_close(struct archive_staged *);

/* ----------------------------------------------------- pack_trailer.c */

/* The trailer of an archive that is read. */
struct archive_trailer {
	bool is_there;
	bool is_valid;		/* it matches the bytes before it */
	bool is_misplaced;	/* it is not at the end, or incomplete */
	int64_t end;		/* of the archive, without the trailer */
	int64_t digits, offset;	/* where they are; bytes hashed so far */
	char hex[SHA256_HEX];
	struct sha256 *hash;
};

/**
 * archive_trailer_find(fd, size, trailer, err):
 * Look for a trailer.  Return 0, whether or not there is one; or -1 with ${err}
 * set.
 */
int archive_trailer_find(int, int64_t, struct archive_trailer *, struct err *);

/**
 * archive_trailer_step(fd, trailer, buffer, err):
 * Hash the next chunk, using ${buffer}.  Return 1; 0 at the end; or -1 with
 * ${err} set.
 */
int archive_trailer_step(int, struct archive_trailer *, char *, struct err *);

/** archive_trailer_release(trailer): Free what it holds. */
void archive_trailer_release(struct archive_trailer *);

/* --------------------------------------------------- archive_writer.c */

/* What an archive is like.  Everything is borrowed. */
struct archive_settings {
	const char *target;	/* its path, for messages */
	enum archive_format format;
	const char *top;	/* the folder of all members; NULL: none */
	int64_t time;		/* of all members, in seconds since 1970 */
};

/* libarchive. */
struct archive;
struct archive_entry;
struct archive_calls;

/* An archive that is being written. */
struct archive_writer {
	const struct archive_calls *call;
	struct archive *archive;
	struct archive_entry *entry;
	const struct archive_settings *settings;
	struct sha256 *hash;	/* of the archive */
	uint64_t bytes, begun;	/* written; of these, sync started */
	char late[2];		/* a ZIP's last bytes, held back */
	size_t n_late;
	int fd;
	bool is_over;		/* given up: discard further bytes */
	struct err err;		/* of a callback */
};

/**
 * archive_writer_open(writer, settings, fd, err):
 * Write an archive to ${fd} by ${settings}.  Return 0; or -1 with ${err} set;
 * call archive_writer_release() in either case.
 */
int archive_writer_open(struct archive_writer *,
    const struct archive_settings *, int, struct err *);

/** archive_writer_begin(writer, name, bytes, err): Begin a member. */
int archive_writer_begin(struct archive_writer *, const char *, uint64_t,
    struct err *);

/** archive_writer_add(writer, data, len, err): Add bytes to it. */
int archive_writer_add(struct archive_writer *, const void *, size_t,
    struct err *);

/** archive_writer_end(writer, err): End the member. */
int archive_writer_end(struct archive_writer *, struct err *);

/**
 * archive_writer_close(writer, err):
 * Write the end of the archive and its trailer.
 */
int archive_writer_close(struct archive_writer *, struct err *);

/** archive_writer_release(writer): Free what it holds. */
void archive_writer_release(struct archive_writer *);

/** archive_member_name(settings, name): Return the member's name, new. */
char *archive_member_name(const struct archive_settings *, const char *);

/* --------------------------------------------------- archive_reader.c */

/* A member of an archive that is read. */
struct archive_member {
	const char *name;	/* borrowed until the next; "": none */
	bool is_file, is_dir;	/* neither: a link or a special file */
	const char *doubt;	/* libarchive's warning, or NULL */
};

/* An archive that is being read. */
struct archive_reader {
	const struct archive_calls *call;
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
 * archive_reader_open(reader, fd, size, err):
 * Read the archive in the first ${size} bytes of ${fd}.  Return 0; or -1 with
 * ${err} set (ERR_DATA: it is not an archive); call archive_reader_release() in
 * either case.
 */
int archive_reader_open(struct archive_reader *, int, int64_t, struct err *);

/**
 * archive_reader_next(reader, member, err):
 * Go to the next member.  Return 1; 0 at the end; or -1 with ${err} set
 * (ERR_DATA) if the rest of the archive can't be read.
 */
int archive_reader_next(struct archive_reader *, struct archive_member *,
    struct err *);

/**
 * archive_reader_get(reader, data, capacity, err):
 * Read up to ${capacity} bytes of the member.  Return how many, 0 at its end,
 * or -1 with ${err} set (ERR_DATA).
 */
ssize_t archive_reader_get(struct archive_reader *, void *, size_t,
    struct err *);

/**
 * archive_reader_again(reader):
 * After a damaged member of a ZIP: reopen the archive and skip to it, so that
 * the next member can be read.  Return whether that worked.
 */
bool archive_reader_again(struct archive_reader *);

/** archive_reader_release(reader): Free what it holds. */
void archive_reader_release(struct archive_reader *);

/** archive_plain_name(name): Return ${name} without leading "./". */
const char *archive_plain_name(const char *);

/* ------------------------------------------------ archive_members.c */

/**
 * archive_hash_members(fd, report, cookie, err):
 * Read the archive ${fd}, which pack_files() wrote: call ${report} for each
 * member with its name, bytes and SHA-256.  Return 0; or -1 with ${err} set
 * (ERR_DATA: it was changed).
 */
int archive_hash_members(int, void (*)(void *, const char *, uint64_t,
    const unsigned char *), void *, struct err *);

/** archive_library(): Return libarchive's name and version, borrowed. */
const char *archive_library(void);

#endif
