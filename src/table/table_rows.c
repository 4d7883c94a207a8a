/*
 * The rows of a statement, streamed.
 */

#include <stdlib.h>
#include <string.h>

#include "table/table_internal.h"

struct table_rows {
	struct table_db *db;
	duckdb_prepared_statement statement;
	duckdb_pending_result pending;
	duckdb_result result;
	bool has_result;
	struct table_column *columns;
	bool *native;		/* by column: read without a cast */
	duckdb_type *types;
	duckdb_vector *vectors;
	struct table_cell *cells;
	size_t n;
	duckdb_data_chunk chunk;
	idx_t row, size;		/* in the chunk */
};

/* ----------------------------------------------------------------- kinds */

/* The kind of a column; ${*native}: DuckDB's value is read without a cast. */
static enum table_kind
kind_of(duckdb_logical_type type, bool *native)
{
	char *alias;
	bool is_json;

	*native = true;
	switch (duck.get_type_id(type)) {
	case DUCKDB_TYPE_BOOLEAN:
		return TABLE_BOOLEAN;
	case DUCKDB_TYPE_TINYINT:
	case DUCKDB_TYPE_SMALLINT:
	case DUCKDB_TYPE_INTEGER:
	case DUCKDB_TYPE_BIGINT:
	case DUCKDB_TYPE_UTINYINT:
	case DUCKDB_TYPE_USMALLINT:
	case DUCKDB_TYPE_UINTEGER:
		return TABLE_INTEGER;
	case DUCKDB_TYPE_FLOAT:
	case DUCKDB_TYPE_DOUBLE:
		return TABLE_DOUBLE;
	case DUCKDB_TYPE_TIMESTAMP_TZ:
		return TABLE_TIME;
	case DUCKDB_TYPE_VARCHAR:
		alias = duck.logical_type_get_alias(type);
		is_json = alias != NULL && strcmp(alias, "JSON") == 0;
		duck.free(alias);
		return is_json ? TABLE_JSON : TABLE_TEXT;
	case DUCKDB_TYPE_HUGEINT:
	case DUCKDB_TYPE_UHUGEINT:
	case DUCKDB_TYPE_UBIGINT:
	case DUCKDB_TYPE_DECIMAL:
	case DUCKDB_TYPE_BIGNUM:
		*native = false;
		return TABLE_NUMBER;
	case DUCKDB_TYPE_LIST:
	case DUCKDB_TYPE_STRUCT:
	case DUCKDB_TYPE_MAP:
	case DUCKDB_TYPE_ARRAY:
	case DUCKDB_TYPE_UNION:
		*native = false;
		return TABLE_JSON;
	default:
		*native = false;
		return TABLE_TEXT;
	}
}

/* Read the statement's columns.  Return whether none needs a cast. */
static bool
read_columns(struct table_rows *rows)
{
	bool all = true;
	size_t i;

	rows->n = duck.prepared_statement_column_count(rows->statement);
	rows->columns = mem_zero(rows->n + 1, sizeof(*rows->columns));
	rows->native = mem_zero(rows->n + 1, sizeof(*rows->native));
	rows->types = mem_zero(rows->n + 1, sizeof(*rows->types));
	rows->vectors = mem_zero(rows->n + 1, sizeof(*rows->vectors));
	rows->cells = mem_zero(rows->n + 1, sizeof(*rows->cells));
	for (i = 0; i < rows->n; i++) {
		const char *name = duck.prepared_statement_column_name(
		    rows->statement, i);
		duckdb_logical_type type =
		    duck.prepared_statement_column_logical_type(
		    rows->statement, i);

		rows->columns[i].name = mem_text(name);
		rows->columns[i].kind = kind_of(type, &rows->native[i]);
		all = all && rows->native[i];
		duck.free((void *)(uintptr_t)name);
		duck.destroy_logical_type(&type);
	}
	return all;
}

/* "SELECT CAST("c1" AS VARCHAR) ... FROM (sql) AS q(c1, ...)" */
static void
add_wrapped(const struct table_rows *rows, const char *sql, struct text *out)
{
	size_t i;

	text_adds(out, "SELECT ");
	for (i = 0; i < rows->n; i++) {
		const char *form = rows->native[i] ? "%sc%zu" :
		    rows->columns[i].kind == TABLE_JSON ?
		    "%sto_json(c%zu)" : "%sCAST(c%zu AS VARCHAR)";

		text_addf(out, form, i > 0 ? ", " : "", i);
	}
	text_addf(out, " FROM (%s\n) AS q(", sql);
	for (i = 0; i < rows->n; i++)
		text_addf(out, "%sc%zu", i > 0 ? ", " : "", i);
	text_addc(out, ')');
}

