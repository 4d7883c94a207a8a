#include <sys/stat.h>
#ifdef __linux__
#include <sys/statfs.h>
#include <sys/utsname.h>
#endif

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base_file.h"

#define TEMP_PREFIX ".hlexport-"
#define TRIES 20

/* "." and ".." could lead outside the directory. */
static bool
is_dots(const char *name, size_t len)
{
	return len <= 2 && len > 0 && memcmp(name, "..", len) == 0;
}

bool
file_is_path(const char *path)
{
	const char *name = path;
	size_t n;

	if (strlen(path) >= PATH_MAX)
		return false;
	for (;; name += n + 1) {
		n = strcspn(name, "/");
		if (n == 0 || n > NAME_MAX || is_dots(name, n))
			return false;
		if (name[n] == '\0')
			return true;
	}
}

/* openat(2) of one name, retried after EINTR. */
static int
open_one(int dir, const char *name, int flags)
{
	int fd;

	do
		fd = openat(dir, name, flags | O_CLOEXEC, 0600);
	while (fd == -1 && errno == EINTR);
	return fd;
}

/* Open the directory ${name}; create it if ${make}. */
static int
step_into(int dir, const char *name, bool make)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
	int fd = open_one(dir, name, flags);

	if (fd != -1 || errno != ENOENT || !make)
		return fd;
	if (mkdirat(dir, name, 0700) == -1 && errno != EEXIST)
		return -1;
	return open_one(dir, name, flags);
}

/*
 * Open the directory named by the first ${len} bytes of ${path}, one name
 * after the other.  Return a descriptor that the caller closes, or ${dir}
 * itself if there is no name.
 */
static int
walk(int dir, const char *path, size_t len, bool make)
{
	char name[NAME_MAX + 1];
	size_t i = 0, n;
	int fd = dir, next, why;

	while (i < len) {
		for (n = 0; i + n < len && path[i + n] != '/'; n++)
			;
		if (n > NAME_MAX || is_dots(&path[i], n)) {
			next = -1;
			errno = n > NAME_MAX ? ENAMETOOLONG : EINVAL;
		} else if (n == 0) {
			i++;
			continue;
		} else {
			memcpy(name, &path[i], n);
			name[n] = '\0';
			next = step_into(fd, name, make);
		}
		i += n + 1;
		why = errno;
		if (fd != dir)
			close(fd);
		errno = why;
		if ((fd = next) == -1)
			return -1;
	}
	return fd;
}

int
file_step(int dir, const char *name, bool *made, struct err *err)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
	int fd = open_one(dir, name, flags);

	*made = fd == -1 && errno == ENOENT;
	if (*made)
		fd = step_into(dir, name, true);
	if (fd == -1)
		return err_errno(err, ERR_DISK, "create directory %s", name);
	return fd;
}

int
file_dir(int dir, const char *path, bool make, struct err *err)
{
	int fd = walk(dir, path, strlen(path), make);

	if (fd == dir)
		fd = step_into(dir, ".", false);
	if (fd == -1)
		return err_errno(err, ERR_DISK, "%s directory %s",
		    make ? "create" : "open", path);
	return fd;
}

/*
 * Create a new file.  An existing file of that name is unlinked, never written
 * to: it may have other hard links.
 */
static int
create_new(int dir, const char *name, int flags)
{
	int fd, tries;

	for (tries = 0; tries < TRIES; tries++) {
		fd = open_one(dir, name, (flags & ~O_TRUNC) | O_EXCL);
		if (fd != -1 || errno != EEXIST)
			return fd;
		if (unlinkat(dir, name, 0) == -1 && errno != ENOENT)
			return -1;
	}
	return -1;
}

/*
 * Refuse anything but a regular file, and for writing, a file with more than
 * one hard link.
 */
static int
check_opened(int fd, const char *path, int flags, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return err_errno(err, ERR_DISK, "stat %s", path);
	if (!S_ISREG(st.st_mode)) {
		err_set(err, ERR_DISK, "%s is not a regular file, but a %s",
		    path, S_ISDIR(st.st_mode) ? "directory" :
		    "pipe, socket or device");
		errno = S_ISDIR(st.st_mode) ? EISDIR : ENXIO;
		return -1;
	}
	if ((flags & O_ACCMODE) != O_RDONLY && st.st_nlink > 1) {
		err_set(err, ERR_DISK, "%s has more than one hard link, "
		    "and writing to it would change the other copies too; "
		    "copy the export with cp -r and use the copy", path);
		errno = EMLINK;
		return -1;
	}
	return 0;
}

