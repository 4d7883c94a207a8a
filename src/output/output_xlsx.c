/*
 * Excel: a workbook with a sheet for each table, a summary and metadata.  It is
 * written row by row, so that memory does not grow with the rows.  Every cell
 * is counted, to be compared when the workbook is read back.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>

#include "output/output_xlsx_cell.h"

#define SHEET_ROWS 1048576
#define TITLE_CHARS 31

/* The first two sheets. */
enum { SUMMARY, METADATA };

bool
output_has_xlsx(void)
{
	return true;
}

/* ---------------------------------------------------------------- sheets */

/* Excel ignores case, and reserves the name "History". */
static bool
is_taken(const struct book *book, const char *title)
{
	size_t i;

	for (i = 0; i < book->n; i++)
		if (strcasecmp(book->sheets[i].title, title) == 0)
			return true;
	return strcasecmp(title, "history") == 0;
}

/* A unique title for part ${number} of ${name}, from 1; new. */
static char *
new_title(const struct book *book, const char *name, unsigned number)
{
	char end[16] = "", *title = NULL;

	do {
		free(title);
		if (number > 1)
			snprintf(end, sizeof(end), " (%u)", number);
		title = mem_format("%.*s%s", TITLE_CHARS - (int)strlen(end),
		    name, end);
		number++;
	} while (is_taken(book, title));
	return title;
}

/* Add a sheet; return its number, or -1 with ${err} set. */
static ssize_t
add_sheet(struct book *book, const char *name, unsigned number,
    struct err *err)
{
	char *title = new_title(book, name, number);
	lxw_worksheet *lxw;

	errno = 0;
	lxw = workbook_add_worksheet(book->workbook, title);
	if (lxw == NULL) {
		/* It has a temporary file of its own. */
		if (errno != 0)
			err_errno(err, ERR_DISK, "create the sheet %s", title);
		else
			err_set(err, ERR_INTERNAL, "the library refused the "
			    "sheet %s", title);
		free(title);
		return -1;
	}
	book->sheets = mem_need(book->sheets, book->n + 1, &book->capacity,
	    sizeof(*book->sheets));
	book->written = mem_need(book->written, book->n + 1,
	    &book->written_capacity, sizeof(*book->written));
	book->sheets[book->n] = (struct sheet){ lxw, title };
	book->written[book->n] = (struct output_sheet){ .rows = 0 };
	return (ssize_t)book->n++;
}

/* A sheet with the names of the columns in its first row. */
static ssize_t
new_sheet(struct book *book, const char *name, unsigned number,
    const struct table_column *columns, size_t n, struct err *err)
{
	ssize_t sheet = add_sheet(book, name, number, err);
	lxw_worksheet *lxw;
	size_t i;

	if (sheet == -1)
		return -1;
	lxw = book->sheets[sheet].lxw;
	for (i = 0; i < n; i++) {
		double width = (double)strlen(columns[i].name) + 2;

		if (columns[i].kind == TABLE_TIME && width < 20)
			width = 20;
		else if (columns[i].kind == TABLE_TEXT && width < 28)
			width = 28;
		worksheet_set_column(lxw, (lxw_col_t)i, (lxw_col_t)i, width,
		    NULL);
		output_xlsx_string(book, (struct place){ (size_t)sheet, 0,
		    (lxw_col_t)i }, columns[i].name, book->bold);
	}
	worksheet_freeze_panes(lxw, 1, 0);
	return sheet;
}

/*
 * Was the row written?  If a write to the sheet's temporary file failed, errno
 * still has the reason, since success does not change it.
 */
static int
check_row(struct book *book, size_t sheet, struct err *err)
{
	FILE *spill = book->sheets[sheet].lxw->optimize_tmpfile;

	if (book->why != LXW_NO_ERROR)
		return err_set(err, ERR_INTERNAL, "the sheet %s: %s",
		    book->sheets[sheet].title, lxw_strerror(book->why));
	if (spill != NULL && ferror(spill))
		return err_errno(err, ERR_DISK, "write a temporary file for "
		    "the sheet %s", book->sheets[sheet].title);
	return 0;
}