/* Wrap the SQL, so that types without a table_kind arrive as text. */
static int
wrap(struct table_rows *rows, const char *sql, struct err *err)
{
	struct text wrapped;
	int rc = 0;
	size_t len = strlen(sql);
	char *bare = mem_copy(sql, len);

	while (len > 0 && strchr("; \t\r\n", bare[len - 1]) != NULL)
		bare[--len] = '\0';
	text_init(&wrapped, SIZE_MAX / 4);
	add_wrapped(rows, bare, &wrapped);
	free(bare);
	duck.destroy_prepare(&rows->statement);
	if (duck.prepare(rows->db->connection, wrapped.data,
	    &rows->statement) == DuckDBError)
		rc = table_failed(rows->db,
		    duck.prepare_error(rows->statement), err);
	text_release(&wrapped);
	return rc;
}

/* ------------------------------------------------------------ statements */

static int
no_statement(duckdb_extracted_statements statements, struct err *err)
{
	const char *why = duck.extract_statements_error(statements);

	return err_set(err, ERR_USAGE, "%s", why != NULL && *why != '\0' ?
	    why : "no SQL to run");
}

int
table_statements(struct table_db *db, const char *sql, struct err *err)
{
	duckdb_extracted_statements statements = NULL;
	int n = (int)duck.extract_statements(db->connection, sql,
	    &statements);

	if (n == 0)
		n = no_statement(statements, err);
	duck.destroy_extracted(&statements);
	return n;
}

/*
 * Parse ${sql}, unless that was done for an earlier statement of it: DuckDB
 * gives the type that a PIVOT creates a new name in each parse.
 */
static int
read_sql(struct table_db *db, const char *sql, size_t which,
    struct err *err)
{
	if (which > 0 && db->n_statements > which)
		return 0;
	if (db->statements != NULL)
		duck.destroy_extracted(&db->statements);
	db->n_statements = duck.extract_statements(db->connection, sql,
	    &db->statements);
	return db->n_statements > which ? 0 : no_statement(db->statements,
	    err);
}

static int
prepare(struct table_rows *rows, const char *sql, size_t which,
    struct err *err)
{
	if (read_sql(rows->db, sql, which, err) == -1)
		return -1;
	if (duck.prepare_extracted_statement(rows->db->connection,
	    rows->db->statements, which, &rows->statement) == DuckDBError)
		return table_failed(rows->db,
		    duck.prepare_error(rows->statement), err);
	if (read_columns(rows) || rows->db->n_statements > 1 ||
	    duck.prepared_statement_type(rows->statement) !=
	    DUCKDB_STATEMENT_TYPE_SELECT)
		return 0;
	return wrap(rows, sql, err);
}

static int
begin(struct table_rows *rows, struct err *err)
{
	if (duck.pending_prepared_streaming(rows->statement,
	    &rows->pending) == DuckDBError)
		return table_failed(rows->db,
		    duck.pending_error(rows->pending), err);
	if (table_wait(rows->db, rows->pending, err) == -1)
		return -1;
	rows->has_result = true;
	if (duck.execute_pending(rows->pending, &rows->result) ==
	    DuckDBError)
		return table_failed(rows->db,
		    duck.result_error(&rows->result), err);
	return 0;
}

struct table_rows *
table_query(struct table_db *db, const char *sql, size_t which,
    struct err *err)
{
	struct table_rows *rows = mem_zero(1, sizeof(*rows));
	size_t i;

	rows->db = db;
	table_unfit_begin(db);
	if (prepare(rows, sql, which, err) == -1 || begin(rows, err) == -1) {
		table_rows_free(rows);
		return NULL;
	}
	for (i = 0; i < rows->n; i++)
		rows->types[i] = duck.column_type(&rows->result, i);
	/* A column that was not cast to text is no number or JSON either. */
	for (i = 0; i < rows->n; i++)
		if (!rows->native[i] && rows->types[i] != DUCKDB_TYPE_VARCHAR)
			rows->columns[i].kind = TABLE_TEXT;
	return rows;
}

void
table_rows_free(struct table_rows *rows)
{
	size_t i;

	if (rows == NULL)
		return;
	if (rows->chunk != NULL)
		duck.destroy_data_chunk(&rows->chunk);
	if (rows->has_result)
		duck.destroy_result(&rows->result);
	duck.destroy_pending(&rows->pending);
	duck.destroy_prepare(&rows->statement);
	for (i = 0; i < rows->n; i++)
		free(rows->columns[i].name);
	free(rows->columns);
	free(rows->native);
	free(rows->types);
	free(rows->vectors);
	free(rows->cells);
	free(rows);
}

