/*
 * A table whose records several threads parse.  The function records() has one
 * thread, since DuckDB does not keep the order of rows when a table function
 * has several.  It does for an Arrow stream, whose batches it fetches one at a
 * time and numbers.
 */

#include <stdlib.h>
#include <string.h>

#include "table/table_arrow.h"
#include "table/table_internal.h"

/*
 * DuckDB parses this many records together, and with two threads needs about 40
 * times this memory.
 */
#define CHUNK_ROWS 2048
#define CHUNK_BYTES (12 << 20)
#define CHUNK_SHARE 42	/* 1/42 of the memory limit, if that is more */

struct table_parallel {
	struct table_db *db;
	struct table_resources resources;
	struct table_scan *scan;	/* NULL: not started */
	uint64_t rows;		/* of a batch */
	bool has_ended, has_failed;
	struct table_batch_schema *schema;
	struct ArrowArrayStream stream;
	struct table_parallel *next;
};

/* ---------------------------------------------------------------- stream */

static int
get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
	struct table_parallel *parallel = stream->private_data;

	table_batch_schema_give(parallel->schema, out);
	return 0;
}

/* DuckDB calls this from one thread at a time. */
static int
get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
	struct table_parallel *parallel = stream->private_data;
	struct table_row row;
	struct table_batch *batch;
	struct err err;
	uint64_t rows = 0;
	int rc = 1;

	out->release = NULL;
	/* Other threads may call again after a failure. */
	if (parallel->has_failed)
		return -1;
	if (parallel->has_ended) {
		err_set(&parallel->db->failure, ERR_INTERNAL,
		    "the records of %s were requested twice",
		    parallel->resources.items[0]->name);
		return -1;
	}
	if (parallel->scan == NULL)
		parallel->scan = table_scan_new(
		    parallel->db, &parallel->resources, NULL, NULL);
	batch = table_batch_new();
	while (rows < parallel->rows &&
	    (rc = table_scan_next(parallel->scan, &row, &err)) == 1) {
		table_batch_add(batch, &row, table_scan_file(parallel->scan));
		rows++;
	}
	parallel->has_ended = rc == 0 && rows == 0;
	parallel->has_failed = rc == -1;
	if (rc == -1 || rows == 0)
		table_batch_free(batch);
	else
		table_batch_give(batch, out);
	if (rc == -1)
		parallel->db->failure = err;
	return rc == -1 ? -1 : 0;
}

static const char *
get_last_error(struct ArrowArrayStream *stream)
{
	const struct table_parallel *parallel = stream->private_data;

	return parallel->db->failure.text;
}

static void
no_release(struct ArrowArrayStream *stream)
{
	stream->release = NULL;
}

void
table_forget_parallels(struct table_db *db)
{
	struct table_parallel *parallel;

	while ((parallel = db->parallels) != NULL) {
		db->parallels = parallel->next;
		table_scan_free(parallel->scan);
		free(parallel->schema);
		free(parallel);
	}
}

/* ------------------------------------------------------------------ SQL */

/* Is ${from} a plain call of records() without other SQL? */
static int
read_from(struct table_db *db, const char *from,
    struct table_resources *resources)
{
	static const char call[] = "records('";
	size_t len = strlen(from), before = sizeof(call) - 1;

	while (len > 0 && (from[len - 1] == '\n' || from[len - 1] == ' '))
		len--;
	if (len < before + 2 || strncmp(from, call, before) != 0 ||
	    strncmp(&from[len - 2], "')", 2) != 0 ||
	    memchr(&from[before], '\'', len - before - 2) != NULL)
		return -1;
	return table_resources(db, &from[before], len - before - 2,
	    resources);
}

/* A stream with the columns of records(). */
static const char stream_sql[] = "(SELECT row.*, 0 AS depth, 0::BIGINT AS "
    "item, NULL::VARCHAR AS id, NULL::VARCHAR AS root_id, NULL::VARCHAR AS "
    "parent_id FROM \"stream %u\") AS records";

/* Declare the stream, and a view of the table that reads it. */
static int
add_parallel(struct table_db *db, const struct source_table *table,
    const struct table_resources *resources, uint64_t rows, struct err *err)
{
	struct table_parallel *parallel = mem_zero(1, sizeof(*parallel));
	unsigned number = ++db->n_parallel;
	char *stream = mem_format("stream %u", number);
	char *name = mem_format("shared %u", number);
	char *from = mem_format(stream_sql, number);
	struct text view;
	int rc = 0;

	parallel->db = db;
	parallel->schema = table_batch_schema_new();
	parallel->resources = *resources;
	parallel->rows = rows;
	parallel->stream = (struct ArrowArrayStream){ get_schema, get_next,
	    get_last_error, no_release, parallel };
	parallel->next = db->parallels;
	db->parallels = parallel;
	text_init(&view, 1 << 20);
	if (duck.arrow_scan(db->connection, stream,
	    (duckdb_arrow_stream)&parallel->stream) == DuckDBError)
		rc = err_set(err, ERR_INTERNAL, "DuckDB refused a stream "
		    "of records");
	table_view(name, table, from, &view);
	if (rc == 0)
		rc = table_run(db, view.data, NULL, err);
	text_release(&view);
	free(from);
	free(name);
	free(stream);
	return rc;
}

/*
 * Is the plan of the view only a projection, one row a record?  A join or a
 * union, which DuckDB may make of an IN, would lose the order of rows.
 */
static bool
is_plain(struct table_db *db, unsigned number)
{
	static const char *const names[] = { "PROJECTION", "ARROW_SCAN",
	    "ARROW_SCAN_DUMB" };
	char *sql = mem_format("EXPLAIN (FORMAT json) SELECT * FROM \"shared "
	    "%u\"", number);
	struct err err;
	struct table_rows *rows = table_query(db, sql, 0, &err);
	const struct table_cell *cells;
	const char *pos = NULL;
	size_t i, n = 0, len;
	bool plain = true;
	char *plan = NULL;

	if (rows != NULL && table_next(rows, &cells, &err) == 1)
		pos = plan = mem_copy(cells[1].is.text.data,
		    cells[1].is.text.len);
	while (pos != NULL && plain &&
	    (pos = strstr(pos, "\"name\": \"")) != NULL) {
		pos += 9;
		len = strcspn(pos, " \"");
		plain = false;
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			plain = plain || (strlen(names[i]) == len &&
			    strncmp(pos, names[i], len) == 0);
		n++;
	}
	table_rows_free(rows);
	free(plan);
	free(sql);
	return plain && n > 0;
}

bool
table_parallel(struct table_db *db, const struct source_table *table,
    uint64_t rows, struct text *sql)
{
	uint64_t chunk = db->settings.memory / CHUNK_SHARE;
	struct table_resources resources;
	struct err err;

	if (chunk < CHUNK_BYTES)
		chunk = CHUNK_BYTES;
	if (duck.arrow_scan == NULL ||
	    read_from(db, table->from, &resources) == -1 ||
	    !table_is_even(db, &resources, CHUNK_ROWS, chunk) ||
	    add_parallel(db, table, &resources, rows, &err) == -1 ||
	    !is_plain(db, db->n_parallel))
		return false;
	text_addf(sql, "\"shared %u\"", db->n_parallel);
	return true;
}
