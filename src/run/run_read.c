/*
 * Reading the records of a listing back from disk, in their order.
 */

#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

#define OBJECT_MAX (UINT64_C(1) << 40)

struct run_reader {
	struct tree *tree;
	struct tree_receipts files;	/* of objects */
	size_t next;
	struct text object;
	struct tree_lines *lines;	/* of a stream */
	const struct page_plan *plan;
	struct page page;
};

struct run_reader *
run_reader_new(struct run *run, const char *key, const char *dir,
    struct err *err)
{
	struct run_reader *reader = mem_zero(1, sizeof(*reader));
	const struct source_resource *resource = source_find(
	    run->settings.source, key, strcspn(key, "/"));

	reader->plan = run->plans[resource->index];
	page_init(&reader->page);
	reader->tree = run->tree != NULL ? run->tree : run->online_tree;
	text_init(&reader->object, OBJECT_MAX);
	if (dir != NULL) {
		reader->lines = tree_lines_new(reader->tree, dir, false);
	} else if (manifest_files(run->manifest != NULL ? run->manifest :
	    run->online, key, &reader->files,
	    err) == -1) {
		run_reader_free(reader);
		return NULL;
	}
	return reader;
}

/* The bytes of the next record, and what they are called for people. */
static int
next_bytes(struct run_reader *reader, struct span *bytes, const char **what,
    struct err *err)
{
	if (reader->lines != NULL) {
		*what = tree_lines_dir(reader->lines);
		return tree_lines_next(reader->lines, bytes, err);
	}
	if (reader->next == reader->files.n)
		return 0;
	text_clear(&reader->object);
	*what = reader->files.at[reader->next++].path;
	if (tree_get(reader->tree, *what, &reader->object, err) == -1)
		return -1;
	*bytes = (struct span){ reader->object.at, reader->object.len };
	return 1;
}

int
run_reader_next(struct run_reader *reader, struct page_record *record,
    struct err *err)
{
	struct span bytes;
	const char *what;
	int rc = next_bytes(reader, &bytes, &what, err);

	if (rc != 1)
		return rc;
	/* It may have been changed since; it must at least be JSON. */
	if (page_read_record(&reader->page, reader->plan, bytes.at,
	    bytes.len, err) == -1)
		return err_wrap(err, "%s", what);
	*record = page_record(&reader->page, 0);
	return 1;
}

void
run_reader_free(struct run_reader *reader)
{
	if (reader == NULL)
		return;
	tree_receipts_release(&reader->files);
	tree_lines_free(reader->lines);
	page_release(&reader->page);
	text_release(&reader->object);
	free(reader);
}
