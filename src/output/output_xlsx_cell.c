/*
 * The cells of a workbook.
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "output/output_xlsx_cell.h"

#define EXACT 9007199254740992	/* beyond 2^53 a double isn't exact */
#define EPOCH_DAY 25569		/* 1970-01-01 in Excel's days */

/* Text in a form that Excel accepts; valid until the next call. */
const char *
output_xlsx_fit(struct book *book, struct span from)
{
	output_xlsx_text(book->convert, from, &book->text);
	return book->text.data != NULL ? book->text.data : "";
}

/* Count a cell, and keep the first error. */
static void
note(struct book *book, struct place where, lxw_error why, const char *text)
{
	if (why != LXW_NO_ERROR && book->why == LXW_NO_ERROR)
		book->why = why;
	output_sheet_cell(&book->written[where.sheet], where.row);
	if (text != NULL)
		output_sheet_text(&book->written[where.sheet], text);
}

/* Write a string, never as a formula; "" writes no cell. */
void
output_xlsx_string(struct book *book, struct place where, const char *text,
    lxw_format *format)
{
	if (*text != '\0')
		note(book, where,
		    worksheet_write_string(book->sheets[where.sheet].lxw,
			where.row, where.column, text, format),
		    text);
}

void
output_xlsx_number(struct book *book, struct place where, double value,
    lxw_format *format)
{
	note(book, where, worksheet_write_number(book->sheets[where.sheet].lxw,
	    where.row, where.column, value, format), NULL);
}

void
output_xlsx_time(struct book *book, struct place where, int64_t us)
{
	double day = (double)us / 86400e6 + EPOCH_DAY;
	struct text text;

	/* Excel's dates are of the years 1900 (from March) to 9999. */
	if (day >= 61 && day < 2958466) {
		output_xlsx_number(book, where, day, book->time);
		return;
	}
	text_init(&text, 100);
	output_time(us, &text);
	output_xlsx_string(book, where, text.data, NULL);
	text_release(&text);
}

static void
write_native(struct book *book, struct place where, enum table_kind kind,
    const struct table_cell *cell)
{
	struct text text;

	text_init(&text, SIZE_MAX / 4);
	output_plain(kind, cell, &text);
	output_xlsx_string(book, where,
	    output_xlsx_fit(book, (struct span){text.data, text.len}), NULL);
	text_release(&text);
}

void
output_xlsx_cell(struct book *book, struct place where, enum table_kind kind,
    const struct table_cell *cell)
{
	if (cell->is_null)
		return;
	switch (kind) {
	case TABLE_BOOLEAN:
		note(book, where, worksheet_write_boolean(
		    book->sheets[where.sheet].lxw, where.row, where.column,
		    cell->is.boolean, NULL), NULL);
		break;
	case TABLE_INTEGER:
		if (cell->is.integer <= EXACT && cell->is.integer >= -EXACT)
			output_xlsx_number(
			    book, where, (double)cell->is.integer, NULL);
		else
			write_native(book, where, kind, cell);
		break;
	case TABLE_DOUBLE:
		if (isfinite(cell->is.real))
			output_xlsx_number(book, where, cell->is.real, NULL);
		else
			write_native(book, where, kind, cell);
		break;
	case TABLE_TIME:
		output_xlsx_time(book, where, cell->is.integer);
		break;
	case TABLE_TEXT:
		output_xlsx_string(
		    book, where, output_xlsx_fit(book, cell->is.text), NULL);
		break;
	case TABLE_JSON:
	case TABLE_NUMBER:
		write_native(book, where, kind, cell);
		break;
	}
}
