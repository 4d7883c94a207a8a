/*
 * --force never replaces an archive by one that has less in it.  Each file of
 * the old archive must be in the new one too:
 *
 *	by name, always
 *	with the same bytes, or with these and more after them, if the old
 *	archive is of a complete export; the bookkeeping files (manifest, sums,
 *	log) may differ, as they do in every export
 *	no shorter, if it is a shard and neither export is complete
 *
 * An archive of a complete export is never replaced by one of an incomplete
 * export.  Of a damaged file in the old archive, only the name must be there.
 */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pack/pack_held.h"

#define NAMED 3		/* of the files that would be lost, named in a
			 * message */

/* ------------------------------------------------------------- looking */

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct pack_held_file *)a)->name,
	    ((const struct pack_held_file *)b)->name);
}

static struct pack_held_file *
add_file(struct pack_held *held, const char *name)
{
	held->files = mem_need(held->files, held->n + 1, &held->capacity,
	    sizeof(*held->files));
	held->files[held->n] = (struct pack_held_file){
	    .name = mem_text(name) };
	return &held->files[held->n++];
}

/* Read the member to its end, and note its hash and state. */
static void
read_file(struct pack_held *held, struct archive_reader *reader, char *buffer,
    struct pack_held_file *file, const struct tree_receipt *receipt)
{
	struct pack_check check = { .hash = NULL };
	ssize_t n;

	pack_check_begin(&check);
	while ((n = archive_reader_get(reader, buffer, ARCHIVE_CHUNK,
	    NULL)) > 0)
		pack_check_add(&check, receipt, buffer, (size_t)n);
	file->bytes = check.bytes;
	sha256_peek(check.hash, file->sha256);
	file->is_valid = n == 0 && (receipt == NULL ||
	    pack_check_end(&check, receipt, !held->is_sealed, NULL) == 0);
	held->is_damaged |= !file->is_valid;
	if (n == -1)
		(void)archive_reader_again(reader);
	pack_check_release(&check);
}

/* Read all members, as far as possible. */
static int
read_all(struct pack_held *held, struct archive_reader *reader, const char *top,
    const struct tree_receipts *receipts, struct err *err)
{
	char *buffer = mem_alloc(ARCHIVE_CHUNK);
	struct archive_member member;
	size_t len = strlen(top);
	struct err why;
	int rc;

	while ((rc = archive_reader_next(reader, &member, &why)) == 1) {
		const char *name = archive_plain_name(member.name);

		if (member.is_dir)
			continue;
		if (strncmp(name, top, len) == 0)
			name += len;
		if (member.is_file && member.doubt == NULL)
			read_file(held, reader, buffer, add_file(held, name),
			    pack_receipt(receipts, name));
		else
			add_file(held, name);
	}
	free(buffer);
	if (rc == -1 && why.kind == ERR_DISK)
		return err_set(err, ERR_DISK, "%s: %s", held->path,
		    why.text);
	held->is_damaged |= rc == -1;
	return 0;
}

/* Note damage if a file of the manifest is missing. */
static void
find_missing(struct pack_held *held, const struct tree_receipts *receipts)
{
	struct pack_held_file wanted;
	size_t i;

	for (i = 0; i < receipts->n && !held->is_damaged; i++) {
		wanted.name = receipts->items[i].path;
		held->is_damaged = bsearch(&wanted, held->files, held->n,
		    sizeof(wanted), by_name) == NULL;
	}
}

static int
look(struct pack_held *held, int fd, struct log *log, struct err *err)
{
	struct tree_receipts receipts = { NULL, 0, 0 };
	struct pack_found found;
	struct archive_reader reader = { .fd = -1 };
	struct text sums;
	struct err why;
	int rc = pack_find(fd, held->path, log, &found, &why);
	const char *top = rc == 0 && found.top != NULL ? found.top : "";

	/* An archive without an export may hold other files. */
	if (rc == -1 && why.kind == ERR_DISK) {
		*err = why;
	} else {
		rc = 0;
		if (found.manifest != NULL && manifest_all_files(
		    found.manifest, &receipts, NULL) == 0) {
			held->is_sealed = manifest_sealed(found.manifest) !=
			    NULL;
			text_init(&sums, 0);
			tree_sums(&receipts, &sums);
			text_release(&sums);
		}
		if (archive_reader_open(&reader, fd, found.trailer.end,
		    &why) == 0)
			rc = read_all(held, &reader, top, &receipts, err);
	}
	if (held->n > 1)
		qsort(held->files, held->n, sizeof(*held->files), by_name);
	find_missing(held, &receipts);
	archive_reader_release(&reader);
	pack_found_release(&found);
	tree_receipts_release(&receipts);
	return rc;
}

int
pack_held_scan(struct pack_held *held, int dir, const char *name,
    const char *path, struct log *log, struct err *err)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC), rc;

	*held = (struct pack_held){ .path = path };
	if (fd == -1)
		return errno == ENOENT ? 0 : err_errno(err, ERR_DISK,
		    "open %s", path);
	if (fstat(fd, &held->st) == -1)
		rc = err_errno(err, ERR_DISK, "stat %s", path);
	else
		rc = look(held, fd, log, err);
	close(fd);
	return rc;
}

/* ----------------------------------------------------------- comparing */

/* Files that would be lost, for a message. */
struct lost {
	struct text names;
	uint64_t n;
};

