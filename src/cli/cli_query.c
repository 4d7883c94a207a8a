/*
 * hlexport query DIR SQL: ask an export.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli_internal.h"

#define SQL_MAX (16 << 20)

/* The SQL to run, new; NULL where none was given. */
static char *
read_sql(const struct cli *cli, char *const *words, size_t n,
    struct err *err)
{
	const char *file = config_text(cli->config, "file");
	struct text sql;

	if (n > 1)
		return mem_text(words[1]);
	if (file == NULL)
		return NULL;
	text_init(&sql, SQL_MAX);
	if (file_read(AT_FDCWD, strcmp(file, "-") == 0 ? "/dev/stdin" : file,
	    &sql, err) == -1) {
		err->kind = ERR_USAGE;
		text_release(&sql);
		return NULL;
	}
	return text_take(&sql);
}

/* ------------------------------------------------------- without any SQL */

static void
list_tables(const struct source_tables *tables)
{
	const struct source_table *table;
	size_t i, k;

	for (i = 0; i < tables->n; i++) {
		table = &tables->at[i];
		printf("%s%s", i > 0 ? "\n" : "", table->name);
		printf("%*s", (int)(strlen(table->name) < 22 ?
		    22 - strlen(table->name) : 1), "");
		cli_wrap(stdout, table->about, 22, 78);
		for (k = 0; k < table->n_columns; k++) {
			const struct source_column *column =
			    &table->columns[k];

			printf("  %-23s %-12s ", column->name, column->type);
			cli_wrap(stdout, column->about, 39, 78);
		}
		printf("  %-23s %-12s the record itself\n", "raw", "JSON");
	}
	if (tables->n == 0)
		printf("The source declares no tables; records('RESOURCE') "
		    "has the records of a resource.\n");
}

static json_t *
tables_json(const struct source_tables *tables)
{
	json_t *all = json_array(), *columns;
	size_t i, k;

	for (i = 0; i < tables->n; i++) {
		const struct source_table *table = &tables->at[i];

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

/* --------------------------------------------------------------- with it */

static int
write_out(void *cookie, const char *at, size_t len, struct err *err)
{
	if (fwrite(at, 1, len, cookie) != len)
		return err_errno(err, ERR_DISK, "write the rows");
	return 0;
}

/* Parquet needs a file: make one, and copy it to where it should go. */
static int
query_parquet(struct cli_table *table, const char *sql, FILE *out,
    struct err *err)
{
	char *path = mem_format("%s/rows.parquet",
	    scratch_path(table->scratch));
	char piece[65536];
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
	rc = table_run(table->db, copy.at, NULL, err);
	if (rc == 0 && (in = fopen(path, "rbe")) != NULL) {
		while (rc == 0 && (n = fread(piece, 1, sizeof(piece),
		    in)) > 0)
			rc = write_out(out, piece, n, err);
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

/* How many statements there are, or -1. */
static int
count_statements(struct cli_table *table, const char *sql, struct err *err)
{
	int n = table_statements(table->db, sql, err);

	if (n > 1 && strcmp(table->format, "parquet") == 0)
		return err_set(err, ERR_USAGE, "--format parquet wants one "
		    "SELECT");
	return n;
}

static int
query_rows(struct cli_table *table, const char *sql, FILE *out,
    struct err *err)
{
	struct output_form form = { .format = table->format };
	struct output_sink sink = { write_out, out };
	struct output_count count;
	struct table_rows *rows;
	int n = count_statements(table, sql, err), i, rc = n == -1 ? -1 : 0;
	size_t columns;

	if (rc == 0 && strcmp(form.format, "parquet") == 0)
		return query_parquet(table, sql, out, err);
	for (i = 0; i < n && rc == 0; i++) {
		rows = table_query(table->db, sql, (size_t)i, err);
		if (rows == NULL)
			return -1;
		table_columns(rows, &columns);
		rc = columns == 0 ? 0 : output_rows(rows, &form, &sink,
		    &count, err);
		table_rows_free(rows);
	}
	return rc;
}

/* Run it, the rows going to a file that appears whole. */
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

/* Run it, the rows going to standard output or a file. */
static int
query(const struct cli *cli, struct cli_table *table, const char *sql,
    struct err *err)
{
	const char *to = config_text(cli->config, "output");

	if (to != NULL)
		return query_file(cli, table, sql, to, err);
	if (isatty(STDOUT_FILENO) &&
	    strcmp(table->format, "parquet") == 0)
		return err_set(err, ERR_USAGE, "Parquet is nothing for a "
		    "terminal: use --output FILE");
	return query_rows(table, sql, stdout, err);
}

int
cli_query(struct cli *cli)
{
	struct cli_table table = { .db = NULL };
	struct err err = { .kind = ERR_NONE };
	size_t n;
	char *const *words = config_args(cli->config, &n);
	struct text why;
	char *sql;
	int rc = 0, status = CLI_OK;

	if (n == 2 && config_text(cli->config, "file") != NULL)
		return cli_usage("the SQL is given twice: behind the directory "
		    "and by --file %s", config_text(cli->config, "file"));
	if (n < 1 || n > 2)
		return cli_usage("query wants a directory and SQL, like "
		    "'hlexport query exports/20250606-120000 \"SELECT "
		    "count(*) FROM logs\"'");
	if (n == 1 && config_text(cli->config, "file") == NULL &&
	    config_text(cli->config, "output") != NULL)
		return cli_usage("--output is for the rows of SQL; without "
		    "any, query prints the list of tables");
	sql = read_sql(cli, words, n, &err);
	if (sql == NULL && err.kind != ERR_NONE)
		return cli_error(&err);
	table.format = cli_format(cli, "table|csv|json|jsonl|markdown|parquet",
	    &err);
	if (table.format == NULL)
		rc = -1;
	else if (config_text(cli->config, "output") != NULL)
		rc = cli_check_file(cli, config_text(cli->config, "output"),
		    words[0], &err);
	if (rc == 0)
		rc = cli_table_open(cli, words[0], NULL, &table, &err);
	if (rc == 0 && !table.complete && !config_is(cli->config, "quiet")) {
		text_init(&why, SIZE_MAX / 4);
		cli_table_incomplete(&table, &why);
		fprintf(stderr, "Note: the export %s\n", why.at);
		text_release(&why);
	}
	if (rc == 0 && sql != NULL)
		rc = query(cli, &table, sql, &err);
	else if (rc == 0 && strcmp(table.format,
	    "json") == 0)
		cli_print_json(tables_json(table_list(table.db)));
	else if (rc == 0)
		list_tables(table_list(table.db));
	if (rc == -1)
		status = cli_table_error(&err);
	else
		status = cli_table_warn(cli, &table, status);
	cli_table_close(&table);
	free(sql);
	return status;
}
