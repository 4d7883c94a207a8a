#ifndef OUTPUT_INTERNAL_H
#define OUTPUT_INTERNAL_H

#include <jansson.h>

#include "output/output.h"

/*
 * The numbers of successes and failures; an event without an outcome counts as
 * a failure, but if no event has one, both are unknown.
 */
#define OUTPUT_SUCCESS "CASE WHEN count(success) > 0 THEN count(*) FILTER " \
    "(success) END AS success, CASE WHEN count(success) > 0 THEN count(*) " \
    "- count(*) FILTER (success) END AS failure"

/* Is the event's time within the range of every zone and calendar? */
#define OUTPUT_TIMED "(time BETWEEN TIMESTAMPTZ '0001-01-02 00:00:00+00' " \
    "AND TIMESTAMPTZ '9999-12-30 00:00:00+00')"

/* The writer of rows in some format. */
struct output_writer {
	const struct output_form *form;
	const struct table_column *columns;
	size_t n;
	struct text text;	/* bytes not yet given to the sink */
	struct output_count *count;
	struct text held;	/* table: rows held to find the widths */
	size_t *widths;
	size_t n_held;
	bool is_fitted;		/* the widths are final */
};

/* The operations of a format; each adds to the writer's text. */
struct output_writes {
	void (*begin)(struct output_writer *);
	void (*row)(struct output_writer *, const struct table_cell *);
	void (*end)(struct output_writer *);
};

extern const struct output_writes output_csv, output_json, output_jsonl,
    output_markdown, output_table, output_expanded;

/* ------------------------------------------------ output_format.c */

/* A format of files or rows. */
struct output_format_info {
	const char *name;	/* as --format has it */
	const char *suffix;	/* of its files, or NULL */
	unsigned can;		/* what options it supports */
	const struct output_writes *rows;	/* writes rows, or NULL */

	/* The size of its files: ${times} / ${over} of the records', and so
	 * many bytes for each table. */
	struct {
		uint64_t times, over, table;
	} size;
};

/** output_format_info(format): Return the entry of ${format}. */
const struct output_format_info *output_format_info(enum output_format);

/** output_compress_name(compress): Return "gzip", "zstd" or NULL. */
const char *output_compress_name(enum output_compress);

/** output_suffix(settings): Return the suffix, such as "csv.gz", new. */
char *output_suffix(const struct output_settings *);

/**
 * output_format_size(settings, bytes, tables):
 * Estimate the size of the files for this many ${tables}, whose records have
 * ${bytes}.
 */
uint64_t output_format_size(const struct output_settings *, uint64_t,
    uint64_t);

/** output_format_check(settings, err): Does the format support the options? */
int output_format_check(const struct output_settings *, struct err *);

/* ------------------------------------------------- output_words.c */

/**
 * output_plain(kind, cell, text):
 * Add a cell, which is not null, as plain text: numbers in the fewest digits
 * that read back as the same number, times as RFC 3339 in UTC.
 */
void output_plain(enum table_kind, const struct table_cell *, struct text *);

/** output_double(value, text): Add the shortest decimal form of ${value}. */
void output_double(double, struct text *);

/** output_time(us, text): Add a time as RFC 3339, in UTC. */
void output_time(int64_t, struct text *);

/** output_quoted(data, len, text): Add ${data} as a JSON string. */
void output_quoted(const char *, size_t, struct text *);

/** output_cell_json(kind, cell, text): Add a cell as JSON on one line. */
void output_cell_json(enum table_kind, const struct table_cell *,
    struct text *);

/* -------------------------------------------------- output_rows.c */

/** output_note_time(count, cell): Extend the range of times by ${cell}. */
void output_note_time(struct output_count *, const struct table_cell *);

/* -------------------------------------------------- output_file.c */

/* A file being written. */
struct output_file;

/**
 * output_file_new(path, compress, err):
 * Create the new file ${path}.  Return it, to be closed with output_file_end();
 * or NULL with ${err} set.
 */
struct output_file *output_file_new(const char *, enum output_compress,
    struct err *);

