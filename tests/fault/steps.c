/*
 * hlexport with control over every disk step: it is linked with --wrap, so that
 * each call that changes the disk goes through here.
 *
 *	HLEXPORT_STEP_AT=N	do something at the Nth step, from 1
 *	HLEXPORT_STEP_DO=WHAT	end: exit before it; half: exit in the middle
 *				of a write; short: a short write; or fail with
 *				an errno: EIO, ENOSPC ...
 *	HLEXPORT_DIR_SYNC=ERRNO	fail syncs of directories with this errno, like
 *				file systems that don't support them
 *	HLEXPORT_MALLOC_AT=N	fail the Nth allocation
 *	HLEXPORT_STEP_TRACE=F	write a trace of the steps to the file F, for
 *				power.py
 *	HLEXPORT_STEP_THREAD=1	sync in a thread, as in production; else the
 *				steps have the same numbers in each run
 *	HLEXPORT_STEP_SLOW=MS	make a sync take this much longer
 */

#include <sys/stat.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int __real_openat(int, const char *, int, ...);
ssize_t __real_writev(int, const struct iovec *, int);
ssize_t __real_write(int, const void *, size_t);
int __real_fsync(int);
int __real_syncfs(int);
void *__real_tree_worker_start(void);
int __real_renameat(int, const char *, int, const char *);
int __real_renameat2(int, const char *, int, const char *, unsigned);
int __real_linkat(int, const char *, int, const char *, int);
int __real_open(const char *, int, ...);
int __real_unlinkat(int, const char *, int);
int __real_ftruncate(int, off_t);
int __real_mkdirat(int, const char *, mode_t);
int __real_mkdir(const char *, mode_t);
void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);
int __wrap_openat(int, const char *, int, ...);
ssize_t __wrap_writev(int, const struct iovec *, int);
ssize_t __wrap_write(int, const void *, size_t);
int __wrap_fsync(int);
int __wrap_syncfs(int);
int __wrap_sync_file_range(int, off_t, off_t, unsigned);
void *__wrap_tree_worker_start(void);
int __wrap_renameat(int, const char *, int, const char *);
int __wrap_renameat2(int, const char *, int, const char *, unsigned);
int __wrap_linkat(int, const char *, int, const char *, int);
int __wrap_rename(const char *, const char *);
int __wrap_unlink(const char *);
int __wrap_rmdir(const char *);
int __wrap_open(const char *, int, ...);
int __wrap_unlinkat(int, const char *, int);
int __wrap_ftruncate(int, off_t);
int __wrap_mkdirat(int, const char *, mode_t);
int __wrap_mkdir(const char *, mode_t);

enum what { GO, HALF, SHORT, FAIL };

/* What a step wants of the disk: no disk is too full to remove a file. */
enum wants { ROOM, A_NAME, NOTHING };

static const struct {
	const char *name;
	int number;
} errors[] = { { "EIO", EIO }, { "ENOSPC", ENOSPC }, { "EDQUOT", EDQUOT },
    { "EACCES", EACCES }, { "EMFILE", EMFILE }, { "EINTR", EINTR },
    { "EROFS", EROFS }, { "EINVAL", EINVAL }, { "ENOTSUP", ENOTSUP } };

static _Atomic long count, mallocs;
static pthread_mutex_t trace_lock = PTHREAD_MUTEX_INITIALIZER;

static void
set_errno(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strncmp(errors[i].name, name, strcspn(name, "+")) == 0)
			errno = errors[i].number;
}

/* One more step: is it the one? */
static enum what
step(enum wants wants)
{
	const char *pos = getenv("HLEXPORT_STEP_AT");
	const char *what = getenv("HLEXPORT_STEP_DO");
	long number = ++count;
	int from_here;

	if (pos == NULL || what == NULL || (wants == NOTHING &&
	    strncmp(what, "ENOSPC", 6) == 0))
		return GO;
	from_here = wants == ROOM && strchr(what, '+') != NULL;
	if (from_here ? atol(pos) > number : atol(pos) != number)
		return GO;
	if (strcmp(what, "end") == 0)
		_exit(137);
	if (strcmp(what, "half") == 0)
		return HALF;
	if (strcmp(what, "short") == 0)
		return SHORT;
	set_errno(what);
	return FAIL;
}

static int
trace_fd(void)
{
	static int fd = -2;
	const char *path = getenv("HLEXPORT_STEP_TRACE");

	if (fd == -2)
		fd = path == NULL ? -1 : __real_open(path, O_WRONLY | O_CREAT |
		    O_APPEND | O_CLOEXEC, 0600);
	return fd;
}

