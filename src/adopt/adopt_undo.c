/*
 * Adopting an export once more, and undoing it.
 */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adopt/adopt_internal.h"

/*
 * Remove temporary files of an interrupted adoption.  All other files are the
 * user's, whatever their names.
 */
int
adopt_sweep(const struct tree *tree, struct err *err)
{
	static const char *const names[] = { MANIFEST_NAME, MANIFEST_COPY,
	    TREE_SUMS, AUDIT_ACCEPTED };
	char temp[PATH_MAX];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (file_temp_name(names[i], temp) == 0 &&
		    file_remove(tree_dir(tree), temp, err) == -1 &&
		    errno != ENOENT)
			return -1;
	return 0;
}

/* Was nothing fetched into the export since it was adopted? */
static bool
is_as_adopted(const struct manifest *manifest)
{
	struct manifest_listing listing = { .key = NULL };

	if (!manifest_is_partial(manifest))
		return false;
	while (manifest_each(manifest, listing.key, &listing))
		if (listing.size > 0 || listing.total >= 0 ||
		    listing.n_pages > 1 || (listing.n_pages == 1 &&
		    listing.pages[0].count > 0))
			return false;
	return true;
}

/* Is SHA256SUMS still the earlier one, although the manifest exists? */
static bool
lacks_sums(struct tree *tree, const json_t *header)
{
	const char *aside = json_string_value(json_object_get(header,
	    ADOPT_SUMS_ASIDE));
	struct text have;
	bool is_there, is_old, has_old;
	int from;

	if (json_is_true(json_object_get(header, ADOPT_HAD_SUMS)))
		return false;
	from = aside != NULL ? tree_open_aside(tree, aside) : -1;
	text_init(&have, AUDIT_SUMS_MAX);
	is_there = file_read(tree_dir(tree), TREE_SUMS, &have, NULL) == 0;
	is_old = is_there && from != -1 && adopt_holds(from, TREE_SUMS, &have,
	    &has_old);
	text_release(&have);
	if (from != -1)
		close(from);
	return !is_there || is_old;
}

static int
finish(struct tree *tree, struct manifest *manifest, bool *is_adopted,
    struct err *err)
{
	struct text text;
	int rc;

	*is_adopted = json_is_true(json_object_get(manifest_header(manifest),
	    "adopted")) && is_as_adopted(manifest);
	if (!*is_adopted || !lacks_sums(tree, manifest_header(manifest)))
		return 0;
	text_init(&text, SIZE_MAX / 4);
	rc = adopt_sweep(tree, err);
	if (rc == 0)
		rc = adopt_sums(tree, NULL, &text, err);
	if (rc == 0)
		rc = adopt_write_sums(tree, &text, err);
	text_release(&text);
	return rc;
}

int
adopt_again(const char *path, bool *is_adopted, struct err *err)
{
	struct tree *tree;
	struct manifest *manifest;
	struct err damage;
	int rc = 0;

	*is_adopted = false;
	if (!manifest_is_there(path))
		return 0;
	if ((tree = tree_open(path, err)) == NULL)
		return -1;
	manifest = manifest_open(tree, NULL, &damage);
	if (manifest != NULL)
		rc = finish(tree, manifest, is_adopted, err);
	else
		rc = err_set(err, ERR_DATA, "%s already has a manifest, which "
		    "is damaged (%s); run 'hlexport repair' or, if its server "
		    "is gone, 'hlexport verify --accept'", path, damage.text);
	manifest_close(manifest);
	tree_close(tree);
	return rc;
}

/* Remove the log if it is empty. */
static int
remove_log(struct tree *tree, struct err *err)
{
	struct stat st;

	if (fstatat(tree_dir(tree), TREE_LOG, &st, AT_SYMLINK_NOFOLLOW) ==
	    -1 || st.st_size > 0)
		return 0;
	return file_remove(tree_dir(tree), TREE_LOG, err);
}

/* Restore the earlier SHA256SUMS: none, the present one, or the copy. */
static int
undo_sums(struct tree *tree, json_t *header, struct err *err)
{
	const char *aside = json_string_value(json_object_get(header,
	    ADOPT_SUMS_ASIDE));
	int from, rc;

	if (json_is_true(json_object_get(header, ADOPT_HAD_SUMS)))
		return 0;
	if (aside == NULL)
		return file_remove(tree_dir(tree), TREE_SUMS, err) == 0 ||
		    errno == ENOENT ? 0 : -1;
	if ((from = tree_open_aside(tree, aside)) == -1)
		return errno == ENOENT ? 0 : err_set(err, ERR_DATA, "the "
		    "manifest says that the original " TREE_SUMS " is in %s, "
		    "which 'hlexport adopt' did not make for this directory; "
		    "if you renamed it, restore its name first", aside);
	rc = renameat(from, TREE_SUMS, tree_dir(tree), TREE_SUMS);
	if (rc == -1 && errno != ENOENT)
		err_errno(err, ERR_DISK, "restore " TREE_SUMS " from %s",
		    aside);
	else
		rc = 0;
	/* rename(2) does nothing if both names are links to one file. */
	if (rc == 0)
		(void)unlinkat(from, TREE_SUMS, 0);
	close(from);
	(void)rmdir(aside);
	return rc;
}

static int
undo(struct tree *tree, struct manifest *manifest, struct err *err)
{
	if (!is_as_adopted(manifest))
		return err_set(err, ERR_USAGE, "%s was not adopted, or data "
		    "was fetched into it since; its manifest records what was "
		    "fetched and is kept", tree_where(tree));
	/*
	 * In this order, an interrupted undo can be repeated.  Accepted
	 * findings go first: they need a manifest.
	 */
	if (file_remove(tree_dir(tree), AUDIT_ACCEPTED, err) == -1 &&
	    errno != ENOENT)
		return -1;
	if (undo_sums(tree, manifest_header(manifest), err) == -1 ||
	    file_remove(tree_dir(tree), MANIFEST_NAME, err) == -1)
		return -1;
	return remove_log(tree, err);
}

/*
 * There is no manifest.  An earlier undo may have left the log, and opening the
 * tree made one.
 */
static int
undo_nothing(struct tree *tree, const struct source *source, struct err *err)
{
	if (!audit_may_be_one(tree, source)) {
		(void)remove_log(tree, NULL);
		return audit_no_export(tree_where(tree), err);
	}
	return remove_log(tree, err);
}

int
adopt_undo(const char *path, const struct source *source,
    bool *was_adopted, struct err *err)
{
	struct tree *tree;
	struct manifest *manifest = NULL;
	int rc = -1;

	*was_adopted = manifest_is_there(path);
	if ((tree = tree_open(path, err)) == NULL)
		return -1;
	if (!*was_adopted)
		rc = undo_nothing(tree, source, err);
	else if ((manifest = manifest_open(tree, NULL, err)) != NULL)
		rc = undo(tree, manifest, err);
	manifest_close(manifest);
	tree_close(tree);
	return rc;
}
