/*
 * Excel: a workbook with a sheet for each table, and sheets that say what it
 * is.  Written row by row, so that memory doesn't grow with the rows.
 */

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xlsxwriter.h>

#include "output/output_internal.h"
#include "page/page.h"

#define SHEET_ROWS 1048576
#define CELL_CHARS 32767
#define EXACT 9007199254740992	/* beyond 2^53 a double isn't exact */
#define EPOCH_DAY 25569		/* 1970-01-01 in Excel's days */

struct book {
	struct output_convert *convert;
	lxw_workbook *workbook;
	lxw_format *bold, *time;
	lxw_worksheet *metadata, *summary;
	struct text text;
	uint64_t rows_cut;	/* sheets that were split */
};

bool
output_has_xlsx(void)
{
	return true;
}

/* ----------------------------------------------------------------- cells */

/* Is there "_xHHHH_", which Excel takes for the character of that number? */
static bool
is_escape(struct span text, size_t from)
{
	size_t i;

	if (text.len - from < 7 || text.at[from] != '_' ||
	    text.at[from + 1] != 'x' || text.at[from + 6] != '_')
		return false;
	for (i = from + 2; i < from + 6; i++)
		if (!isxdigit((unsigned char)text.at[i]))
			return false;
	return true;
}

/* The bytes of a character of UTF-8, by its first. */
static size_t
char_len(unsigned char c)
{
	return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* Is it none of XML 1.0's characters (its section 2.2)? */
static bool
is_refused(const char *at, size_t len)
{
	unsigned char c = (unsigned char)*at;

	return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') ||
	    (len == 3 && memcmp(at, "\xef\xbf\xbe", 2) == 0 &&
	    (unsigned char)at[2] >= 0xbe);
}

/*
 * Make a text one that Excel takes: no characters that XML has not, and no
 * longer than a cell may be, in units of UTF-16 as Excel counts.
 */
static const char *
fit(struct book *book, struct span from)
{
	struct text *text = &book->text;
	size_t i, len, units = 0, fits = 0;
	bool replaced = false;

	text_clear(text);
	for (i = 0; i < from.len && units <= CELL_CHARS; i += len) {
		const char *at = &from.at[i];

		len = char_len((unsigned char)*at);
		if (len > from.len - i)
			len = from.len - i;
		if (is_refused(at, len)) {
			text_adds(text, "\xef\xbf\xbd");
			replaced = true;
		} else if (is_escape(from, i)) {
			text_adds(text, "_x005F_");
			units += 6;
		} else {
			text_add(text, at, len);
		}
		units += len == 4 ? 2 : 1;
		if (units <= CELL_CHARS - 1)
			fits = text->len;
	}
	if (units > CELL_CHARS) {
		text->len = fits;
		text_adds(text, "\xe2\x80\xa6");
		book->convert->cut++;
	}
	book->convert->replaced += replaced;
	return text->at != NULL ? text->at : "";
}

static void
write_text(struct book *book, lxw_worksheet *sheet, lxw_row_t row,
    lxw_col_t column, struct span text)
{
	/* A string, whatever it begins with: never a formula. */
	worksheet_write_string(sheet, row, column, fit(book, text), NULL);
}

static void
write_time(struct book *book, lxw_worksheet *sheet, lxw_row_t row,
    lxw_col_t column, int64_t us)
{
	double day = (double)us / 86400e6 + EPOCH_DAY;
	struct text text;

	/* Excel's dates are of the years 1900 (from March) to 9999. */
	if (day >= 61 && day < 2958466) {
		worksheet_write_number(sheet, row, column, day, book->time);
		return;
	}
	text_init(&text, 100);
	output_time(us, &text);
	worksheet_write_string(sheet, row, column, text.at, NULL);
	text_release(&text);
}

static void
write_plain(struct book *book, lxw_worksheet *sheet, lxw_row_t row,
    lxw_col_t column, enum table_kind kind, const struct table_cell *cell)
{
	struct text text;

	text_init(&text, SIZE_MAX / 4);
	output_plain(kind, cell, &text);
	write_text(book, sheet, row, column, (struct span){ text.at,
	    text.len });
	text_release(&text);
}

static void
write_cell(struct book *book, lxw_worksheet *sheet, lxw_row_t row,
    lxw_col_t column, enum table_kind kind, const struct table_cell *cell)
{
	if (cell->is_null)
		return;
	switch (kind) {
	case TABLE_BOOLEAN:
		worksheet_write_boolean(sheet, row, column, cell->is.boolean,
		    NULL);
		break;
	case TABLE_INTEGER:
		if (cell->is.integer <= EXACT && cell->is.integer >= -EXACT)
			worksheet_write_number(sheet, row, column,
			    (double)cell->is.integer, NULL);
		else
			write_plain(book, sheet, row, column, kind, cell);
		break;
	case TABLE_DOUBLE:
		if (isfinite(cell->is.real))
			worksheet_write_number(sheet, row, column,
			    cell->is.real, NULL);
		else
			write_plain(book, sheet, row, column, kind, cell);
		break;
	case TABLE_TIME:
		write_time(book, sheet, row, column, cell->is.integer);
		break;
	case TABLE_TEXT:
		write_text(book, sheet, row, column, cell->is.text);
		break;
	case TABLE_JSON:
	case TABLE_NUMBER:
		write_plain(book, sheet, row, column, kind, cell);
		break;
	}
}

/* ---------------------------------------------------------------- sheets */

/* A sheet with the names of the columns in its first row. */
static lxw_worksheet *
new_sheet(struct book *book, const char *name, unsigned number,
    const struct table_column *columns, size_t n)
{
	char *title = number == 1 ? mem_format("%.31s", name) :
	    mem_format("%.24s (%u)", name, number);
	lxw_worksheet *sheet = workbook_add_worksheet(book->workbook, title);
	size_t i;

	free(title);
	if (sheet == NULL)
		return NULL;
	for (i = 0; i < n; i++) {
		double width = (double)strlen(columns[i].name) + 2;

		if (columns[i].kind == TABLE_TIME && width < 20)
			width = 20;
		else if (columns[i].kind == TABLE_TEXT && width < 28)
			width = 28;
		worksheet_set_column(sheet, (lxw_col_t)i, (lxw_col_t)i,
		    width, NULL);
		worksheet_write_string(sheet, 0, (lxw_col_t)i,
		    columns[i].name, book->bold);
	}
	worksheet_freeze_panes(sheet, 1, 0);
	return sheet;
}

static int
write_rows(struct book *book, struct output_part *part,
    struct table_rows *rows, struct err *err)
{
	const struct table_column *columns;
	const struct table_cell *cells;
	lxw_worksheet *sheet = NULL;
	lxw_row_t row = SHEET_ROWS;
	struct output_count count = { .rows = 0 };
	unsigned number = 0;
	size_t n, i;
	int rc = 1;

	columns = table_columns(rows, &n);
	part->rows = 0;
	do {
		if (row == SHEET_ROWS) {
			sheet = new_sheet(book, part->table->name, ++number,
			    columns, n);
			if (sheet == NULL)
				return err_set(err, ERR_INTERNAL, "Excel "
				    "takes no sheet %s",
				    part->table->name);
			row = 1;
			book->rows_cut += number > 1;
		}
		if ((rc = table_next(rows, &cells, err)) != 1)
			break;
		for (i = 0; i < n; i++) {
			write_cell(book, sheet, row, (lxw_col_t)i,
			    columns[i].kind, &cells[i]);
			if (part->table->time != NULL && strcmp(
			    columns[i].name, part->table->time) == 0)
				output_note_time(&count, &cells[i]);
		}
		row++;
		part->rows++;
	} while (rc == 1);
	part->has_time = count.has_time;
	part->first_time = count.first_time;
	part->last_time = count.last_time;
	return rc;
}

static int
write_part(struct book *book, struct output_part *part, struct err *err)
{
	struct table_rows *rows;
	struct text sql;
	int rc = -1;

	/* A record is more than a cell can hold. */
	text_init(&sql, 1 << 21);
	text_addf(&sql, "SELECT * EXCLUDE (raw) FROM (%s)", part->sql);
	rows = table_query(book->convert->settings.db, sql.at, 0, err);
	if (rows != NULL)
		rc = write_rows(book, part, rows, err);
	table_rows_free(rows);
	text_release(&sql);
	return rc;
}

/* -------------------------------------------------------- what it is */

static void
pair(lxw_worksheet *sheet, lxw_row_t *row, const char *name,
    const char *value)
{
	worksheet_write_string(sheet, *row, 0, name, NULL);
	if (value != NULL)
		worksheet_write_string(sheet, *row, 1, value, NULL);
	++*row;
}

static void
count_pair(lxw_worksheet *sheet, lxw_row_t *row, const char *name,
    uint64_t value)
{
	worksheet_write_string(sheet, *row, 0, name, NULL);
	worksheet_write_number(sheet, *row, 1, (double)value, NULL);
	++*row;
}

static void
write_metadata(struct book *book)
{
	const struct output_convert *convert = book->convert;
	const struct output_settings *settings = &convert->settings;
	lxw_worksheet *sheet = book->metadata;
	lxw_row_t row = 1;

	worksheet_write_string(sheet, 0, 0, "Field", book->bold);
	worksheet_write_string(sheet, 0, 1, "Value", book->bold);
	worksheet_set_column(sheet, 0, 1, 40, NULL);
	pair(sheet, &row, "Made by", settings->tool);
	pair(sheet, &row, "Source", settings->source);
	pair(sheet, &row, "Export", settings->export);
	pair(sheet, &row, "Complete", settings->complete ? "yes" : "NO");
	count_pair(sheet, &row, "Gaps", settings->gaps);
	pair(sheet, &row, "From", settings->range.from);
	pair(sheet, &row, "To", settings->range.to);
	pair(sheet, &row, "Days are of", settings->range.timezone);
	pair(sheet, &row, "Times are of", "UTC");
	pair(sheet, &row, "Where", settings->where);
	pair(sheet, &row, "Left out", "the records themselves (the column "
	    "\"raw\"), which the other formats have");
	count_pair(sheet, &row, "Texts cut to 32,767 characters",
	    convert->cut);
	count_pair(sheet, &row, "Texts with replaced characters",
	    convert->replaced);
	count_pair(sheet, &row, "Sheets that go on another",
	    book->rows_cut);
}

static void
write_summary(struct book *book)
{
	lxw_worksheet *sheet = book->summary;
	static const char *const names[] = { "Table", "Rows", "From", "To",
	    "What it has" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		worksheet_write_string(sheet, 0, (lxw_col_t)i, names[i],
		    book->bold);
	worksheet_set_column(sheet, 0, 3, 20, NULL);
	worksheet_set_column(sheet, 4, 4, 60, NULL);
	for (i = 0; i < book->convert->n_parts; i++) {
		const struct output_part *part = &book->convert->parts[i];
		lxw_row_t row = (lxw_row_t)i + 1;

		worksheet_write_string(sheet, row, 0, part->table->name,
		    NULL);
		worksheet_write_number(sheet, row, 1, (double)part->rows,
		    NULL);
		if (part->has_time) {
			write_time(book, sheet, row, 2, part->first_time);
			write_time(book, sheet, row, 3, part->last_time);
		}
		worksheet_write_string(sheet, row, 4, part->table->about,
		    NULL);
	}
}

static int
write_book(struct book *book, struct err *err)
{
	struct output_convert *convert = book->convert;
	int rc = 0;

	book->bold = workbook_add_format(book->workbook);
	format_set_bold(book->bold);
	book->time = workbook_add_format(book->workbook);
	format_set_num_format(book->time, "yyyy-mm-dd hh:mm:ss");
	book->summary = workbook_add_worksheet(book->workbook, "Summary");
	book->metadata = workbook_add_worksheet(book->workbook, "Metadata");
	for (convert->at = 0; convert->at < convert->n_parts && rc == 0;
	    convert->at++) {
		rc = write_part(book, &convert->parts[convert->at], err);
		if (rc == -1)
			err_wrap(err, "table %s",
			    convert->parts[convert->at].table->name);
	}
	if (rc == 0) {
		write_metadata(book);
		write_summary(book);
	}
	return rc;
}

int
output_xlsx(struct output_convert *convert, const char *dir, struct err *err)
{
	struct book book = { .convert = convert };
	char *name = mem_format("hlexport-%s-%s.xlsx",
	    convert->settings.source, convert->range);
	char *path = mem_format("%s/%s", dir, name);
	char *spill = mem_text(dir);
	lxw_workbook_options options = { .constant_memory = LXW_TRUE,
	    .tmpdir = spill, .use_zip64 = LXW_TRUE };
	/* A time of its own would make each file another one. */
	lxw_doc_properties properties = { .created = 946684800 };
	lxw_error why;
	int rc;

	text_init(&book.text, 8 * CELL_CHARS);
	book.workbook = workbook_new_opt(path, &options);
	workbook_set_properties(book.workbook, &properties);
	rc = write_book(&book, err);
	why = workbook_close(book.workbook);
	if (rc == 0 && why != LXW_NO_ERROR)
		rc = err_set(err, ERR_DISK, "write %s: %s", path,
		    lxw_strerror(why));
	if (rc == 0)
		rc = output_file_look(path, output_made_add(convert, name,
		    output_rows_made(convert)), err);
	text_release(&book.text);
	free(spill);
	free(path);
	free(name);
	return rc;
}
