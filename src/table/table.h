#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/audit.h"
#include "base/base.h"
#include "source/source.h"

/*
 * An export as SQL tables.  DuckDB runs the SQL; it is loaded when the first
 * database is opened, and never uses the network.  The tables are views: each
 * query reads the export, and no table is kept in memory.
 */
struct table_db;

/* The files that SQL may read and write. */
struct table_sandbox {
	const char *const *dirs;	/* every file below these directories */
	size_t n_dirs;
	const char *const *paths;	/* these files, by exactly this path */
	size_t n_paths;
};

struct table_settings {
	const char *path;	/* the export; NULL: all tables are empty */
	struct source *source;
	struct log *log;
	const char *scratch;	/* directory for what exceeds the memory */
	/* Applies to all SQL, including the source's, and locks DuckDB's
	 * settings; NULL: no sandbox. */
	const struct table_sandbox *sandbox;
	const char *timezone;	/* an IANA name */
	uint64_t memory;	/* bytes */
	unsigned threads;	/* 0: one for each processor */
	/* Called regularly while a query runs; returns true to stop it.  May
	 * be NULL. */
	bool (*tick)(void *);
	void *cookie;
};

/** table_is_built_in(): Was the program built with DuckDB? */
bool table_is_built_in(void);

/** table_library(): Return DuckDB's version; NULL: the library is missing. */
const char *table_library(void);

/**
 * table_open(settings, err):
 * Open the export and declare its tables.  Return the database, which borrows
 * from ${settings} and must be closed with table_close(); or NULL with ${err}
 * set (ERR_USAGE if DuckDB is missing; the message says how to get it).
 */
struct table_db *table_open(const struct table_settings *, struct err *);

/** table_close(db): Free ${db}, which may be NULL. */
void table_close(struct table_db *);

/** table_list(db): Return the tables that the source declares, borrowed. */
const struct source_tables *table_list(const struct table_db *);

/** table_enter_sandbox(db, sandbox, err): Restrict SQL to ${sandbox} from now
 * on. */
int table_enter_sandbox(struct table_db *, const struct table_sandbox *,
    struct err *);

/* ----------------------------------------------------------------- SQL */

/**
 * table_run(db, sql, rows, err):
 * Run one statement and set ${*rows} (unless NULL) to the number of rows it
 * wrote.  Return 0; or -1 with ${err} set: ERR_STOPPED if the tick stopped it,
 * ERR_DATA if the export is damaged, ERR_DISK, ERR_USAGE for invalid SQL.
 */
int table_run(struct table_db *, const char *, uint64_t *, struct err *);

/** table_quote(text, name): Add ${name} as a quoted SQL identifier. */
void table_quote(struct text *, const char *);

/** table_literal(text, value): Add ${value} as an SQL string literal. */
void table_literal(struct text *, const char *);

/**
 * table_parallel(db, table, rows, sql):
 * Declare a view of ${table} that one COPY can read, once: several threads
 * parse its records in batches of ${rows}, and each batch becomes one row group
 * of the file, in order.  Return true and add the view's name to ${sql}; or
 * false if the table cannot be read in parallel.
 */
bool table_parallel(struct table_db *, const struct source_table *, uint64_t,
    struct text *);

/**
 * table_check_sql(sql, open, err):
 * Refuse ${sql} from the user if it calls functions that print, end the process
 * or run SQL from a string; or, unless ${open}, functions that access files.
 * Return 0; or -1 with ${err} set (ERR_USAGE).
 */
int table_check_sql(const char *, bool, struct err *);

/**
 * table_statements(db, sql, err):
 * Return the number of statements in ${sql}, at least 1; or -1 with ${err} set
 * (ERR_USAGE).
 */
int table_statements(struct table_db *, const char *, struct err *);

/* ---------------------------------------------------------------- rows */

enum table_kind {
	TABLE_TEXT,
	TABLE_BOOLEAN,
	TABLE_INTEGER,
	TABLE_DOUBLE,
	TABLE_TIME,		/* microseconds since 1970, UTC */
	TABLE_JSON,		/* text that is JSON */
	TABLE_NUMBER		/* a number too large or exact for a double */
};

