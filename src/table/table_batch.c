/*
 * Records as a batch of an Arrow stream.
 */

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "table/table_arrow.h"
#include "table/table_internal.h"

/*
 * The stream has one column, a struct of the columns of records().  If it had
 * several, DuckDB would request some of them, in an undocumented order, and
 * would expect the stream to apply filters to them.
 */
enum { FILE_PATH, LINE, KEYS, RAW, RECORD, COLUMNS, KEY = COLUMNS, ROW, ALL };

/* --------------------------------------------------------------- schema */

/* The type JSON, encoded as Arrow metadata. */
static const struct {
	int32_t pairs, name_len;
	char name[20];
	int32_t value_len;
	char value[10];
} json_text = { 1, 20, "ARROW:extension:name", 10, "arrow.json" };

static const struct {
	const char *name, *format;
	bool is_json;
} columns[ALL] = {
	[FILE_PATH] = { "file", "U", false },
	[LINE] = { "line", "l", false },
	[KEYS] = { "keys", "+L", false },
	[RAW] = { "raw", "U", true },
	[RECORD] = { "record", "U", true },
	[KEY] = { "key", "U", false },
	[ROW] = { "row", "+s", false },
};

struct table_batch_schema {
	struct ArrowSchema columns[ALL];
	struct ArrowSchema *children[COLUMNS], *key[1], *row[1];
};

/* Nothing to free: DuckDB may call this for some columns only, or never. */
static void
forget_schema(struct ArrowSchema *schema)
{
	schema->release = NULL;
}

struct table_batch_schema *
table_batch_schema_new(void)
{
	return mem_zero(1, sizeof(struct table_batch_schema));
}

void
table_batch_schema_give(struct table_batch_schema *schema,
    struct ArrowSchema *out)
{
	size_t i;

	for (i = 0; i < ALL; i++) {
		schema->columns[i] = (struct ArrowSchema){
			.format = columns[i].format,
			.name = columns[i].name,
			.metadata = columns[i].is_json ?
			    (const char *)&json_text : NULL,
			.release = forget_schema,
		};
		if (i < COLUMNS)
			schema->children[i] = &schema->columns[i];
	}
	schema->key[0] = &schema->columns[KEY];
	schema->columns[KEYS].n_children = 1;
	schema->columns[KEYS].children = schema->key;
	schema->row[0] = &schema->columns[ROW];
	schema->columns[ROW].n_children = COLUMNS;
	schema->columns[ROW].children = schema->children;
	*out = (struct ArrowSchema){
		.format = "+s",
		.name = "",
		.n_children = 1,
		.children = schema->row,
		.release = forget_schema,
	};
}

/* --------------------------------------------------------------- batches */

struct column {
	struct ArrowArray array;
	int64_t rows;
	struct text bytes;	/* strings, concatenated; or numbers */
	struct text ends;	/* Arrow's offsets: n + 1 of them */
	const void *buffers[3];	/* validity, then what the format needs */
};

struct table_batch {
	atomic_uint held;	/* arrays not yet released */
	struct column columns[ALL];
	struct ArrowArray *children[COLUMNS], *key[1], *row[1];
	int64_t rows;
	bool is_sanitized;	/* a record differs from its raw bytes */
	const void *no_nulls[1];
};

struct table_batch *
table_batch_new(void)
{
	struct table_batch *batch = mem_zero(1, sizeof(*batch));
	int64_t zero = 0;
	size_t i;

	for (i = 0; i < ALL; i++) {
		text_init(&batch->columns[i].bytes, SIZE_MAX / 4);
		text_init(&batch->columns[i].ends, SIZE_MAX / 4);
		text_add(&batch->columns[i].ends, &zero, sizeof(zero));
	}
	return batch;
}

void
table_batch_free(struct table_batch *batch)
{
	size_t i;

	for (i = 0; i < ALL; i++) {
		text_release(&batch->columns[i].bytes);
		text_release(&batch->columns[i].ends);
	}
	free(batch);
}

static void
release(struct ArrowArray *array)
{
	struct table_batch *batch = array->private_data;
	int64_t i;

	for (i = 0; i < array->n_children; i++)
		if (array->children[i]->release != NULL)
			array->children[i]->release(array->children[i]);
	array->release = NULL;
	if (atomic_fetch_sub(&batch->held, 1) == 1)
		table_batch_free(batch);
}

static void
add_end(struct column *column, size_t end)
{
	int64_t value = (int64_t)end;

	text_add(&column->ends, &value, sizeof(value));
	column->rows++;
}

static void
add_text(struct column *column, const char *data, size_t len)
{
	text_add(&column->bytes, data, len);
	add_end(column, column->bytes.len);
}

void
table_batch_add(struct table_batch *batch, const struct table_row *row,
    const struct audit_file *file)
{
	struct column *all = batch->columns;
	int64_t line = (int64_t)row->line;
	size_t i;

	/* While record and raw are the same, only raw is stored. */
	if (!batch->is_sanitized && row->record.data != row->raw.data) {
		batch->is_sanitized = true;
		text_add(&all[RECORD].bytes, all[RAW].bytes.data,
		    all[RAW].bytes.len);
		text_clear(&all[RECORD].ends);
		text_add(&all[RECORD].ends, all[RAW].ends.data,
		    all[RAW].ends.len);
	}
	add_text(&all[FILE_PATH], file->path, strlen(file->path));
	text_add(&all[LINE].bytes, &line, sizeof(line));
	for (i = 0; i < file->n_keys; i++)
		add_text(&all[KEY], file->keys[i], strlen(file->keys[i]));
	add_end(&all[KEYS], (size_t)all[KEY].rows);
	add_text(&all[RAW], row->raw.data, row->raw.len);
	if (batch->is_sanitized)
		add_text(&all[RECORD], row->record.data, row->record.len);
	batch->rows++;
}

void
table_batch_give(struct table_batch *batch, struct ArrowArray *out)
{
	int64_t rows = batch->rows;
	size_t i;

	if (!batch->is_sanitized) {
		/* Shared bytes, freed with the batch. */
		batch->columns[RECORD].buffers[1] =
		    batch->columns[RAW].ends.data;
		batch->columns[RECORD].buffers[2] =
		    batch->columns[RAW].bytes.data;
	}
	for (i = 0; i < ALL; i++) {
		struct column *column = &batch->columns[i];
		bool is_text = *columns[i].format == 'U';

		if (column->buffers[1] == NULL)
			column->buffers[1] = i == LINE ? column->bytes.data :
			    column->ends.data;
		if (column->buffers[2] == NULL && is_text)
			column->buffers[2] = column->bytes.data != NULL ?
			    column->bytes.data : "";
		column->array = (struct ArrowArray){
			.length = i == KEY ? column->rows : rows,
			.n_buffers = is_text ? 3 : i == ROW ? 1 : 2,
			.buffers = column->buffers,
			.release = release,
			.private_data = batch,
		};
		if (i < COLUMNS)
			batch->children[i] = &column->array;
	}
	batch->key[0] = &batch->columns[KEY].array;
	batch->columns[KEYS].array.n_children = 1;
	batch->columns[KEYS].array.children = batch->key;
	batch->row[0] = &batch->columns[ROW].array;
	batch->columns[ROW].array.n_children = COLUMNS;
	batch->columns[ROW].array.children = batch->children;
	atomic_init(&batch->held, ALL + 1);
	*out = (struct ArrowArray){
		.length = rows,
		.n_buffers = 1,
		.n_children = 1,
		.buffers = batch->no_nulls,
		.children = batch->row,
		.release = release,
		.private_data = batch,
	};
}
