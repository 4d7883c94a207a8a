#ifndef OUTPUT_XLSX_CELL_H
#define OUTPUT_XLSX_CELL_H

#include <xlsxwriter.h>

#include "output/output_internal.h"

/* A workbook being written, and its cells. */

struct sheet {
	lxw_worksheet *lxw;
	char *title;
};

struct book {
	struct output_convert *convert;
	lxw_workbook *workbook;
	lxw_format *bold, *time;
	struct sheet *sheets;
	struct output_sheet *written;	/* by the same number */
	size_t n, capacity, written_capacity;
	lxw_error why;		/* of the first refused cell */
	struct text text;
	uint64_t continued;	/* sheets that continue another */
};

/* The position of a cell. */
struct place {
	size_t sheet;
	lxw_row_t row;
	lxw_col_t column;
};

/**
 * output_xlsx_fit(book, text):
 * Return ${text} in a form that Excel accepts, valid until the next call.
 */
const char *output_xlsx_fit(struct book *, struct span);

/**
 * output_xlsx_string(book, where, text, format):
 * Write a string, never as a formula; "" writes no cell.
 */
void output_xlsx_string(struct book *, struct place,
    const char *, lxw_format *);

/** output_xlsx_number(book, where, value, format): Write a number. */
void output_xlsx_number(struct book *, struct place, double,
    lxw_format *);

/** output_xlsx_time(book, where, us): Write a time, as a date if possible. */
void output_xlsx_time(struct book *, struct place, int64_t);

/** output_xlsx_cell(book, where, kind, cell): Write a cell of a row. */
void output_xlsx_cell(struct book *, struct place,
    enum table_kind, const struct table_cell *);

#endif
