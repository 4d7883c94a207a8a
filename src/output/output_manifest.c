/*
 * manifest.json of a conversion: the files and their origin.  It has no time,
 * so that the same export produces the same bytes.
 */

#include <stdlib.h>
#include <string.h>

#include "output/output_internal.h"

static json_t *
time_of(bool has, int64_t us)
{
	struct text text;
	json_t *json;

	if (!has)
		return json_null();
	text_init(&text, 100);
	output_time(us, &text);
	json = json_string(text.data);
	text_release(&text);
	return json;
}

static json_t *
tables_of(const struct output_convert *convert)
{
	json_t *all = json_array();
	size_t i;

	for (i = 0; i < convert->n_parts; i++) {
		const struct output_part *part = &convert->parts[i];

		json_array_append_new(all, json_pack(
		    "{s:s, s:I, s:b, s:I, s:o, s:o}", "name",
		    part->table->name, "rows", (json_int_t)part->rows,
		    "filtered", part->filtered, "without_time",
		    (json_int_t)part->timeless, "first_time",
		    time_of(part->has_time, part->first_time), "last_time",
		    time_of(part->has_time, part->last_time)));
	}
	return all;
}

static json_t *
files_of(const struct output_convert *convert)
{
	json_t *all = json_array();
	char hex[SHA256_HEX];
	size_t i;

	for (i = 0; i < convert->n_made; i++) {
		const struct output_made *made = &convert->made[i];

		sha256_hex(made->sha256, hex);
		json_array_append_new(all, json_pack(
		    "{s:s, s:I, s:I, s:s}", "path", made->path, "bytes",
		    (json_int_t)made->bytes, "rows", (json_int_t)made->rows,
		    "sha256", hex));
	}
	return all;
}

static json_t *
diagnostics_of(const struct output_convert *convert)
{
	json_t *all = json_array();
	const struct table_diagnostic *diagnostics;
	size_t n, i;

	diagnostics = table_diagnostic(convert->settings.db, &n);
	for (i = 0; i < n; i++)
		if (diagnostics[i].sanitized + diagnostics[i].damaged +
		    diagnostics[i].deep + diagnostics[i].lost > 0)
			json_array_append_new(all,
			    json_pack("{s:s, s:I, s:I, s:I, s:I, s:s}",
				"resource", diagnostics[i].resource, "rows",
				(json_int_t)diagnostics[i].rows, "mended",
				(json_int_t)diagnostics[i].sanitized,
				"left_out",
				(json_int_t)diagnostics[i].damaged +
				    (json_int_t)diagnostics[i].deep,
				"lost_files", (json_int_t)diagnostics[i].lost,
				"first",
				diagnostics[i].where != NULL
				    ? diagnostics[i].where
				    : diagnostics[i].where_sanitized));
	return all;
}

/* The columns that the user chose; null: all. */
static json_t *
columns_of(const struct output_settings *settings)
{
	json_t *names = settings->n_columns > 0 ? json_array() : json_null();
	size_t i;

	for (i = 0; i < settings->n_columns; i++)
		json_array_append_new(names, json_string(
		    settings->columns[i]));
	return names;
}

/* Values that do not fit the type of their column and are NULL. */
static json_t *
unfit_of(const struct output_convert *convert)
{
	json_t *all = json_array();
	const struct table_unfit *unfit;
	size_t n, i;

	unfit = table_unfit(convert->settings.db, &n);
	for (i = 0; i < n; i++)
		if (unfit[i].values > 0)
			json_array_append_new(all, json_pack(
			    "{s:s, s:s, s:s, s:I, s:s}", "table",
			    unfit[i].table, "column", unfit[i].column,
			    "type", unfit[i].type, "values",
			    (json_int_t)unfit[i].values, "first",
			    unfit[i].first));
	return all;
}

json_t *
output_manifest(const struct output_convert *convert)
{
	const struct output_settings *settings = &convert->settings;

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:I, s:s, s:s?, "
	    "s:s?, s:s, s:s?, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I}",
	    "hlexport", "conversion", "tool", settings->tool, "duckdb",
	    table_library(), "source", settings->source, "export",
	    settings->export, "complete", settings->complete &&
	    table_left_out(settings->db) == 0, "gaps",
	    (json_int_t)settings->gaps, "format",
	    output_format_info(settings->format)->name, "from",
	    settings->range.from, "to", settings->range.to, "timezone",
	    settings->range.timezone, "where", settings->where, "filters",
	    output_filters_json(&convert->filters), "columns",
	    columns_of(settings), "tables",
	    tables_of(convert), "files", files_of(convert), "troubles",
	    diagnostics_of(convert), "values_that_do_not_fit",
	    unfit_of(convert), "cells_guarded",
	    (json_int_t)convert->guarded, "cells_cut",
	    (json_int_t)convert->cut, "cells_with_control_characters",
	    (json_int_t)convert->replaced);
}

void
output_manifest_text(json_t *manifest, struct text *text)
{
	unsigned char hash[SHA256_BYTES];
	char *bare, *whole, hex[SHA256_HEX];

	json_object_del(manifest, "sha256");
	bare = json_dumps(manifest, JSON_INDENT(2));
	sha256_of(bare, strlen(bare), hash);
	sha256_hex(hash, hex);
	json_object_set_new(manifest, "sha256", json_string(hex));
	whole = json_dumps(manifest, JSON_INDENT(2));
	text_addf(text, "%s\n", whole);
	free(whole);
	free(bare);
}
