/*
 * Packing files into an archive, in phases: the archive is written, synced and
 * read back (as bytes, and as files), the files are checked for changes, and
 * the archive is published.  If anything fails before, no archive is left.
 */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pack/pack_state.h"

/* Each file with a receipt must exist. */
static int
check_receipts(struct pack *pack, struct err *err)
{
	const struct tree_receipts *receipts = pack->settings.receipts;
	size_t i, k = 0;
	int order;

	for (i = 0; receipts != NULL && i < receipts->n; i++) {
		order = -1;
		while (k < pack->files.n && (order = strcmp(
		    pack->files.items[k].name, receipts->items[i].path)) < 0)
			k++;
		if (order != 0)
			return err_set(err, ERR_DATA, "%s is in the manifest "
			    "but does not exist", receipts->items[i].path);
	}
	return 0;
}

static int
list(struct pack *pack, struct err *err)
{
	const struct pack_settings *settings = &pack->settings;
	size_t i;
	int rc;

	if (settings->names == NULL)
		rc = archive_list(pack->dir, &pack->files, err);
	else
		rc = archive_list_names(pack->dir, settings->names,
		    settings->n, &pack->files, err);
	if (rc == -1)
		return err_wrap(err, "%s", settings->dir);
	if (check_receipts(pack, err) == -1)
		return -1;
	if (settings->first != NULL)
		archive_list_first(&pack->files, settings->first);
	pack->progress.files_total = pack->files.n;
	for (i = 0; i < pack->files.n; i++)
		pack->progress.bytes_total += pack->files.items[i].bytes;
	return 0;
}

/* Everything in the archive that is replaced must be in the new one. */
static int
look_at_replaced(struct pack *pack, struct err *err)
{
	if (!pack->staged.replaces)
		return 0;
	if (pack_held_scan(&pack->held, pack->staged.dir, pack->staged.name,
	    pack->settings.target, pack->settings.log, err) == -1)
		return -1;
	pack->progress.replaced = pack->held.n;
	pack->progress.replaces_damaged = pack->held.is_damaged &&
	    pack->held.n > 0;
	return pack_held_names(&pack->held, &pack->settings, &pack->files,
	    err);
}

struct pack *
pack_new(const struct pack_settings *settings, struct err *err)
{
	struct pack *pack = mem_zero(1, sizeof(*pack));

	pack->settings = *settings;
	pack->archive = (struct archive_settings){ .target = settings->target,
	    .format = settings->format, .top = settings->top,
	    .time = settings->time };
	pack->fd = -1;
	pack->staged = (struct archive_staged){ .dir = -1, .fd = -1 };
	pack->buffer = mem_alloc(ARCHIVE_CHUNK);
	pack->dir = open(settings->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (pack->dir == -1) {
		err_errno(err, errno == ENOENT || errno == ENOTDIR ?
		    ERR_USAGE : ERR_DISK, "open %s", settings->dir);
		goto err_free;
	}
	/* The target may be in a parent directory: list before creating it. */
	if (list(pack, err) == -1 ||
	    archive_staged_open(&pack->staged, settings->target, pack->dir,
	    settings->force, err) == -1 ||
	    look_at_replaced(pack, err) == -1 ||
	    archive_writer_open(&pack->writer, &pack->archive,
	    pack->staged.fd, err) == -1)
		goto err_free;
	return pack;

err_free:
	pack_free(pack);
	return NULL;
}

/* Is everything in the directory unchanged? */
static int
check_unchanged(struct pack *pack, struct err *err)
{
	struct archive_files now = { NULL, 0, 0 };
	struct stat st;
	size_t i;
	int rc = 0;

	if (pack->settings.names == NULL) {
		rc = archive_list(pack->dir, &now, err);
		if (rc == 0 && now.n != pack->files.n)
			rc = err_set(err, ERR_DISK, "files were added to or "
			    "removed from %s while it was being packed; try "
			    "again when no other program writes to it",
			    pack->settings.dir);
		archive_files_release(&now);
	}
	for (i = 0; rc == 0 && i < pack->files.n; i++) {
		if (file_stat(pack->dir, pack->files.items[i].name, &st) == -1)
			rc = err_errno(err, ERR_DISK, "stat %s",
			    pack->files.items[i].name);
		else
			rc = archive_file_check(&pack->files.items[i], &st,
			    err);
	}
	return rc;
}

static int
step_name(struct pack *pack, struct err *err)
{
	archive_reader_release(&pack->reader);
	if (check_unchanged(pack, err) == -1 ||
	    pack_held_bytes(&pack->held, &pack->settings, pack->dir,
	    &pack->files, err) == -1 ||
	    archive_staged_name(&pack->staged, err) == -1)
		return -1;
	pack->phase = PACK_DONE;
	return 0;
}

int
pack_step(struct pack *pack, struct err *err)
{
	int rc = 0;

	switch (pack->phase) {
	case PACK_WRITE:
		rc = pack_write(pack, err);
		pack->progress.archive_bytes = pack->writer.bytes;
		break;
	case PACK_SYNC:
		rc = pack_sync(pack, err);
		break;
	case PACK_TRAILER:
		rc = pack_trailer(pack, err);
		break;
	case PACK_READ:
		rc = pack_read(pack, err);
		break;
	case PACK_NAME:
		rc = step_name(pack, err);
		break;
	case PACK_DONE:
		return 0;
	}
	return rc == -1 ? -1 : pack->phase != PACK_DONE;
}

void
pack_progress(const struct pack *pack,
    struct pack_progress *progress)
{
	*progress = pack->progress;
}

void
pack_sha256(const struct pack *pack, char hex[SHA256_HEX])
{
	sha256_hex(pack->sha256, hex);
}

int
pack_remove(struct pack *pack, struct err *err)
{
	if (pack->phase != PACK_DONE)
		return err_set(err, ERR_INTERNAL, "the archive is not complete "
		    "yet");
	return pack_remove_files(pack->settings.dir, pack->dir, &pack->files,
	    err);
}

void
pack_free(struct pack *pack)
{
	if (pack == NULL)
		return;
	if (pack->fd != -1)
		close(pack->fd);
	archive_writer_release(&pack->writer);
	archive_reader_release(&pack->reader);
	archive_trailer_release(&pack->trailer);
	archive_staged_close(&pack->staged);
	pack_held_release(&pack->held);
	archive_files_release(&pack->files);
	pack_check_release(&pack->check);
	if (pack->dir != -1)
		close(pack->dir);
	free(pack->buffer);
	free(pack);
}

int
pack_files(const struct pack_settings *settings, struct err *err)
{
	struct pack *pack = pack_new(settings, err);
	int rc = pack != NULL ? 1 : -1;

	while (rc == 1)
		rc = pack_step(pack, err);
	pack_free(pack);
	return rc;
}
