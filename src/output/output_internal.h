#ifndef OUTPUT_INTERNAL_H
#define OUTPUT_INTERNAL_H

#include <jansson.h>

#include "output/output.h"

/*
 * How many events were a success, and how many not, among them those of which
 * nothing tells; where that is all, it is not known.
 */
#define OUTPUT_JUDGED "CASE WHEN count(success) > 0 THEN count(*) FILTER " \
    "(success) END AS success, CASE WHEN count(success) > 0 THEN count(*) " \
    "- count(*) FILTER (success) END AS failure"

/* Has the event a time that every zone has, and every calendar? */
#define OUTPUT_TIMED "(time BETWEEN TIMESTAMPTZ '0001-01-02 00:00:00+00' " \
    "AND TIMESTAMPTZ '9999-12-30 00:00:00+00')"

/* Rows that are being written. */
struct output_writer {
	const struct output_form *form;
	const struct table_column *columns;
	size_t n;
	struct text text;	/* what is not written yet */
	struct output_count *count;
	struct text held;	/* a screen's table: the rows of a page */
	size_t *widths;
	size_t n_held;
	bool is_fitted;		/* the widths are final */
};

/* How a format is written: each adds to the writer's text. */
struct output_writes {
	const char *format;
	void (*begin)(struct output_writer *);
	void (*row)(struct output_writer *, const struct table_cell *);
	void (*end)(struct output_writer *);
};

extern const struct output_writes output_csv, output_json, output_jsonl,
    output_markdown, output_table, output_expanded;

/* ------------------------------------------------- output_words.c */

/**
 * output_plain(kind, cell, text):
 * Add a cell that is not null as plain text: numbers in the fewest digits
 * that give the same number, times as RFC 3339 in UTC.
 */
void output_plain(enum table_kind, const struct table_cell *, struct text *);

/** output_double(value, text): Add the fewest digits that give ${value}. */
void output_double(double, struct text *);

/** output_time(us, text): Add a time as RFC 3339, in UTC. */
void output_time(int64_t, struct text *);

/** output_quoted(data, len, text): Add a text as a JSON string. */
void output_quoted(const char *, size_t, struct text *);

/** output_cell_json(kind, cell, text): Add a cell as JSON, in a line. */
void output_cell_json(enum table_kind, const struct table_cell *,
    struct text *);

/* -------------------------------------------------- output_rows.c */

/** output_note_time(count, cell): Is it earlier or later than all before? */
void output_note_time(struct output_count *, const struct table_cell *);

/* -------------------------------------------------- output_file.c */

/* A file that is being written. */
struct output_file;

/**
 * output_file_new(path, compress, err):
 * Make the file ${path}, which must not be there; ${compress} is "gzip",
 * "zstd" or NULL.  Return it, output_file_end() it; or NULL with ${err} set.
 */
struct output_file *output_file_new(const char *, const char *,
    struct err *);

/** output_file_put(file, data, len, err): Add bytes; an output_sink's write. */
int output_file_put(void *, const char *, size_t, struct err *);

/**
 * output_file_end(file, made, err):
 * Write what is left and free ${file}, which may be NULL; with ${made} NULL
 * it is only freed.  Set ${made}'s bytes and sha256.
 */
int output_file_end(struct output_file *, struct output_made *,
    struct err *);

/** output_file_peek(path, made, err): Set both for a file that is there. */
int output_file_peek(const char *, struct output_made *, struct err *);

/* ------------------------------------------------ output_where.c */

/** output_and(any, sql): Add " WHERE ", or " AND " if there is ${any}. */
void output_and(bool *, struct text *);

/** output_where_range(range, column, any, sql): Add the condition. */
void output_where_range(const struct output_range *, const char *, bool *,
    struct text *);

/** output_where_filter(filter, any, sql): Add the condition. */
void output_where_filter(const struct output_filter *, bool *,
    struct text *);

/** output_check_range(range, err): Is its end not before its begin? */
int output_check_range(const struct output_range *, struct err *);

/**
 * output_filters_read(filters, texts, n, err):
 * Read ${n} texts "key=value".  Return 0; or -1 with ${err} set.
 */
int output_filters_read(struct output_filters *, char *const *, size_t,
    struct err *);

/** output_filters_json(filters): As an object of lists, new. */
json_t *output_filters_json(const struct output_filters *);

/** output_filters_release(filters): Free what it holds. */
void output_filters_release(struct output_filters *);

/* ------------------------------------------------- output_plan.c */

/** output_plan(convert, err): Find out which tables, with which SQL. */
int output_plan(struct output_convert *, struct err *);

/* ---------------------------------------------- output_convert.c */

/** output_suffix(settings): Return "csv.gz" and the like. */
const char *output_suffix(const struct output_settings *);

