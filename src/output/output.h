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
 * What is made from an export: files of rows, archives, reports.
 */

/* --------------------------------------------------------------- rows */

/* Where bytes go.  Return 0, or -1 with the error set. */
struct output_sink {
	int (*write)(void *, const char *, size_t, struct err *);
	void *cookie;
};

struct output_form {
	const char *format;	/* csv, json, jsonl, markdown, table, or
				 * expanded: a line a value */
	size_t width;		/* table: columns of the terminal, or 0 */
	bool is_screen;		/* numbers are shortened, NULL is a word */
	bool bom;		/* CSV: a byte order mark first */
	bool guard;		/* CSV: no cell that a program takes for a
				 * formula */
	bool native;		/* CSV: lines end with LF, an empty text is
				 * an empty cell; JSON: the rows are what the
				 * only column has */
	const struct source_table *cut;	/* CSV: the rows are records as they
				 * came, which its plain columns are cut
				 * out of; or NULL */
	const char *first;	/* JSONL: a line before the rows, or NULL */
	const char *time;	/* column whose least and greatest are told */
};

/* What was written. */
struct output_count {
	uint64_t rows;
	uint64_t guarded;	/* cells */
	bool is_wide;		/* a table does not fit its width */
	bool has_time;
	int64_t first_time, last_time;	/* microseconds since 1970 */
};

/**
 * output_rows(rows, form, sink, count, err):
 * Write all rows to ${sink} in the ${form}.  Return 0, or -1 with ${err} set.
 */
int output_rows(struct table_rows *, const struct output_form *,
    const struct output_sink *, struct output_count *, struct err *);

/* --------------------------------------------------------- converting */

/* A condition: the column is one of the values. */
struct output_filter {
	char *key;
	char **values;
	size_t n;
};

struct output_filters {
	struct output_filter *items;
	size_t n;
};

/* From when to when; dates as they were given, or NULL. */
struct output_range {
	const char *from, *to;
	const char *timezone;	/* of days */
};

struct output_settings {
	struct table_db *db;
	const char *source;	/* its name */
	const char *export;	/* the directory's name */
	bool complete;
	uint64_t gaps;
	const char *tool;
	const char *format;	/* parquet, csv, json, jsonl, xlsx, duckdb */
	const char *compress;	/* gzip, zstd or NULL */
	const char *partition;	/* day, file or NULL */
	struct output_range range;
	const char *where;	/* SQL, or NULL */
	char *const *tables;	/* names */
	size_t n_tables;	/* 0: all */
	char *const *filters;	/* "key=value" */
	size_t n_filters;
	char *const *columns;	/* names */
	size_t n_columns;	/* 0: all */
	bool no_raw;		/* all but the record itself */
	bool bom, guard, metadata, embed;
};

/* A file that was made. */
struct output_made {
	char *path;		/* in the directory */
	uint64_t bytes, rows;
	unsigned char sha256[SHA256_BYTES];
};

/* A table that is converted. */
struct output_part {
	const struct source_table *table;
	char *sql;		/* its rows */
	char *count;		/* SQL: how many, and how many are timeless */
	bool filtered;		/* some filter or date applies to it */
	uint64_t rows;
	uint64_t timeless;	/* left out by dates: they have no time */
	bool has_time;
	int64_t first_time, last_time;	/* microseconds since 1970 */
};

/* What is to be made, and what was. */
struct output_convert {
	struct output_settings settings;
	struct output_filters filters;
	struct output_part *parts;
	size_t n_parts;
	char *range;		/* in names: "all", "2025-01-01-now" */
	struct output_made *made;
	size_t n_made, capacity;
	uint64_t guarded, cut, replaced;	/* cells */
	size_t next;		/* the part that is being written */
};

/** output_has_xlsx(): Was the program built with libxlsxwriter? */
bool output_has_xlsx(void);

/**
 * output_convert_new(settings, err):
 * Find out what is to be made.  Return it, output_convert_free() it; or NULL
 * with ${err} set (ERR_USAGE): an unknown table or filter, with what was
 * meant; dates the wrong way round; options that don't go together.
 */