struct table_column {
	char *name;
	enum table_kind kind;
};

/* A value of a row; ${text} is valid until the next row. */
struct table_cell {
	bool is_null;
	union {
		struct span text;	/* of TEXT, JSON, NUMBER */
		bool boolean;
		int64_t integer;	/* also TABLE_TIME */
		double real;
	} is;
};

struct table_rows;

/**
 * table_query(db, sql, which, err):
 * Run statement number ${which} (from 0) of ${sql} and stream its rows.  Types
 * that have no table_kind (lists, decimals) arrive as text or JSON.  Return the
 * rows, to be freed with table_rows_free(); or NULL with ${err} set as by
 * table_run().
 */
struct table_rows *table_query(struct table_db *, const char *, size_t,
    struct err *);

/** table_columns(rows, n): Return the ${*n} columns, borrowed. */
const struct table_column *table_columns(const struct table_rows *,
    size_t *);

/**
 * table_next(rows, cells, err):
 * Set ${*cells} to the cells of the next row.  Return 1; 0 at the end; -1 with
 * ${err} set.
 */
int table_next(struct table_rows *, const struct table_cell **,
    struct err *);

/** table_rows_free(rows): Free ${rows}, which may be NULL. */
void table_rows_free(struct table_rows *);

/**
 * table_number(db, sql, number, err):
 * Set ${*number} to the first value of the first row; NULL is 0.
 */
int table_number(struct table_db *, const char *, uint64_t *, struct err *);

/* ---------------------------------------------------------- diagnostics */

/* Problems in the records of one resource. */
struct table_diagnostic {
	const char *resource;
	uint64_t rows;		/* lines that were read */
	uint64_t sanitized;	/* DuckDB refuses the original bytes */
	uint64_t damaged;	/* not JSON; left out */
	uint64_t deep;		/* nested so deeply that some rows are left
				 * out */
	uint64_t lost;		/* missing files */
	char *where;		/* the first one left out: "path:line" */
	char *where_sanitized;	/* the first one sanitized */
};

/** table_left_out(db): Return the number of records and files left out. */
uint64_t table_left_out(const struct table_db *);

/**
 * table_diagnostic(db, n):
 * Return the problems found so far, one entry a resource, and set ${*n}.  A
 * line that several queries read counts once.
 */
const struct table_diagnostic *table_diagnostic(struct table_db *, size_t *);

/* Values of a column that do not fit its type and are read as NULL. */
struct table_unfit {
	const char *table, *column, *type;
	uint64_t values;	/* the highest count of any statement */
	uint64_t now;		/* the count of the current statement */
	char *first;		/* the first value, shortened; NULL: none */
};

/**
 * table_unfit(db, n):
 * Return the ${*n} columns of all tables, borrowed until the next call.
 */
const struct table_unfit *table_unfit(struct table_db *, size_t *);

/** table_scanned(db): Return the total number of records read. */
uint64_t table_scanned(const struct table_db *);

/** table_memory(db): Return the memory limit in bytes. */
uint64_t table_memory(const struct table_db *);

/** table_threads(db): Return the number of threads it was opened with. */
unsigned table_threads(const struct table_db *);

/* The most row groups that a file is divided into. */
#define TABLE_GROUPS 10000

/**
 * table_rows_within(db, bytes, max):
 * Return the largest number of consecutive records, from 1 to ${max}, that take
 * about ${bytes} at most anywhere in the export; but no fewer than make
 * TABLE_GROUPS groups of the whole export.
 */
uint64_t table_rows_within(const struct table_db *, uint64_t, uint64_t);

/**
 * table_bytes(db, table, records):
 * Return the size in bytes of the records that ${table} reads, and set
 * ${*records} to their number, as known from the manifest and file names.
 */
uint64_t table_bytes(const struct table_db *, const struct source_table *,
    uint64_t *);

#endif
