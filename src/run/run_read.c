/*
 * Reading the records of a listing back from disk, in their order.
 */

#include <stdlib.h>

#include "run/run_internal.h"

#define OBJECT_MAX (UINT64_C(1) << 40)

struct run_reader {
	struct tree *tree;
	struct tree_receipts files;	/* of objects */
	size_t next;
	struct text object;
	struct tree_lines *lines;	/* of a stream */
};

struct run_reader *
run_reader_new(struct run *run, const char *key, const char *dir,
    struct err *err)
{
	struct run_reader *reader = mem_zero(1, sizeof(*reader));

	reader->tree = run->tree != NULL ? run->tree : run->online_tree;
	text_init(&reader->object, OBJECT_MAX);
	if (dir != NULL) {
		reader->lines = tree_lines_new(reader->tree, dir);
	} else if (manifest_files(run->manifest != NULL ? run->manifest :
	    run->online, key, &reader->files,
	    err) == -1) {
		run_reader_free(reader);
		return NULL;
	}
	return reader;
}

int
run_reader_next(struct run_reader *reader, struct span *record,
    struct err *err)
{
	if (reader->lines != NULL)
		return tree_lines_next(reader->lines, record, err);
	if (reader->next == reader->files.n)
		return 0;
	text_clear(&reader->object);
	if (tree_get(reader->tree, reader->files.at[reader->next++].path,
	    &reader->object, err) == -1)
		return -1;
	*record = (struct span){ reader->object.at, reader->object.len };
	/* It may have been changed since; it must at least be JSON. */
	if (page_check(record->at, record->len, err) == -1)
		return err_wrap(err, "%s",
		    reader->files.at[reader->next - 1].path);
	return 1;
}

void
run_reader_free(struct run_reader *reader)
{
	if (reader == NULL)
		return;
	tree_receipts_release(&reader->files);
	tree_lines_free(reader->lines);
	text_release(&reader->object);
	free(reader);
}
