/*
 * Replaces a listing's stream by another one.
 */

#include "run/run_internal.h"

/* Unreadable lines are not records, but the user may want to inspect them. */
static int
keep_damaged(struct run *run, const struct run_listing *own, struct err *err)
{
	struct tree_receipts files = { NULL, 0, 0 };
	size_t i;
	int rc = tree_stream_files(run->tree, own->dir, &files, err);

	for (i = 0; rc == 0 && i < files.n; i++)
		rc = tree_copy_aside(run->tree, files.items[i].path, err);
	if (rc == 0 && files.n > 0)
		log_say(run->settings.log, LOG_WARN, "run", "%s: some lines "
		    "can't be read; the original files are kept in %s",
		    own->crawl->key, tree_aside(run->tree));
	tree_receipts_release(&files);
	return rc;
}

/*
 * The new shards are written beside the old ones.  Once they are on disk, the
 * manifest says that they count; then, in steps that can be repeated, they
 * replace the old ones.
 */
int
run_replace_stream(struct run *run, struct run_listing *own,
    struct tree_stream *copy, struct manifest_listing *whole, struct err *err)
{
	struct tree_receipts files = { NULL, 0, 0 };
	int rc;

	tree_stream_all(copy, &files);
	rc = tree_flush(run->tree, err);
	if (rc == 0) {
		whole->replaces = true;
		rc = manifest_say_end(run->manifest, own->crawl->key, whole,
		    NULL, &files, err);
	}
	if (rc == 0)
		rc = manifest_flush(run->manifest, err);
	tree_stream_free(copy);
	tree_stream_free(own->stream);
	own->stream = NULL;
	if (rc == 0 && own->has_damage)
		rc = keep_damaged(run, own, err);
	if (rc == 0)
		rc = tree_stream_replace(run->tree, own->dir, &files, err);
	if (rc == 0) {
		whole->replaces = false;
		rc = manifest_say_end(run->manifest, own->crawl->key, whole,
		    NULL, &files, err);
	}
	tree_receipts_release(&files);
	return rc;
}