/* Finish a sheet: add filters to its columns. */
static void
end_sheet(struct book *book, const struct place *next, size_t columns)
{
	worksheet_autofilter(book->sheets[next->sheet].lxw, 0, 0,
	    next->row > 1 ? next->row - 1 : 1, (lxw_col_t)(columns - 1));
}

static int
write_rows(struct book *book, struct output_part *part,
    struct table_rows *rows, struct err *err)
{
	const struct table_column *columns;
	const struct table_cell *cells;
	struct place where = { .row = SHEET_ROWS };
	struct output_count count = { .rows = 0 };
	unsigned number = 0;
	size_t n, i;
	ssize_t sheet;
	int rc = 1;

	columns = table_columns(rows, &n);
	part->rows = 0;
	do {
		if (where.row == SHEET_ROWS) {
			if (number > 0)
				end_sheet(book, &where, n);
			sheet = new_sheet(book, part->table->name, ++number,
			    columns, n, err);
			if (sheet == -1)
				return -1;
			where = (struct place){ (size_t)sheet, 1, 0 };
			book->continued += number > 1;
		}
		if ((rc = table_next(rows, &cells, err)) != 1)
			break;
		for (i = 0; i < n; i++) {
			where.column = (lxw_col_t)i;
			output_xlsx_cell(
			    book, where, columns[i].kind, &cells[i]);
			if (part->table->time != NULL && strcmp(
			    columns[i].name, part->table->time) == 0)
				output_note_time(&count, &cells[i]);
		}
		if (check_row(book, where.sheet, err) == -1)
			return -1;
		where.row++;
		part->rows++;
	} while (rc == 1);
	end_sheet(book, &where, n);
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

	/* A raw record may exceed a cell. */
	text_init(&sql, 1 << 21);
	text_adds(&sql, "SELECT ");
	output_add_columns(book->convert, part, OUTPUT_RAW_LEFT_OUT, &sql);
	text_addf(&sql, " FROM (%s)", part->sql);
	rows = table_query(book->convert->settings.db, sql.data, 0, err);
	if (rows != NULL)
		rc = write_rows(book, part, rows, err);
	table_rows_free(rows);
	text_release(&sql);
	return rc;
}

/* ------------------------------------------------- summary, metadata */

static void
pair(struct book *book, lxw_row_t *row, const char *name, const char *value)
{
	output_xlsx_string(
	    book, (struct place){ METADATA, *row, 0 }, name, NULL);
	if (value != NULL)
		output_xlsx_string(book, (struct place){ METADATA, *row, 1 },
		    output_xlsx_fit(book, (struct span){ value,
		    strlen(value) }), NULL);
	++*row;
}

static void
count_pair(struct book *book, lxw_row_t *row, const char *name,
    uint64_t value)
{
	output_xlsx_string(
	    book, (struct place){ METADATA, *row, 0 }, name, NULL);
	output_xlsx_number(
	    book, (struct place){ METADATA, *row, 1 }, (double)value, NULL);
	++*row;
}

static void
write_metadata(struct book *book)
{
	const struct output_convert *convert = book->convert;
	const struct output_settings *settings = &convert->settings;
	lxw_row_t row = 1;

	output_xlsx_string(book, (struct place){ METADATA, 0, 0 }, "Field",
	    book->bold);
	output_xlsx_string(book, (struct place){ METADATA, 0, 1 }, "Value",
	    book->bold);
	worksheet_set_column(book->sheets[METADATA].lxw, 0, 1, 40, NULL);
	pair(book, &row, "Made by", settings->tool);
	pair(book, &row, "Source", settings->source);
	pair(book, &row, "Export", settings->export);
	pair(book, &row, "Complete", settings->complete ? "yes" : "NO");
	count_pair(book, &row, "Gaps", settings->gaps);
	pair(book, &row, "From", settings->range.from);
	pair(book, &row, "To", settings->range.to);
	pair(book, &row, "Days begin in", settings->range.timezone);
	pair(book, &row, "Times are in", "UTC");
	pair(book, &row, "Where", settings->where);
	pair(book, &row, "Left out", "the records themselves (the column "
	    "\"raw\"), which the other formats include");
	count_pair(book, &row, "Texts cut to 32,767 characters",
	    convert->cut);
	count_pair(book, &row, "Texts with replaced characters",
	    convert->replaced);
	count_pair(book, &row, "Continuation sheets", book->continued);
}

