/*
 * The hashes of an archive's members, for archives without an export.
 */

#include <sys/stat.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive_internal.h"

/* Read the member to its end. */
static int
hash_member(struct archive_reader *reader, struct sha256 *hash, char *buffer,
    uint64_t *bytes, struct err *err)
{
	ssize_t n;

	*bytes = 0;
	sha256_restart(hash);
	while ((n = archive_reader_get(reader, buffer, ARCHIVE_CHUNK,
	    err)) > 0) {
		sha256_add(hash, buffer, (size_t)n);
		*bytes += (uint64_t)n;
	}
	return n == -1 ? -1 : 0;
}

static int
hash_all(struct archive_reader *reader, void (*report)(void *, const char *,
    uint64_t, const unsigned char *), void *cookie, struct err *err)
{
	unsigned char sha256[SHA256_BYTES];
	char *buffer = mem_alloc(ARCHIVE_CHUNK), *name;
	struct sha256 *hash = sha256_new();
	struct archive_member member;
	uint64_t bytes;
	int rc;

	while ((rc = archive_reader_next(reader, &member, err)) == 1) {
		if (member.is_dir)
			continue;
		name = mem_text(archive_plain_name(member.name));
		rc = hash_member(reader, hash, buffer, &bytes, err);
		sha256_peek(hash, sha256);
		if (rc == 0)
			report(cookie, name, bytes, sha256);
		else
			err_wrap(err, "%s", name);
		free(name);
		if (rc == -1)
			break;
	}
	sha256_free(hash);
	free(buffer);
	return rc;
}

/* Find and check the trailer. */
static int
read_trailer(
    int fd, struct archive_trailer *trailer, int64_t size, struct err *err)
{
	char *buffer = mem_alloc(ARCHIVE_CHUNK);
	int rc = archive_trailer_find(fd, size, trailer, err);

	if (rc == 0)
		while ((rc = archive_trailer_step(fd, trailer, buffer,
		    err)) == 1)
			;
	free(buffer);
	return rc;
}

int
archive_hash_members(int fd, void (*report)(void *, const char *, uint64_t,
    const unsigned char *), void *cookie, struct err *err)
{
	struct archive_trailer trailer = { .hash = NULL };
	struct archive_reader reader = { .fd = -1 };
	struct stat st;
	int rc;

	if (fstat(fd, &st) == -1)
		return err_errno(err, ERR_DISK, "stat the archive");
	rc = read_trailer(fd, &trailer, (int64_t)st.st_size, err);
	if (rc == 0)
		rc = archive_reader_open(&reader, fd, trailer.end, err);
	if (rc == 0)
		rc = hash_all(&reader, report, cookie, err);
	if (rc == 0 && (!trailer.is_there || !trailer.is_valid ||
	    trailer.is_misplaced))
		rc = err_set(err, ERR_DATA, "it was changed after it was "
		    "written: the SHA-256 at its end is missing or does not "
		    "match");
	archive_reader_release(&reader);
	archive_trailer_release(&trailer);
	return rc;
}
