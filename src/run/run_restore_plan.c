/*
 * Which files of a listing are to be restored, and which pages that takes.
 */

#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

void
run_restore_free(struct run_restore *restore)
{
	if (restore == NULL)
		return;
	set_free(restore->seen);
	set_free(restore->tally);
	tree_draft_free(restore->draft);
	run_align_free(restore->align);
	run_straight_free(restore->straight);
	tree_receipts_release(&restore->files);
	free(restore->damaged);
	free(restore->order);
	free(restore);
}

static int
by_path(const void *a, const void *b, void *cookie)
{
	const struct tree_receipts *files = cookie;

	return strcmp(files->items[*(const size_t *)a].path,
	    files->items[*(const size_t *)b].path);
}

/* Set ${file} to the damaged one with the path run->path, if any. */
bool
run_restore_find(const struct run *run, const struct run_restore *restore,
    size_t *file)
{
	size_t low = 0, high = restore->n_order, middle;
	int rc;

	while (low < high) {
		middle = low + (high - low) / 2;
		*file = restore->order[middle];
		rc = strcmp(restore->files.items[*file].path, run->path.data);
		if (rc == 0)
			return true;
		if (rc < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* Did the export select only a part of the list? */
static bool
is_slice(struct run *run, const struct source_slice *slice)
{
	struct source_lookup lookup = run_lookup(run);
	struct text text;
	bool is;

	text_init(&text, 200);
	source_text_of(&slice->first, &lookup, &text);
	source_text_of(&slice->count, &lookup, &text);
	is = text.len > 0 || text.over;
	text_release(&text);
	return is;
}

/* Does a record's place on disk tell its position in the listing? */
bool
run_restore_has_places(struct run *run, const struct crawl_listing *listing,
    const struct run_restore *restore, const struct manifest_listing *known)
{
	const struct source_resource *resource = listing->resource;
	uint64_t lines = 0;
	size_t i;

	if ((resource->paging != SOURCE_NUMBERED &&
	    resource->paging != SOURCE_OFFSET) ||
	    is_slice(run, &resource->slice))
		return false;
	if (known->size == 0 || known->total < 0 || known->moved ||
	    known->capped ||
	    (uint64_t)known->total != known->records)
		return false;
	if (resource->store != SOURCE_KEEP_SHARDS)
		return restore->files.n == known->records;
	for (i = 0; i < restore->files.n; i++) {
		if (i + 1 < restore->files.n &&
		    restore->files.items[i].lines != TREE_SHARD_LINES)
			return false;
		lines += restore->files.items[i].lines;
	}
	return lines == known->records;
}

/* Is everything from ${first} to before ${end} intact on disk? */
static bool
is_whole(const struct run_restore *restore, bool is_stream, uint64_t first,
    uint64_t end)
{
	uint64_t each = is_stream ? TREE_SHARD_LINES : 1, i;

	for (i = first / each; i <= (end - 1) / each; i++)
		if (restore->damaged[i])
			return false;
	return true;
}

/* The pages that need not be requested. */
struct crawl_range *
run_restore_whole_pages(const struct run_restore *restore, bool is_stream,
    uint64_t records, uint32_t size, struct crawl_known *part)
{
	struct crawl_range *ranges = mem_zero(records / size + 1,
	    sizeof(*ranges));
	uint64_t first, end;

	for (first = 0; first < records; first = end) {
		end = first + size < records ? first + size : records;
		if (!is_whole(restore, is_stream, first, end))
			continue;
		ranges[part->n_ranges++] = (struct crawl_range){ first,
		    size };
		part->distinct += end - first;
	}
	return ranges;
}

/* Files that an earlier repair restored are in the layer. */
static int
take_layer(struct run *run, const struct tree_receipt *file, bool *have,
    struct err *err)
{
	unsigned char hash[SHA256_BYTES];
	struct text text;

	*have = false;
	if (!tree_is_layered(run->tree))
		return 0;
	text_init(&text, SIZE_MAX / 4);
	if (file_read(tree_out(run->tree), file->path, &text, err) == 0) {
		sha256_of(text.data, text.len, hash);
		*have = memcmp(hash, file->sha256, sizeof(hash)) == 0;
	}
	text_release(&text);
	return 0;
}

void
run_restore_note(struct run *run, struct run_restore *restore, size_t file)
{
	const char *path = restore->files.items[file].path;

	restore->damaged[file] = false;
	restore->left--;
	if (run->restored == NULL)
		run->restored = set_new();
	set_add(run->restored, path, strlen(path));
}

int
run_restore_list(struct run *run, struct run_restore *restore, struct err *err)
{
	size_t i;
	bool have;

	restore->damaged = mem_zero(restore->files.n + 1, sizeof(bool));
	restore->order = mem_zero(restore->files.n + 1, sizeof(size_t));
	for (i = 0; i < restore->files.n; i++) {
		const struct tree_receipt *file = &restore->files.items[i];

		if (!run_is_damaged(run, file->path))
			continue;
		restore->damaged[i] = true;
		restore->left++;
		restore->order[restore->n_order++] = i;
		if (take_layer(run, file, &have, err) == -1)
			return -1;
		if (have)
			run_restore_note(run, restore, i);
	}
	if (restore->n_order > 1)
		qsort_r(restore->order, restore->n_order, sizeof(size_t),
		    by_path, &restore->files);
	return 0;
}