const struct table_column *
table_columns(const struct table_rows *rows, size_t *n)
{
	*n = rows->n;
	return rows->columns;
}

/* ---------------------------------------------------------------- values */

static int64_t
integer_at(duckdb_type type, const void *data, idx_t row)
{
	switch (type) {
	case DUCKDB_TYPE_TINYINT:
		return ((const int8_t *)data)[row];
	case DUCKDB_TYPE_SMALLINT:
		return ((const int16_t *)data)[row];
	case DUCKDB_TYPE_INTEGER:
		return ((const int32_t *)data)[row];
	case DUCKDB_TYPE_UTINYINT:
		return ((const uint8_t *)data)[row];
	case DUCKDB_TYPE_USMALLINT:
		return ((const uint16_t *)data)[row];
	case DUCKDB_TYPE_UINTEGER:
		return ((const uint32_t *)data)[row];
	default:
		return ((const int64_t *)data)[row];
	}
}

static struct span
text_at(const void *data, idx_t row)
{
	return table_text_of(&((const duckdb_string_t *)data)[row]);
}

static void
read_cell(const struct table_rows *rows, size_t i, struct table_cell *cell)
{
	const uint64_t *valid = duck.vector_get_validity(rows->vectors[i]);
	const void *data = duck.vector_get_data(rows->vectors[i]);
	duckdb_type type = rows->types[i];
	idx_t row = rows->row;

	cell->is_null = valid != NULL &&
	    (valid[row / 64] >> (row % 64) & 1) == 0;
	if (cell->is_null)
		return;
	switch (rows->columns[i].kind) {
	case TABLE_BOOLEAN:
		cell->is.boolean = ((const bool *)data)[row];
		break;
	case TABLE_INTEGER:
	case TABLE_TIME:
		cell->is.integer = integer_at(type, data, row);
		break;
	case TABLE_DOUBLE:
		cell->is.real = type == DUCKDB_TYPE_FLOAT ?
		    (double)((const float *)data)[row] :
		    ((const double *)data)[row];
		break;
	case TABLE_TEXT:
	case TABLE_JSON:
	case TABLE_NUMBER:
		/* One of several statements, which are not wrapped. */
		if (type != DUCKDB_TYPE_VARCHAR)
			cell->is.text = (struct span){ "?", 1 };
		else
			cell->is.text = text_at(data, row);
		break;
	}
}

/* Fetch the next chunk that has rows.  1, 0, -1. */
static int
next_chunk(struct table_rows *rows, struct err *err)
{
	struct table_db *db = rows->db;
	const char *why;
	size_t i;

	do {
		if (rows->chunk != NULL)
			duck.destroy_data_chunk(&rows->chunk);
		if (table_tick(db))
			return table_failed(db, NULL, err);
		rows->chunk = duck.fetch_chunk(rows->result);
		if (rows->chunk == NULL) {
			why = duck.result_error(&rows->result);
			return db->failure.kind != ERR_NONE ||
			    (why != NULL && *why != '\0') ?
			    table_failed(db, why, err) : 0;
		}
		rows->size = duck.data_chunk_get_size(rows->chunk);
	} while (rows->size == 0);
	rows->row = 0;
	for (i = 0; i < rows->n; i++)
		rows->vectors[i] = duck.data_chunk_get_vector(rows->chunk, i);
	return 1;
}

int
table_next(struct table_rows *rows, const struct table_cell **cells,
    struct err *err)
{
	size_t i;
	int rc;

	if (rows->chunk == NULL || ++rows->row >= rows->size)
		if ((rc = next_chunk(rows, err)) != 1)
			return rc;
	for (i = 0; i < rows->n; i++)
		read_cell(rows, i, &rows->cells[i]);
	*cells = rows->cells;
	return 1;
}

int
table_number(struct table_db *db, const char *sql, uint64_t *number,
    struct err *err)
{
	struct table_rows *rows = table_query(db, sql, 0, err);
	const struct table_cell *cells;
	int rc;

	*number = 0;
	if (rows == NULL)
		return -1;
	if ((rc = table_next(rows, &cells, err)) == 1 && !cells[0].is_null &&
	    rows->columns[0].kind == TABLE_INTEGER)
		*number = (uint64_t)cells[0].is.integer;
	table_rows_free(rows);
	return rc == -1 ? -1 : 0;
}
