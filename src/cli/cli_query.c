/*
 * hlexport query DIR SQL: run SQL against an export.
 */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <stdio_ext.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/cli_table.h"

#define SQL_MAX (16 << 20)

/* Does standard input have the SQL?  It does if it is a pipe or a file. */
static bool
is_given(void)
{
	struct stat st;

	return fstat(STDIN_FILENO, &st) == 0 && (S_ISFIFO(st.st_mode) ||
	    S_ISREG(st.st_mode));
}

/* The SQL to run, new; NULL if none was given. */
static char *
read_sql(const struct cli *cli, char *const *words, size_t n,
    struct err *err)
{
	const char *file = config_text(cli->config, "file");
	struct text sql;

	if (n > 1)
		return mem_text(words[1]);
	if (file == NULL && is_given())
		file = "-";
	if (file == NULL)
		return NULL;
	text_init(&sql, SQL_MAX);
	if (file_read(AT_FDCWD, strcmp(file, "-") == 0 ? "/dev/stdin" : file,
	    &sql, err) == -1) {
		err->kind = ERR_USAGE;
		text_release(&sql);
		return NULL;
	}
	if (sql.len > 0 && memchr(sql.data, '\0', sql.len) != NULL) {
		err_set(err, ERR_USAGE, "%s is not SQL: it contains a NUL "
		    "byte",
		    strcmp(file, "-") == 0 ? "standard input" : file);
		text_release(&sql);
		return NULL;
	}
	if (config_text(cli->config, "file") == NULL && (sql.len == 0 ||
	    strspn(sql.data, " \t\r\n") == sql.len)) {
		text_release(&sql);
		return NULL;
	}
	return text_take(&sql);
}

/* ------------------------------------------------------- without any SQL */

static void
show_table(const struct source_table *table)
{
	size_t k;

	printf("%s", table->name);
	printf("%*s", (int)(strlen(table->name) < 22 ?
	    22 - strlen(table->name) : 1), "");
	cli_wrap(stdout, table->about, 22, 78);
	for (k = 0; k < table->n_columns; k++) {
		const struct source_column *column = &table->columns[k];

		printf("  %-23s %-12s ", column->name, column->type);
		cli_wrap(stdout, column->about, 39, 78);
	}
	printf("  %-23s %-12s the original record\n", "raw", "JSON");
}

static int
list_tables(const struct source_tables *tables, struct err *err)
{
	size_t i;

	cli_pager_begin();
	for (i = 0; i < tables->n; i++) {
		printf("%s", i > 0 ? "\n" : "");
		show_table(&tables->items[i]);
	}
	if (tables->n == 0)
		printf("The source declares no tables; use "
		    "records('RESOURCE') for the records of a resource.\n");
	return cli_pager_end(err);
}

/* The declared table of that name; NULL if there is none: ${name} is SQL. */
static const struct source_table *
find_table(const struct source_tables *tables, const char *name)
{
	size_t i;

	for (i = 0; i < tables->n; i++)
		if (strcasecmp(tables->items[i].name, name) == 0)
			return &tables->items[i];
	return NULL;
}

/* One table: its columns, and how many rows it has. */
static int
tell_table(struct cli_table *table, const struct source_table *of,
    struct err *err)
{
	const struct table_cell *cells;
	struct table_rows *rows;
	char count[32];
	struct text sql;
	int rc = -1;

	text_init(&sql, SIZE_MAX / 4);
	text_adds(&sql, "SELECT count(*) FROM ");
	table_quote(&sql, of->name);
	rows = table_query(table->db, sql.data, 0, err);
	if (rows != NULL && (rc = table_next(rows, &cells, err)) == 1) {
		text_human_count((uint64_t)cells[0].is.integer, count);
		show_table(of);
		printf("\n  %s row%s\n", count, cells[0].is.integer == 1 ?
		    "" : "s");
		rc = 0;
	}
	table_rows_free(rows);
	text_release(&sql);
	return rc;
}

static json_t *
tables_json(const struct source_tables *tables)
{
	json_t *all = json_array(), *columns;
	size_t i, k;

	for (i = 0; i < tables->n; i++) {
		const struct source_table *table = &tables->items[i];

		columns = json_array();
		for (k = 0; k < table->n_columns; k++)
			json_array_append_new(columns, json_pack(
			    "{s:s, s:s, s:s}", "name",
			    table->columns[k].name, "type",
			    table->columns[k].type, "about",
			    table->columns[k].about));
		json_array_append_new(all, json_pack("{s:s, s:s, s:o}",
		    "name", table->name, "about", table->about, "columns",
		    columns));
	}
	return all;
}

