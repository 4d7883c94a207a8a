/*
 * A table whose records several threads look into.  The function records()
 * has one thread, since DuckDB does not keep the order of rows that a
 * program's function gives to several.  Of an Arrow stream it does: it takes
 * the batches one at a time, and numbers them.
 */

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "table/table_arrow.h"
#include "table/table_internal.h"

/* DuckDB's vectors have so many rows; large records come in smaller batches. */
#define BATCH_ROWS 2048
#define BATCH_BYTES (4 << 20)

/*
 * The stream has one column, a struct of those that records() has.  Of several,
 * DuckDB would ask for some, in an order that it does not tell; and would
 * leave it to the stream to apply filters to them.
 */
enum { FILE_PATH, LINE, KEYS, RAW, RECORD, COLUMNS, KEY = COLUMNS, ROW, ALL };

struct table_share {
	struct table_db *db;
	const struct source_resource *resource;
	struct table_scan *scan;	/* NULL: it has not begun */
	bool has_ended;
	struct ArrowArrayStream stream;
	struct table_share *next;
};

/* --------------------------------------------------------------- schema */

/* The type JSON, in the form of the interface's metadata. */
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

struct schema {
	struct ArrowSchema columns[ALL];
	struct ArrowSchema *children[COLUMNS], *key[1], *row[1];
};

static void
forget_column(struct ArrowSchema *schema)
{
	schema->release = NULL;
}

static void
forget_schema(struct ArrowSchema *schema)
{
	free(schema->private_data);
	schema->release = NULL;
}

static int
get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
	struct schema *schema = mem_zero(1, sizeof(*schema));
	size_t i;

	(void)stream;
	for (i = 0; i < ALL; i++) {
		schema->columns[i] = (struct ArrowSchema){
			.format = columns[i].format,
			.name = columns[i].name,
			.metadata = columns[i].is_json ?
			    (const char *)&json_text : NULL,
			.release = forget_column,
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
		.private_data = schema,
	};
	return 0;
}

/* --------------------------------------------------------------- batches */

struct column {
	struct ArrowArray array;
	int64_t rows;
	struct text bytes;	/* of texts, one after the other; or numbers */
	struct text ends;	/* where each begins, and the last ends */
	const void *buffers[3];	/* which are null, then as the format has it */
};

struct batch {
	atomic_uint held;	/* arrays that were not released */
	struct column columns[ALL];
	struct ArrowArray *children[COLUMNS], *key[1], *row[1];
	bool is_mended;		/* a record is not as it came */
	const void *no_nulls[1];
};

static struct batch *
batch_new(void)
{
	struct batch *batch = mem_zero(1, sizeof(*batch));
	int64_t zero = 0;
	size_t i;

	for (i = 0; i < ALL; i++) {
		text_init(&batch->columns[i].bytes, SIZE_MAX / 4);
		text_init(&batch->columns[i].ends, SIZE_MAX / 4);
		text_add(&batch->columns[i].ends, &zero, sizeof(zero));
	}
	return batch;
}

static void
batch_free(struct batch *batch)
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
	struct batch *batch = array->private_data;
	int64_t i;

	for (i = 0; i < array->n_children; i++)
		if (array->children[i]->release != NULL)
			array->children[i]->release(array->children[i]);
	array->release = NULL;
	if (atomic_fetch_sub(&batch->held, 1) == 1)
		batch_free(batch);
}

static void
add_end(struct column *column, size_t end)
{
	int64_t value = (int64_t)end;

	text_add(&column->ends, &value, sizeof(value));
	column->rows++;
}

static void
add_text(struct column *column, const char *at, size_t len)
{
	text_add(&column->bytes, at, len);
	add_end(column, column->bytes.len);
}

static void
add_row(struct batch *batch, const struct table_row *row,
    const struct audit_file *file)
{
	struct column *all = batch->columns;
	int64_t line = (int64_t)row->line;
	size_t i;

	/* While the two are the same, one is kept. */
	if (!batch->is_mended && row->record.at != row->raw.at) {
		batch->is_mended = true;
		text_add(&all[RECORD].bytes, all[RAW].bytes.at,
		    all[RAW].bytes.len);
		text_clear(&all[RECORD].ends);
		text_add(&all[RECORD].ends, all[RAW].ends.at,
		    all[RAW].ends.len);
	}
	add_text(&all[FILE_PATH], file->path, strlen(file->path));
	text_add(&all[LINE].bytes, &line, sizeof(line));
	for (i = 0; i < file->n_keys; i++)
		add_text(&all[KEY], file->keys[i], strlen(file->keys[i]));
	add_end(&all[KEYS], (size_t)all[KEY].rows);
	add_text(&all[RAW], row->raw.at, row->raw.len);
	if (batch->is_mended)
		add_text(&all[RECORD], row->record.at, row->record.len);
}