/** output_file_put(file, data, len, err): Add bytes; for an output_sink. */
int output_file_put(void *, const char *, size_t, struct err *);

/**
 * output_file_end(file, made, err):
 * Write buffered bytes, set ${made}'s bytes and sha256, and free ${file}, which
 * may be NULL.  If ${made} is NULL, only free it.
 */
int output_file_end(struct output_file *, struct output_made *,
    struct err *);

/** output_file_peek(path, made, err): Set both for an existing file. */
int output_file_peek(const char *, struct output_made *, struct err *);

/* ------------------------------------------------ output_where.c */

/** output_and(any, sql): Add " WHERE ", or " AND " if ${*any}; set ${*any}. */
void output_and(bool *, struct text *);

/** output_where_range(range, column, any, sql): Add the condition. */
void output_where_range(const struct output_range *, const char *, bool *,
    struct text *);

/** output_where_filter(filter, any, sql): Add the condition. */
void output_where_filter(const struct output_filter *, bool *,
    struct text *);

/** output_check_range(range, err): Check that it ends after it begins. */
int output_check_range(const struct output_range *, struct err *);

/**
 * output_filters_read(filters, texts, n, err):
 * Parse ${n} strings "key=value".  Return 0; or -1 with ${err} set.
 */
int output_filters_read(struct output_filters *, char *const *, size_t,
    struct err *);

/** output_filters_json(filters): Return a new object of arrays. */
json_t *output_filters_json(const struct output_filters *);

/** output_filters_release(filters): Free the contents of ${filters}. */
void output_filters_release(struct output_filters *);

/* ------------------------------------------------- output_plan.c */

/** output_plan(convert, err): Choose the tables and write their SQL. */
int output_plan(struct output_convert *, struct err *);

/* ---------------------------------------------- output_convert.c */

/** output_made_add(convert, path, rows): Add a file, and return it. */
struct output_made *output_made_add(struct output_convert *, const char *,
    uint64_t);

/* ---------------------------------------------- output_parquet.c */

/**
 * output_parquet(convert, part, dir, err):
 * Write the part as Parquet: a file, or folders of files.
 */
int output_parquet(struct output_convert *, struct output_part *,
    const char *, struct err *);

/** output_duckdb(convert, dir, err): Make the database of the Parquet files. */
int output_duckdb(struct output_convert *, const char *, struct err *);

/* How the column raw, the record itself, is written. */
enum output_raw {
	OUTPUT_RAW_AS_IS,
	OUTPUT_RAW_AS_TEXT,	/* in Parquet: one record that DuckDB refuses
				 * as JSON would make the file unreadable */
	OUTPUT_RAW_LEFT_OUT
};

/**
 * output_add_columns(convert, part, raw, sql):
 * Add the chosen columns of the part, as the list of a SELECT.
 */
void output_add_columns(const struct output_convert *,
    const struct output_part *, enum output_raw, struct text *);

/** output_has_column(convert, part, name): Is ${name} one of these? */
bool output_has_column(const struct output_convert *,
    const struct output_part *, const char *);

/** output_group_rows(db): Return how many rows go into a row group. */
uint64_t output_group_rows(const struct table_db *);

/** output_add_files(sql, path): Add a file pattern as an SQL literal. */
void output_add_files(struct text *, const char *);

/** output_parquet_options(convert, part, sql): Add " (FORMAT parquet ...". */
void output_parquet_options(const struct output_convert *,
    const struct output_part *, struct text *);

/**
 * output_parquet_times(convert, part, files, err):
 * Read the part's earliest and latest time from ${files}.
 */
int output_parquet_times(struct output_convert *, struct output_part *,
    const char *, struct err *);

/* ---------------------------------------------- output_folders.c */

/** output_is_divided(convert, part): Is the part written to folders? */
bool output_is_divided(const struct output_convert *,
    const struct output_part *);

/**
 * output_folders(convert, part, dir, err):
 * Write the part as Parquet, a folder for each day or file.
 */
int output_folders(struct output_convert *, struct output_part *,
    const char *, struct err *);

