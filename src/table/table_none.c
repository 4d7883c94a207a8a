/*
 * Stubs for a build without DuckDB: each returns an error that says how to get
 * it.
 */

#include "table/table.h"

static int
missing(struct err *err)
{
	return err_set(err, ERR_USAGE, "this program was built without "
	    "DuckDB, which this command needs; run contrib/get-duckdb in the "
	    "source tree, then configure and make again");
}

bool
table_is_built_in(void)
{
	return false;
}

const char *
table_library(void)
{
	return NULL;
}

struct table_db *
table_open(const struct table_settings *settings, struct err *err)
{
	(void)settings;
	missing(err);
	return NULL;
}

void
table_close(struct table_db *db)
{
	(void)db;
}

const struct source_tables *
table_list(const struct table_db *db)
{
	(void)db;
	return NULL;
}

int
table_enter_sandbox(struct table_db *db, const struct table_sandbox *sandbox,
    struct err *err)
{
	(void)db;
	(void)sandbox;
	return missing(err);
}

int
table_run(struct table_db *db, const char *sql, uint64_t *rows,
    struct err *err)
{
	(void)db;
	(void)sql;
	(void)rows;
	return missing(err);
}

int
table_check_sql(const char *sql, bool open, struct err *err)
{
	(void)sql;
	(void)open;
	return missing(err);
}

unsigned
table_threads(const struct table_db *db)
{
	(void)db;
	return 0;
}

uint64_t
table_memory(const struct table_db *db)
{
	(void)db;
	return 0;
}

bool
table_parallel(struct table_db *db, const struct source_table *table,
    uint64_t rows, struct text *sql)
{
	(void)db;
	(void)table;
	(void)rows;
	(void)sql;
	return false;
}

void
table_quote(struct text *text, const char *name)
{
	(void)text;
	(void)name;
}

void
table_literal(struct text *text, const char *value)
{
	(void)text;
	(void)value;
}

struct table_rows *
table_query(struct table_db *db, const char *sql, size_t which,
    struct err *err)
{
	(void)db;
	(void)sql;
	(void)which;
	missing(err);
	return NULL;
}

const struct table_column *
table_columns(const struct table_rows *rows, size_t *n)
{
	(void)rows;
	*n = 0;
	return NULL;
}

int
table_next(struct table_rows *rows, const struct table_cell **cells,
    struct err *err)
{
	(void)rows;
	(void)cells;
	return missing(err);
}

void
table_rows_free(struct table_rows *rows)
{
	(void)rows;
}

int
table_number(struct table_db *db, const char *sql, uint64_t *number,
    struct err *err)
{
	(void)db;
	(void)sql;
	(void)number;
	return missing(err);
}

const struct table_diagnostic *
table_diagnostic(struct table_db *db, size_t *n)
{
	(void)db;
	*n = 0;
	return NULL;
}

const struct table_unfit *
table_unfit(struct table_db *db, size_t *n)
{
	(void)db;
	*n = 0;
	return NULL;
}

uint64_t
table_left_out(const struct table_db *db)
{
	(void)db;
	return 0;
}

uint64_t
table_rows_within(const struct table_db *db, uint64_t bytes, uint64_t max)
{
	(void)db;
	(void)bytes;
	return max;
}

uint64_t
table_bytes(const struct table_db *db, const struct source_table *table,
    uint64_t *records)
{
	(void)db;
	(void)table;
	*records = 0;
	return 0;
}

uint64_t
table_scanned(const struct table_db *db)
{
	(void)db;
	return 0;
}

int
table_statements(struct table_db *db, const char *sql, struct err *err)
{
	(void)db;
	(void)sql;
	return missing(err);
}
