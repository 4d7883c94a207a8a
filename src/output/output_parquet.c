/*
 * Parquet files, and a DuckDB database of them.
 */

#include <sys/stat.h>

#include <stdlib.h>
#include <unistd.h>

#include "output/output_internal.h"

static int
copy_whole(struct output_convert *convert, struct output_part *part,
    const char *dir, struct err *err)
{
	char *name = mem_format("%s.parquet", part->table->name);
	char *path = mem_format("%s/%s", dir, name);
	struct text sql;
	int rc;

	text_init(&sql, 1 << 21);
	text_adds(&sql, "COPY (SELECT ");
	output_add_columns(convert, part, OUTPUT_RAW_AS_TEXT, &sql);
	text_adds(&sql, " FROM ");
	/* Filters would make the row groups uneven. */
	if (part->filtered || !table_parallel(convert->settings.db, part->table,
	    output_group_rows(convert->settings.db), &sql))
		text_addf(&sql, "(%s)", part->sql);
	text_adds(&sql, ") TO ");
	table_literal(&sql, path);
	output_parquet_options(convert, part, &sql);
	text_addc(&sql, ')');
	rc = table_run(convert->settings.db, sql.data, &part->rows, err);
	if (rc == 0)
		rc = output_file_peek(path, output_made_add(convert, name,
		    part->rows), err);
	if (rc == 0)
		rc = output_parquet_times(convert, part, path, err);
	text_release(&sql);
	free(path);
	free(name);
	return rc;
}

int
output_parquet(struct output_convert *convert, struct output_part *part,
    const char *dir, struct err *err)
{
	return output_is_divided(convert, part) ?
	    output_folders(convert, part, dir, err) :
	    copy_whole(convert, part, dir, err);
}

/* -------------------------------------------------------------- database */

/*
 * The path by which a view finds its file: beside the database that is open,
 * wherever that is.  SQL can derive this from DuckDB's default directory for
 * temporary files, unless the database is attached to another one; then DuckDB
 * searches the current directory and file_search_path.
 */
static void
add_beside(const char *name, struct text *sql)
{
	char *file = mem_format("%s.parquet", name);
	char *escaped = output_no_pattern(file);

	text_adds(sql, "regexp_replace(regexp_extract(current_setting("
	    "'temp_directory'), "
	    "'(?s)^(.*[/\\\\])[^/\\\\]*\\.duckdb\\.tmp$', 1), "
	    "'([*?[])', '[\\1]', 'g') || ");
	table_literal(sql, escaped);
	free(escaped);
	free(file);
}

/* Create a view of a table's file, or a table with its rows. */
static int
make_relation(struct output_convert *convert, const char *name,
    const char *dir, struct err *err)
{
	bool embed = convert->settings.embed;
	char *file = mem_format("%s/%s.parquet", dir, name);
	struct text sql;
	int rc;

	text_init(&sql, 1 << 16);
	text_addf(&sql, "CREATE %s made.", embed ? "TABLE" : "VIEW");
	table_quote(&sql, name);
	text_adds(&sql, " AS SELECT * FROM read_parquet(");
	if (embed)
		output_add_files(&sql, file);
	else
		add_beside(name, &sql);
	text_adds(&sql, ", hive_partitioning = false)");
	rc = table_run(convert->settings.db, sql.data, NULL, err);
	text_release(&sql);
	free(file);
	return rc;
}

/* Describe a table, or its ${column}, in the database. */
static int
comment(struct output_convert *convert, const char *kind, const char *table,
    const char *column, const char *about, struct err *err)
{
	struct text sql;
	int rc;

	text_init(&sql, 1 << 20);
	text_addf(&sql, "COMMENT ON %s made.", kind);
	table_quote(&sql, table);
	if (column != NULL) {
		text_addc(&sql, '.');
		table_quote(&sql, column);
	}
	text_adds(&sql, " IS ");
	table_literal(&sql, about);
	rc = table_run(convert->settings.db, sql.data, NULL, err);
	text_release(&sql);
	return rc;
}

static int
make_relations(struct output_convert *convert, const char *dir,
    struct err *err)
{
	const char *kind = convert->settings.embed ? "TABLE" : "VIEW";
	size_t i, k;
	int rc = 0;

