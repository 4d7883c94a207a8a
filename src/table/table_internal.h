#ifndef TABLE_INTERNAL_H
#define TABLE_INTERNAL_H

#include <pthread.h>

#include "page/page.h"
#include "table/table.h"
#include "table/table_duckdb.h"
#include "tree/tree.h"

/* Problems found in a file while SQL read it. */
struct table_file {
	uint64_t rows, sanitized, damaged, deep, lost;
	uint64_t first;		/* line of the first record left out */
	uint64_t first_sanitized;	/* and of the first sanitized */
};

/* Running totals: lines and bytes before each shard, and after the last. */
struct table_sums {
	uint64_t *lines, *bytes;
	size_t n;
	uint64_t largest;	/* the highest mean record size of a shard */
};

struct table_db {
	struct table_settings settings;
	struct source_tables tables;
	int dir;		/* the export */
	struct audit_files files;
	struct table_file *seen;	/* by file */
	struct page_plan **plans;	/* by resource */
	struct table_sums sums;
	struct table_diagnostic *diagnostics;	/* by resource; made on
						 * demand */
	duckdb_database duckdb;
	duckdb_connection connection;
	duckdb_extracted_statements statements;	/* of the last SQL parsed */
	size_t n_statements;
	struct err failure;	/* of a scan; ERR_NONE if none */
	_Atomic uint64_t scanned;
	bool is_stopped;
	struct table_unfit *unfit;	/* by table and column */
	size_t n_unfit;
	pthread_mutex_t unfit_lock;
	struct table_parallel *parallels;	/* streams behind views */
	unsigned n_parallel;
};

/* ---------------------------------------------------- table_scan.c */

/* A row of records(): a record, or one nested in another. */
struct table_row {
	struct span raw;	/* the original bytes */
	struct span record;	/* the same, sanitized for DuckDB */
	uint64_t line;		/* in its file, from 1 */
	unsigned depth;		/* 0: the record itself */
	uint64_t item;		/* its position in the record, from 0 */
	struct span id, root_id, parent_id;	/* data NULL: none */
};

struct table_scan;

/* Resources whose records are read in this order. */
struct table_resources {
	const struct source_resource *items[8];
	size_t n;
};

/**
 * table_scan_new(db, resources, nested, id):
 * Read the records of ${resources}, file by file.  If ${nested} is the path of
 * an array in a record, also read the records in it, up to 1000 levels deep;
 * ${id} is then the path of a record's id.  All arguments are borrowed.
 */
struct table_scan *table_scan_new(struct table_db *,
    const struct table_resources *, const char *, const char *);

/**
 * table_scan_count(scan):
 * Only count records: their contents are not needed.
 */
void table_scan_count(struct table_scan *);

/** table_scan_file(scan): Return the file that the last row came from. */
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
 * If the JSON ${record} has unpaired surrogates, which DuckDB refuses, write it
 * to ${sanitized} with U+FFFD in their place and return true.
 */
bool table_sanitize(struct span, struct text *);

/**
 * table_sanitize_numbers(record, sanitized):
 * If ${record} is JSON except for NaN and Infinity, write it to ${sanitized}
 * with these as strings, which DuckDB can cast to numbers, and return true.
 */
bool table_sanitize_numbers(struct span, struct text *);

/* ------------------------------------------------- table_records.c */

/**
 * table_resources(db, names, len, resources):
 * Find the resources in the comma-separated list ${names}.  Return 0; or -1 if
 * one is unknown or has no JSON.
 */
int table_resources(const struct table_db *, const char *, size_t,
    struct table_resources *);

/**
 * table_records(db, err):
 * Register the SQL function records(RESOURCE, nested := PATH, id := PATH).  It
 * returns the columns file, line, keys, raw and record, and for nested records
 * depth, item, id, root_id and parent_id.
 */
int table_records(struct table_db *, struct err *);

/* --------------------------------------------------- table_guard.c */

/**
 * table_is_plain(name):
 * May the SQL of a definition call this function or operator?
 */
bool table_is_plain(const char *);

/**
 * table_guard(db, select, what, err):
 * Check that ${select}, a definition's SQL for ${what}, is a single SELECT that
 * calls only allowed functions.  Return 0; or -1 with ${err} set (ERR_USAGE).
 */
int table_guard(struct table_db *, const char *, const char *, struct err *);

/* ---------------------------------------------------- table_view.c */

/**
 * table_select(table, from, sql):
 * Write the SELECT for ${table}, which reads its records from ${from}.
 */
void table_select(const struct source_table *, const char *, struct text *);

/**
 * table_view(name, table, from, sql):
 * Write the statement that declares the view ${name} of ${table}, which reads
 * its records from the SQL ${from}.
 */
void table_view(const char *, const struct source_table *, const char *,
    struct text *);

/* --------------------------------------------------- table_unfit.c */

#define TABLE_UNFIT "hlexport_unfit"	/* an SQL function */

/** table_unfit_declare(db, err): Register the function TABLE_UNFIT. */
int table_unfit_declare(struct table_db *, struct err *);

/** table_unfit_begin(db): Start counting for a new statement. */
void table_unfit_begin(struct table_db *);

/** table_unfit_release(db): Free the counters. */
void table_unfit_release(struct table_db *);

/** table_text_of(text): Return the bytes of a DuckDB string, borrowed. */
struct span table_text_of(const duckdb_string_t *);

/* ---------------------------------------------------- table_size.c */

/** table_sums_init(db): Sum up the shards, reading some if needed. */
void table_sums_init(struct table_db *);

/** table_sums_release(db): Free the sums. */
void table_sums_release(struct table_db *);

/**
 * table_is_even(db, resources, rows, bytes):
 * Do any ${rows} consecutive records of ${resources} take at most ${bytes},
 * even if the largest ones are next to each other?
 */
bool table_is_even(const struct table_db *, const struct table_resources *,
    uint64_t, uint64_t);

/* --------------------------------------------------- table_parallel.c */

/** table_forget_parallels(db): Free the streams of table_parallel(). */
void table_forget_parallels(struct table_db *);

/* ------------------------------------------------- table_diagnostic.c */

/** table_forget_diagnostics(db): Free the result of table_diagnostic(). */
void table_forget_diagnostics(struct table_db *);

/* --------------------------------------------------------- table.c */

/** table_failed(db, message, err): Set ${err}: why a statement failed. */
int table_failed(struct table_db *, const char *, struct err *);

/** table_tick(db): Call the tick.  Return whether the query must stop. */
bool table_tick(struct table_db *);

/**
 * table_wait(db, pending, err):
 * Run a pending statement until its result is ready or the tick stops it.
 * Return 0; or -1 with ${err} set.
 */
int table_wait(struct table_db *, duckdb_pending_result, struct err *);

#endif
