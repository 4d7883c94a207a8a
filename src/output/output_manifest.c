/*
 * manifest.json of a conversion: what was made, of what.  It has no time of
 * its own, so that the same export gives the same bytes.
 */

#include <string.h>
#include <sys/stat.h>

#include <dirent.h>
#include <stdlib.h>

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
	json = json_string(text.at);
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
troubles_of(const struct output_convert *convert)
{
	json_t *all = json_array();
	const struct table_trouble *troubles;
	size_t n, i;

	troubles = table_trouble(convert->settings.db, &n);
	for (i = 0; i < n; i++)
		if (troubles[i].mended + troubles[i].damaged +
		    troubles[i].lost > 0)
			json_array_append_new(all, json_pack(
			    "{s:s, s:I, s:I, s:I, s:I, s:s}", "resource",
			    troubles[i].resource, "rows",
			    (json_int_t)troubles[i].rows, "mended",
			    (json_int_t)troubles[i].mended, "left_out",
			    (json_int_t)troubles[i].damaged, "lost_files",
			    (json_int_t)troubles[i].lost, "first",
			    troubles[i].where));
	return all;
}

json_t *
output_manifest(const struct output_convert *convert)
{
	const struct output_settings *settings = &convert->settings;

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:I, s:s, s:s?, "
	    "s:s?, s:s, s:s?, s:o, s:o, s:o, s:o, s:I, s:I, s:I}",
	    "hlexport", "conversion", "tool", settings->tool, "duckdb",
	    table_library(), "source", settings->source, "export",
	    settings->export, "complete", settings->complete &&
	    table_left_out(settings->db) == 0, "gaps",
	    (json_int_t)settings->gaps, "format", settings->format, "from",
	    settings->range.from, "to", settings->range.to, "timezone",
	    settings->range.timezone, "where", settings->where, "filters",
	    output_filters_json(&convert->filters), "tables",
	    tables_of(convert), "files", files_of(convert), "troubles",
	    troubles_of(convert), "cells_guarded",
	    (json_int_t)convert->guarded, "cells_cut",
	    (json_int_t)convert->cut, "cells_with_control_characters",
	    (json_int_t)convert->replaced);
}

/* ------------------------------------------------------ an earlier one */

/* Is the file or folder ${name} the beginning of a path in ${files}? */
static bool
is_known(const json_t *files, const char *name)
{
	size_t i, len = strlen(name);
	json_t *file;

	if (strcmp(name, "manifest.json") == 0 ||
	    (len > 4 && strcmp(&name[len - 4], ".zip") == 0 &&
	    (strncmp(name, "hlexport-", 9) == 0 ||
	    strcmp(name, "report.zip") == 0)))
		return true;
	json_array_foreach(files, i, file) {
		const char *path = json_string_value(json_object_get(file,
		    "path"));

		if (path != NULL && strncmp(path, name, len) == 0 &&
		    (path[len] == '\0' || path[len] == '/'))
			return true;
	}
	return false;
}

bool
output_made_by_us(const char *dir)
{
	char *path = mem_format("%s/manifest.json", dir);
	json_t *manifest = json_load_file(path, 0, NULL), *files;
	const char *what = json_string_value(json_object_get(manifest,
	    "hlexport"));
	bool is = what != NULL && strcmp(what, "conversion") == 0;
	DIR *all = is ? opendir(dir) : NULL;
	struct dirent *entry;

	files = json_object_get(manifest, "files");
	while (all != NULL && is && (entry = readdir(all)) != NULL)
		is = strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0 ||
		    is_known(files, entry->d_name);
	if (all != NULL)
		closedir(all);
	json_decref(manifest);
	free(path);
	return is;
}