	for (i = 0; i < convert->n_parts && rc == 0; i++) {
		const struct source_table *table = convert->parts[i].table;

		rc = make_relation(convert, table->name, dir, err);
		if (rc == 0)
			rc = comment(convert, kind, table->name, NULL,
			    table->about, err);
		for (k = 0; k < table->n_columns && rc == 0; k++)
			if (output_has_column(convert, &convert->parts[i],
			    table->columns[k].name))
				rc = comment(convert, "COLUMN", table->name,
				    table->columns[k].name,
				    table->columns[k].about, err);
	}
	return rc;
}

/* A complete database has no write-ahead log beside it. */
static int
check_log_is_gone(const char *path, struct err *err)
{
	char *log = mem_format("%s.wal", path);
	struct stat st;
	int rc = lstat(log, &st) == 0 ? err_set(err, ERR_DISK, "DuckDB could "
	    "not close the database %s: its log still exists", path) : 0;

	free(log);
	return rc;
}

static int
fill_database(struct output_convert *convert, const char *dir,
    const char *path, struct err *err)
{
	struct table_db *db = convert->settings.db;
	struct text sql;
	int rc;

	text_init(&sql, 1 << 16);
	text_adds(&sql, "ATTACH ");
	table_literal(&sql, path);
	text_adds(&sql, " AS made");
	rc = table_run(db, sql.data, NULL, err);
	text_clear(&sql);
	text_adds(&sql, "SET file_search_path = ");
	table_literal(&sql, dir);
	if (rc == 0)
		rc = table_run(db, sql.data, NULL, err);
	if (rc == 0)
		rc = make_relations(convert, dir, err);
	/* Merge the write-ahead log into the file. */
	if (rc == 0)
		rc = table_run(db, "CHECKPOINT made", NULL, err);
	if (rc == 0)
		rc = table_run(db, "DETACH made", NULL, err);
	if (rc == 0)
		rc = check_log_is_gone(path, err);
	text_release(&sql);
	return rc;
}

/* With the rows in the database, the Parquet files are redundant. */
static int
remove_parquet(struct output_convert *convert, const char *dir)
{
	size_t i;
	char *path;
	int rc = 0;

	for (i = 0; i < convert->n_made; i++) {
		path = mem_format("%s/%s", dir, convert->made[i].path);
		rc |= unlink(path);
		free(path);
		free(convert->made[i].path);
	}
	convert->n_made = 0;
	return rc;
}

static int
make_open_sql(struct output_convert *convert, const char *dir,
    const char *database, struct err *err)
{
	char *path = mem_format("%s/open.sql", dir);
	struct output_file *file = output_file_new(path, OUTPUT_UNCOMPRESSED,
	    err);
	struct text text;
	int rc = -1;

	text_init(&text, 1 << 16);
	text_addf(&text, "-- 'duckdb %s' opens it from any directory.  To\n"
	    "-- attach it to another database, run this here, or with the\n"
	    "-- directory's path in place of '.'.\n"
	    "SET file_search_path = '.';\n"
	    "ATTACH '%s' AS export (READ_ONLY);\nUSE export;\n", database,
	    database);
	if (file != NULL)
		rc = output_file_put(file, text.data, text.len, err);
	if (output_file_end(file, rc == 0 ? output_made_add(convert,
	    "open.sql", 0) : NULL, err) == -1)
		rc = -1;
	text_release(&text);
	free(path);
	return rc;
}

int
output_duckdb(struct output_convert *convert, const char *dir,
    struct err *err)
{
	char *name = mem_format("hlexport-%s-%s.duckdb",
	    convert->settings.source, convert->range);
	char *path = mem_format("%s/%s", dir, name);
	int rc = fill_database(convert, dir, path, err);

	if (rc == 0 && convert->settings.embed &&
	    remove_parquet(convert, dir) != 0)
		rc = err_errno(err, ERR_DISK, "remove the Parquet files");
	if (rc == 0)
		rc = output_file_peek(path, output_made_add(convert, name,
		    convert->settings.embed ? output_rows_made(convert) : 0),
		    err);
	if (rc == 0)
		rc = make_open_sql(convert, dir, name, err);
	free(path);
	free(name);
	return rc;
}
