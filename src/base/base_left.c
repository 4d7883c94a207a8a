/*
 * Temporary files beside a command's output:
 *
 *	.hlexport-scratch-XXXXXXXXXXXX/		a scratch directory
 *		hlexport-scratch		the marker, created first and
 *						removed last
 *		hlexport-replaced/NAME		the previous output, where the
 *						system has no atomic exchange
 *		...				the files in progress
 *	.hlexport-published-XXXXXXXXXXXX	the note: what was published
 *
 * The process locks both with flock(2) while it runs.  Any process removes an
 * unlocked directory that it finds.  A note stays while it is valid: the file
 * was published, but its process was killed before it ended, so the same
 * command may run again and replace it.
 */

#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base_file.h"
#include "base/base_left.h"
#include "base/base_mem.h"
#include "base/base_remove.h"
#include "base/base_scratch.h"
#include "base/base_sha256.h"
#include "base/base_text.h"

#define NOTE_PREFIX ".hlexport-published-"
#define NOTE_MAX 4096
#define REPLACED "hlexport-replaced"

/* Random, so that nobody can create the name in advance. */
char *
left_name(const char *prefix)
{
	unsigned char bytes[6];
	struct text name;
	size_t i;

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return NULL;
	text_init(&name, NAME_MAX);
	text_adds(&name, prefix);
	for (i = 0; i < sizeof(bytes); i++)
		text_addf(&name, "%02x", bytes[i]);
	return text_take(&name);
}

/* ------------------------------------------------------------- the note */

/*
 * A note has the command's hash, the file's identity and its name.  Inode
 * numbers are reused, so a regular file is identified by size and time too.
 */
static void
write_note(const char *command, const struct stat *st, const char *name,
    struct text *note)
{
	unsigned char hash[SHA256_BYTES];
	char hex[SHA256_HEX];

	sha256_of(command, strlen(command), hash);
	sha256_hex(hash, hex);
	text_addf(note, "%s %ju %ju", hex, (uintmax_t)st->st_dev,
	    (uintmax_t)st->st_ino);
	if (S_ISREG(st->st_mode))
		text_addf(note, " %jd %jd.%09ld", (intmax_t)st->st_size,
		    (intmax_t)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	text_addf(note, "\n%s", name);
}

/*
 * Is the note in ${fd} still valid, for ${command} or (NULL) any command, and
 * for the file ${wanted} or (NULL) any file?
 */
static bool
note_holds(int dir, int fd, const char *wanted, const char *command)
{
	char note[NOTE_MAX + 1];
	ssize_t n = pread(fd, note, NOTE_MAX, 0);
	size_t skip = command == NULL ? SHA256_HEX - 1 : 0;
	struct text now;
	struct stat st;
	char *name;
	bool holds;

	if (n <= (ssize_t)skip)
		return false;
	note[n] = '\0';
	if ((name = strchr(note, '\n')) == NULL ||
	    strchr(++name, '/') != NULL ||
	    (wanted != NULL && strcmp(wanted, name) != 0) ||
	    fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return false;
	text_init(&now, 2 * NOTE_MAX);
	write_note(command != NULL ? command : "", &st, name, &now);
	holds = now.len == (size_t)n &&
	    memcmp(&now.data[skip], &note[skip], (size_t)n - skip) == 0;
	text_release(&now);
	return holds;
}

int
left_note(int dir, const struct stat *st, const char *to,
    const char *command, char **name)
{
	struct text text;
	struct iovec part;
	int fd, rc, why;

	if ((*name = left_name(NOTE_PREFIX)) == NULL)
		return -1;
	fd = openat(dir, *name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	(void)flock(fd, LOCK_EX | LOCK_NB);
	text_init(&text, 2 * NOTE_MAX);
	write_note(command, st, to, &text);
	part = (struct iovec){ text.data, text.len };
	rc = file_write(fd, &part, 1, NULL);
	why = errno;
	text_release(&text);
	if (rc == 0)
		return fd;
	unlinkat(dir, *name, 0);
	close(fd);
	errno = why;
	return -1;
}

/* ------------------------------------------------------------ leftovers */

DIR *
left_list(int dir)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = copy != -1 ? fdopendir(copy) : NULL;

	if (list == NULL && copy != -1)
		close(copy);
	return list;
}

bool
left_is_there(int dir, const char *name, int fd)
{
	struct stat one, other;

	return fstat(fd, &one) == 0 && fstatat(dir, name, &other,
	    AT_SYMLINK_NOFOLLOW) == 0 && one.st_dev == other.st_dev &&
	    one.st_ino == other.st_ino;
}

static bool
is_empty(int fd)
{
	DIR *list = left_list(fd);
	struct dirent *entry;
	bool is = list != NULL;

	while (is && (entry = readdir(list)) != NULL)
		is = strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0;
	if (list != NULL)
		closedir(list);
	return is;
}

static bool
is_our_note(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid() && (st.st_mode & 0777) == 0600;
}

/*
 * Did a process of the same user make the directory?  It has the marker, or is
 * empty: the process may have been killed before it wrote the marker.
 */
static bool
is_owned(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1 || st.st_uid != geteuid() ||
	    (st.st_mode & 0777) != 0700)
		return false;
	return (fstatat(fd, LEFT_MARKER, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode) && st.st_uid == geteuid()) || is_empty(fd);
}

/* Open and lock the leftover ${name}, or return -1 if it is in use. */
static int
open_left(int dir, const char *name, bool is_note)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC | (is_note ? 0 : O_DIRECTORY));

	if (fd == -1)
		return -1;
	if ((is_note ? is_our_note(fd) : is_owned(fd)) &&
	    flock(fd, LOCK_EX | LOCK_NB) == 0 &&
	    left_is_there(dir, name, fd))
		return fd;
	close(fd);
	return -1;
}

