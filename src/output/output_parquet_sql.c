/*
 * The SQL that all Parquet files share: names, options, times.
 */

#include <stdlib.h>
#include <string.h>

#include "output/output_internal.h"

/*
 * Each thread holds a row group in memory while it builds it: limit its bytes,
 * and its rows to DuckDB's default.
 */
#define GROUP_BYTES (16 << 20)
#define MAX_GROUP 122880

uint64_t
output_group_rows(const struct table_db *db)
{
	uint64_t bytes = table_memory(db) / 32;

	return table_rows_within(db, bytes < GROUP_BYTES ? bytes :
	    GROUP_BYTES, MAX_GROUP);
}

char *
output_no_pattern(const char *path)
{
	const char *pattern = strstr(path, "/**/*.parquet");
	struct text escaped;

	text_init(&escaped, 1 << 16);
	for (; *path != '\0' && path != pattern; path++)
		text_addf(&escaped, strchr("*?[", *path) != NULL ? "[%c]" :
		    "%c", *path);
	text_adds(&escaped, path);
	return text_take(&escaped);
}

void
output_add_files(struct text *sql, const char *path)
{
	char *escaped = output_no_pattern(path);

	table_literal(sql, escaped);
	free(escaped);
}

void
output_parquet_options(const struct output_convert *convert,
    const struct output_part *part, struct text *sql)
{
	const struct output_settings *settings = &convert->settings;

	text_addf(sql, " (FORMAT parquet, COMPRESSION %s, ROW_GROUP_SIZE %llu"
	    ", KV_METADATA {tool: ", output_compress_name(settings->compress !=
	    OUTPUT_UNCOMPRESSED ? settings->compress : OUTPUT_ZSTD),
	    (unsigned long long)output_group_rows(settings->db));
	table_literal(sql, settings->tool);
	text_adds(sql, ", source: ");
	table_literal(sql, settings->source);
	text_adds(sql, ", export: ");
	table_literal(sql, settings->export);
	text_adds(sql, ", \"table\": ");
	table_literal(sql, part->table->name);
	text_addc(sql, '}');
}

int
output_parquet_times(struct output_convert *convert, struct output_part *part,
    const char *files, struct err *err)
{
	const struct table_cell *cells;
	struct table_rows *rows;
	struct text sql;
	int rc = -1;

	if (part->table->time == NULL ||
	    !output_has_column(convert, part, part->table->time))
		return 0;
	text_init(&sql, 1 << 16);
	text_adds(&sql, "SELECT min(t), max(t) FROM (SELECT ");
	table_quote(&sql, part->table->time);
	text_adds(&sql, " AS t FROM read_parquet(");
	output_add_files(&sql, files);
	text_adds(&sql, ", hive_partitioning = false))");
	rows = table_query(convert->settings.db, sql.data, 0, err);
	if (rows != NULL && (rc = table_next(rows, &cells, err)) == 1) {
		part->has_time = !cells[0].is_null;
		if (part->has_time) {
			part->first_time = cells[0].is.integer;
			part->last_time = cells[1].is.integer;
		}
	}
	table_rows_free(rows);
	text_release(&sql);
	return rc == -1 ? -1 : 0;
}