/* -------------------------------------------------------------- with SQL */

static bool reader_left;

static struct cli_table *reading;	/* clear its meter at the first row */

static int
write_out(void *cookie, const char *data, size_t len, struct err *err)
{
	if (reading != NULL)
		cli_table_ready(reading);
	if (fwrite(data, 1, len, cookie) == len)
		return 0;
	/* The reader closed the pipe: it has seen enough. */
	reader_left = errno == EPIPE;
	if (reader_left || cli_signalled() != 0)
		return err_set(err, ERR_STOPPED, "stopped");
	return err_errno(err, ERR_DISK, "write the rows");
}

/* Parquet needs a file: write a temporary one, and copy it to the output. */
static int
query_parquet(struct cli_table *table, const char *sql, FILE *out,
    struct err *err)
{
	char *path = mem_format("%s/rows.parquet",
	    scratch_path(table->scratch));
	char chunk[65536];
	struct text copy;
	size_t n = strlen(sql);
	FILE *in;
	int rc;

	while (n > 0 && strchr("; \t\r\n", sql[n - 1]) != NULL)
		n--;
	text_init(&copy, SIZE_MAX / 4);
	text_addf(&copy, "COPY (%.*s\n) TO ", (int)n, sql);
	table_literal(&copy, path);
	text_adds(&copy, " (FORMAT parquet, COMPRESSION zstd)");
	rc = table_run(table->db, copy.data, NULL, err);
	if (rc == 0 && (in = fopen(path, "rbe")) != NULL) {
		while (rc == 0 && (n = fread(chunk, 1, sizeof(chunk),
		    in)) > 0)
			rc = write_out(out, chunk, n, err);
		if (rc == 0 && ferror(in))
			rc = err_errno(err, ERR_DISK, "read %s", path);
		fclose(in);
	} else if (rc == 0) {
		rc = err_errno(err, ERR_DISK, "open %s", path);
	}
	text_release(&copy);
	free(path);
	return rc;
}

/* The number of statements, or -1. */
static int
count_statements(struct cli_table *table, const char *sql, struct err *err)
{
	int n = table_statements(table->db, sql, err);

	if (n > 0 && table_check_sql(sql, table->is_open, err) == -1)
		return -1;
	if (n > 1 && table->format == OUTPUT_PARQUET)
		return err_set(err, ERR_USAGE, "--format parquet requires a "
		    "single SELECT");
	return n;
}

static void
tell_count(const struct output_count *count)
{
	char rows[32];

	fflush(stdout);
	text_human_count(count->rows, rows);
	fprintf(stderr, "(%s row%s%s)\n", rows, count->rows == 1 ? "" : "s",
	    count->is_wide ? "; wider than the terminal: use -x to print each "
	    "row as a block" : "");
}

static int
query_rows(struct cli_table *table, const char *sql, FILE *out,
    struct err *err)
{
	struct output_form form = { .format = table->format,
	    .is_screen = table->width > 0,
	    .width = table->wide ? 0 : table->width };
	struct output_sink sink = { write_out, out };
	struct output_count count;
	struct table_rows *rows;
	struct err why;
	int n = count_statements(table, sql, err), i, rc = n == -1 ? -1 : 0;
	size_t columns;

	if (rc == 0 && form.format == OUTPUT_PARQUET)
		return query_parquet(table, sql, out, err);
	for (i = 0; i < n && rc == 0; i++) {
		rows = table_query(table->db, sql, (size_t)i, err);
		if (rows == NULL)
			return -1;
		table_columns(rows, &columns);
		if (columns > 0)
			cli_pager_begin();
		rc = columns == 0 ? 0 : output_rows(rows, &form, &sink,
		    &count, err);
		fflush(stdout);
		/* If the pager failed, the user has not seen the rows. */
		if (columns > 0 && cli_pager_end(&why) == -1) {
			*err = why;
			reader_left = false;
			rc = -1;
		}
		table_rows_free(rows);
		if (rc == 0 && columns > 0 && table->width > 0)
			tell_count(&count);
	}
	return rc;
}

