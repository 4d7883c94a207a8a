#ifndef TABLE_INTERNAL_H
#define TABLE_INTERNAL_H

#include <pthread.h>

#include "page/page.h"
#include "table/table.h"
#include "table/table_duckdb.h"
#include "tree/tree.h"

/* What became of a file that SQL read. */
struct table_file {
	uint64_t rows, sanitized, damaged, deep, lost;
	uint64_t first;		/* line of the first that was not right */
	uint64_t first_mended;	/* and of the first that was mended */
};

/* What comes before each shard, and after the last. */
struct table_sums {
	uint64_t *lines, *bytes;
	size_t n;
	uint64_t largest;	/* bytes of a record, in the mean of a shard */
};

struct table_db {
	struct table_settings settings;
	struct source_tables tables;
	int dir;		/* the export */
	struct audit_files files;
	struct table_file *seen;	/* by file */
	struct page_plan **plans;	/* by resource */
	struct table_sums sums;
	struct table_diagnostic
	    *diagnostics; /* by resource, made when asked for */
	duckdb_database duckdb;
	duckdb_connection connection;
	duckdb_extracted_statements statements;	/* of the SQL read last */
	size_t n_statements;
	struct err failure;	/* of a scan; ERR_NONE: none */
	_Atomic uint64_t scanned;
	bool is_stopped;
	struct table_unfit *unfit;	/* by table and column */
	size_t n_unfit;
	pthread_mutex_t unfit_lock;
	struct table_parallel *parallels;	/* streams that views read */
	unsigned n_parallel;
};

/* ---------------------------------------------------- table_scan.c */

/* A row of records(): a record, or one that stands in another. */
struct table_row {
	struct span raw;	/* as it came */
	struct span record;	/* the same, fit for DuckDB */
	uint64_t line;		/* in its file, from 1 */
	unsigned depth;		/* 0: the record itself */
	uint64_t item;		/* its place in the record, from 0 */
	struct span id, root_id, parent_id;	/* at NULL: none */
};

struct table_scan;

/* Resources whose records are read, one after the other. */
struct table_resources {
	const struct source_resource *items[8];
	size_t n;
};

/**
 * table_resources(db, names, len, resources):
 * Find the resources in ${names}, between commas.  Return 0; or -1 where one
 * is none, or has no JSON.
 */
int table_resources(const struct table_db *, const char *, size_t,
    struct table_resources *);

/**
 * table_scan_new(db, resources, nested, id):
 * Read the records of ${resources}, file by file.  With ${nested}, the path
 * of an array in them, also the records in that, 1000 levels deep; ${id} is
 * then the path of what names a record.  All is borrowed.
 */
struct table_scan *table_scan_new(struct table_db *,
    const struct table_resources *, const char *, const char *);

/**
 * table_scan_count(scan):
 * No one wants to know what is in the records, only how many there are: they
 * need not be looked into.
 */
void table_scan_count(struct table_scan *);

/** table_scan_file(scan): Return the file of the last row. */
const struct audit_file *table_scan_file(const struct table_scan *);

/**
 * table_scan_next(scan, row, err):
 * Set ${row}, whose spans are valid until the next call.  Return 1; 0 at the
 * end; -1 with ${err} set.
 */
int table_scan_next(struct table_scan *, struct table_row *, struct err *);

/** table_scan_free(scan): Free ${scan}, which may be NULL. */
void table_scan_free(struct table_scan *);

/* ---------------------------------------------------- table_sanitize.c */

/**
 * table_sanitize(record, sanitized):
 * Does ${record}, which is JSON, hold what DuckDB refuses: half of a
 * surrogate pair?  Then write it to ${sanitized} with U+FFFD in such places.
 */
bool table_sanitize(struct span, struct text *);

/**
 * table_sanitize_numbers(record, sanitized):
 * Is ${record} JSON but for NaN and Infinity?  Then write it to ${sanitized}
 * with these as texts, which DuckDB casts to the numbers they are.
 */
bool table_sanitize_numbers(struct span, struct text *);

/* ------------------------------------------------- table_records.c */

/**
 * table_records(db, err):
 * Declare to DuckDB the function records(RESOURCE, nested := PATH, id :=
 * PATH), with the columns file, line, keys, raw, record, and for what is
 * nested depth, item, id, root_id, parent_id.
 */
int table_records(struct table_db *, struct err *);

/* --------------------------------------------------- table_guard.c */

/**
 * table_is_plain(name):
 * May a definition's SQL call the function, or use the operator?
 */
bool table_is_plain(const char *);

/**
 * table_guard(db, select, what, err):
 * Is ${select}, which a definition has for ${what}, one SELECT that calls only
 * what tables need?  Return 0; or -1 with ${err} set (ERR_USAGE).
 */
int table_guard(struct table_db *, const char *, const char *, struct err *);

/* ---------------------------------------------------- table_view.c */

/**
 * table_select(table, from, sql):
 * Write the rows of ${table}, whose records come from ${from}, as SQL.
 */
void table_select(const struct source_table *, const char *, struct text *);

/**
 * table_view(name, table, from, sql):
 * Write the statement that declares ${name}: what the source says of
 * ${table}, whose records come from ${from}, SQL.
 */
void table_view(const char *, const struct source_table *, const char *,
    struct text *);

/* --------------------------------------------------- table_unfit.c */

#define TABLE_UNFIT "hlexport_unfit"	/* a function for SQL */

/** table_unfit_declare(db, err): Declare it to DuckDB. */
int table_unfit_declare(struct table_db *, struct err *);

/** table_unfit_begin(db): A statement begins, which counts for itself. */
void table_unfit_begin(struct table_db *);

/** table_unfit_release(db): Free what was counted. */
void table_unfit_release(struct table_db *);

/** table_text_of(text): Return DuckDB's text, borrowed. */
struct span table_text_of(const duckdb_string_t *);

/* ---------------------------------------------------- table_size.c */

/** table_sums_init(db): Add up the shards, once; that may read some. */
void table_sums_init(struct table_db *);

/** table_sums_release(db): Free what table_sums_init() made. */
void table_sums_release(struct table_db *);

/**
 * table_is_even(db, resources, rows, bytes):
 * Have any ${rows} records of ${resources} that follow each other no more than
 * ${bytes}, even if the largest stand together?
 */
bool table_is_even(const struct table_db *, const struct table_resources *,
    uint64_t, uint64_t);

/* --------------------------------------------------- table_parallel.c */

/** table_forget_parallels(db): Free what table_parallel() made. */
void table_forget_parallels(struct table_db *);

/* ------------------------------------------------- table_diagnostic.c */

/** table_forget_diagnostics(db): Free what table_diagnostic() made. */
void table_forget_diagnostics(struct table_db *);

/* --------------------------------------------------------- table.c */

/** table_failed(db, message, err): Set ${err} to why a statement failed. */
int table_failed(struct table_db *, const char *, struct err *);

/** table_tick(db): Is it to stop?  Asked now and then. */
bool table_tick(struct table_db *);

/**
 * table_wait(db, pending, err):
 * Have a statement that was begun get on until it has a result, unless asked
 * to stop.
 */
int table_wait(struct table_db *, duckdb_pending_result, struct err *);

#endif
