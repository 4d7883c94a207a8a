/*
 * A report with its data, in one directory: events, series and every format.
 * If one file cannot be written, the bundle fails.
 */

#include <sys/stat.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output/output_internal.h"
#include "report/report.h"

struct bundle {
	const struct output_report *report;
	const json_t *model;
	const char *dir;
	json_t *files;		/* entries for the manifest */
};

/* Add a finished file to the manifest. */
static void
note(struct bundle *b, const char *name, const struct output_made *made)
{
	char hex[SHA256_HEX];

	sha256_hex(made->sha256, hex);
	json_array_append_new(b->files, json_pack("{s:s, s:I, s:I, s:s}",
	    "path", name, "bytes", (json_int_t)made->bytes, "rows",
	    (json_int_t)made->rows, "sha256", hex));
}

static int
put_text(struct bundle *b, const char *name, const struct text *text,
    struct err *err)
{
	char *path = mem_format("%s/%s", b->dir, name);
	struct output_file *file = output_file_new(path, OUTPUT_UNCOMPRESSED,
	    err);
	struct output_made made = { .rows = 0 };
	int rc = file == NULL ? -1 : output_file_put(file, text->data,
	    text->len, err);

	if (output_file_end(file, rc == 0 ? &made : NULL, err) == -1)
		rc = -1;
	if (rc == 0)
		note(b, name, &made);
	free(path);
	return rc;
}

/* ----------------------------------------------------------------- rows */

/* Write the rows of ${sql} to a file, between ${before} and ${after}. */
static int
put_rows(struct bundle *b, const char *name, const char *sql,
    struct output_form form, const char *before, const char *after,
    struct err *err)
{
	char *path = mem_format("%s/%s", b->dir, name);
	struct output_file *file = output_file_new(path, OUTPUT_UNCOMPRESSED,
	    err);
	struct output_sink sink = { output_file_put, file };
	struct output_made made = { .rows = 0 };
	struct output_count count = { .rows = 0 };
	struct table_rows *rows = NULL;
	int rc = -1;

	if (file != NULL && output_file_put(file, before, strlen(before),
	    err) == 0 && (rows = table_query(b->report->db, sql, 0,
	    err)) != NULL)
		rc = output_rows(rows, &form, &sink, &count, err);
	table_rows_free(rows);
	if (rc == 0)
		rc = output_file_put(file, after, strlen(after), err);
	if (output_file_end(file, rc == 0 ? &made : NULL, err) == -1)
		rc = -1;
	made.rows = count.rows;
	if (rc == 0)
		note(b, name, &made);
	free(path);
	return rc;
}

static json_t *
metadata(const struct bundle *b)
{
	static const char *const keys[] = { "source", "export", "complete",
	    "start_time", "end_time", "timezone", "filters" };
	json_t *all = json_object();
	size_t i;

	json_object_set_new(all, "_metadata", json_true());
	json_object_set_new(all, "tool", json_string(b->report->tool));
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		json_object_set(all, keys[i], json_object_get(b->model,
		    keys[i]));
	return all;
}

static const char events[] = "SELECT * FROM events";

/* {"metadata": ..., "aggregations": {...}, "metrics": [...]} */
static int
put_json(struct bundle *b, struct err *err)
{
	struct output_form form = { .format = OUTPUT_JSON };
	json_t *all = json_object(), *series = json_object(), *one, *about;
	struct text before;
	const char *by;
	char *text;
	size_t i;
	int rc = 0;

	about = metadata(b);
	json_object_del(about, "_metadata");
	for (i = 0; rc == 0 && (by = output_series_kind(i)) != NULL; i++) {
		one = output_report_series(b->report, by, err);
		if (one == NULL)
			rc = -1;
		else
			json_object_set_new(series, by, one);
	}
	json_object_set_new(all, "metadata", about);
	json_object_set(all, "summary", (json_t *)(uintptr_t)b->model);
	json_object_set_new(all, "aggregations", series);
	text_init(&before, SIZE_MAX / 4);
	text = json_dumps(all, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	text_adds(&before, text);
	/* The rows follow in place of the closing brace. */
	before.len -= 2;
	before.data[before.len] = '\0';
	text_adds(&before, ",\n  \"metrics\": ");
	if (rc == 0)
		rc = put_rows(b, "data.json", events, form, before.data, "}\n",
		    err);
	free(text);
	text_release(&before);
	json_decref(all);
	return rc;
}

static int
put_lines(struct bundle *b, struct err *err)
{
	json_t *about = metadata(b);
	char *first = json_dumps(about, JSON_COMPACT);
	struct output_form form = { .format = OUTPUT_JSONL, .first = first };
	int rc = put_rows(b, "data.jsonl", events, form, "", "", err);

	free(first);
	json_decref(about);
	return rc;
}

static int
put_csv(struct bundle *b, struct err *err)
{
	/* Cells are guarded as in the report itself. */
	struct output_form form = { .format = OUTPUT_CSV, .guard = true };
	struct text sql;
	const char *by;
	size_t i;
	int rc = put_rows(b, "csv/events.csv", events, form, "", "", err);

	text_init(&sql, 1 << 16);
	for (i = 0; rc == 0 && (by = output_series_kind(i)) != NULL; i++) {
		char *name = mem_format("csv/%s.csv", by);

		text_clear(&sql);
		output_series(by, b->report->range.timezone, &sql);
		rc = put_rows(b, name, sql.data, form, "", "", err);
		free(name);
	}
	text_release(&sql);
	return rc;
}

/* --------------------------------------------------------------- reports */

static int
put_reports(struct bundle *b, struct err *err)
{
	enum report_format format;
	struct text text;
	char *name;
	int rc = 0;

	for (format = 0; format < REPORT_FORMATS && rc == 0; format++) {
		name = mem_format("reports/report.%s", report_suffix(format));
		text_init(&text, SIZE_MAX / 4);
		report_render(format, b->model, &text);
		rc = put_text(b, name, &text, err);
		text_release(&text);
		free(name);
	}
	return rc;
}

static int
put_manifest(struct bundle *b, struct err *err)
{
	json_t *manifest = json_pack("{s:s, s:s, s:s, s:O}", "hlexport",
	    "conversion", "tool", b->report->tool, "duckdb",
	    table_library(), "files", b->files);
	struct text text;
	int rc;

	json_object_set_new(manifest, "metadata", metadata(b));
	text_init(&text, SIZE_MAX / 4);
	output_manifest_text(manifest, &text);
	rc = put_text(b, "manifest.json", &text, err);
	text_release(&text);
	json_decref(manifest);
	return rc;
}

static int
make_folder(const struct bundle *b, const char *name, struct err *err)
{
	char *path = mem_format("%s/%s", b->dir, name);
	int rc = mkdir(path, 0700) == -1 ? err_errno(err, ERR_DISK,
	    "create %s", path) : 0;

	free(path);
	return rc;
}

int
output_bundle(const struct output_report *report, const json_t *model,
    const char *dir, struct err *err)
{
	struct bundle b = { report, model, dir, json_array() };
	int rc = make_folder(&b, "csv", err) == -1 ||
	    make_folder(&b, "reports", err) == -1 ||
	    put_json(&b, err) == -1 || put_lines(&b, err) == -1 ||
	    put_csv(&b, err) == -1 || put_reports(&b, err) == -1 ||
	    put_manifest(&b, err) == -1 ? -1 : 0;

	json_decref(b.files);
	return rc;
}