/* Run the SQL, and publish the rows as one complete file. */
static int
query_file(const struct cli *cli, struct cli_table *table, const char *sql,
    const char *to, struct err *err)
{
	char *copy = mem_text(to), *path;
	struct scratch *scratch = scratch_new(dirname(copy), err);
	FILE *out;
	int rc;

	free(copy);
	if (scratch == NULL)
		return -1;
	path = mem_format("%s/rows", scratch_path(scratch));
	if ((out = fopen(path, "wxe")) == NULL) {
		rc = err_errno(err, ERR_DISK, "make %s", path);
	} else {
		rc = query_rows(table, sql, out, err);
		if (fclose(out) == EOF && rc == 0)
			rc = err_errno(err, ERR_DISK, "write %s", to);
	}
	if (rc == 0)
		rc = cli_publish(cli, scratch, "rows", to, err);
	free(path);
	scratch_free(scratch);
	return rc;
}

/* Run the SQL, and write the rows to standard output or a file. */
static int
query(const struct cli *cli, struct cli_table *table, const char *sql,
    struct err *err)
{
	const char *to = config_text(cli->config, "output");
	struct cli_screen screen;

	reading = table;
	if (to != NULL)
		return query_file(cli, table, sql, to, err);
	if (isatty(STDOUT_FILENO) && table->format == OUTPUT_PARQUET)
		return err_set(err, ERR_USAGE, "refusing to write Parquet to "
		    "a terminal; use --output FILE");
	if (config_is(cli->config, "expanded"))
		table->format = OUTPUT_EXPANDED;
	if (isatty(STDOUT_FILENO) && (table->format == OUTPUT_TABLE ||
	    table->format == OUTPUT_EXPANDED)) {
		cli_screen_init(&screen, stdout);
		table->width = cli_screen_width(&screen);
		table->wide = config_is(cli->config, "wide");
	}
	return query_rows(table, sql, stdout, err);
}

int
cli_query(struct cli *cli)
{
	struct cli_table table = { .db = NULL };
	struct err err = { .kind = ERR_NONE };
	size_t n;
	char *const *words = config_args(cli->config, &n);
	const struct source_table *of = NULL;
	const char *format;
	struct text why;
	char *sql;
	int rc = 0, status = CLI_OK;

	if (n == 2 && config_text(cli->config, "file") != NULL)
		return cli_usage("the SQL is given twice: as an argument and "
		    "with --file %s", config_text(cli->config, "file"));
	if (n < 1 || n > 2)
		return cli_wrong_arguments("query DIR|FILE [SQL]", words, n, 2);
	sql = read_sql(cli, words, n, &err);
	if (sql == NULL && err.kind != ERR_NONE)
		return cli_error(&err);
	if (sql == NULL && config_text(cli->config, "output") != NULL)
		return cli_usage("--output requires SQL; without SQL, query "
		    "lists the tables");
	format = cli_format(cli, "table|csv|json|jsonl|markdown|parquet",
	    &err);
	table.format = format != NULL ? output_format_find(format) :
	    OUTPUT_FORMATS;
	if (format == NULL)
		rc = -1;
	else if (config_text(cli->config, "output") != NULL)
		rc = cli_check_file(cli, config_text(cli->config, "output"),
		    words[0], &err);
	if (rc == 0)
		rc = cli_table_open(cli, words[0], NULL, &table, &err);
	if (rc == 0 && !table.whole.complete &&
	    !config_is(cli->config, "quiet")) {
		text_init(&why, SIZE_MAX / 4);
		cli_whole_add(&table.whole, table.shown, &why);
		fprintf(stderr, "Note: the export %s\n", why.data);
		text_release(&why);
	}
	if (rc == 0 && sql != NULL)
		of = find_table(table_list(table.db), sql);
	if (rc == 0 && of != NULL && config_text(cli->config,
	    "output") == NULL)
		rc = tell_table(&table, of, &err);
	else if (rc == 0 && sql != NULL)
		rc = query(cli, &table, sql, &err);
	else if (rc == 0 && table.format == OUTPUT_JSON)
		cli_print_json(tables_json(table_list(table.db)));
	else if (rc == 0)
		rc = list_tables(table_list(table.db), &err);
	cli_table_ready(&table);
	if (rc == -1 && reader_left)
		__fpurge(stdout);
	else if (rc == -1)
		status = cli_table_error(&err);
	else
		status = cli_table_warn(cli, &table, status);
	cli_table_close(&table);
	free(sql);
	return status;
}
