/*
 * A table as Parquet, in a folder for each day or file.
 *
 * DuckDB needs some memory for each column of each folder that it writes to,
 * however few rows they have, and a year of days exceeds the limit.  So if
 * there are many folders, the rows are first written to one file, and then from
 * there to the folders in batches.
 */

#include <sys/stat.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output/output_internal.h"

/* Hive's name for the folder of rows without a value. */
#define NO_VALUE "__HIVE_DEFAULT_PARTITION__"

/*
 * Measured with DuckDB 1.4: a folder takes 1.3 MB for the 28 columns of logs.
 * Folders may use half of the memory.
 */
#define COLUMN_BYTES (48 << 10)
#define MIN_FOLDERS 4
#define MAX_FOLDERS 100	/* the most files that DuckDB keeps open */

/* The SQL expression that divides the part, new; NULL: it is not divided. */
static char *
division(const struct output_convert *convert,
    const struct output_part *part)
{
	const struct output_settings *settings = &convert->settings;
	const struct source_table *table = part->table;
	struct text sql;
	size_t i;

	if (settings->partition == NULL)
		return NULL;
	text_init(&sql, 4096);
	if (strcmp(settings->partition, "day") == 0) {
		if (table->time == NULL)
			return NULL;
		text_adds(&sql, "CASE WHEN isfinite(");
		table_quote(&sql, table->time);
		text_adds(&sql, ") THEN coalesce(TRY(strftime(timezone(");
		table_literal(&sql, settings->range.timezone);
		text_adds(&sql, ", ");
		table_quote(&sql, table->time);
		text_adds(&sql, "), '%Y-%m-%d')), '" NO_VALUE "') ELSE '"
		    NO_VALUE "' END");
		return text_take(&sql);
	}
	for (i = 0; i < table->n_columns; i++)
		if (strcmp(table->columns[i].name, "file_id") == 0)
			return mem_text("coalesce(file_id, '" NO_VALUE "')");
	return NULL;
}

bool
output_is_divided(const struct output_convert *convert,
    const struct output_part *part)
{
	char *by = division(convert, part);

	free(by);
	return by != NULL;
}

/* The number of folders to write at the same time. */
static uint64_t
folders_at_once(const struct output_convert *convert,
    const struct output_part *part)
{
	uint64_t n = table_memory(convert->settings.db) / 2 /
	    ((part->table->n_columns + 2) * COLUMN_BYTES);

	return n < MIN_FOLDERS ? MIN_FOLDERS : n > MAX_FOLDERS ?
	    MAX_FOLDERS : n;
}

/* Add the files in the folders to those made. */
static int
note_folders(struct output_convert *convert, const char *dir,
    const char *files, struct err *err)
{
	const struct table_cell *cells;
	struct output_made *made;
	struct table_rows *rows;
	struct text sql;
	size_t len = strlen(dir) + 1;
	char *path;
	int rc = -1;

	text_init(&sql, 1 << 16);
	text_adds(&sql, "SELECT file_name, num_rows FROM "
	    "parquet_file_metadata(");
	output_add_files(&sql, files);
	text_adds(&sql, ") ORDER BY file_name");
	rows = table_query(convert->settings.db, sql.data, 0, err);
	while (rows != NULL && (rc = table_next(rows, &cells, err)) == 1) {
		path = mem_copy(cells[0].is.text.data, cells[0].is.text.len);
		made = output_made_add(convert, &path[len],
		    (uint64_t)cells[1].is.integer);
		rc = output_file_peek(path, made, err);
		free(path);
		if (rc == -1)
			break;
	}
	table_rows_free(rows);
	text_release(&sql);
	return rc;
}

/* COPY the rows of ${from} to folders; ${more}: some of them exist. */
static int
copy_into(struct output_convert *convert, struct output_part *part,
    const char *from, const char *folder, bool more, uint64_t *rows,
    struct err *err)
{
	struct text sql;
	int rc;

	text_init(&sql, 1 << 21);
	text_addf(&sql, "COPY (%s) TO ", from);
	table_literal(&sql, folder);
	output_parquet_options(convert, part, &sql);
	text_addf(&sql, ", PARTITION_BY (%s)%s)", convert->settings.partition,
	    more ? ", OVERWRITE_OR_IGNORE" : "");
	rc = table_run(convert->settings.db, sql.data, rows, err);
	text_release(&sql);
	return rc;
}

/* COPY all rows to one file, with the partition as a further column. */
static int
copy_to_one(struct output_convert *convert, struct output_part *part,
    const char *from, const char *file, struct err *err)
{
	struct text sql;
	int rc;

	text_init(&sql, 1 << 21);
	text_addf(&sql, "COPY (%s) TO ", from);
	table_literal(&sql, file);
	output_parquet_options(convert, part, &sql);
	text_addc(&sql, ')');
	rc = table_run(convert->settings.db, sql.data, &part->rows, err);
	text_release(&sql);
	return rc;
}

/*
 * Add the names of the next folders: "'a', 'b'".  Return their number, or -1.
 */
static int
next_names(struct table_rows *names, uint64_t max, struct text *list,
    struct err *err)
{
	const struct table_cell *cells;
	int n = 0, rc = 1;
	char *name;