static void __attribute__((format(printf, 1, 2)))
trace(const char *format, ...)
{
	char line[3 * PATH_MAX];
	va_list ap;
	int n;

	if (trace_fd() == -1)
		return;
	va_start(ap, format);
	n = vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	pthread_mutex_lock(&trace_lock);
	if (n > 0)
		(void)!__real_write(trace_fd(), line, (size_t)n);
	pthread_mutex_unlock(&trace_lock);
}

/* The path of what is open as ${fd}. */
static const char *
path_of(int fd, char path[PATH_MAX])
{
	char name[64];
	ssize_t n;

	if (fd == AT_FDCWD)
		return getcwd(path, PATH_MAX) != NULL ? path : "?";
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	n = readlink(name, path, PATH_MAX - 1);
	path[n > 0 ? n : 0] = '\0';
	return path;
}

static unsigned long
inode(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? (unsigned long)st.st_ino : 0;
}

int
__wrap_openat(int dir, const char *name, int flags, ...)
{
	char path[PATH_MAX];
	mode_t mode = 0;
	va_list ap;
	int fd;

	va_start(ap, flags);
	if (flags & O_CREAT)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	if (!(flags & (O_CREAT | O_TRUNC)))
		return __real_openat(dir, name, flags, mode);
	if (step(ROOM) == FAIL)
		return -1;
	fd = __real_openat(dir, name, flags, mode);
	if (fd != -1)
		trace("create\t%s/%s\t%lu\t%d\n", path_of(dir, path), name,
		    inode(fd), (flags & O_TRUNC) != 0);
	return fd;
}

int
__wrap_open(const char *name, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	va_start(ap, flags);
	if (flags & O_CREAT)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	return __wrap_openat(AT_FDCWD, name, flags, mode);
}

/* What is written, and where: after the fact. */
static void
trace_write(int fd, const struct iovec *parts, int n, ssize_t done)
{
	static const char hex[] = "0123456789abcdef";
	off_t end = lseek(fd, 0, SEEK_CUR);
	size_t len, left = (size_t)done, k;
	char *out;
	int i;

	if (trace_fd() == -1 || done <= 0)
		return;
	/* In one piece: another thread may write to it. */
	out = __real_malloc(2 * (size_t)done + 100);
	len = (size_t)sprintf(out, "write\t%lu\t%lld\t", inode(fd),
	    (long long)end - done);
	for (i = 0; i < n && left > 0; i++) {
		const unsigned char *pos = parts[i].iov_base;

		for (k = 0; k < parts[i].iov_len && left > 0; k++, left--) {
			out[len++] = hex[pos[k] >> 4];
			out[len++] = hex[pos[k] & 15];
		}
	}
	out[len++] = '\n';
	pthread_mutex_lock(&trace_lock);
	(void)!__real_write(trace_fd(), out, len);
	pthread_mutex_unlock(&trace_lock);
	free(out);
}

static ssize_t
write_half(int fd, const struct iovec *parts, int n)
{
	size_t total = 0;
	ssize_t done;
	char *all, *pos;
	int i;

	for (i = 0; i < n; i++)
		total += parts[i].iov_len;
	pos = all = malloc(total + 1);
	for (i = 0; i < n; i++) {
		memcpy(pos, parts[i].iov_base, parts[i].iov_len);
		pos += parts[i].iov_len;
	}
	done = __real_write(fd, all, total > 1 ? total / 2 : total);
	free(all);
	return done;
}

ssize_t
__wrap_writev(int fd, const struct iovec *parts, int n)
{
	ssize_t done;

	switch (step(ROOM)) {
	case HALF:
		write_half(fd, parts, n);
		_exit(137);
	case SHORT:
		done = write_half(fd, parts, n);
		break;
	case FAIL:
		return -1;
	default:
		done = __real_writev(fd, parts, n);
		break;
	}
	trace_write(fd, parts, n, done);
	return done;
}

ssize_t
__wrap_write(int fd, const void *data, size_t len)
{
	struct iovec part = { (void *)data, len };

	return __wrap_writev(fd, &part, 1);
}

/* So that more happens beside it. */
static void
slow_down(void)
{
	const char *ms = getenv("HLEXPORT_STEP_SLOW");
	long n = ms != NULL ? atol(ms) : 0;

	if (n > 0)
		nanosleep(&(struct timespec){ n / 1000, n % 1000 * 1000000 },
		    NULL);
}

