/*
 * Grouped syncs.
 *
 * A batch collects what was written since the last sync: files, and directories
 * with new names.  When it is due, a thread syncs it (tree_worker.c,
 * tree_sync.c) while the next one is collected, so there are at most two.  The
 * data counts once the batch's lines are in the manifest, which are written
 * last.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tree/tree_internal.h"

/*
 * Roughly how much a crash may lose: at first little, so that even a short run
 * keeps something, later about a second's work.
 */
#define DUE_FIRST_MS 50
#define MAX_DUE_MS 1000
#define DUE_BYTES (UINT64_C(64) << 20)
#define DUE_FILES 512

static bool
is_at_least(const struct tree *tree, unsigned times)
{
	const struct tree_batch *batch = tree->batch;

	return batch->bytes >= times * DUE_BYTES ||
	    batch->n_files >= times * DUE_FILES ||
	    batch->n_held >= tree->max_held;
}

void
tree_wrote(struct tree *tree, const struct tree_file *file, uint64_t bytes)
{
	struct tree_batch *batch = tree->batch;
	size_t i;

	if (batch->bytes == 0 && batch->n_files == 0)
		batch->since = clock_ms();
	batch->bytes += bytes;
	for (i = batch->n_files; file->is_stream && i-- > 0; )
		if (batch->files[i].fd == file->fd)
			return;
	batch->files = mem_need(batch->files, batch->n_files + 1,
	    &batch->files_capacity, sizeof(*batch->files));
	batch->files[batch->n_files++] = *file;
	batch->is_whole |= file->fd == -1;
	batch->n_objects += file->path != NULL;
	batch->n_held += file->fd != -1 && !file->is_stream;
	batch->n_kept += file->len;
}

static const struct tree_file *
find_in(const struct tree_batch *batch, const char *path)
{
	size_t i;

	for (i = batch->n_files; i-- > 0; )
		if (batch->files[i].path != NULL &&
		    strcmp(batch->files[i].path, path) == 0)
			return &batch->files[i];
	return NULL;
}

const struct tree_file *
tree_find_pending(const struct tree *tree, const char *path)
{
	const struct tree_file *file = find_in(tree->batch, path);

	return file != NULL || !tree->is_under_way ? file :
	    find_in(tree->under_way, path);
}

/* Let the batch close ${fd}, a stream's, if it has it. */
static bool
hand_over_to(struct tree_batch *batch, int fd)
{
	size_t i;

	for (i = batch->n_files; i-- > 0; ) {
		if (batch->files[i].fd != fd || !batch->files[i].is_stream)
			continue;
		batch->files[i].is_stream = false;
		batch->n_held++;
		return true;
	}
	return false;
}

bool
tree_hand_over(struct tree *tree, int fd)
{
	/* The later batch, if it is in both. */
	return hand_over_to(tree->batch, fd) || (tree->is_under_way &&
	    hand_over_to(tree->under_way, fd));
}

bool
tree_is_due(struct tree *tree)
{
	const struct tree_batch *batch = tree->batch;

	if (batch->n_files == 0 || (!is_at_least(tree, 1) &&
	    clock_ms() - batch->since < tree->due_ms))
		return false;
	return !tree->is_under_way || is_at_least(tree, 2) ||
	    !tree_worker_is_busy(tree->worker);
}

/* Empty the batch; open streams keep their descriptors. */
static void
clear(struct tree_batch *batch)
{
	size_t i;

	for (i = 0; i < batch->n_files; i++) {
		if (!batch->files[i].is_stream && batch->files[i].fd != -1)
			close(batch->files[i].fd);
		free(batch->files[i].path);
		free(batch->files[i].bytes);
	}
	for (i = 0; i < batch->n_changed; i++) {
		if (batch->changed[i]->batch == batch)
			batch->changed[i]->batch = NULL;
		tree_leave_folder(batch->changed[i]);
	}
	batch->n_files = batch->n_changed = 0;
	batch->n_objects = batch->n_held = 0;
	batch->bytes = batch->n_kept = 0;
	batch->is_whole = false;
	batch->lines = (struct tree_lines_to_say){ .fd = -1 };
}

/* Note the result of a sync. */
static int
note_end(struct tree *tree, int rc, const struct err *why, struct err *err)
{
	if (rc == -1)
		tree->failure = *why;
	if (tree->failure.kind != ERR_NONE) {
		if (err != NULL)
			*err = tree->failure;
		return -1;
	}
	if (tree->due_ms < MAX_DUE_MS)
		tree->due_ms = 2 * tree->due_ms + DUE_FIRST_MS;
	return 0;
}

int
tree_wait(struct tree *tree, struct err *err)
{
	struct err why;
	int rc;

	if (!tree->is_under_way) {
		if (tree->failure.kind != ERR_NONE && err != NULL)
			*err = tree->failure;
		return tree->failure.kind != ERR_NONE ? -1 : 0;
	}
	rc = tree_worker_wait(tree->worker, &why);
	tree->is_under_way = false;
	clear(tree->under_way);
	return note_end(tree, rc, &why, err);
}

/* Sync the current batch in this thread. */
static int
sync_here(struct tree *tree, struct err *err)
{
	struct err why = { ERR_NONE, "" };
	int rc;

	tree->batch->disk = tree->out;
	rc = tree_sync(tree->batch, &why);
	/* After a failure, the files stay open, as their state is unknown. */
	if (rc == 0)
		clear(tree->batch);
	return note_end(tree, rc, &why, err);
}

int
tree_flush_begin(struct tree *tree, const struct tree_lines_to_say *lines,
    struct err *err)
{
	struct tree_batch *batch;

	if (tree_wait(tree, err) == -1)
		return -1;
	batch = tree->batch;
	batch->lines = *lines;
	if (tree->worker == NULL)
		tree->worker = tree_worker_start();
	if (tree->worker == NULL)
		return sync_here(tree, err);
	batch->disk = tree->out;
	tree->batch = tree->under_way;
	tree->under_way = batch;
	tree->is_under_way = true;
	tree_worker_give(tree->worker, batch);
	return 0;
}

int
tree_flush(struct tree *tree, struct err *err)
{
	return tree_wait(tree, err) == -1 ? -1 : sync_here(tree, err);
}

static void
free_batch(struct tree_batch *batch)
{
	clear(batch);
	free(batch->files);
	free(batch->changed);
	free(batch);
}

void
tree_batches_free(struct tree *tree)
{
	tree_worker_free(tree->worker);
	free_batch(tree->batch);
	free_batch(tree->under_way);
}