	text_clear(list);
	while (n < (int)max && (rc = table_next(names, &cells, err)) == 1) {
		name = mem_copy(cells[0].is.text.data, cells[0].is.text.len);
		text_adds(list, n++ > 0 ? ", " : "");
		table_literal(list, name);
		free(name);
	}
	return rc == -1 ? -1 : n;
}

/* Read all names at once: an open query would block others. */
static int
read_names(struct output_convert *convert, const char *sql, uint64_t max,
    char ***lists, size_t *n, struct err *err)
{
	struct table_rows *names = table_query(convert->settings.db, sql, 0,
	    err);
	struct text list;
	int rc = names != NULL ? 1 : -1;

	text_init(&list, SIZE_MAX / 4);
	while (rc > 0 && (rc = next_names(names, max, &list, err)) > 0) {
		*lists = mem_grow(*lists, *n + 1, sizeof(char *));
		(*lists)[(*n)++] = mem_text(list.data);
	}
	table_rows_free(names);
	text_release(&list);
	return rc;
}

static int
set_threads(struct output_convert *convert, bool one, struct err *err)
{
	char sql[64];

	if (one)
		return table_run(convert->settings.db, "SET threads = 1",
		    NULL, err);
	snprintf(sql, sizeof(sql), "SET threads = %u",
	    table_threads(convert->settings.db));
	return table_run(convert->settings.db, sql, NULL, err);
}

/* COPY from the one file to the folders, in batches. */
static int
copy_batches(struct output_convert *convert, struct output_part *part,
    const char *file, const char *folder, uint64_t max, struct err *err)
{
	const char *by = convert->settings.partition;
	struct text from, sql;
	char **lists = NULL;
	size_t n = 0, i;
	int rc;

	text_init(&from, 1 << 16);
	text_init(&sql, SIZE_MAX / 4);
	text_adds(&from, "FROM read_parquet(");
	output_add_files(&from, file);
	text_adds(&from, ", hive_partitioning = false)");
	text_addf(&sql, "SELECT DISTINCT \"%s\" %s ORDER BY 1", by, from.data);
	rc = read_names(convert, sql.data, max, &lists, &n, err);
	/* One thread, so that each folder has one file, in order. */
	if (rc == 0)
		rc = set_threads(convert, true, err);
	for (i = 0; i < n && rc == 0; i++) {
		text_clear(&sql);
		text_addf(&sql, "SELECT * %s WHERE \"%s\" IN (%s)", from.data,
		    by, lists[i]);
		rc = copy_into(convert, part, sql.data, folder, true, NULL,
		    err);
	}
	if (rc == 0)
		rc = set_threads(convert, false, err);
	for (i = 0; i < n; i++)
		free(lists[i]);
	free(lists);
	text_release(&from);
	text_release(&sql);
	return rc;
}

static int
copy_many(struct output_convert *convert, struct output_part *part,
    const char *from, const char *folder, uint64_t max, struct err *err)
{
	char *file = mem_format("%s/.all.parquet", folder);
	int rc = copy_to_one(convert, part, from, file, err);

	if (rc == 0)
		rc = copy_batches(convert, part, file, folder, max, err);
	if (unlink(file) == -1 && rc == 0)
		rc = err_errno(err, ERR_DISK, "remove %s", file);
	free(file);
	return rc;
}

/* Count the folders. */
static int
count_folders(struct output_convert *convert, const struct output_part *part,
    const char *by, uint64_t *n, struct err *err)
{
	struct text sql;
	int rc;

	*n = part->rows;
	text_init(&sql, 1 << 21);
	text_addf(&sql, "SELECT count(DISTINCT %s) FROM (%s)", by, part->sql);
	rc = table_number(convert->settings.db, sql.data, n, err);
	text_release(&sql);
	return rc;
}

/* The SQL for the rows with the partition as a further column, new. */
static char *
rows_from(const struct output_convert *convert,
    const struct output_part *part, const char *by)
{
	struct text sql;

	text_init(&sql, 1 << 21);
	text_adds(&sql, "SELECT ");
	output_add_columns(convert, part, OUTPUT_RAW_AS_TEXT, &sql);
	text_addf(&sql, ", %s AS \"%s\" FROM (%s)", by,
	    convert->settings.partition, part->sql);
	return text_take(&sql);
}

int
output_folders(struct output_convert *convert, struct output_part *part,
    const char *dir, struct err *err)
{
	char *folder = mem_format("%s/%s", dir, part->table->name);
	char *files = mem_format("%s/**/*.parquet", folder);
	char *by = division(convert, part);
	char *from = rows_from(convert, part, by);
	uint64_t max = folders_at_once(convert, part), n = part->rows;
	int rc = 0;

	if (mkdir(folder, 0700) == -1)
		rc = err_errno(err, ERR_DISK, "create %s", folder);
	else if (n > max)
		rc = count_folders(convert, part, by, &n, err);
	if (rc == 0)
		rc = n > max ? copy_many(convert, part, from, folder, max,
		    err) : copy_into(convert, part, from, folder, false,
		    &part->rows, err);
	/* Without rows, no file exists. */
	if (rc == 0 && part->rows > 0)
		rc = note_folders(convert, dir, files, err);
	if (rc == 0 && part->rows > 0)
		rc = output_parquet_times(convert, part, files, err);
	free(from);
	free(by);
	free(files);
	free(folder);
	return rc;
}
