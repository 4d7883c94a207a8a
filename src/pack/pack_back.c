/*
 * Packing, the phases after the first: the archive is synced and read back,
 * once as the bytes that were written, and once as the files that were read.
 */

#include <stdlib.h>
#include <string.h>

#include "pack/pack_state.h"

/* Sync the archive, and prepare to read it from the disk. */
int
pack_sync(struct pack *pack, struct err *err)
{
	if (file_sync(pack->staged.fd, pack->settings.target, err) == -1)
		return -1;
	file_drop_cache(pack->staged.fd);
	sha256_peek(pack->writer.hash, pack->sha256);
	pack->phase = PACK_TRAILER;
	pack->next = 0;
	pack->progress.files = pack->progress.bytes = 0;
	pack->progress.is_reading = true;
	return archive_trailer_find(pack->staged.fd,
	    (int64_t)pack->writer.bytes, &pack->trailer, err);
}

/* If the archive can't be read back, the disk is at fault. */
static int
misread(const struct pack *pack, const char *what, struct err *err)
{
	return err_set(err, ERR_DISK, "%s: the data read back differs from "
	    "what was written (%s); check the disk", pack->settings.target,
	    what);
}

/* Check the archive's bytes against its trailer. */
int
pack_trailer(struct pack *pack, struct err *err)
{
	int rc = archive_trailer_step(
	    pack->staged.fd, &pack->trailer, pack->buffer, err);

	if (rc == -1)
		return err_wrap(err, "%s", pack->settings.target);
	if (rc == 1)
		return 0;
	if (!pack->trailer.is_there || !pack->trailer.is_valid)
		return misread(pack, "the trailer", err);
	archive_writer_release(&pack->writer);
	pack->phase = PACK_READ;
	if (archive_reader_open(&pack->reader, pack->staged.fd,
	    pack->trailer.end, err) == -1)
		return -1;
	/* We wrote it: no limit on what it unpacks to. */
	pack->reader.max = UINT64_MAX;
	return 0;
}

static int
read_begin(struct pack *pack, struct err *err)
{
	struct archive_member member;
	char *name;
	int rc = archive_reader_next(&pack->reader, &member, err);
	bool is_it;

	if (rc == -1)
		return -1;
	if (rc == 0 && pack->next < pack->files.n)
		return misread(pack, pack->files.items[pack->next].name, err);
	if (rc == 0) {
		pack->phase = PACK_NAME;
		return 0;
	}
	if (pack->next == pack->files.n)
		return misread(pack, member.name, err);
	name = archive_member_name(&pack->archive,
	    pack->files.items[pack->next].name);
	is_it = member.is_file && member.doubt == NULL &&
	    strcmp(name, member.name) == 0;
	free(name);
	if (!is_it)
		return misread(pack, member.name, err);
	pack_check_begin(&pack->check);
	pack->is_open = true;
	return 0;
}

static int
read_chunk(struct pack *pack, struct err *err)
{
	const struct archive_file *file = &pack->files.items[pack->next];
	unsigned char sha256[SHA256_BYTES];
	ssize_t n = archive_reader_get(&pack->reader, pack->buffer,
	    ARCHIVE_CHUNK, err);

	if (n > 0) {
		pack_check_add(&pack->check, NULL, pack->buffer,
		    (size_t)n);
		pack->progress.bytes += (uint64_t)n;
		return 0;
	}
	if (n == -1)
		return -1;
	sha256_peek(pack->check.hash, sha256);
	if (pack->check.bytes != file->bytes ||
	    memcmp(sha256, file->sha256, SHA256_BYTES) != 0)
		return misread(pack, file->name, err);
	pack->is_open = false;
	pack->next++;
	pack->progress.files++;
	return 0;
}

int
pack_read(struct pack *pack, struct err *err)
{
	int rc = pack->is_open ? read_chunk(pack, err) :
	    read_begin(pack, err);

	if (rc == -1 && err != NULL && err->kind == ERR_DATA)
		err->kind = ERR_DISK;
	return rc == -1 ? err_wrap(err, "read back") : 0;
}