int
file_open(int dir, const char *path, int flags, struct err *err)
{
	const char *name = strrchr(path, '/');
	int parent, fd, why;
	bool is_new = (flags & (O_CREAT | O_TRUNC)) == (O_CREAT | O_TRUNC);

	name = name != NULL ? name + 1 : path;
	parent = walk(dir, path, (size_t)(name - path), flags & O_CREAT);
	if (parent == -1)
		return err_errno(err, ERR_DISK, "open %s", path);
	/* Opening a pipe must not block. */
	flags |= O_NOFOLLOW | O_NONBLOCK;
	fd = is_new ? create_new(parent, name, flags) :
	    open_one(parent, name, flags);
	why = errno;
	if (parent != dir)
		close(parent);
	errno = why;
	if (fd == -1)
		return err_errno(err, ERR_DISK, "%s %s",
		    flags & O_CREAT ? "create" : "open", path);
	if (check_opened(fd, path, flags, err) == 0)
		return fd;
	why = errno;
	close(fd);
	errno = why;
	return -1;
}

int
file_stat(int dir, const char *path, struct stat *st)
{
	const char *name = strrchr(path, '/');
	int parent, rc, why;

	name = name != NULL ? name + 1 : path;
	parent = walk(dir, path, (size_t)(name - path), false);
	if (parent == -1)
		return -1;
	rc = fstatat(parent, name, st, AT_SYMLINK_NOFOLLOW);
	why = errno;
	if (parent != dir)
		close(parent);
	errno = why;
	return rc;
}

int
file_remove(int dir, const char *path, struct err *err)
{
	const char *name = strrchr(path, '/');
	int parent, rc;

	name = name != NULL ? name + 1 : path;
	parent = walk(dir, path, (size_t)(name - path), false);
	rc = parent == -1 ? -1 : unlinkat(parent, name, 0);
	if (rc == -1)
		err_errno(err, ERR_DISK, "remove %s", path);
	if (parent != -1 && parent != dir)
		close(parent);
	return rc;
}

bool
file_fits_memory(int fd)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
	struct stat st;

	return pages <= 0 || size <= 0 || fstat(fd, &st) == -1 ||
	    st.st_size / size <= pages / 2;
}

int
file_read(int dir, const char *path, struct text *text, struct err *err)
{
	char chunk[65536];
	ssize_t n;
	int fd;

	if (dir == AT_FDCWD) {
		if ((fd = open_one(dir, path, O_RDONLY)) == -1)
			return err_errno(err, ERR_DISK, "open %s", path);
	} else if ((fd = file_open(dir, path, O_RDONLY, err)) == -1) {
		return -1;
	}
	if (!file_fits_memory(fd)) {
		errno = EFBIG;
		err_set(err, ERR_DISK, "%s is larger than half of this "
		    "machine's memory", path);
		goto err_close;
	}
	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			err_errno(err, ERR_DISK, "read %s", path);
			goto err_close;
		}
		if (text_add(text, chunk, (size_t)n) == -1) {
			errno = EFBIG;
			err_set(err, ERR_DISK, "%s is larger than %zu bytes",
			    path, text->max);
			goto err_close;
		}
	}
	close(fd);
	return 0;

err_close:
	n = errno;
	close(fd);
	errno = (int)n;
	return -1;
}

int
file_write(int fd, struct iovec *part, size_t n, struct err *err)
{
	ssize_t done;

	while (n > 0) {
		if (part->iov_len == 0) {
			part++;
			n--;
			continue;
		}
		done = writev(fd, part, n < IOV_MAX ? (int)n : IOV_MAX);
		if (done == -1 && errno == EINTR)
			continue;
		if (done == -1)
			return err_errno(err, ERR_DISK, "write");
		for (; n > 0 && (size_t)done >= part->iov_len; part++, n--)
			done -= (ssize_t)part->iov_len;
		if (n > 0) {
			part->iov_base = (char *)part->iov_base + done;
			part->iov_len -= (size_t)done;
		}
	}
	return 0;
}

