/*
 * The records of a resource, in order, from the files of the manifest.
 */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "table/table_internal.h"

/*
 * Each level is parsed again with every level above it, so a chain of nested
 * records would take quadratic time.
 */
#define MAX_LEVELS 1000

/* A list of records in a record, and the position in it. */
struct level {
	struct span list;
	const char *place;
	struct span parent_id;
};

struct table_scan {
	struct table_db *db;
	const struct table_resources *resources;
	size_t which;
	const struct source_resource *resource;	/* the current one */
	const char *nested, *id;

	size_t file;		/* the next one to open */
	const struct audit_file *current;	/* the open one */
	struct table_file seen;	/* problems in it, so far */
	struct tree_records *records;	/* its reader; NULL: not open */
	uint64_t line;

	bool counts;		/* records are only counted */
	uint64_t known;		/* lines left of a file that need not be read */
	bool is_array;		/* a file is an array of records */
	struct span items;	/* the array */
	const char *place;	/* the position in it */

	struct level *levels;	/* open lists in the last record */
	size_t n_levels, capacity;
	char **ids;		/* decoded ids, which rows borrow */
	size_t n_ids, ids_capacity;
	struct span root_id;
	uint64_t item;
	bool is_too_deep;	/* it has more than MAX_LEVELS levels */
	struct text sanitized;
	struct text numbers;	/* the record, with NaN as a string */
	struct span exact;	/* its original bytes; data NULL: no NaN */
};

/* Does each of its files hold an array of records? */
static bool
has_arrays(const struct source_resource *resource)
{
	return resource->derive != NULL ||
	    resource->shape.form == SOURCE_ARRAY;
}

/* Move to the next resource, or the first.  Return whether there is one. */
static bool
next_resource(struct table_scan *scan)
{
	if (scan->which == scan->resources->n)
		return false;
	scan->resource = scan->resources->items[scan->which++];
	scan->is_array = has_arrays(scan->resource);
	scan->file = 0;
	return scan->db->files.n > 0;
}

struct table_scan *
table_scan_new(struct table_db *db, const struct table_resources *resources,
    const char *nested, const char *id)
{
	struct table_scan *scan = mem_zero(1, sizeof(*scan));

	scan->db = db;
	scan->resources = resources;
	next_resource(scan);
	scan->nested = nested;
	scan->id = id;
	text_init(&scan->sanitized, SIZE_MAX / 4);
	text_init(&scan->numbers, SIZE_MAX / 4);
	return scan;
}

void
table_scan_count(struct table_scan *scan)
{
	size_t i;

	scan->counts = scan->nested == NULL;
	for (i = 0; i < scan->resources->n; i++)
		if (has_arrays(scan->resources->items[i]))
			scan->counts = false;
}

const struct audit_file *
table_scan_file(const struct table_scan *scan)
{
	return scan->current;
}

static void
forget_ids(struct table_scan *scan)
{
	while (scan->n_ids > 0)
		free(scan->ids[--scan->n_ids]);
}

void
table_scan_free(struct table_scan *scan)
{
	if (scan == NULL)
		return;
	tree_records_free(scan->records);
	text_release(&scan->sanitized);
	text_release(&scan->numbers);
	forget_ids(scan);
	free(scan->ids);
	free(scan->levels);
	free(scan);
}

/* ----------------------------------------------------------------- files */

/* Count a record that cannot be read and is left out. */
static void
note_damage(struct table_scan *scan)
{
	if (scan->seen.first == 0)
		scan->seen.first = scan->line > 0 ? scan->line : 1;
	scan->seen.damaged++;
}

/* Count a record that is nested too deeply, once. */
static void
note_deep(struct table_scan *scan)
{
	if (scan->is_too_deep)
		return;
	scan->is_too_deep = true;
	if (scan->seen.first == 0)
		scan->seen.first = scan->line;
	scan->seen.deep++;
}

/* Count a file that is missing or not a regular file. */
static void
note_lost(struct table_scan *scan)
{
	scan->seen.lost = 1;
	scan->seen.first = 1;
}

/* End of file: keep the problems found in it. */
static void
close_file(struct table_scan *scan)
{
	if (scan->records != NULL &&
	    tree_records_bytes(scan->records) < scan->current->bytes)
		note_damage(scan);
	/* Lines overwritten with blanks no longer count as records. */
	while (scan->records != NULL && !scan->is_array &&
	    scan->seen.rows + scan->seen.damaged < scan->current->lines)
		note_damage(scan);
	scan->db->seen[scan->current - scan->db->files.items] = scan->seen;
	tree_records_free(scan->records);
	scan->records = NULL;
}