/** output_made_add(convert, path, rows): Add a file; return it. */
struct output_made *output_made_add(struct output_convert *, const char *,
    uint64_t);

/* ---------------------------------------------- output_parquet.c */

/**
 * output_parquet(convert, part, dir, err):
 * Write the part as Parquet: a file, or folders of files.
 */
int output_parquet(struct output_convert *, struct output_part *,
    const char *, struct err *);

/** output_duckdb(convert, dir, err): Make the database over the files. */
int output_duckdb(struct output_convert *, const char *, struct err *);

/* What is made of a record itself, the column raw. */
enum output_raw {
	OUTPUT_RAW_AS_IS,
	OUTPUT_RAW_AS_TEXT,	/* of JSON that DuckDB refuses, it would read
				 * no row of a Parquet file */
	OUTPUT_RAW_LEFT_OUT
};

/**
 * output_add_columns(convert, part, raw, sql):
 * Add the columns of the part that are wanted, as a SELECT has them.
 */
void output_add_columns(const struct output_convert *,
    const struct output_part *, enum output_raw, struct text *);

/** output_has_column(convert, part, name): Is it one of these? */
bool output_has_column(const struct output_convert *,
    const struct output_part *, const char *);

/** output_add_files(sql, path): Add the path of files as a text. */
void output_add_files(struct text *, const char *);

/** output_parquet_options(convert, part, sql): Add " (FORMAT parquet ...". */
void output_parquet_options(const struct output_convert *,
    const struct output_part *, struct text *);

/**
 * output_parquet_times(convert, part, files, err):
 * Set the least and the greatest time of what was written to ${files}.
 */
int output_parquet_times(struct output_convert *, struct output_part *,
    const char *, struct err *);

/* ---------------------------------------------- output_folders.c */

/** output_is_divided(convert, part): Does the part go into folders? */
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
 * Add what manifest.json is to be: with, at its end, the SHA-256 of what it is
 * without that.
 */
void output_manifest_text(json_t *, struct text *);

/**
 * output_report_notes(report, sums, left_out):
 * Return texts, new: what the ${sums} lack, or have in spite of faults.
 * ${left_out} events are not in them since they have no time.
 */
json_t *output_report_notes(const struct output_report *, const json_t *,
    uint64_t);

/**
 * output_series_column(by):
 * Return the column of events that makes the rows; NULL: a time, or only some
 * events are meant to have it.
 */
const char *output_series_column(const char *);

/** output_series(by, timezone, sql): Write the SQL for ${by}. */
void output_series(const char *, const char *, struct text *);

/** output_series_kind(i): Return what number ${i} is by, or NULL. */
const char *output_series_kind(size_t);

/** output_series_title(by): Return "Daily" and the like. */
const char *output_series_title(const char *);

/* ----------------------------------------------- output_events.c */

/**
 * output_report_series(report, by, err):
 * Return the rows of the series ${by}, new, after output_report_make(); or
 * NULL with ${err} set.
 */
json_t *output_report_series(const struct output_report *, const char *,
    struct err *);

/* -------------------------------------------- output_xlsx_text.c */

#define OUTPUT_XLSX_TEXT (1 << 18)	/* bytes that it may come to */

/**
 * output_xlsx_text(convert, from, text):
 * Write ${from} to ${text} so that a cell can hold it; ${convert} counts what
 * had to be cut or replaced.
 */
void output_xlsx_text(struct output_convert *, struct span, struct text *);

/* ------------------------------------------- output_xlsx_proof.c */

/* What was written to a sheet of a workbook. */
struct output_sheet {
	uint64_t rows;		/* that have a cell */
	uint64_t cells;
	uint64_t bytes;		/* of their texts, and a check of these */
	uint32_t crc;
	uint64_t last_row;	/* number of the last one, from 1 */
};

/** output_sheet_cell(sheet, row): A cell of row ${row}, from 0, is written. */
void output_sheet_cell(struct output_sheet *, uint64_t);

/** output_sheet_text(sheet, text): It has this text, which is not empty. */
void output_sheet_text(struct output_sheet *, const char *);

/**
 * output_xlsx_prove(path, sheets, n, err):
 * Read the workbook ${path} back: is all there that is in one, is each part of
 * it whole, and has each of its ${n} sheets the rows, cells and texts that
 * were written to it?  Return 0; or -1 with ${err} set (ERR_DISK).
 */
int output_xlsx_prove(const char *, const struct output_sheet *, size_t,
    struct err *);

/* ------------------------------------------------- output_xlsx.c */

/** output_xlsx(convert, dir, err): Make the workbook with all parts. */
int output_xlsx(struct output_convert *, const char *, struct err *);

/* --------------------------------------------- output_manifest.c */

/** output_manifest(convert): What was made, of what, new. */
json_t *output_manifest(const struct output_convert *);

#endif
