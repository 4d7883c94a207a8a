/*
 * Packing an export: all files of its directory, compared with its manifest as
 * they are read.
 */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pack/pack_internal.h"

/* ZIP has no times before 1980-01-01T00:00:00Z. */
#define EARLIEST INT64_C(315532800)

int
pack_lock(int dir, const char *where, int *fd, struct err *err)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };

	*fd = file_open(dir, TREE_LOG, O_RDONLY | O_NONBLOCK, err);
	if (*fd == -1)
		return errno == ENOENT ? 0 : err_wrap(err, "%s", where);
	if (fcntl(*fd, F_OFD_SETLK, &lock) == 0)
		return 0;
	if (errno != EACCES && errno != EAGAIN)
		return err_errno(err, ERR_DISK, "lock %s/" TREE_LOG, where);
	return err_set(err, ERR_LOCKED, "another process is working on %s",
	    where);
}

static bool
is_there(const struct pack_export *export, const char *name)
{
	struct stat st;

	return fstatat(tree_dir(export->tree), name, &st,
	    AT_SYMLINK_NOFOLLOW) == 0;
}

/* When the export began, by its manifest. */
static int64_t
time_of(const struct pack_export *export)
{
	const char *started;
	int64_t wall = 0;

	if (clock_is_fixed()) {
		wall = clock_wall();
	} else if (export->manifest != NULL) {
		started = json_string_value(json_object_get(
		    manifest_header(export->manifest), "started"));
		if (started == NULL || clock_parse(started, &wall) == -1)
			wall = 0;
	}
	return wall / 1000 > EARLIEST ? wall / 1000 : EARLIEST;
}

static int
read_manifest(struct pack_export *export, struct log *log, struct err *err)
{
	struct manifest_listing listing = { .key = NULL };
	const struct manifest_gap *gap;
	struct text sums;
	struct err why;

	export->manifest = manifest_open(export->tree, log, &why);
	if (export->manifest == NULL)
		return err_set(err, why.kind == ERR_USAGE ? ERR_DATA :
		    why.kind, "the manifest is damaged: %s", why.text);
	if (manifest_all_files(export->manifest,
	    &export->receipts, err) == -1)
		return -1;
	export->is_native = true;
	export->knows_all = !manifest_is_partial(export->manifest);
	export->sealed = manifest_sealed(export->manifest) != NULL;
	while (manifest_each(export->manifest, listing.key, &listing))
		for (gap = listing.gaps; gap != NULL; gap = gap->next)
			export->gaps++;
	/* This sorts them. */
	text_init(&sums, 0);
	tree_sums(&export->receipts, &sums);
	text_release(&sums);
	audit_accept_receipts(export->tree, &export->receipts);
	export->settings.receipts = &export->receipts;
	export->settings.growing = !export->sealed;
	export->settings.first = MANIFEST_NAME;
	return 0;
}

/* The folder in the archive is named like the export's directory. */
static int
find_top(struct pack_export *export, const char *where, struct err *err)
{
	char *real = realpath(where, NULL);
	const char *slash = real != NULL ? strrchr(real, '/') : NULL;

	if (real == NULL)
		return err_errno(err, ERR_DISK, "stat %s", where);
	if (slash[1] != '\0')
		export->top = mem_text(&slash[1]);
	export->settings.top = export->top;
	free(real);
	return 0;
}

int
pack_export_open(const char *where, const char *target, bool force,
    struct log *log, struct pack_export *export, struct err *err)
{
	*export = (struct pack_export){ .lock = -1, .settings = {
	    .dir = where, .target = target, .force = force, .log = log } };
	if (archive_format_of(target, &export->settings.format, err) == -1)
		return -1;
	if ((export->tree = tree_peek(where, err)) == NULL ||
	    find_top(export, where, err) == -1 ||
	    pack_lock(tree_dir(export->tree), where, &export->lock,
	    err) == -1)
		return -1;
	if (is_there(export, MANIFEST_NAME) ||
	    is_there(export, MANIFEST_COPY)) {
		if (read_manifest(export, log, err) == -1)
			return -1;
	} else if (!is_there(export, "files")) {
		return err_set(err, ERR_USAGE, "%s is not an export: it has "
		    "neither " MANIFEST_NAME " nor files/", where);
	}
	export->settings.time = time_of(export);
	export->pack = pack_new(&export->settings, err);
	return export->pack != NULL ? 0 : -1;
}

void
pack_export_close(struct pack_export *export)
{
	pack_free(export->pack);
	manifest_close(export->manifest);
	tree_close(export->tree);
	tree_receipts_release(&export->receipts);
	free(export->top);
	if (export->lock != -1)
		close(export->lock);
	*export = (struct pack_export){ .lock = -1 };
}