struct output_convert *output_convert_new(const struct output_settings *,
    struct err *);

/**
 * output_no_pattern(path):
 * Return ${path}, new, so that DuckDB takes no character in it for a pattern;
 * only "**" and "*.parquet" at its end stay one.
 */
char *output_no_pattern(const char *);

/** output_rows_made(convert): Return the rows of all its tables. */
uint64_t output_rows_made(const struct output_convert *);

/**
 * output_convert_count(convert, err):
 * Count the rows of each part, and those that a range of dates leaves out
 * since their time can't be read.
 */
int output_convert_count(struct output_convert *, struct err *);

/**
 * output_convert_choose(convert, err):
 * Of several parts, keep the one that a single file is made of: where none
 * were asked for, the only one of those that the platform's own tools write
 * that the export has records of, chosen or not.  Return 0, or -1 with ${err}
 * set (ERR_USAGE).
 */
int output_convert_choose(struct output_convert *, struct err *);

/** output_is_exact(convert): Does a single file hold the records' own bytes? */
bool output_is_exact(const struct output_convert *);

/** output_convert_names(convert, names): Add the files' names, a line each. */
void output_convert_names(const struct output_convert *, struct text *);

/** output_convert_guess(convert): About how many bytes it will be. */
uint64_t output_convert_guess(const struct output_convert *);

/**
 * output_convert_run(convert, dir, err):
 * Make all files in the directory ${dir}, which is there and empty, and
 * manifest.json, which has their checksums.  Return 0, or -1 with ${err} set.
 */
int output_convert_run(struct output_convert *, const char *, struct err *);

/**
 * output_convert_native_csv(convert, path, err):
 * Write the one part to the file ${path}, which must not be there: as JSON an
 * array of the records as they are, as CSV the columns that the source names
 * for that.  Return 0, or -1 with ${err} set (ERR_USAGE: there are several
 * parts, or another format).
 */
int output_convert_native_csv(struct output_convert *, const char *,
    struct err *);

/** output_native_csv_lost(convert, names): Add the columns that CSV leaves
 * out. */
void output_native_csv_lost(const struct output_convert *, struct text *);

/** output_convert_free(convert): Free ${convert}, which may be NULL. */
void output_convert_free(struct output_convert *);

/**
 * output_made_by_us(dir):
 * Is all that is in ${dir} of an earlier conversion, by its manifest.json?
 */
bool output_made_by_us(const char *);

/** output_is_conversion(dir): Has ${dir} a manifest.json, as one has? */
bool output_is_conversion(const char *);

/* What is wrong with an earlier conversion. */
struct output_check {
	struct audit_finding *items;
	size_t n, capacity;
	uint64_t files, rows, bytes;	/* that were looked at */
	bool lacks;		/* made of an export that lacks some */
};

/**
 * output_check(dir, tick, cookie, check, err):
 * Hold the files of the conversion in ${dir} against its manifest.json; call
 * ${tick} with ${cookie} now and then: true stops it (ERR_STOPPED).  Fill
 * ${check}; output_check_release() it in either case.  Return 0; or -1 with
 * ${err} set where there is none.
 */
int output_check(const char *, bool (*)(void *), void *,
    struct output_check *, struct err *);

/** output_check_release(check): Free what it holds. */
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
 * Work out what a report says: one object, new, as report.h tells.
 * Return NULL with ${err} set.  To be called once for a database.
 */
json_t *output_report_make(const struct output_report *, struct err *);

/**
 * output_bundle(report, model, dir, err):
 * Write to the directory ${dir}, which is there and empty, the events
 * (data.json, data.jsonl, csv/events.csv), all series (csv/) and the report
 * ${model} in all formats (reports/), with manifest.json over all.  Return 0;
 * or -1 with ${err} set if any part could not be made.
 */
int output_bundle(const struct output_report *, const json_t *, const char *,
    struct err *);

#endif