/* ----------------------------------------------- output_series.c */

/**
 * output_manifest_text(manifest, text):
 * Add the text of manifest.json, which ends with the SHA-256 of the same text
 * without it.
 */
void output_manifest_text(json_t *, struct text *);

/**
 * output_report_notes(report, sums, left_out):
 * Return a new array of notes on what the ${sums} leave out or include despite
 * faults.  They leave out ${left_out} events, which have no time.
 */
json_t *output_report_notes(const struct output_report *, const json_t *,
    uint64_t);

/**
 * output_series_column(by):
 * Return the column of events that the series groups by; NULL: it groups by
 * time, or by a column that most events lack.
 */
const char *output_series_column(const char *);

/** output_series(by, timezone, sql): Write the SQL of the series ${by}. */
void output_series(const char *, const char *, struct text *);

/** output_series_kind(i): Return the name of series ${i}, or NULL. */
const char *output_series_kind(size_t);

/** output_series_title(by): Return its title, such as "Daily". */
const char *output_series_title(const char *);

/* ---------------------------------------------- output_figures.c */

/**
 * output_rows_json(db, sql, bare, names, err):
 * Return the rows of a query, new, as an array of objects or, with ${bare}, of
 * arrays, and add the columns' names to ${names} unless it is NULL; or NULL
 * with ${err} set.
 */
json_t *output_rows_json(struct table_db *, const char *, bool, json_t *,
    struct err *);

/** output_one_json(db, sql, err): Return the first row as an object, new. */
json_t *output_one_json(struct table_db *, const char *, struct err *);

/** output_durations(db, err): Return the duration_stats of a report, new. */
json_t *output_durations(struct table_db *, struct err *);

/** output_breakdowns(db, err): Return the breakdowns of a report, new. */
json_t *output_breakdowns(struct table_db *, struct err *);

/** output_latency(db, err): Return the latency of a report, new. */
json_t *output_latency(struct table_db *, struct err *);

/* ----------------------------------------------- output_events.c */

/**
 * output_report_series(report, by, err):
 * Return the rows of the series ${by}, new, after output_report_make(); or
 * NULL with ${err} set.
 */
json_t *output_report_series(const struct output_report *, const char *,
    struct err *);

/* -------------------------------------------- output_xlsx_text.c */

#define OUTPUT_XLSX_TEXT (1 << 18)	/* the most bytes of a cell's text */

/**
 * output_xlsx_text(convert, from, text):
 * Write ${from} to ${text} in a form that a cell can hold, and count in
 * ${convert} whether it was cut or had characters replaced.
 */
void output_xlsx_text(struct output_convert *, struct span, struct text *);

/* ------------------------------------------- output_xlsx_proof.c */

/* What was written to a sheet of a workbook. */
struct output_sheet {
	uint64_t rows;		/* that have a cell */
	uint64_t cells;
	uint64_t bytes;		/* of their texts, and the CRC of these */
	uint32_t crc;
	uint64_t last_row;	/* number of the last one, from 1 */
};

/** output_sheet_cell(sheet, row): Count a cell in row ${row}, from 0. */
void output_sheet_cell(struct output_sheet *, uint64_t);

/** output_sheet_text(sheet, text): Add the cell's text, if not empty. */
void output_sheet_text(struct output_sheet *, const char *);

/**
 * output_xlsx_prove(path, sheets, n, err):
 * Read the workbook ${path} back and check that all of its parts exist and are
 * complete, and that each of its ${n} sheets has the rows, cells and texts that
 * were written to it.  Return 0; or -1 with ${err} set (ERR_DISK).
 */
int output_xlsx_prove(const char *, const struct output_sheet *, size_t,
    struct err *);

/* ------------------------------------------------- output_xlsx.c */

/** output_xlsx(convert, dir, err): Write the workbook with all parts. */
int output_xlsx(struct output_convert *, const char *, struct err *);

/* --------------------------------------------- output_manifest.c */

/** output_manifest(convert): Return the manifest of the conversion, new. */
json_t *output_manifest(const struct output_convert *);

#endif
