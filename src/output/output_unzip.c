/*
 * A reader of ZIP files that a library wrote (APPNOTE.TXT 6.3.10, 4.3): the
 * records at the end locate the directory, which locates the files.  It
 * supports what such libraries write: one disk, files stored or deflated, no
 * encryption.
 */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "output/output_unzip.h"

#define CHUNK (1 << 16)

#define END_LEN 22		/* 4.3.16 */
#define END64_LEN 56		/* 4.3.14 */
#define LOCATOR_LEN 20		/* 4.3.15 */
#define ENTRY_LEN 46		/* 4.3.12 */
#define LOCAL_LEN 30		/* 4.3.7 */

struct zip {
	int fd;
	uint64_t size;
	uint64_t offset, end;	/* in its directory */
	uint64_t left;		/* entries not yet read */
	const struct output_unzip *to;
	unsigned char in[CHUNK], out[CHUNK];
};

/* A file in it. */
struct entry {
	char name[PATH_MAX];
	unsigned method;
	uint32_t crc;
	uint64_t packed, bytes, offset;
};

static uint64_t
number(const unsigned char *data, size_t bytes)
{
	uint64_t n = 0;

	while (bytes-- > 0)
		n = n << 8 | data[bytes];
	return n;
}

static int
is_bad(struct err *err, const char *what)
{
	return err_set(err, ERR_DISK, "%s", what);
}

static int
read_at(const struct zip *zip, void *out, uint64_t len, uint64_t offset,
    struct err *err)
{
	unsigned char *to = out;
	ssize_t n;

	if (offset > zip->size || len > zip->size - offset)
		return is_bad(err, "truncated");
	while (len > 0) {
		n = pread(zip->fd, to, len, (off_t)offset);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == -1 ? err_errno(err, ERR_DISK, "read") :
			    is_bad(err, "it shrank while it was read");
		to += n;
		offset += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 0;
}

/* ------------------------------------------------------------ directory */

/* Find the end record; such files have no comment behind it. */
static int
find_directory(struct zip *zip, struct err *err)
{
	unsigned char end[END_LEN] = { 0 }, locator[LOCATOR_LEN] = { 0 };
	unsigned char end64[END64_LEN] = { 0 };
	uint64_t offset = zip->size - END_LEN;

	if (zip->size < END_LEN || read_at(zip, end, END_LEN, offset,
	    err) == -1 || memcmp(end, "PK\5\6", 4) != 0)
		return is_bad(err, "its end is missing");
	zip->left = number(&end[10], 2);
	zip->offset = number(&end[16], 4);
	zip->end = zip->offset + number(&end[12], 4);
	if (zip->left == UINT16_MAX || zip->offset == UINT32_MAX ||
	    number(&end[12], 4) == UINT32_MAX) {
		if (offset < LOCATOR_LEN || read_at(zip, locator, LOCATOR_LEN,
		    offset - LOCATOR_LEN, err) == -1 ||
		    memcmp(locator, "PK\6\7", 4) != 0 ||
		    read_at(zip, end64, END64_LEN, number(&locator[8], 8),
		    err) == -1 || memcmp(end64, "PK\6\6", 4) != 0)
			return is_bad(err, "its end is damaged");
		zip->left = number(&end64[32], 8);
		zip->offset = number(&end64[48], 8);
		zip->end = zip->offset + number(&end64[40], 8);
	}
	return zip->end > zip->size || zip->end < zip->offset ?
	    is_bad(err, "its directory is damaged") : 0;
}

/* Numbers that need 64 bits are in an extra field (4.5.3). */
static void
read_extra(struct entry *entry, const unsigned char *data, size_t len)
{
	uint64_t *const large[] = { &entry->bytes, &entry->packed,
	    &entry->offset };
	size_t n, i, k;

	for (; len >= 4; data += 4 + n, len -= 4 + n) {
		n = (size_t)number(&data[2], 2);
		if (n > len - 4)
			return;
		if (number(data, 2) != 1)
			continue;
		for (i = 0, k = 0; i < 3; i++) {
			if (*large[i] != UINT32_MAX || k + 8 > n)
				continue;
			*large[i] = number(&data[4 + k], 8);
			k += 8;
		}
	}
}

/* The next entry of the directory.  1, 0 at its end, or -1. */
static int
next_entry(struct zip *zip, struct entry *entry, struct err *err)
{
	unsigned char head[ENTRY_LEN] = { 0 };
	size_t name, extra, comment;

	if (zip->left == 0)
		return zip->offset == zip->end ? 0 : is_bad(err,
		    "its directory has the wrong size");
	if (read_at(zip, head, ENTRY_LEN, zip->offset, err) == -1)
		return -1;
	name = (size_t)number(&head[28], 2);
	extra = (size_t)number(&head[30], 2);
	comment = (size_t)number(&head[32], 2);
	if (memcmp(head, "PK\1\2", 4) != 0 || name >= sizeof(entry->name))
		return is_bad(err, "its directory is damaged");
	entry->method = (unsigned)number(&head[10], 2);
	entry->crc = (uint32_t)number(&head[16], 4);
	entry->packed = number(&head[20], 4);
	entry->bytes = number(&head[24], 4);
	entry->offset = number(&head[42], 4);
	if (read_at(zip, entry->name, name, zip->offset + ENTRY_LEN, err) ==
		-1 ||
	    read_at(zip, zip->in, extra, zip->offset + ENTRY_LEN + name,
		err) == -1)
		return -1;
	entry->name[name] = '\0';
	read_extra(entry, zip->in, extra);
	zip->offset += ENTRY_LEN + name + extra + comment;
	zip->left--;
	return 1;
}

/* ---------------------------------------------------------------- files */

/* Find where its bytes begin, behind the local header. */
static int
find_bytes(struct zip *zip, const struct entry *entry, uint64_t *offset,
    struct err *err)
{
	unsigned char head[LOCAL_LEN] = { 0 };
	char name[PATH_MAX];
	size_t len;