/* Move to the next file of the resources.  Return whether there is one. */
static bool
turn_file(struct table_scan *scan)
{
	const struct audit_files *files = &scan->db->files;

	do {
		while (scan->file < files->n &&
		    files->items[scan->file].resource != scan->resource)
			scan->file++;
	} while (scan->file == files->n && next_resource(scan));
	if (scan->file == files->n)
		return false;
	scan->current = &files->items[scan->file++];
	scan->line = 0;
	scan->seen = (struct table_file){ .rows = 0 };
	return true;
}

/* Open the current file; -1 with ${*is_lost} set: it is missing. */
static int
open_file(struct table_scan *scan, bool *is_lost, struct err *err)
{
	int fd = file_open(scan->db->dir, scan->current->path, O_RDONLY, err);
	struct stat st;

	*is_lost = fd == -1 ? errno == ENOENT || errno == ENOTDIR ||
	    errno == ELOOP || errno == EISDIR || errno == EACCES ||
	    errno == ENXIO : fstat(fd, &st) == -1 || !S_ISREG(st.st_mode);
	if (fd != -1 && *is_lost) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Open the next file.  1, 0, -1. */
static int
open_next(struct table_scan *scan, struct err *err)
{
	bool is_lost;
	int fd;

	while (turn_file(scan)) {
		fd = open_file(scan, &is_lost, err);
		if (fd == -1 && !is_lost)
			return -1;
		if (fd == -1) {
			note_lost(scan);
			close_file(scan);
			continue;
		}
		scan->records = tree_records_new(fd, scan->current->path,
		    scan->db->plans[scan->resource->index],
		    scan->resource->store == SOURCE_KEEP_SHARDS,
		    scan->current->bytes, false);
		return 1;
	}
	return 0;
}

/* Is the file at least as long as the manifest says? */
static bool
is_as_long(const struct table_scan *scan, const struct audit_file *file)
{
	struct stat st;

	return file_stat(scan->db->dir, file->path, &st) == 0 &&
	    S_ISREG(st.st_mode) &&
	    (uint64_t)st.st_size >= file->bytes;
}

/*
 * Take the number of records from the manifest if the file is as long as it
 * says.  Return false if the file must be read.
 */
static bool
count_known(struct table_scan *scan)
{
	const struct audit_files *files = &scan->db->files;
	const struct audit_file *file;

	while (scan->known == 0 && scan->records == NULL &&
	    (scan->file < files->n || next_resource(scan))) {
		file = &files->items[scan->file];
		if (file->resource == scan->resource) {
			if (file->lines == 0 || !is_as_long(scan, file))
				return false;
			scan->known = file->lines;
			scan->line = 0;
			scan->current = file;
		}
		scan->file++;
	}
	if (scan->known == 0)
		return false;
	scan->known--;
	scan->line++;
	return true;
}

/* ---------------------------------------------------------------- records */

/*
 * The next record or array of records in the open file.  1, 0 at its end, -1.
 */
static int
next_item(struct table_scan *scan, struct span *record, struct err *err)
{
	struct page_item item;
	struct err why;
	int rc;

	while ((rc = tree_records_next(scan->records, &item, &why, err)) ==
	    1) {
		scan->line = tree_records_line(scan->records) + 1 -
		    item.lines;
		if (item.kind == PAGE_DAMAGED)
			note_damage(scan);
		if (item.kind != PAGE_RECORD)
			continue;
		*record = item.bytes;
		scan->exact.data = NULL;
		/* DuckDB can cast NaN from a string, but not parse it. */
		if ((item.odd & PAGE_ODD_WORDS) != 0 &&
		    table_sanitize_numbers(*record, &scan->numbers)) {
			scan->exact = *record;
			*record = (struct span){ scan->numbers.data,
			    scan->numbers.len };
		}
		return 1;
	}
	return rc;
}

/* The next record, from whichever file.  1, 0, -1. */
static int
read_record(struct table_scan *scan, struct span *record, struct err *err)
{
	int rc;

	if (scan->counts && count_known(scan)) {
		*record = (struct span){ "", 0 };
		return 1;
	}
	for (;;) {
		if (scan->place != NULL && page_next(scan->items,
		    &scan->place, record))
			return 1;
		scan->place = NULL;
		if (scan->records == NULL && (rc = open_next(scan, err)) != 1)
			return rc;
		rc = next_item(scan, record, err);
		if (rc == -1)
			return -1;
		if (rc == 0) {
			close_file(scan);
			continue;
		}
		scan->items = *record;
		if (!scan->is_array)
			return 1;
		/* An empty array has no first item. */
		if (page_next(scan->items, &scan->place, record))
			return 1;
	}
}

/* Decode an id with escapes; the result lives as long as its record. */
static struct span
decode(struct table_scan *scan, struct span id)
{
	struct text sanitized, text;
	struct span plain;

	text_init(&sanitized, SIZE_MAX / 4);
	text_init(&text, SIZE_MAX / 4);
	if (table_sanitize(id, &sanitized))
		id = (struct span){ sanitized.data, sanitized.len };
	page_value_text(id, &text);
	plain.len = text.len;
	plain.data = text_take(&text);
	text_release(&sanitized);
	scan->ids = mem_need(scan->ids, scan->n_ids + 1, &scan->ids_capacity,
	    sizeof(*scan->ids));
	scan->ids[scan->n_ids++] = (char *)(uintptr_t)plain.data;
	return plain;
}

static struct span
id_of(struct table_scan *scan, struct span record)
{
	struct span id = { NULL, 0 };

	if (scan->id == NULL || !page_find(record, scan->id, &id) ||
	    page_is_null(id))
		return (struct span){ NULL, 0 };
	if (id.len < 2 || *id.data != '"')
		return id;
	if (memchr(id.data, '\\', id.len) == NULL)
		return (struct span){ id.data + 1, id.len - 2 };
	return decode(scan, id);
}

/*
 * Open the list of records in ${record}, if it has one.  Beyond MAX_LEVELS,
 * deeper than any platform nests, records stay part of the row above.
 */
static void
descend(struct table_scan *scan, struct span record)
{
	const char *place = NULL;
	struct level *level;
	struct span list, item;

	if (scan->nested == NULL || !page_find(record, scan->nested, &list) ||
	    *list.data != '[')
		return;
	if (scan->n_levels == MAX_LEVELS) {
		if (!page_next(list, &place, &item))
			return;
		note_deep(scan);
		return;
	}
	scan->levels = mem_need(scan->levels, scan->n_levels + 1,
	    &scan->capacity, sizeof(*scan->levels));
	level = &scan->levels[scan->n_levels++];
	*level = (struct level){ list, NULL, id_of(scan, record) };
}

/* The next record nested in the last one. */
static bool
next_nested(struct table_scan *scan, struct table_row *row)
{
	struct level *level;

	while (scan->n_levels > 0) {
		level = &scan->levels[scan->n_levels - 1];
		if (!page_next(level->list, &level->place, &row->raw)) {
			scan->n_levels--;
			continue;
		}
		row->depth = (unsigned)scan->n_levels;
		row->item = ++scan->item;
		row->root_id = scan->root_id;
		row->parent_id = level->parent_id;
		return true;
	}
	return false;
}

/* Sanitize the record for DuckDB, and count it if that changed it. */
static void
sanitize(struct table_scan *scan, struct table_row *row)
{
	bool sanitized = table_sanitize(row->raw, &scan->sanitized);

	row->record = row->raw;
	if (sanitized)
		row->record = (struct span){ scan->sanitized.data,
		    scan->sanitized.len };
	if (row->depth > 0)
		return;
	if (scan->exact.data != NULL && !scan->is_array) {
		row->raw = scan->exact;
		sanitized = true;
	}
	if (sanitized && scan->seen.sanitized++ == 0)
		scan->seen.first_sanitized = scan->line;
}

int
table_scan_next(struct table_scan *scan, struct table_row *row,
    struct err *err)
{
	int rc;

	*row = (struct table_row){ .depth = 0 };
	if (!next_nested(scan, row)) {
		if ((rc = read_record(scan, &row->raw, err)) != 1)
			return rc;
		forget_ids(scan);
		scan->seen.rows++;
		scan->db->scanned++;
		scan->item = 0;
		scan->is_too_deep = false;
		scan->root_id = id_of(scan, row->raw);
		row->root_id = scan->root_id;
	}
	row->line = scan->line;
	if (scan->counts)
		return 1;
	row->id = id_of(scan, row->raw);
	descend(scan, row->raw);
	sanitize(scan, row);
	return 1;
}
