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
 * Files that last.  Paths are relative to an open directory; below it, no
 * symbolic link is ever followed.  Directories are made 0700, files 0600.
 * Every error is ERR_DISK and leaves errno as the system set it.
 */

/**
 * file_is_path(path):
 * Can it be of a file below a directory?  One or more names with slashes
 * between, none of them empty, "." or "..", and none too long.  What comes
 * from elsewhere is asked this where it is read; all other functions refuse
 * "." and ".." too (EINVAL).
 */
bool file_is_path(const char *);

/**
 * file_dir(dir, path, make, err):
 * Open the directory ${path}, one or more names with slashes between, or ""
 * for ${dir} itself; make what is missing if ${make}.  Return a descriptor
 * that the caller closes, or -1.
 */
int file_dir(int, const char *, bool, struct err *);

/**
 * file_step(dir, name, made, err):
 * Open the directory ${name} in ${dir}, made if it isn't there; ${made} says
 * whether it was.  As file_dir().
 */
int file_step(int, const char *, bool *, struct err *);

/**
 * file_open(dir, path, flags, err):
 * Open the file ${path} with the flags of open(2); with O_CREAT the missing
 * directories on the way are made too, and with O_TRUNC as well, it is a new
 * file in place of what has the name.  What is no file is never waited for,
 * and an error (EISDIR, ENXIO); so is one that has a second name, if it is to
 * be written to (EMLINK).  Return a descriptor, or -1.
 */
int file_open(int, const char *, int, struct err *);

/**
 * file_stat(dir, path, st):
 * As fstatat(2), but no link on the way is followed, and none at its end.
 */
int file_stat(int, const char *, struct stat *);

/**
 * file_fits_memory(fd):
 * Has the file at most half the bytes of the machine's memory?  A file with
 * holes can have any size.
 */
bool file_fits_memory(int);

/**
 * file_read(dir, path, text, err):
 * Add all of the file ${path} to ${text}.  A file larger than the ceiling of
 * ${text} is an error.  ${dir} may be AT_FDCWD, where links are followed.
 * Return 0 or -1.
 */
int file_read(int, const char *, struct text *, struct err *);

/**
 * file_write(fd, pieces, n, err):
 * Write all of the ${n} pieces, however many calls it takes.  The array is
 * used up.  Return 0 or -1.
 */
int file_write(int, struct iovec *, size_t, struct err *);

/**
 * file_sync(fd, what, err):
 * fsync(2); ${what} names it in the error.  A directory on a disk that has no
 * sync for directories is as good as synced.
 */
int file_sync(int, const char *, struct err *);

/**
 * file_begin_sync(fd):
 * Let the system begin to write what the file holds to the disk, so that
 * file_sync() has less to wait for.  Not every system can; nothing depends on
 * it.
 */
void file_begin_sync(int);

/**
 * file_can_sync_all(fd):
 * Can file_sync_all() be relied on, for the disk that ${fd} is on?  It is a
 * disk of this machine, and the system reports what it failed to write.
 */
bool file_can_sync_all(int);

/**
 * file_sync_all(fd, what, err):
 * Get everything onto the disk that was written to the disk that ${fd} is on,
 * by whomever, since ${fd} was opened.
 */
int file_sync_all(int, const char *, struct err *);

/**
 * file_drop_cache(fd):
 * Let what is read of the file from now on come from the disk, not from
 * memory, where the system can.  For a file that is synced.
 */
void file_drop_cache(int);

/**
 * file_replace(dir, path, data, len, err):
 * Make the file ${path} hold these ${len} bytes.  Killed at any point, it
 * leaves the old file or the new one, whole.  Return 0 once the new file is
 * on disk, or -1, the file then being either of the two.
 */
int file_replace(int, const char *, const void *, size_t, struct err *);

/** file_remove(dir, path, err): Remove the file or link ${path}. */
int file_remove(int, const char *, struct err *);

/**
 * file_temp_name(path, out):
 * Write to ${out}, which holds ${PATH_MAX} bytes, the name under which ${path}
 * is written before it gets its own: beside it, and beginning with a dot.
 * Return 0, or -1 with ENAMETOOLONG.
 */
int file_temp_name(const char *, char *);

/** file_is_temp(name): Is ${name} (no slash) one of file_temp_name()'s? */
bool file_is_temp(const char *);

#endif
