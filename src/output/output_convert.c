/*
 * Converting an export: each table to one or more files, in order.
 */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output/output_internal.h"

/* The range of dates in file names, new. */
static char *
range_name(const struct output_range *range)
{
	if (range->from == NULL && range->to == NULL)
		return mem_text("all");
	return mem_format("%.10s-%.10s",
	    range->from != NULL ? range->from : "start",
	    range->to != NULL ? range->to : "now");
}

static int
check_xlsx(const struct output_settings *settings, struct err *err)
{
	if (settings->format == OUTPUT_XLSX && !output_has_xlsx())
		return err_set(err, ERR_USAGE, "this program was built "
		    "without libxlsxwriter, which writes Excel files (Debian: "
		    "libxlsxwriter-dev); use --format csv instead");
	return 0;
}

struct output_convert *
output_convert_new(const struct output_settings *settings, struct err *err)
{
	struct output_convert *convert = mem_zero(1, sizeof(*convert));

	convert->settings = *settings;
	convert->range = range_name(&settings->range);
	if (output_format_check(settings, err) == -1 ||
	    check_xlsx(settings, err) == -1 ||
	    output_plan(convert, err) == -1) {
		output_convert_free(convert);
		return NULL;
	}
	return convert;
}

void
output_convert_free(struct output_convert *convert)
{
	size_t i;

	if (convert == NULL)
		return;
	output_filters_release(&convert->filters);
	for (i = 0; i < convert->n_parts; i++) {
		free(convert->parts[i].sql);
		free(convert->parts[i].count);
	}
	for (i = 0; i < convert->n_made; i++)
		free(convert->made[i].path);
	free(convert->parts);
	free(convert->made);
	free(convert->range);
	free(convert);
}

static int
count_part(struct table_db *db, struct output_part *part, struct err *err)
{
	struct table_rows *rows = table_query(db, part->count, 0, err);
	const struct table_cell *cells;
	int rc = rows != NULL ? table_next(rows, &cells, err) : -1;

	if (rc == 1) {
		part->rows = (uint64_t)cells[0].is.integer;
		part->timeless = (uint64_t)cells[1].is.integer;
	}
	table_rows_free(rows);
	return rc == -1 ? -1 : 0;
}

int
output_convert_count(struct output_convert *convert, struct err *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < convert->n_parts && rc == 0; i++) {
		rc = count_part(convert->settings.db, &convert->parts[i],
		    err);
		if (rc == -1 && err->kind == ERR_USAGE)
			err_wrap(err, "table %s%s",
			    convert->parts[i].table->name,
			    convert->settings.where != NULL &&
			    convert->n_parts > 1 ? " (choose the tables for "
			    "--where with --tables)" : "");
	}
	return rc;
}

void
output_convert_names(const struct output_convert *convert,
    struct text *names)
{
	const struct output_settings *settings = &convert->settings;
	bool is_duckdb = settings->format == OUTPUT_DUCKDB;
	char *suffix = output_suffix(settings);
	size_t i;

	if (settings->format == OUTPUT_XLSX)
		text_addf(names, "hlexport-%s-%s.xlsx\n", settings->source,
		    convert->range);
	else if (!is_duckdb || !settings->embed)
		for (i = 0; i < convert->n_parts; i++)
			text_addf(names, settings->partition != NULL ?
			    "%s/...\n" : "%s.%s\n",
			    convert->parts[i].table->name, suffix);
	if (is_duckdb)
		text_addf(names, "hlexport-%s-%s.duckdb\nopen.sql\n",
		    settings->source, convert->range);
	text_adds(names, "manifest.json\n");
	free(suffix);
}

/* Estimate the size of the records behind a part's rows. */
static uint64_t
bytes_of(const struct output_convert *convert,
    const struct output_part *part)
{
	uint64_t records, bytes = table_bytes(convert->settings.db,
	    part->table, &records);

	if (part->rows == 0)
		return 0;
	return part->rows < records ? (uint64_t)((double)bytes *
	    (double)part->rows / (double)records) : bytes;
}

uint64_t
output_convert_guess(const struct output_convert *convert)
{
	uint64_t bytes = 0;
	size_t i;

	for (i = 0; i < convert->n_parts; i++)
		bytes += bytes_of(convert, &convert->parts[i]);
	return output_format_size(&convert->settings, bytes,
	    convert->n_parts);
}