/* Open the next leftover in ${list} with this prefix; -1: no more. */
static int
next_left(DIR *list, const char *prefix, const char **name)
{
	bool is_note = strcmp(prefix, NOTE_PREFIX) == 0;
	struct dirent *entry;
	int fd;

	while ((entry = readdir(list)) != NULL) {
		*name = entry->d_name;
		if (strncmp(*name, prefix, strlen(prefix)) == 0 &&
		    (fd = open_left(dirfd(list), *name, is_note)) != -1)
			return fd;
	}
	return -1;
}

int
left_set_aside(int dir, const char *name, int fd)
{
	int aside;
	int rc;

	if (mkdirat(fd, REPLACED, 0700) == -1)
		return -1;
	aside = openat(fd, REPLACED, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (aside == -1)
		return -1;
	rc = renameat(dir, name, aside, name);
	close(aside);
	return rc;
}

/* Not every file system supports RENAME_NOREPLACE. */
static void
put_back(int aside, const char *name, int dir)
{
	struct stat st;

	if (renameat2(aside, name, dir, name, RENAME_NOREPLACE) == 0 ||
	    (errno != EINVAL && errno != ENOSYS))
		return;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1 &&
	    errno == ENOENT)
		(void)renameat(aside, name, dir, name);
}

/* Never replaces a file that has taken the name since. */
void
left_put_back(int dir, int fd)
{
	int aside = openat(fd, REPLACED, O_RDONLY | O_DIRECTORY |
	    O_NOFOLLOW | O_CLOEXEC);
	DIR *list = aside != -1 ? fdopendir(aside) : NULL;
	struct dirent *entry;

	while (list != NULL && (entry = readdir(list)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			put_back(aside, entry->d_name, dir);
	if (list != NULL)
		closedir(list);
	else if (aside != -1)
		close(aside);
}

void
left_remove(int dir, const char *name, int fd)
{
	static const char *const but[] = { LEFT_MARKER, NULL };

	if (remove_below(fd, but) == -1)
		return;
	unlinkat(fd, LEFT_MARKER, 0);
	if (left_is_there(dir, name, fd))
		unlinkat(dir, name, AT_REMOVEDIR);
}

void
left_sweep(int dir)
{
	DIR *list = left_list(dir);
	const char *name;
	int fd;

	if (list == NULL)
		return;
	while ((fd = next_left(list, LEFT_PREFIX, &name)) != -1) {
		left_put_back(dir, fd);
		left_remove(dir, name, fd);
		close(fd);
	}
	rewinddir(list);
	while ((fd = next_left(list, NOTE_PREFIX, &name)) != -1) {
		if (!note_holds(dir, fd, NULL, NULL))
			unlinkat(dir, name, 0);
		close(fd);
	}
	closedir(list);
}

/* Open the parent directory of ${to}; set ${*name} to its last name. */
static int
open_folder(const char *to, const char **name)
{
	const char *slash = strrchr(to, '/');
	char *folder = slash == NULL ? mem_text(".") :
	    mem_copy(to, (size_t)(slash - to) + 1);
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*name = slash != NULL ? slash + 1 : to;
	free(folder);
	return dir;
}

bool
scratch_was_cut_off(const char *to, const char *command)
{
	const char *wanted, *name;
	int dir = open_folder(to, &wanted), fd;
	DIR *list = dir != -1 ? left_list(dir) : NULL;
	bool was = false;

	while (list != NULL && !was && (fd = next_left(list, NOTE_PREFIX,
	    &name)) != -1) {
		was = note_holds(dir, fd, wanted, command);
		close(fd);
	}
	if (list != NULL)
		closedir(list);
	if (dir != -1)
		close(dir);
	return was;
}

