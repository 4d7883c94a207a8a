#ifndef OUTPUT_H
#define OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "audit/audit.h"
#include "base/base.h"
#include "report/report.h"
#include "table/table.h"

/*
 * Files made from an export: rows in every format, and reports.
 */

/* --------------------------------------------------------------- rows */

/* Receives bytes.  Returns 0; or -1 with the error set. */
struct output_sink {
	int (*write)(void *, const char *, size_t, struct err *);
	void *cookie;
};

enum output_format {
	OUTPUT_TABLE,
	OUTPUT_EXPANDED,	/* a table with a line for each value */
	OUTPUT_MARKDOWN,
	OUTPUT_PARQUET,
	OUTPUT_CSV,
	OUTPUT_JSON,
	OUTPUT_JSONL,
	OUTPUT_XLSX,
	OUTPUT_DUCKDB,
	OUTPUT_FORMATS
};

enum output_compress {
	OUTPUT_UNCOMPRESSED,
	OUTPUT_GZIP,
	OUTPUT_ZSTD
};

/** output_format_find(name): Return the format, or OUTPUT_FORMATS. */
enum output_format output_format_find(const char *);

/** output_compress_find(name): Return "gzip", "zstd" or NULL as an enum. */
enum output_compress output_compress_find(const char *);

/** output_compress_suffix(compress): Return ".gz", ".zst" or "". */
const char *output_compress_suffix(enum output_compress);

struct output_form {
	enum output_format format;	/* one for rows */
	size_t width;		/* table: columns of the terminal, or 0 */
	bool is_screen;		/* numbers are shortened, NULL is shown */
	bool bom;		/* CSV: begin with a byte order mark */
	bool guard;		/* CSV: defuse cells that a spreadsheet would
				 * run as a formula */
	bool native;		/* as the platform's own tools write: CSV with
				 * LF and empty cells for empty texts; JSON
				 * that is an array of the only column */
	const struct source_table *cut;	/* CSV: rows are raw records, and the
				 * cells are cut out of them by the native
				 * columns of this table; or NULL */
	const char *first;	/* JSONL: a line before the rows, or NULL */
	const char *time;	/* the column to note the range of, or NULL */
};

/* What output_rows() wrote. */
struct output_count {
	uint64_t rows;
	uint64_t guarded;	/* cells */
	bool is_wide;		/* a table exceeds its width */
	bool has_time;
	int64_t first_time, last_time;	/* microseconds since 1970 */
};

/**
 * output_rows(rows, form, sink, count, err):
 * Write all rows to ${sink} in the given ${form}, and fill ${count}.  Return 0;
 * or -1 with ${err} set.
 */
int output_rows(struct table_rows *, const struct output_form *,
    const struct output_sink *, struct output_count *, struct err *);

/* --------------------------------------------------------- converting */

/* A condition: the column has one of the values. */
struct output_filter {
	char *key;
	char **values;
	size_t n;
};

struct output_filters {
	struct output_filter *items;
	size_t n;
};

/* A range of dates, as the user wrote them, or NULL. */
struct output_range {
	const char *from, *to;
	const char *timezone;	/* in which days begin */
};

struct output_settings {
	struct table_db *db;
	const char *source;	/* its name */
	const char *export;	/* the directory's name */
	bool complete;
	uint64_t gaps;
	const char *tool;
	enum output_format format;	/* one for files */
	enum output_compress compress;
	const char *partition;	/* day, file or NULL */
	struct output_range range;
	const char *where;	/* SQL, or NULL */
	char *const *tables;	/* names */
	size_t n_tables;	/* 0: all */
	char *const *filters;	/* "key=value" */
	size_t n_filters;
	char *const *columns;	/* names */
	size_t n_columns;	/* 0: all */
	bool no_raw;		/* leave out the record itself */
	bool bom, guard, metadata, embed;
};

/* A finished file. */
struct output_made {
	char *path;		/* relative to the directory */
	uint64_t bytes, rows;
	unsigned char sha256[SHA256_BYTES];
};

/* A table to convert. */
struct output_part {
	const struct source_table *table;
	char *sql;		/* its rows */
	char *count;		/* SQL: the numbers of rows and timeless rows */
	bool filtered;		/* a filter or a range of dates applies */
	uint64_t rows;
	uint64_t timeless;	/* rows that a range leaves out since they
				 * have no readable time */
	bool has_time;
	int64_t first_time, last_time;	/* microseconds since 1970 */
};

/* A conversion: its plan, and the files made so far. */
struct output_convert {
	struct output_settings settings;
	struct output_filters filters;
	struct output_part *parts;
	size_t n_parts;
	char *range;		/* in file names: "all", "2025-01-01-now" */
	struct output_made *made;
	size_t n_made, capacity;
	uint64_t guarded, cut, replaced;	/* cells */
	size_t next;		/* the part being written */
};