/* Is it a table with native columns that the export has records of? */
static bool
is_default(const struct output_convert *convert,
    const struct output_part *part)
{
	uint64_t records;

	return convert->settings.n_tables == 0 && part->table->n_native > 0 &&
	    table_bytes(convert->settings.db, part->table, &records) > 0;
}

int
output_convert_choose(struct output_convert *convert, struct err *err)
{
	struct output_part *chosen = NULL;
	struct text names;
	size_t i, n = 0;

	if (convert->n_parts == 1)
		return 0;
	text_init(&names, 1 << 16);
	for (i = 0; i < convert->n_parts; i++) {
		if (!is_default(convert, &convert->parts[i]))
			continue;
		text_addf(&names, "%s--tables %s", n++ > 0 ? " or " : "",
		    convert->parts[i].table->name);
		chosen = &convert->parts[i];
	}
	if (n != 1) {
		err_set(err, ERR_USAGE, "--output-file holds one table; "
		    "choose it with %s", n > 0 ? names.data : "--tables");
		text_release(&names);
		return -1;
	}
	text_release(&names);
	for (i = 0; i < convert->n_parts; i++)
		if (&convert->parts[i] != chosen) {
			free(convert->parts[i].sql);
			free(convert->parts[i].count);
		}
	convert->parts[0] = *chosen;
	convert->n_parts = 1;
	return 0;
}

/* --------------------------------------------------------------- writing */

/* The first line of a JSONL file, with its metadata, new; or NULL. */
static char *
metadata_line(const struct output_convert *convert,
    const struct output_part *part)
{
	const struct output_settings *settings = &convert->settings;
	json_t *line;
	char *text;

	if (!settings->metadata)
		return NULL;
	line = json_pack("{s:b, s:s, s:s, s:s, s:b, s:s, s:s?, s:s?, s:s?, "
	    "s:o, s:I}", "_metadata", 1, "tool", settings->tool, "source",
	    settings->source, "export", settings->export, "complete",
	    settings->complete && table_left_out(settings->db) == 0, "table",
	    part->table->name, "from", settings->range.from, "to",
	    settings->range.to, "where", settings->where, "filters",
	    output_filters_json(&convert->filters), "rows",
	    (json_int_t)part->rows);
	text = json_dumps(line, JSON_COMPACT);
	json_decref(line);
	return text;
}

/* The SQL for a part's rows with the chosen columns, new. */
static char *
part_sql(const struct output_convert *convert,
    const struct output_part *part, enum output_raw raw)
{
	struct text sql;

	text_init(&sql, SIZE_MAX / 4);
	text_adds(&sql, "SELECT ");
	output_add_columns(convert, part, raw, &sql);
	text_addf(&sql, " FROM (%s)", part->sql);
	return text_take(&sql);
}

static int
write_rows(struct output_convert *convert, struct output_part *part,
    const char *path, struct output_made *made, struct err *err)
{
	const struct output_settings *settings = &convert->settings;
	char *first = metadata_line(convert, part);
	struct output_form form = { .format = settings->format,
	    .bom = settings->bom, .guard = settings->guard, .first = first,
	    .time = part->table->time };
	struct output_file *file = output_file_new(path, settings->compress,
	    err);
	char *sql = part_sql(convert, part, OUTPUT_RAW_AS_IS);
	struct output_sink sink = { output_file_put, file };
	struct output_count count = { .rows = 0 };
	struct table_rows *rows = NULL;
	int rc = -1;

	if (file != NULL && (rows = table_query(settings->db, sql, 0,
	    err)) != NULL)
		rc = output_rows(rows, &form, &sink, &count, err);
	table_rows_free(rows);
	if (output_file_end(file, rc == 0 ? made : NULL, err) == -1)
		rc = -1;
	free(first);
	free(sql);
	part->rows = made->rows = count.rows;
	part->has_time = count.has_time;
	part->first_time = count.first_time;
	part->last_time = count.last_time;
	convert->guarded += count.guarded;
	return rc;
}

static int
part_rows(struct output_convert *convert, struct output_part *part,
    const char *dir, struct err *err)
{
	char *suffix = output_suffix(&convert->settings);
	char *name = mem_format("%s.%s", part->table->name, suffix);
	char *path = mem_format("%s/%s", dir, name);
	struct output_made *made = output_made_add(convert, name, 0);
	int rc = write_rows(convert, part, path, made, err);

	free(path);
	free(name);
	free(suffix);
	return rc;
}

/* ----------------------------------------------------------- native files */

