/*
 * The hashes of an archive's members, for archives without an export.
 */

#include <sys/stat.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pack/pack_internal.h"

/* Read the member to its end. */
static int
hash_member(struct pack_reader *reader, struct pack_check *check,
    char *buffer, struct err *err)
{
	ssize_t n;

	pack_check_begin(check);
	while ((n = pack_reader_get(reader, buffer, PACK_CHUNK, err)) > 0)
		pack_check_add(check, NULL, buffer, (size_t)n);
	sha256_peek(check->hash, check->prefix);
	return n == -1 ? -1 : 0;
}

static int
hash_all(struct pack_reader *reader, void (*tell)(void *, const char *,
    uint64_t, const unsigned char *), void *cookie, struct err *err)
{
	struct pack_check check = { .hash = NULL };
	char *buffer = mem_alloc(PACK_CHUNK), *name;
	struct pack_member member;
	int rc;

	while ((rc = pack_reader_next(reader, &member, err)) == 1) {
		if (member.is_dir)
			continue;
		name = mem_text(pack_plain_name(member.name));
		rc = hash_member(reader, &check, buffer, err);
		if (rc == 0)
			tell(cookie, name, check.bytes, check.prefix);
		else
			err_wrap(err, "%s", name);
		free(name);
		if (rc == -1)
			break;
	}
	pack_check_release(&check);
	free(buffer);
	return rc;
}

/* Find and check the trailer. */
static int
read_trailer(
    int fd, struct pack_trailer *trailer, int64_t size, struct err *err)
{
	char *buffer = mem_alloc(PACK_CHUNK);
	int rc = pack_trailer_find(fd, size, trailer, err);

	if (rc == 0)
		while ((rc = pack_trailer_step(fd, trailer, buffer, err)) == 1)
			;
	free(buffer);
	return rc;
}

int
pack_hash_members(int fd, void (*tell)(void *, const char *, uint64_t,
    const unsigned char *), void *cookie, struct err *err)
{
	struct pack_trailer trailer = { .hash = NULL };
	struct pack_reader reader = { .fd = -1 };
	struct stat st;
	int rc;

	if (fstat(fd, &st) == -1)
		return err_errno(err, ERR_DISK, "stat the archive");
	rc = read_trailer(fd, &trailer, (int64_t)st.st_size, err);
	if (rc == 0)
		rc = pack_reader_open(&reader, fd, trailer.end, err);
	if (rc == 0)
		rc = hash_all(&reader, tell, cookie, err);
	if (rc == 0 && (!trailer.is_there || !trailer.is_valid ||
	    trailer.is_misplaced))
		rc = err_set(err, ERR_DATA, "it was changed after it was "
		    "written: the SHA-256 at its end is missing or does not "
		    "match");
	pack_reader_release(&reader);
	pack_trailer_release(&trailer);
	return rc;
}
