/*
 * The trailer of an archive: the SHA-256 of all bytes before its own 64 digits.
 * It detects a flipped bit anywhere, also outside the files.  It is placed
 * where every unpacker skips it:
 *
 *	.zip		the archive's comment (APPNOTE 4.3.16)
 *	.tar.gz		the comment of a second, empty member (RFC 1952)
 *	.tar.zst	a skippable frame (RFC 8878, 3.1.2)
 *	.tar		a block behind the two that end it
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive_internal.h"

#define WORDS "hlexport-sha256 "
#define WORDS_LEN (sizeof(WORDS) - 1)
#define DIGITS (SHA256_HEX - 1)
#define BLOCK 512
#define SURE 4		/* bytes of a trailer's beginning that are no
			 * coincidence */
#define END_RECORD 22	/* bytes of ZIP's last record without its comment */
#define WINDOW 65536	/* bytes at the end that are searched for a trailer */

/* The bytes before the words and after the digits. */
static const struct {
	const char *before;
	size_t before_len;
	const char *after;	/* NULL: zeros */
	size_t after_len;
} forms[] = {
	/* The end of ZIP's last record: how long the comment is. */
	[ARCHIVE_ZIP] = { "\x50", 2, "", 0 },
	[ARCHIVE_TAR] = { "", 0, NULL, BLOCK - WORDS_LEN - DIGITS },
	[ARCHIVE_TAR_GZ] = { "\x1f\x8b\x08\x10\0\0\0\0\0\xff", 10,
	    "\0\x03\0\0\0\0\0\0\0\0\0", 11 },
	[ARCHIVE_TAR_ZST] = { "\x50\x2a\x4d\x18\x50\0\0\0", 8, "", 0 },
};

_Static_assert(WORDS_LEN + DIGITS == 0x50, "lengths in the marks");

/* The bytes after the digits. */
static const char *
after(enum archive_format format)
{
	static const char zeros[BLOCK];

	return forms[format].after != NULL ? forms[format].after : zeros;
}

size_t
archive_trailer_after(enum archive_format format, const char **pos)
{
	*pos = after(format);
	return forms[format].after_len;
}

size_t
archive_trailer_before(enum archive_format format,
    char out[ARCHIVE_TRAILER_BEFORE])
{
	size_t n = forms[format].before_len;

	memcpy(out, forms[format].before, n);
	memcpy(&out[n], WORDS, WORDS_LEN);
	return n + WORDS_LEN;
}

/* Read all ${len} bytes at ${from}, or fail. */
static int
read_at(int fd, char *data, size_t len, int64_t from, struct err *err)
{
	ssize_t n;

	while (len > 0) {
		n = pread(fd, data, len, (off_t)from);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == -1 ? err_errno(err, ERR_DISK, "read") :
			    err_set(err, ERR_DISK, "the file was truncated");
		data += n;
		from += n;
		len -= (size_t)n;
	}
	return 0;
}

/*
 * Are these the words of a trailer?  They may be damaged: half of them suffice.
 */
static bool
is_trailer(const char *words)
{
	size_t i, n = 0;

	for (i = 0; i < WORDS_LEN; i++)
		n += words[i] == WORDS[i];
	return n > WORDS_LEN / 2;
}

/* Can a trailer's words be here, by the bytes before them? */
static bool
fits_before(const char *tail, size_t position, int64_t offset)
{
	size_t i, len;

	if (offset % BLOCK == 0)
		return true;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		len = forms[i].before_len;
		if (len > 0 && position >= len && memcmp(&tail[position - len],
		    forms[i].before, len) == 0)
			return true;
	}
	return false;
}

/* Does the file end in the bytes before a trailer's digits? */
static bool
ends_within(const char *tail, size_t len, enum archive_format format)
{
	char begin[ARCHIVE_TRAILER_BEFORE];
	size_t n = archive_trailer_before(format, begin);

	for (n--; n >= (format == ARCHIVE_ZIP ? 2 : SURE); n--) {
		if (n > len || memcmp(&tail[len - n], begin, n) != 0)
			continue;
		/* In ZIP's last record the comment's length is the end. */
		if (format != ARCHIVE_ZIP || (n + END_RECORD - 2 <= len &&
		    memcmp(&tail[len - n - (END_RECORD - 2)], "PK\5\6",
		    4) == 0))
			return true;
	}
	return false;
}

/* Find a trailer that was cut off, or that data was appended to. */
static int
find_misplaced(
    int fd, int64_t size, struct archive_trailer *trailer, struct err *err)
{
	size_t len = size < WINDOW ? (size_t)size : WINDOW, offset, i;
	char *tail = mem_alloc(len + 1);
	int rc = read_at(fd, tail, len, size - (int64_t)len, err);

	for (offset = 0; rc == 0 && offset + WORDS_LEN <= len; offset++)
		trailer->is_misplaced |= tail[offset] == WORDS[0] &&
		    memcmp(&tail[offset], WORDS, WORDS_LEN) == 0 &&
		    fits_before(tail, offset, size - (int64_t)(len - offset));
	for (i = 0; rc == 0 && i < sizeof(forms) / sizeof(forms[0]); i++)
		trailer->is_misplaced |= ends_within(tail, len,
		    (enum archive_format)i);
	free(tail);
	return rc;
}

int
archive_trailer_find(int fd, int64_t size, struct archive_trailer *trailer,
    struct err *err)
{
	char tail[BLOCK];
	size_t i, len;

	trailer->is_there = false;
	trailer->end = size;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		len = WORDS_LEN + DIGITS + forms[i].after_len;
		if (size < (int64_t)(len + forms[i].before_len))
			continue;
		if (read_at(fd, tail, len, size - (int64_t)len, err) == -1)
			return -1;
		if (!is_trailer(tail))
			continue;
		trailer->is_there = true;
		trailer->digits = size - (int64_t)len + (int64_t)WORDS_LEN;
		memcpy(trailer->hex, &tail[WORDS_LEN], DIGITS);
		trailer->hex[DIGITS] = '\0';
		trailer->is_valid = memcmp(tail, WORDS, WORDS_LEN) == 0 &&
		    memcmp(&tail[WORDS_LEN + DIGITS],
		    after((enum archive_format)i), forms[i].after_len) == 0;
		if (i != ARCHIVE_ZIP)
			trailer->end = size - (int64_t)(len +
			    forms[i].before_len);
		return 0;
	}
	return find_misplaced(fd, size, trailer, err);
}

int
archive_trailer_step(int fd, struct archive_trailer *trailer, char *buffer,
    struct err *err)
{
	unsigned char sha256[SHA256_BYTES];
	char hex[SHA256_HEX];
	int64_t left = trailer->digits - trailer->offset;
	size_t n = left < ARCHIVE_CHUNK ? (size_t)left : ARCHIVE_CHUNK;

	if (!trailer->is_there)
		return 0;
	if (trailer->hash == NULL)
		trailer->hash = sha256_new();
	if (read_at(fd, buffer, n, trailer->offset, err) == -1)
		return -1;
	sha256_add(trailer->hash, buffer, n);
	trailer->offset += (int64_t)n;
	if (trailer->offset < trailer->digits)
		return 1;
	sha256_peek(trailer->hash, sha256);
	sha256_hex(sha256, hex);
	trailer->is_valid &= strcmp(hex, trailer->hex) == 0;
	return 0;
}

void
archive_trailer_release(struct archive_trailer *trailer)
{
	sha256_free(trailer->hash);
	trailer->hash = NULL;
}