/** output_has_xlsx(): Was the program built with libxlsxwriter? */
bool output_has_xlsx(void);

/**
 * output_convert_new(settings, err):
 * Plan a conversion.  Return it, to be freed with output_convert_free(); or
 * NULL with ${err} set (ERR_USAGE): an unknown table or filter, with a
 * suggestion; dates in the wrong order; options that exclude each other.
 */
struct output_convert *output_convert_new(const struct output_settings *,
    struct err *);

/**
 * output_no_pattern(path):
 * Return ${path}, new, with its glob characters escaped for DuckDB, except for
 * a "**" and "*.parquet" at its end.
 */
char *output_no_pattern(const char *);

/** output_rows_made(convert): Return the number of rows of all tables. */
uint64_t output_rows_made(const struct output_convert *);

/**
 * output_convert_count(convert, err):
 * Count the rows of each part, and those that a range of dates leaves out
 * because they have no readable time.
 */
int output_convert_count(struct output_convert *, struct err *);

/**
 * output_convert_choose(convert, err):
 * For a single output file, keep one of several parts: if the user chose no
 * tables, the only table with native columns that the export has records of.
 * Return 0; or -1 with ${err} set (ERR_USAGE) if the choice is ambiguous.
 */
int output_convert_choose(struct output_convert *, struct err *);

/** output_is_exact(convert): Does its single file hold original bytes? */
bool output_is_exact(const struct output_convert *);

/** output_convert_names(convert, names): Add the file names, one a line. */
void output_convert_names(const struct output_convert *, struct text *);

/** output_convert_guess(convert): Estimate the size in bytes. */
uint64_t output_convert_guess(const struct output_convert *);

/**
 * output_convert_run(convert, dir, err):
 * Write all files to the existing empty directory ${dir}, and manifest.json
 * with their checksums.  Return 0; or -1 with ${err} set.
 */
int output_convert_run(struct output_convert *, const char *, struct err *);

/**
 * output_convert_native_csv(convert, path, err):
 * Write the only part to the new file ${path} as the platform's own tools
 * would: JSON is an array of the original records, CSV has the source's native
 * columns.  Return 0; or -1 with ${err} set.
 */
int output_convert_native_csv(struct output_convert *, const char *,
    struct err *);

/** output_native_csv_lost(convert, names): Add the names of the columns that
 * native CSV lacks. */
void output_native_csv_lost(const struct output_convert *, struct text *);

/** output_convert_free(convert): Free ${convert}, which may be NULL. */
void output_convert_free(struct output_convert *);

/**
 * output_made_by_us(dir):
 * Does ${dir} hold nothing but an earlier conversion, by its manifest.json?
 */
bool output_made_by_us(const char *);

/** output_is_conversion(dir): Does ${dir} have a conversion's manifest.json? */
bool output_is_conversion(const char *);

/* The result of checking a conversion. */
struct output_check {
	struct audit_finding *items;
	size_t n, capacity;
	uint64_t files, rows, bytes;	/* checked */
	bool lacks;		/* the export was incomplete */
};

/**
 * output_check(dir, tick, cookie, check, err):
 * Compare the files of the conversion in ${dir} with its manifest.json, calling
 * ${tick} with ${cookie} regularly: true stops it (ERR_STOPPED).  Fill
 * ${check}, which must be released with output_check_release() in either case.
 * Return 0; or -1 with ${err} set if it could not be checked.
 */
int output_check(const char *, bool (*)(void *), void *,
    struct output_check *, struct err *);

/** output_check_release(check): Free the contents of ${check}. */
void output_check_release(struct output_check *);

/* ---------------------------------------------------------- reporting */

struct output_report {
	struct table_db *db;
	const char *source, *export, *tool;
	bool complete;
	uint64_t gaps;
	const char *by;		/* daily, session ... */
	struct output_range range;
	char *const *filters;	/* "key=value" */
	size_t n_filters;
};

/**
 * output_report_make(report, err):
 * Compute a report: one new object, as report.h describes.  Return NULL with
 * ${err} set on failure.  Call it once for a database.
 */
json_t *output_report_make(const struct output_report *, struct err *);

/**
 * output_bundle(report, model, dir, err):
 * Write to the existing empty directory ${dir} the events (data.json,
 * data.jsonl, csv/events.csv), all series (csv/), the report ${model} in all
 * formats (reports/) and manifest.json.  Return 0; or -1 with ${err} set if any
 * file could not be written.
 */
int output_bundle(const struct output_report *, const json_t *, const char *,
    struct err *);

#endif