/*
 * Does errno say that the file system cannot sync directories?  CIFS before
 * Linux 4.17 and some FUSE file systems can't; nothing can be done there.
 */
static bool
is_unsyncable(int fd)
{
	int why = errno;
	struct stat st;
	bool is = (why == EINVAL || why == ENOTSUP || why == ENOSYS) &&
	    fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);

	errno = why;
	return is;
}

int
file_sync(int fd, const char *what, struct err *err)
{
	int rc;

	do
		rc = fsync(fd);
	while (rc == -1 && errno == EINTR);
	if (rc == -1 && !is_unsyncable(fd))
		return err_errno(err, ERR_DISK, "sync %s", what);
	return 0;
}

void
file_begin_sync(int fd)
{
#ifdef SYNC_FILE_RANGE_WRITE
	(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
#else
	(void)fd;
#endif
}

#ifdef __linux__
/*
 * Since Linux 5.8, syncfs(2) reports write errors.  On network file systems
 * and FUSE it may miss errors that fsync(2) reports.
 */
bool
file_can_sync_all(int fd)
{
	/* statfs(2): ext4, XFS, Btrfs, F2FS, tmpfs. */
	static const unsigned known[] = { 0xef53, 0x58465342, 0x9123683e,
	    0xf2f52010, 0x01021994 };
	unsigned major, minor;
	struct utsname name;
	struct statfs disk;
	size_t i;

	if (uname(&name) == -1 || sscanf(name.release, "%u.%u", &major,
	    &minor) != 2 || major < 5 || (major == 5 && minor < 8) ||
	    fstatfs(fd, &disk) == -1)
		return false;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if ((unsigned)disk.f_type == known[i])
			return true;
	return false;
}

int
file_sync_all(int fd, const char *what, struct err *err)
{
	int rc;

	do
		rc = syncfs(fd);
	while (rc == -1 && errno == EINTR);
	return rc == 0 ? 0 : err_errno(err, ERR_DISK, "sync %s", what);
}
#else
bool
file_can_sync_all(int fd)
{
	(void)fd;
	return false;
}

int
file_sync_all(int fd, const char *what, struct err *err)
{
	(void)fd;
	return err_set(err, ERR_INTERNAL, "sync %s: no syncfs(2) on this "
	    "system", what);
}
#endif

void
file_drop_cache(int fd)
{
#ifdef POSIX_FADV_DONTNEED
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
#else
	(void)fd;
#endif
}

int
file_temp_name(const char *path, char *out)
{
	const char *name = strrchr(path, '/');
	int before;

	name = name != NULL ? name + 1 : path;
	before = (int)(name - path);
	if (snprintf(out, PATH_MAX, "%.*s" TEMP_PREFIX "%s", before, path,
	    name) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

bool
file_is_temp(const char *name)
{
	return strncmp(name, TEMP_PREFIX, strlen(TEMP_PREFIX)) == 0;
}

int
file_replace(int dir, const char *path, const void *data, size_t len,
    struct err *err)
{
	struct iovec part = { (void *)data, len };
	const char *name = strrchr(path, '/');
	char temp[PATH_MAX], parent[PATH_MAX];
	int fd;

	snprintf(parent, sizeof(parent), "%.*s",
	    name != NULL ? (int)(name - path) : 0, path);
	if (file_temp_name(path, temp) == -1)
		return err_errno(err, ERR_DISK, "write %s", path);
	if ((fd = file_open(dir, temp, O_WRONLY | O_CREAT | O_TRUNC,
	    err)) == -1)
		return -1;
	/* Sync before the rename: the name must never show partial data. */
	if (file_write(fd, &part, 1, err) == -1) {
		err_wrap(err, "%s", path);
		goto err_close;
	}
	if (file_sync(fd, path, err) == -1)
		goto err_close;
	close(fd);
	if (renameat(dir, temp, dir, path) == -1) {
		err_errno(err, ERR_DISK, "rename %s to %s", temp, path);
		goto err_unlink;
	}
	/* The rename is durable only once the directory is synced. */
	if ((fd = file_dir(dir, parent, false, err)) == -1)
		return -1;
	if (file_sync(fd, parent, err) == -1) {
		close(fd);
		return -1;
	}
	close(fd);
	return 0;

err_close:
	close(fd);
err_unlink:
	unlinkat(dir, temp, 0);
	return -1;
}
