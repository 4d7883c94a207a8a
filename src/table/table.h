#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/audit.h"
#include "base/base.h"
#include "source/source.h"

/*
 * An export as SQL tables, by DuckDB, which is loaded when the first is
 * opened and never goes to the network.  The tables are views: each query
 * reads the export anew, and no table is held in memory.
 */
struct table_db;

/* What SQL may read and write. */
struct table_sandbox {
	const char *const *dirs;	/* all in these directories */
	size_t n_dirs;
	const char *const *paths;	/* and these, as they are written */
	size_t n_paths;
};

struct table_settings {
	const char *path;	/* the export; NULL: tables without rows */
	struct source *source;
	struct log *log;
	const char *scratch;	/* where to spill what memory can't hold */
	/* For all SQL, the source's too, which can't change settings then;
	 * NULL: none. */
	const struct table_sandbox *sandbox;
	const char *timezone;	/* an IANA name */
	uint64_t memory;	/* bytes */
	unsigned threads;	/* 0: as many as there are processors */
	/* Called now and then while a query runs; true: stop.  Or NULL. */
	bool (*tick)(void *);
	void *cookie;
};

/** table_is_built_in(): Was the program built with DuckDB? */
bool table_is_built_in(void);

/** table_library(): Return DuckDB's version, or NULL if it isn't there. */
const char *table_library(void);

/**
 * table_open(settings, err):
 * Open the export and declare its tables.  Return the database, which borrows
 * from ${settings}, table_close() it; or NULL with ${err} set (ERR_USAGE
 * where there is no DuckDB, saying how to get it).
 */
struct table_db *table_open(const struct table_settings *, struct err *);

/** table_close(db): Free ${db}, which may be NULL. */
void table_close(struct table_db *);

/** table_list(db): Return the tables that the source declares, borrowed. */
const struct source_tables *table_list(const struct table_db *);

/** table_enter_sandbox(db, sandbox, err): From now on, only what ${sandbox}
 * says. */
int table_enter_sandbox(struct table_db *, const struct table_sandbox *,
    struct err *);

/* ----------------------------------------------------------------- SQL */

/**
 * table_run(db, sql, rows, err):
 * Run one statement; ${*rows} (unless NULL) is how many rows it wrote.
 * Return 0; or -1 with ${err} set: ERR_STOPPED if asked to stop, ERR_DATA
 * where the export is damaged, ERR_DISK, ERR_USAGE for wrong SQL.
 */
int table_run(struct table_db *, const char *, uint64_t *, struct err *);

/** table_quote(text, name): Add ${name} as an SQL name, in quotes. */
void table_quote(struct text *, const char *);

/** table_literal(text, value): Add ${value} as an SQL text, in quotes. */
void table_literal(struct text *, const char *);

/**
 * table_parallel(db, table, rows, sql):
 * Declare a view of ${table} that can be read once, for one COPY: several
 * threads look into its records, ${rows} at a time, and the file's row groups
 * are those, in order.  Return whether that can be, its name added to ${sql}.
 */
bool table_parallel(struct table_db *, const struct source_table *, uint64_t,
    struct text *);

/**
 * table_check_sql(sql, open, err):
 * May the user's ${sql} be run?  Not if it calls what prints, ends the process
 * or runs SQL from a text; nor, unless ${open}, what is for files.  Return 0;
 * or -1 with ${err} set (ERR_USAGE).
 */
int table_check_sql(const char *, bool, struct err *);

/**
 * table_statements(db, sql, err):
 * Return how many statements ${sql} has, at least 1; or -1 with ${err} set
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
	TABLE_NUMBER		/* a number that only text can hold */
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
 * Run statement number ${which} (from 0) of ${sql}, and give its rows as they
 * come.  What has no kind of its own (lists, decimals) comes as text or JSON.
 * Return the rows, table_rows_free() them; or NULL with ${err} set as
 * table_run().
 */
struct table_rows *table_query(struct table_db *, const char *, size_t,
    struct err *);

/** table_columns(rows, n): Return the ${*n} columns, borrowed. */
const struct table_column *table_columns(const struct table_rows *,
    size_t *);

/**
 * table_next(rows, cells, err):
 * Set ${*cells} to the next row's.  Return 1; 0 at the end; -1 with ${err}
 * set.
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

/* ---------------------------------------------- what could not be taken */

/* Records that were not as they should be, of one resource. */
struct table_diagnostic {
	const char *resource;
	uint64_t rows;		/* lines that were read */
	uint64_t sanitized;	/* DuckDB takes them only mended */
	uint64_t damaged;	/* no JSON; left out */
	uint64_t deep;		/* nested so deeply that a part is no row */
	uint64_t lost;		/* files that are not there */
	char *where;		/* the first that is left out: "path:line" */
	char *where_mended;	/* the first that was mended */
};

/** table_left_out(db): Return how many records and files were left out. */
uint64_t table_left_out(const struct table_db *);

/**
 * table_diagnostic(db, n):
 * Return what was met so far, by resource; a line that was read by several
 * queries counts once.
 */
const struct table_diagnostic *table_diagnostic(struct table_db *, size_t *);

/* Values of a column that do not fit its type, and are NULL. */
struct table_unfit {
	const char *table, *column, *type;
	uint64_t values, now;	/* of the statement with most; of this one */
	char *first;		/* its beginning, or NULL: there is none */
};

/**
 * table_unfit(db, n):
 * Return the ${n} columns of all tables, borrowed until the next call.  Values
 * count in the statement that met most of them.
 */
const struct table_unfit *table_unfit(struct table_db *, size_t *);

/** table_scanned(db): Return how many records were read, in all. */
uint64_t table_scanned(const struct table_db *);

/** table_memory(db): Return the bytes that its settings allow. */
uint64_t table_memory(const struct table_db *);

/** table_threads(db): Return how many threads it was opened with. */
unsigned table_threads(const struct table_db *);

/* Of no more such groups of rows does anyone want to keep a list. */
#define TABLE_GROUPS 10000

/**
 * table_rows_within(db, bytes, max):
 * Return how many records that follow each other have about ${bytes} at the
 * most, wherever they stand: 1 to ${max}, and enough for no more than
 * TABLE_GROUPS groups of so many.
 */
uint64_t table_rows_within(const struct table_db *, uint64_t, uint64_t);

/**
 * table_bytes(db, table, records):
 * Return the bytes of all records that ${table} is made from, and set
 * ${records} to how many there are, as far as manifest and names tell.
 */
uint64_t table_bytes(const struct table_db *, const struct source_table *,
    uint64_t *);

#endif
