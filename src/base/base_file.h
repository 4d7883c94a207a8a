#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/base_err.h"
#include "base/base_text.h"

/*
 * Durable files.  Paths are relative to an open directory; no symbolic link
 * below it is ever followed.  Directories are created 0700, files 0600.
 * Every error is ERR_DISK and preserves errno.
 */

/**
 * file_is_path(path):
 * Is ${path} safe to use below a directory: names separated by slashes, none
 * of them empty, ".", ".." or too long?  Check every path from outside with
 * this where it is read.  The other functions refuse "." and ".." as well
 * (EINVAL).
 */
bool file_is_path(const char *);

/**
 * file_dir(dir, path, make, err):
 * Open the directory ${path}, or ${dir} itself if ${path} is ""; if ${make},
 * create missing directories.  Return a descriptor that the caller closes, or
 * -1.
 */
int file_dir(int, const char *, bool, struct err *);

/**
 * file_step(dir, name, made, err):
 * Open the directory ${name} in ${dir}; create it if it does not exist, and
 * set ${*made} accordingly.  Return as file_dir().
 */
int file_step(int, const char *, bool *, struct err *);

/**
 * file_open(dir, path, flags, err):
 * Open the file ${path} with the flags of open(2).  O_CREAT also creates
 * missing parent directories; O_CREAT | O_TRUNC creates a new file in place of
 * an existing one.  Anything but a regular file is an error (EISDIR, ENXIO)
 * and never blocks; so is opening a file with several hard links for writing
 * (EMLINK).  Return a descriptor, or -1.
 */
int file_open(int, const char *, int, struct err *);

/**
 * file_stat(dir, path, st):
 * As fstatat(2), but follow no symbolic link, neither in ${path} nor at its
 * end.
 */
int file_stat(int, const char *, struct stat *);

/**
 * file_fits_memory(fd):
 * Is the file at most half the size of physical memory?  A sparse file can
 * have any size.
 */
bool file_fits_memory(int);

/**
 * file_read(dir, path, text, err):
 * Append the contents of the file ${path} to ${text}.  A file larger than
 * ${text->max} is an error.  ${dir} may be AT_FDCWD; links are followed then.
 * Return 0 or -1.
 */
int file_read(int, const char *, struct text *, struct err *);

/**
 * file_write(fd, parts, n, err):
 * Write all bytes of the ${n} buffers, retrying short writes.  The array is
 * modified.  Return 0 or -1.
 */
int file_write(int, struct iovec *, size_t, struct err *);

/**
 * file_sync(fd, what, err):
 * fsync(2); ${what} names the file in the error.  Succeeds for a directory on
 * a file system that cannot sync directories.
 */
int file_sync(int, const char *, struct err *);

/**
 * file_begin_sync(fd):
 * Start writing the file's dirty pages to disk, so that a later file_sync()
 * waits less.  Only an optimization: a no-op where the system lacks it.
 */
void file_begin_sync(int);

/**
 * file_can_sync_all(fd):
 * Is file_sync_all() reliable on the file system of ${fd}: is it local, and
 * does the kernel report write errors through syncfs(2)?
 */
bool file_can_sync_all(int);

/**
 * file_sync_all(fd, what, err):
 * Sync the file system that ${fd} is on, and report any write error on it
 * since ${fd} was opened.
 */
int file_sync_all(int, const char *, struct err *);

/**
 * file_drop_cache(fd):
 * Drop the file's cached pages, where the system can, so that later reads
 * come from the disk.  The file must be synced.
 */
void file_drop_cache(int);

/**
 * file_replace(dir, path, data, len, err):
 * Atomically replace the contents of the file ${path} with ${len} bytes.  If
 * the process is killed at any point, either the old or the new file is
 * intact.  Return 0 once the new file is on disk, or -1; then the file is
 * either the old or the new one.
 */
int file_replace(int, const char *, const void *, size_t, struct err *);

/** file_remove(dir, path, err): Remove the file or link ${path}. */
int file_remove(int, const char *, struct err *);

/**
 * file_temp_name(path, out):
 * Write to ${out} (PATH_MAX bytes) the temporary name for ${path}: in the
 * same directory, with a leading dot.  Return 0, or -1 with ENAMETOOLONG.
 */
int file_temp_name(const char *, char *);

/** file_is_temp(name): Was ${name} (no slash) made by file_temp_name()? */
bool file_is_temp(const char *);

#endif
