/*
 * Reads the records of a listing from disk, in order.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

#define OBJECT_MAX (UINT64_C(1) << 40)

struct run_reader {
	struct tree *tree;
	struct tree_receipts files;
	size_t next;
	bool is_stream;
	bool is_tolerant;	/* leave out what is damaged or missing */
	uint64_t skipped;	/* records or files left out */
	struct text object;
	struct tree_records *shard;	/* the current one, or NULL */
	const struct page_plan *plan;
	struct page page;
};

static struct run_reader *
new_reader(struct run *run, const char *key, const char *dir)
{
	struct run_reader *reader = mem_zero(1, sizeof(*reader));
	const struct source_resource *resource = source_find(
	    run->settings.source, key, strcspn(key, "/"));

	reader->tree = run_writes(run) ? run->tree : run->online_tree;
	reader->plan = run->plans[resource->index];
	reader->is_stream = dir != NULL;
	text_init(&reader->object, OBJECT_MAX);
	page_init(&reader->page);
	return reader;
}

struct run_reader *
run_reader_new(struct run *run, const char *key, const char *dir,
    struct err *err)
{
	struct run_reader *reader = new_reader(run, key, dir);

	if (manifest_files(run_writes(run) ? run->manifest : run->online, key,
	    &reader->files, err) == 0)
		return reader;
	run_reader_free(reader);
	return NULL;
}

struct run_reader *
run_reader_on_disk(struct run *run, const char *key, const char *dir,
    struct err *err)
{
	struct run_reader *reader = new_reader(run, key, dir);

	reader->is_tolerant = true;
	if (tree_stream_files(reader->tree, dir, &reader->files, err) == 0)
		return reader;
	run_reader_free(reader);
	return NULL;
}

void
run_reader_tolerate(struct run_reader *reader)
{
	reader->is_tolerant = true;
}

/* Open the next shard.  Return 1; 0 at the end; or -1. */
static int
next_shard(struct run_reader *reader, struct err *err)
{
	const struct tree_receipt *file;
	int fd;

	if (reader->next == reader->files.n)
		return 0;
	file = &reader->files.items[reader->next++];
	if ((fd = tree_open_file(reader->tree, file->path, err)) == -1)
		return -1;
	reader->shard = tree_records_new(fd, file->path, reader->plan, true,
	    file->bytes > 0 ? file->bytes : UINT64_MAX, false);
	return 1;
}

static int
next_line(struct run_reader *reader, struct page_record *record,
    struct err *err)
{
	struct page_item item;
	struct err why;
	int rc;

	for (;;) {
		if (reader->shard == NULL &&
		    (rc = next_shard(reader, err)) != 1)
			return rc;
		rc = tree_records_next(reader->shard, &item, &why, err);
		if (rc == -1)
			return -1;
		if (rc == 0) {
			tree_records_free(reader->shard);
			reader->shard = NULL;
		} else if (item.kind == PAGE_DAMAGED) {
			*err = why;
			return err_wrap(err, "%s",
			    reader->files.items[reader->next - 1].path);
		} else if (item.kind == PAGE_RECORD) {
			*record = tree_records_record(reader->shard);
			return 1;
		}
	}
}

static int
next_object(struct run_reader *reader, struct page_record *record,
    struct err *err)
{
	const char *path;

	if (reader->next == reader->files.n)
		return 0;
	path = reader->files.items[reader->next++].path;
	text_clear(&reader->object);
	if (tree_get(reader->tree, path, &reader->object, err) == -1)
		return -1;
	/* The file may have been changed since; it must at least be JSON. */
	if (page_read_record(&reader->page, reader->plan, reader->object.data,
	    reader->object.len, err) == -1)
		return err_wrap(err, "%s", path);
	*record = page_record(&reader->page, 0);
	return 1;
}

/* The file does not exist, or is no file. */
static bool
is_missing(const struct err *err)
{
	return err->kind == ERR_DISK && (errno == ENOENT || errno == ELOOP ||
	    errno == ENOTDIR || errno == EISDIR || errno == ENXIO);
}

int
run_reader_next(struct run_reader *reader, struct page_record *record,
    struct err *err)
{
	int rc;

	for (;;) {
		rc = reader->is_stream ? next_line(reader, record, err) :
		    next_object(reader, record, err);
		if (rc != -1 || !reader->is_tolerant ||
		    (err->kind != ERR_DATA && !is_missing(err)))
			return rc;
		reader->skipped++;
	}
}

uint64_t
run_reader_skipped(const struct run_reader *reader)
{
	return reader->skipped;
}

void
run_reader_free(struct run_reader *reader)
{
	if (reader == NULL)
		return;
	tree_receipts_release(&reader->files);
	tree_records_free(reader->shard);
	text_release(&reader->object);
	page_release(&reader->page);
	free(reader);
}