static void
write_summary(struct book *book)
{
	lxw_worksheet *sheet = book->sheets[SUMMARY].lxw;
	static const char *const names[] = { "Table", "Rows", "From", "To",
	    "Contents" };
	struct place where = { SUMMARY, 0, 0 };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		where.column = (lxw_col_t)i;
		output_xlsx_string(book, where, names[i], book->bold);
	}
	worksheet_set_column(sheet, 0, 3, 20, NULL);
	worksheet_set_column(sheet, 4, 4, 60, NULL);
	for (i = 0; i < book->convert->n_parts; i++) {
		const struct output_part *part = &book->convert->parts[i];
		const char *about = part->table->about;

		where = (struct place){ SUMMARY, (lxw_row_t)i + 1, 0 };
		output_xlsx_string(book, where, part->table->name, NULL);
		where.column = 1;
		output_xlsx_number(book, where, (double)part->rows, NULL);
		if (part->has_time) {
			where.column = 2;
			output_xlsx_time(book, where, part->first_time);
			where.column = 3;
			output_xlsx_time(book, where, part->last_time);
		}
		where.column = 4;
		output_xlsx_string(book, where,
		    output_xlsx_fit(book, (struct span){ about,
		    strlen(about) }), NULL);
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
	if (add_sheet(book, "Summary", 1, err) == -1 ||
	    add_sheet(book, "Metadata", 1, err) == -1)
		return -1;
	for (convert->next = 0; convert->next < convert->n_parts && rc == 0;
	    convert->next++) {
		rc = write_part(book, &convert->parts[convert->next], err);
		if (rc == -1)
			err_wrap(err, "table %s",
			    convert->parts[convert->next].table->name);
	}
	if (rc == 0) {
		write_metadata(book);
		write_summary(book);
		rc = check_row(book, METADATA, err) == -1 ||
		    check_row(book, SUMMARY, err) == -1 ? -1 : 0;
	}
	return rc;
}

/*
 * Let the library assemble the file.  It ignores failed writes, so only reading
 * the file back proves that it is complete.
 */
static int
close_book(struct book *book, const char *path, struct err *err)
{
	lxw_error why = workbook_close(book->workbook);

	if (why != LXW_NO_ERROR)
		return err_set(err, ERR_DISK, "write %s: %s; is the disk "
		    "full?", path, lxw_strerror(why));
	if (output_xlsx_prove(path, book->written, book->n, err) == -1)
		return err_wrap(err, "a write failed; is the disk "
		    "full or faulty?");
	return 0;
}

static void
release(struct book *book)
{
	size_t i;

	for (i = 0; i < book->n; i++)
		free(book->sheets[i].title);
	free(book->sheets);
	free(book->written);
	text_release(&book->text);
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
	/* The current time would make every file different. */
	lxw_doc_properties properties = { .created = 946684800 };
	int rc;

	text_init(&book.text, OUTPUT_XLSX_TEXT);
	book.workbook = workbook_new_opt(path, &options);
	workbook_set_properties(book.workbook, &properties);
	rc = write_book(&book, err);
	if (rc == 0)
		rc = close_book(&book, path, err);
	else
		(void)workbook_close(book.workbook);
	if (rc == 0)
		rc = output_file_peek(path, output_made_add(convert, name,
		    output_rows_made(convert)), err);
	release(&book);
	free(spill);
	free(path);
	free(name);
	return rc;
}