static void
add_lost(struct lost *lost, const char *name)
{
	if (lost->n++ >= NAMED)
		return;
	text_adds(&lost->names, lost->n > 1 ? ", " : "");
	text_add_visible(&lost->names, name, strlen(name));
}

static int
refuse(const struct pack_held *held, struct lost *lost, const char *what,
    const char *dir, struct err *err)
{
	char count[32];
	int rc = 0;

	text_human_count(lost->n, count);
	if (lost->n > 0)
		rc = err_set(err, ERR_USAGE, "%s contains %s file%s that %s "
		    "%s: %s%s; refusing to replace it: give another name, or "
		    "move it away", held->path, count, lost->n == 1 ? "" : "s",
		    what, dir, lost->names.data, lost->n > NAMED ? ", ..." :
		    "");
	text_release(&lost->names);
	return rc;
}

static const struct archive_file *
find_file(const struct archive_files *files, const char *name)
{
	size_t low = 0, high = files->n, middle;
	int order;

	/* The files are sorted by name, except for the first. */
	if (files->n > 0 && strcmp(files->items[0].name, name) == 0)
		return &files->items[0];
	for (low = files->n > 0; low < high; ) {
		middle = low + (high - low) / 2;
		order = strcmp(files->items[middle].name, name);
		if (order == 0)
			return &files->items[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

int
pack_held_names(const struct pack_held *held,
    const struct pack_settings *settings, const struct archive_files *files,
    struct err *err)
{
	bool is_sealed = settings->receipts != NULL && !settings->growing;
	struct lost lost = { .n = 0 };
	size_t i;

	if (held->is_sealed && !is_sealed)
		return err_set(err, ERR_USAGE, "%s is an archive of a complete "
		    "export, but %s is incomplete; refusing to replace it: "
		    "give another name, or move it away", held->path,
		    settings->dir);
	text_init(&lost.names, 512);
	for (i = 0; i < held->n; i++)
		if (find_file(files, held->files[i].name) == NULL &&
		    !litter_is(held->files[i].name))
			add_lost(&lost, held->files[i].name);
	return refuse(held, &lost, lost.n == 1 ? "is missing from" :
	    "are missing from", settings->dir, err);
}

/* Do the first ${bytes} of the file on disk have this hash?  1, 0, -1. */
static int
begins_with(int dir, const struct archive_file *file,
    const struct pack_held_file *held, struct err *err)
{
	struct sha256 *hash;
	unsigned char sha256[SHA256_BYTES];
	char chunk[65536];
	uint64_t left = held->bytes;
	ssize_t n = 1;
	int fd;

	if (file->bytes < held->bytes)
		return 0;
	if ((fd = archive_file_open(dir, file, err)) == -1)
		return -1;
	hash = sha256_new();
	while (left > 0 && n > 0) {
		n = read(fd, chunk, left < sizeof(chunk) ? (size_t)left :
		    sizeof(chunk));
		if (n == -1 && errno == EINTR)
			n = 1;
		else if (n > 0) {
			sha256_add(hash, chunk, (size_t)n);
			left -= (uint64_t)n;
		}
	}
	if (n == -1)
		err_errno(err, ERR_DISK, "read %s", file->name);
	sha256_peek(hash, sha256);
	sha256_free(hash);
	close(fd);
	return n == -1 ? -1 : left == 0 &&
	    memcmp(sha256, held->sha256, SHA256_BYTES) == 0;
}

static bool
is_shard(const char *name)
{
	const char *slash = strrchr(name, '/');
	size_t n = slash != NULL ? strspn(slash + 1, "0123456789") : 0;

	return n > 0 && strcmp(&slash[1 + n], ".jsonl") == 0;
}

/* Does the new archive have what the old one has of the file?  1, 0, -1. */
static int
is_kept(const struct pack_held *held, const struct pack_settings *settings,
    int dir, const struct pack_held_file *old, const struct archive_file *new,
    struct err *err)
{
	if (new == NULL || !old->is_valid ||
	    pack_bookkeeping_knows(old->name) || litter_is(old->name) ||
	    (new->bytes ==
		old->bytes &&memcmp(new->sha256, old->sha256, SHA256_BYTES) ==
		0))
		return 1;
	if (held->is_sealed && !held->is_damaged)
		return is_shard(old->name) ? begins_with(dir, new, old,
		    err) : 0;
	/* Completing an export may reorder its records. */
	if (settings->receipts != NULL && !settings->growing)
		return 1;
	return !is_shard(old->name) || new->bytes >= old->bytes;
}

int
pack_held_bytes(const struct pack_held *held,
    const struct pack_settings *settings, int dir,
    const struct archive_files *files, struct err *err)
{
	struct lost lost = { .n = 0 };
	int rc = 1;
	size_t i;

	text_init(&lost.names, 512);
	for (i = 0; i < held->n && rc != -1; i++) {
		rc = is_kept(held, settings, dir, &held->files[i],
		    find_file(files, held->files[i].name), err);
		if (rc == 0)
			add_lost(&lost, held->files[i].name);
	}
	if (rc == -1) {
		text_release(&lost.names);
		return -1;
	}
	return refuse(held, &lost, lost.n == 1 ? "differs in" : "differ in",
	    settings->dir, err);
}

void
pack_held_release(struct pack_held *held)
{
	size_t i;

	for (i = 0; i < held->n; i++)
		free(held->files[i].name);
	free(held->files);
	*held = (struct pack_held){ .path = NULL };
}
