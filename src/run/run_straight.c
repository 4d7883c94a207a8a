/*
 * Damaged shards of a stream, written again as a new export would: all records
 * received, in order.  That restores the original bytes if the server's list is
 * unchanged, even if records are equal and have no key.  If it has changed,
 * run_align.c takes over.
 */

#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

struct run_straight {
	struct tree *tree;
	const struct tree_receipts *files;
	const bool *damaged;
	size_t file;		/* of the next record */
	uint64_t row;		/* its line in that file, from 0 */
	struct tree_draft *draft;	/* of that file, or NULL */
	size_t *taken, n_taken, capacity;
};

struct run_straight *
run_straight_new(struct run *run, const struct tree_receipts *files,
    const bool *damaged)
{
	struct run_straight *straight = mem_zero(1, sizeof(*straight));

	straight->tree = run->tree;
	straight->files = files;
	straight->damaged = damaged;
	return straight;
}

void
run_straight_free(struct run_straight *straight)
{
	if (straight == NULL)
		return;
	tree_draft_free(straight->draft);
	free(straight->taken);
	free(straight);
}

/* Finish the current file, complete or not. */
static int
end_file(struct run_straight *straight, struct err *err)
{
	const struct tree_receipt *wanted =
	    &straight->files->items[straight->file];
	struct tree_draft *draft = straight->draft;
	int rc;

	straight->draft = NULL;
	if (draft == NULL)
		return 0;
	if (tree_draft_lines(draft) != wanted->lines) {
		tree_draft_free(draft);
		return 0;
	}
	if ((rc = tree_draft_end(draft, wanted, err)) != 1)
		return rc;
	straight->taken = mem_need(straight->taken, straight->n_taken + 1,
	    &straight->capacity, sizeof(*straight->taken));
	straight->taken[straight->n_taken++] = straight->file;
	return 0;
}

static int
add_record(struct run_straight *straight, struct span record, bool breaks,
    struct err *err)
{
	const struct tree_receipts *files = straight->files;

	while (straight->file < files->n &&
	    straight->row == files->items[straight->file].lines) {
		if (end_file(straight, err) == -1)
			return -1;
		straight->file++;
		straight->row = 0;
	}
	if (straight->file == files->n)
		return 0;
	if (straight->row++ == 0 && straight->damaged[straight->file] &&
	    (straight->draft = tree_draft_new(straight->tree,
	    files->items[straight->file].path, err)) == NULL)
		return -1;
	return straight->draft == NULL ? 0 : tree_draft_line(straight->draft,
	    record, breaks, err);
}

int
run_straight_page(struct run *run, struct run_straight *straight,
    struct run_task *task, struct err *err)
{
	const struct page *page = &task->page;
	struct run_listing *own = task->job.listing->user;
	bool named;
	size_t i;

	for (i = 0; i < page->n; i++) {
		if (run_note_is_overlap(task, i) || run_note_reply(run, task,
		    i, &named) == RUN_DUPLICATE)
			continue;
		if (add_record(straight, page->records[i], page->has_breaks,
		    err) == -1)
			return -1;
	}
	if (page->n > 0 && own->crawl->resource->paging == SOURCE_OFFSET)
		run_note_last(own, page->records[page->n - 1]);
	return 0;
}

int
run_straight_end(struct run_straight *straight, struct err *err)
{
	return straight->file < straight->files->n ?
	    end_file(straight, err) : 0;
}

bool
run_straight_take(struct run_straight *straight, size_t *file)
{
	if (straight->n_taken == 0)
		return false;
	*file = straight->taken[--straight->n_taken];
	return true;
}