int
__wrap_fsync(int fd)
{
	const char *dirs = getenv("HLEXPORT_DIR_SYNC");
	char path[PATH_MAX];
	struct stat st;
	int rc;

	if (step(ROOM) == FAIL)
		return -1;
	if (dirs != NULL && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		set_errno(dirs);
		return -1;
	}
	trace("begin\t%s\t%lu\n", path_of(fd, path), inode(fd));
	slow_down();
	rc = __real_fsync(fd);
	if (rc == 0)
		trace("sync\t%s\t%lu\n", path_of(fd, path), inode(fd));
	return rc;
}

/* Everything on the disk, as it was when this began. */
int
__wrap_syncfs(int fd)
{
	int rc;

	if (step(ROOM) == FAIL)
		return -1;
	trace("begin\t*\t0\n");
	slow_down();
	rc = __real_syncfs(fd);
	if (rc == 0)
		trace("sync\t*\t0\n");
	return rc;
}

/* It promises nothing, so nothing is done. */
int
__wrap_sync_file_range(int fd, off_t offset, off_t len, unsigned flags)
{
	(void)fd;
	(void)offset;
	(void)len;
	(void)flags;
	return 0;
}

/* Without a thread, syncs are done where they are begun. */
void *
__wrap_tree_worker_start(void)
{
	return getenv("HLEXPORT_STEP_THREAD") != NULL ?
	    __real_tree_worker_start() : NULL;
}

int
__wrap_renameat(int from, const char *a, int to, const char *b)
{
	char one[PATH_MAX], other[PATH_MAX];
	int rc;

	if (step(A_NAME) == FAIL)
		return -1;
	rc = __real_renameat(from, a, to, b);
	if (rc == 0)
		trace("rename\t%s/%s\t%s/%s\n", path_of(from, one), a,
		    path_of(to, other), b);
	return rc;
}

int
__wrap_renameat2(int from, const char *a, int to, const char *b,
    unsigned flags)
{
	if (step(A_NAME) == FAIL)
		return -1;
	return __real_renameat2(from, a, to, b, flags);
}

int
__wrap_linkat(int from, const char *a, int to, const char *b, int flags)
{
	if (step(ROOM) == FAIL)
		return -1;
	return __real_linkat(from, a, to, b, flags);
}

int
__wrap_rename(const char *a, const char *b)
{
	return __wrap_renameat(AT_FDCWD, a, AT_FDCWD, b);
}

int
__wrap_unlink(const char *name)
{
	return __wrap_unlinkat(AT_FDCWD, name, 0);
}

int
__wrap_rmdir(const char *name)
{
	return __wrap_unlinkat(AT_FDCWD, name, AT_REMOVEDIR);
}

int
__wrap_unlinkat(int dir, const char *name, int flags)
{
	char path[PATH_MAX];
	int rc;

	if (step(NOTHING) == FAIL)
		return -1;
	rc = __real_unlinkat(dir, name, flags);
	if (rc == 0)
		trace("unlink\t%s/%s\n", path_of(dir, path), name);
	return rc;
}

int
__wrap_ftruncate(int fd, off_t len)
{
	int rc;

	if (step(A_NAME) == FAIL)
		return -1;
	rc = __real_ftruncate(fd, len);
	if (rc == 0)
		trace("truncate\t%lu\t%lld\n", inode(fd), (long long)len);
	return rc;
}

int
__wrap_mkdirat(int dir, const char *name, mode_t mode)
{
	char path[PATH_MAX];
	int rc;

	if (step(ROOM) == FAIL)
		return -1;
	rc = __real_mkdirat(dir, name, mode);
	if (rc == 0)
		trace("mkdir\t%s/%s\n", path_of(dir, path), name);
	return rc;
}

int
__wrap_mkdir(const char *name, mode_t mode)
{
	return __wrap_mkdirat(AT_FDCWD, name, mode);
}

/* Is there memory for one more? */
static int
is_there_more(void)
{
	static long offset = -1;
	const char *text;

	if (offset == -1) {
		text = getenv("HLEXPORT_MALLOC_AT");
		offset = text != NULL ? atol(text) : 0;
	}
	return ++mallocs != offset;
}

void *
__wrap_malloc(size_t size)
{
	return is_there_more() ? __real_malloc(size) : NULL;
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return is_there_more() ? __real_calloc(n, size) : NULL;
}

void *
__wrap_realloc(void *data, size_t size)
{
	return is_there_more() ? __real_realloc(data, size) : NULL;
}

/* How many steps there were, for the loop. */
static void __attribute__((destructor))
tell(void)
{
	const char *path = getenv("HLEXPORT_STEP_COUNT");
	FILE *file = path != NULL ? fopen(path, "w") : NULL;

	if (file != NULL) {
		fprintf(file, "%ld %ld\n", count, mallocs);
		fclose(file);
	}
}