	if (read_at(zip, head, LOCAL_LEN, entry->offset, err) == -1)
		return -1;
	len = (size_t)number(&head[26], 2);
	if (memcmp(head, "PK\3\4", 4) != 0 || len != strlen(entry->name) ||
	    read_at(zip, name, len, entry->offset + LOCAL_LEN, err) == -1 ||
	    memcmp(name, entry->name, len) != 0)
		return is_bad(err, "its header is damaged");
	*offset = entry->offset + LOCAL_LEN + len + number(&head[28], 2);
	return 0;
}

/* Pass on unpacked bytes, and add them to CRC and size. */
static int
give(struct zip *zip, size_t n, uint32_t *crc, uint64_t *bytes,
    struct err *err)
{
	*crc = (uint32_t)crc32(*crc, zip->out, (unsigned)n);
	*bytes += n;
	return n == 0 ? 0 : zip->to->add(zip->to->cookie, (char *)zip->out,
	    n, err);
}

static int
inflate_all(struct zip *zip, const struct entry *entry, uint64_t offset,
    uint32_t *crc, uint64_t *bytes, struct err *err)
{
	z_stream z = { .next_in = NULL };
	uint64_t left = entry->packed, n;
	int rc = inflateInit2(&z, -MAX_WBITS) == Z_OK ? Z_OK : Z_MEM_ERROR;

	while (rc == Z_OK) {
		if (z.avail_in == 0 && left > 0) {
			n = left < CHUNK ? left : CHUNK;
			if (read_at(zip, zip->in, n, offset, err) == -1)
				break;
			z.next_in = zip->in;
			z.avail_in = (unsigned)n;
			offset += n;
			left -= n;
		}
		z.next_out = zip->out;
		z.avail_out = CHUNK;
		rc = inflate(&z, Z_NO_FLUSH);
		if ((rc == Z_OK || rc == Z_STREAM_END) && give(zip,
		    CHUNK - z.avail_out, crc, bytes, err) == -1)
			rc = Z_ERRNO;
		else if (rc != Z_OK && (rc != Z_STREAM_END || left > 0 ||
		    z.avail_in > 0))
			rc = is_bad(err, "it cannot be unpacked");
	}
	inflateEnd(&z);
	return rc == Z_STREAM_END ? 0 : -1;
}

static int
copy_all(struct zip *zip, const struct entry *entry, uint64_t offset,
    uint32_t *crc, uint64_t *bytes, struct err *err)
{
	uint64_t left = entry->packed, n;

	for (; left > 0; offset += n, left -= n) {
		n = left < CHUNK ? left : CHUNK;
		if (read_at(zip, zip->out, n, offset, err) == -1 ||
		    give(zip, (size_t)n, crc, bytes, err) == -1)
			return -1;
	}
	return 0;
}

static int
read_file(struct zip *zip, const struct entry *entry, struct err *err)
{
	const struct output_unzip *to = zip->to;
	uint64_t offset = 0, bytes = 0;
	uint32_t crc = (uint32_t)crc32(0, NULL, 0);
	int rc;

	if (find_bytes(zip, entry, &offset, err) == -1 ||
	    to->begin(to->cookie, entry->name, err) == -1)
		return -1;
	if (entry->method == 0)
		rc = copy_all(zip, entry, offset, &crc, &bytes, err);
	else if (entry->method == Z_DEFLATED)
		rc = inflate_all(zip, entry, offset, &crc, &bytes, err);
	else
		rc = is_bad(err, "unknown compression method");
	if (rc == 0 && bytes != entry->bytes)
		rc = is_bad(err, "its size is wrong");
	if (rc == 0 && crc != entry->crc)
		rc = is_bad(err, "its CRC is wrong");
	return rc == 0 ? to->end(to->cookie, err) : -1;
}

int
output_unzip(const char *path, const struct output_unzip *to,
    struct err *err)
{
	struct zip *zip = mem_zero(1, sizeof(*zip));
	struct entry *entry = mem_zero(1, sizeof(*entry));
	struct stat st;
	int rc = -1;

	zip->to = to;
	zip->fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (zip->fd == -1 || fstat(zip->fd, &st) == -1) {
		err_errno(err, ERR_DISK, "open %s", path);
	} else {
		zip->size = (uint64_t)st.st_size;
		rc = find_directory(zip, err);
		while (rc == 0 && (rc = next_entry(zip, entry, err)) == 1)
			if ((rc = read_file(zip, entry, err)) == -1)
				err_wrap(err, "%s", entry->name);
	}
	if (zip->fd != -1)
		close(zip->fd);
	free(entry);
	free(zip);
	return rc;
}
