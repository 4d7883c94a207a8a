#ifndef OUTPUT_INTERNAL_H
#define OUTPUT_INTERNAL_H

#include "output/output.h"

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
};

/* How a format is written: each adds to the writer's text. */
struct output_writes {
	const char *format;
	void (*begin)(struct output_writer *);
	void (*row)(struct output_writer *, const struct table_cell *);
	void (*end)(struct output_writer *);
};

extern const struct output_writes output_csv, output_json, output_jsonl,
    output_markdown, output_table;

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

/** output_quoted(at, len, text): Add a text as a JSON string. */
void output_quoted(const char *, size_t, struct text *);

/** output_cell_json(kind, cell, text): Add a cell as JSON, in a line. */
void output_cell_json(enum table_kind, const struct table_cell *,
    struct text *);

#endif
