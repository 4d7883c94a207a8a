#ifndef OUTPUT_H
#define OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"
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
	const char *format;	/* csv, json, jsonl, markdown, table */
	bool bom;		/* CSV: a byte order mark first */
	bool guard;		/* CSV: no cell that a program takes for a
				 * formula */
	const char *first;	/* JSONL: a line before the rows, or NULL */
	size_t width;		/* table: columns of the terminal, 0: any */
	const char *time;	/* column whose least and greatest are told */
	bool (*is_stopped)(void);	/* or NULL */
};

/* What was written. */
struct output_count {
	uint64_t rows;
	uint64_t guarded;	/* cells */
	bool has_time;
	int64_t first_time, last_time;	/* microseconds since 1970 */
};

/**
 * output_rows(rows, form, sink, count, err):
 * Write all rows to ${sink} in the ${form}.  Return 0, or -1 with ${err} set.
 */
int output_rows(struct table_rows *, const struct output_form *,
    const struct output_sink *, struct output_count *, struct err *);

#endif