/* Hand the batch over: it is freed when all its arrays are released. */
static void
give(struct batch *batch, int64_t rows, struct ArrowArray *out)
{
	size_t i;

	if (!batch->is_mended) {
		/* The same bytes; they are freed with the batch. */
		batch->columns[RECORD].buffers[1] =
		    batch->columns[RAW].ends.at;
		batch->columns[RECORD].buffers[2] =
		    batch->columns[RAW].bytes.at;
	}
	for (i = 0; i < ALL; i++) {
		struct column *column = &batch->columns[i];
		bool is_text = *columns[i].format == 'U';

		if (column->buffers[1] == NULL)
			column->buffers[1] = i == LINE ? column->bytes.at :
			    column->ends.at;
		if (column->buffers[2] == NULL && is_text)
			column->buffers[2] = column->bytes.at != NULL ?
			    column->bytes.at : "";
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

/* ---------------------------------------------------------------- stream */

/* DuckDB calls this from one thread at a time. */
static int
get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
	struct table_share *share = stream->private_data;
	struct table_row row;
	struct batch *batch;
	struct err err;
	int64_t rows = 0;
	int rc = 1;

	out->release = NULL;
	if (share->has_ended) {
		err_set(&share->db->failure, ERR_INTERNAL, "the records of "
		    "%s would be read twice; use --threads 1",
		    share->resource->name);
		return -1;
	}
	if (share->scan == NULL)
		share->scan = table_scan_new(share->db, share->resource,
		    NULL, NULL);
	batch = batch_new();
	while (rows < BATCH_ROWS &&
	    batch->columns[RAW].bytes.len < BATCH_BYTES &&
	    (rc = table_scan_next(share->scan, &row, &err)) == 1) {
		add_row(batch, &row, table_scan_file(share->scan));
		rows++;
	}
	share->has_ended = rc == 0 && rows == 0;
	if (rc == -1 || rows == 0)
		batch_free(batch);
	else
		give(batch, rows, out);
	if (rc == -1)
		share->db->failure = err;
	return rc == -1 ? -1 : 0;
}

static const char *
get_last_error(struct ArrowArrayStream *stream)
{
	const struct table_share *share = stream->private_data;

	return share->db->failure.text;
}

static void
no_release(struct ArrowArrayStream *stream)
{
	stream->release = NULL;
}

/* Declare a view of the resource's records that can be read once. */
static int
add_share(struct table_db *db, const struct source_resource *resource,
    struct text *name, struct err *err)
{
	struct table_share *share = mem_zero(1, sizeof(*share));

	share->db = db;
	share->resource = resource;
	share->stream = (struct ArrowArrayStream){ get_schema, get_next,
	    get_last_error, no_release, share };
	share->next = db->shares;
	db->shares = share;
	text_clear(name);
	text_addf(name, "shared records %u", ++db->n_shares);
	if (duck.arrow_scan(db->connection, name->at,
	    (duckdb_arrow_stream)&share->stream) == DuckDBError)
		return err_set(err, ERR_INTERNAL, "DuckDB does not take a "
		    "stream of records");
	return 0;
}

void
table_forget_shares(struct table_db *db)
{
	struct table_share *share;

	while ((share = db->shares) != NULL) {
		db->shares = share->next;
		table_scan_free(share->scan);
		free(share);
	}
}

/* ------------------------------------------------------------------ SQL */

/* The resource in "records('NAME')" at ${at}, with its length; or NULL. */
static const struct source_resource *
find_call(struct table_db *db, const char *at, size_t *len)
{
	static const char call[] = "records('";
	size_t name;

	if (strncmp(at, call, sizeof(call) - 1) != 0)
		return NULL;
	at += sizeof(call) - 1;
	name = strcspn(at, "'");
	if (strncmp(&at[name], "')", 2) != 0)
		return NULL;
	*len = sizeof(call) - 1 + name + 2;
	return source_find(db->settings.source, at, name);
}

/* What the table is made from, with a stream in place of each call.  1, 0, -1. */
static int
replace_calls(struct table_db *db, const char *from, struct text *sql,
    struct err *err)
{
	const struct source_resource *resource;
	struct text name;
	size_t len;
	int rc = 0;

	text_init(&name, 64);
	while (*from != '\0' && rc != -1) {
		resource = find_call(db, from, &len);
		if (resource == NULL) {
			text_addc(sql, *from++);
			continue;
		}
		from += len;
		rc = add_share(db, resource, &name, err) == -1 ? -1 : 1;
		text_adds(sql, "(SELECT row.* FROM ");
		table_quote(sql, name.at);
		text_addc(sql, ')');
	}
	text_release(&name);
	return rc;
}

/* Is each record read once, and do rows come in the order of the records? */
static bool
is_plain(const char *from)
{
	static const char *const words[] = { "with", "join", "group",
	    "distinct", "order", "over", "except", "intersect" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(from, words[i]) != NULL)
			return false;
	return true;
}

int
table_share(struct table_db *db, const struct source_table *table,
    struct text *sql, struct err *err)
{
	struct text from, view, name;
	int rc = 0;

	text_init(&from, 1 << 20);
	text_init(&view, 1 << 20);
	text_init(&name, 4096);
	if (db->settings.threads > 1 && duck.arrow_scan != NULL &&
	    is_plain(table->from))
		rc = replace_calls(db, table->from, &from, err);
	if (rc == 1) {
		text_addf(&name, "shared %s %u", table->name, db->n_shares);
		table_view(name.at, table, from.at, &view);
		rc = table_run(db, view.at, NULL, err);
		table_quote(sql, name.at);
		text_adds(sql, " AS ");
	}
	if (rc != -1)
		table_quote(sql, table->name);
	text_release(&name);
	text_release(&view);
	text_release(&from);
	return rc == -1 ? -1 : 0;
}