static bool
is_native(const struct source_table *table,
    const struct source_column *column)
{
	size_t i, k;

	for (i = 0; i < table->n_native; i++)
		for (k = 0; k < column->n_paths; k++)
			if (strcmp(table->native[i].path, column->paths[k]) ==
			    0)
				return true;
	return table->n_native == 0;
}

void
output_native_csv_lost(const struct output_convert *convert, struct text *names)
{
	const struct source_table *table = convert->parts[0].table;
	size_t i;

	for (i = 0; i < table->n_columns; i++)
		if (!is_native(table, &table->columns[i]))
			text_addf(names, "%s%s", names->len > 0 ? ", " : "",
			    table->columns[i].name);
}

/* Does the CSV file have the columns of the platform's own tools? */
static bool
is_cut(const struct output_convert *convert)
{
	return convert->settings.format == OUTPUT_CSV &&
	    convert->parts[0].table->n_native > 0 &&
	    convert->settings.n_columns == 0;
}

bool
output_is_exact(const struct output_convert *convert)
{
	return convert != NULL && convert->n_parts == 1 &&
	    (convert->settings.format == OUTPUT_JSON || is_cut(convert));
}

/* The SQL of a native file: original records, or a table's columns. */
static char *
native_sql(const struct output_convert *convert)
{
	return output_is_exact(convert) ? mem_format("SELECT raw FROM (%s)",
	    convert->parts[0].sql) : part_sql(convert, &convert->parts[0],
	    convert->settings.n_columns > 0 ? OUTPUT_RAW_AS_IS :
	    OUTPUT_RAW_LEFT_OUT);
}

int
output_convert_native_csv(struct output_convert *convert, const char *path,
    struct err *err)
{
	const struct output_settings *settings = &convert->settings;
	struct output_form form = { .format = settings->format,
	    .bom = settings->bom, .guard = settings->guard, .native = true };
	struct output_count count = { .rows = 0 };
	struct output_file *file;
	struct output_sink sink;
	struct table_rows *rows;
	char *sql;
	int rc = -1;

	if (is_cut(convert))
		form.cut = convert->parts[0].table;
	sql = native_sql(convert);
	file = output_file_new(path, settings->compress, err);
	sink = (struct output_sink){ output_file_put, file };
	rows = file != NULL ? table_query(settings->db, sql, 0, err) : NULL;
	if (rows != NULL)
		rc = output_rows(rows, &form, &sink, &count, err);
	table_rows_free(rows);
	convert->guarded = count.guarded;
	convert->parts[0].rows = count.rows;
	if (output_file_end(file, rc == 0 ? output_made_add(convert, path,
	    count.rows) : NULL, err) == -1)
		rc = -1;
	free(sql);
	return rc;
}

/* Convert part by part; all parts of an Excel file go into one workbook. */
static int
write_parts(struct output_convert *convert, const char *dir, struct err *err)
{
	enum output_format format = convert->settings.format;
	bool is_parquet = format == OUTPUT_PARQUET || format == OUTPUT_DUCKDB;
	int rc = 0;

	if (format == OUTPUT_XLSX)
		return output_xlsx(convert, dir, err);
	for (convert->next = 0; convert->next < convert->n_parts && rc == 0;
	    convert->next++) {
		struct output_part *part = &convert->parts[convert->next];

		rc = is_parquet ? output_parquet(convert, part, dir, err) :
		    part_rows(convert, part, dir, err);
		if (rc == -1)
			err_wrap(err, "table %s", part->table->name);
	}
	if (rc == 0 && format == OUTPUT_DUCKDB)
		rc = output_duckdb(convert, dir, err);
	return rc;
}

int
output_convert_run(struct output_convert *convert, const char *dir,
    struct err *err)
{
	struct text text;
	char *path;
	json_t *manifest;
	int fd, rc;

	if (write_parts(convert, dir, err) == -1)
		return -1;
	manifest = output_manifest(convert);
	text_init(&text, SIZE_MAX / 4);
	output_manifest_text(manifest, &text);
	path = mem_format("%s/manifest.json", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1) {
		rc = err_errno(err, ERR_DISK, "create %s", path);
	} else {
		struct iovec bytes = { text.data, text.len };

		if ((rc = file_write(fd, &bytes, 1, err)) == -1)
			err_wrap(err, "%s", path);
		close(fd);
	}
	free(path);
	json_decref(manifest);
	text_release(&text);
	return rc;
}
