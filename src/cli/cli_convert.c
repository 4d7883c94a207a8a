/*
 * hlexport convert DIR --format FORMAT: write an export's tables to files.
 */

#include <sys/stat.h>

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli_convert.h"

/* ------------------------------------------------------------- the place */

/* The length of an export's name without an archive's suffix. */
static size_t
stem_length(const char *name)
{
	static const char *const ends[] = { ".zip", ".tar", ".tar.gz",
	    ".tar.zst" };
	size_t len = strlen(name), n, i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		n = strlen(ends[i]);
		if (len > n && strcmp(&name[len - n], ends[i]) == 0)
			return len - n;
	}
	return len;
}

/* NAME-FORMAT in the current directory, new. */
static char *
default_output(const char *export, const char *format)
{
	char *whole = realpath(export, NULL);
	char *copy = mem_text(whole != NULL ? whole : export);
	const char *name = basename(copy);
	char *output = mem_format("%.*s-%s", (int)stem_length(name), name,
	    format);

	free(copy);
	free(whole);
	return output;
}

static void
name_output(struct cli_making *m, const char *export)
{
	const char *given = config_text(m->cli->config, "output");
	const char *file = config_text(m->cli->config, "output-file");
	size_t len;

	m->one_file = file != NULL;
	if (m->one_file || given != NULL)
		m->output = mem_text(m->one_file ? file : given);
	else
		m->output = default_output(export, config_text(m->cli->config,
		    "format"));
	len = strlen(m->output);
	while (len > 1 && m->output[len - 1] == '/')
		m->output[--len] = '\0';
}

/* -------------------------------------------------------------- progress */

static void
show(void *cookie)
{
	struct cli_making *m = cookie;
	uint64_t records;
	char count[32], rate[32];
	int64_t ms;

	if (m->convert->next >= m->convert->n_parts ||
	    !cli_meter_is_due(&m->meter, &ms))
		return;
	records = table_scanned(m->table.db);
	text_human_count(records, count);
	text_human_count(ms > 0 ? records * 1000 / (uint64_t)ms : 0, rate);
	cli_meter_show(&m->meter, mem_format("%s (%zu of %zu): %s records "
	    "read, %s/s", m->convert->parts[m->convert->next].table->name,
	    m->convert->next + 1, m->convert->n_parts, count, rate));
}

/* ---------------------------------------------------------------- making */

/* From here on SQL may touch the output, and nothing else. */
static int
enter_sandbox(struct cli_making *m, struct err *err)
{
	const struct output_convert *convert = m->convert;
	char *written = m->scratch == NULL ? NULL :
	    output_no_pattern(scratch_path(m->scratch));
	const char *dirs[2] = { m->scratch != NULL ?
	    scratch_path(m->scratch) : NULL, written };
	char **paths = mem_zero(convert->n_parts, sizeof(*paths));
	struct table_sandbox sandbox = { .dirs = dirs,
	    .n_dirs = m->scratch != NULL ? 2 : 0,
	    .paths = (const char *const *)paths,
	    .n_paths = convert->n_parts };
	size_t i;
	int rc;

	/* Views name the files beside the database. */
	for (i = 0; i < convert->n_parts; i++)
		paths[i] = mem_format("%s.parquet",
		    convert->parts[i].table->name);
	rc = table_enter_sandbox(m->table.db, &sandbox, err);
	for (i = 0; i < convert->n_parts; i++)
		free(paths[i]);
	free(paths);
	free(written);
	return rc;
}

static int
plan(struct cli_making *m, struct err *err)
{
	const struct config *config = m->cli->config;
	struct output_settings settings = {
		.db = m->table.db, .source = m->table.source->name,
		.complete = m->table.whole.complete,
		.gaps = m->table.whole.gaps,
		.tool = CLI_TOOL,
		.format = output_format_find(config_text(config, "format")),
		.compress = output_compress_find(config_text(config,
		    "compress")),
		.partition = config_text(config, "partition-by"),
		.range = { config_text(config, "from"),
		    config_text(config, "to"), config_text(config, "tz") },
		.where = config_text(config, "where"),
		.bom = config_is(config, "bom"),
		.guard = config_is(config, "guard-formulas"),
		.metadata = config_is(config, "metadata"),
		.embed = config_is(config, "embed"),
		.no_raw = config_is(config, "no-raw"),
	};
	const char *slash = strrchr(m->table.path, '/');

	settings.export = slash != NULL ? slash + 1 : m->table.path;
	m->tables = config_each(config, "tables", &settings.n_tables);
	m->filters = config_each(config, "filter", &settings.n_filters);
	m->columns = config_each(config, "columns", &settings.n_columns);
	settings.tables = m->tables;
	settings.columns = m->columns;
	settings.filters = m->filters;
	if (settings.where != NULL && table_check_sql(settings.where, false,
	    err) == -1)
		return -1;
	m->convert = output_convert_new(&settings, err);
	if (m->convert == NULL)
		return -1;
	/* DuckDB takes a "?" for the beginning of options. */
	if (m->scratch != NULL && settings.format == OUTPUT_DUCKDB &&
	    strchr(scratch_path(m->scratch), '?') != NULL)
		return err_set(err, ERR_USAGE, "DuckDB cannot create a "
		    "database in a path with \"?\"; choose another --output");
	if (enter_sandbox(m, err) == -1 || (m->one_file &&
	    output_convert_choose(m->convert, err) == -1))
		return -1;
	return output_convert_count(m->convert, err);
}

int
cli_zip(struct scratch *scratch, const char *name, const char *zip,
    struct err *err)
{
	char *dir = mem_format("%s/%s", scratch_path(scratch), name);
	char *loose = mem_format("%s/loose", scratch_path(scratch));
	char *from = mem_format("%s/manifest.json", loose);
	char *to = mem_format("%s/manifest.json", dir);
	char *target = mem_format("%s/%s", dir, zip);
	/* 1980: ZIP knows no earlier time, and the files have none. */
	struct pack_settings settings = { .dir = loose, .target = target,
	    .format = ARCHIVE_ZIP, .time = 315532800 };
	int rc;

	if (rename(dir, loose) == -1 || mkdir(dir, 0700) == -1)
		rc = err_errno(err, ERR_DISK, "make %s", dir);
	else if ((rc = pack_files(&settings, err)) == 0 &&
	    rename(from, to) == -1)
		rc = err_errno(err, ERR_DISK, "make %s", to);
	free(target);
	free(to);
	free(from);
	free(loose);
	free(dir);
	return rc;
}

/* Replace the files by one ZIP file. */
static int
zip(struct cli_making *m, struct err *err)
{
	char *name = mem_format("hlexport-%s-%s.zip",
	    m->convert->settings.source, m->convert->range);
	int rc = cli_zip(m->scratch, "files", name, err);

	free(name);
	return rc;
}

/* Write all files, then publish them together. */
static int
make(struct cli_making *m, struct err *err)
{
	int rc;

	m->dir = mem_format("%s/files", scratch_path(m->scratch));
	if (!m->one_file && mkdir(m->dir, 0700) == -1)
		return err_errno(err, ERR_DISK, "make %s", m->dir);
	cli_meter_init(m->cli, &m->meter);
	m->table.show = show;
	m->table.cookie = m;
	rc = m->one_file ? output_convert_native_csv(m->convert, m->dir, err) :
	    output_convert_run(m->convert, m->dir, err);
	m->table.show = NULL;
	cli_meter_release(&m->meter);
	if (rc == 0 && config_is(m->cli->config, "zip"))
		rc = zip(m, err);
	if (rc == 0)
		rc = cli_publish(m->cli, m->scratch, "files", m->output,
		    err);
	return rc;
}

static void
report_file(const struct cli_making *m, const char *rows, const char *size)
{
	struct text lost;

	fprintf(stderr, "\nExport complete!\nOutput: %s (%s rows, %s)\n",
	    m->output, rows, size);
	if (m->convert->settings.format != OUTPUT_CSV)
		return;
	text_init(&lost, 1 << 16);
	output_native_csv_lost(m->convert, &lost);
	fprintf(stderr, "Note: CSV is lossy%s%s; for a migration use "
	    "--format json\n", lost.len > 0 ? ": it has no " : "",
	    lost.len > 0 ? lost.data : "");
	text_release(&lost);
}

static void
report(const struct cli_making *m)
{
	const struct output_convert *convert = m->convert;
	uint64_t bytes = 0, rows = output_rows_made(convert);
	char size[16], count[32];
	struct text why;
	size_t i;

	for (i = 0; i < convert->n_made; i++)
		bytes += convert->made[i].bytes;
	text_human_bytes(bytes, size);
	text_human_count(rows, count);
	if (config_is(m->cli->config, "json")) {
		cli_print_json(json_pack("{s:s, s:I, s:I, s:I, s:b}",
		    "output", m->output, "files",
		    (json_int_t)convert->n_made + !m->one_file, "rows",
		    (json_int_t)rows, "bytes", (json_int_t)bytes,
		    "complete", m->table.whole.complete &&
		    table_left_out(m->table.db) == 0));
		return;
	}
	if (config_is(m->cli->config, "quiet"))
		return;
	if (m->one_file)
		report_file(m, count, size);
	else
		fprintf(stderr, "\nExport complete!\nOutput: %s (%zu files%s, "
		    "%s rows, %s)\n", m->output, convert->n_made + 1,
		    config_is(m->cli->config, "zip") ? " in one" : "", count,
		    size);
	if (convert->guarded > 0)
		fprintf(stderr, "%" PRIu64 " cells that look like formulas "
		    "were prefixed with '\n", convert->guarded);
	if (convert->cut > 0)
		fprintf(stderr, "%" PRIu64 " texts were truncated to the size "
		    "of an Excel cell; other formats keep the full text\n",
		    convert->cut);
	if (convert->replaced > 0)
		fprintf(stderr, "%" PRIu64 " texts had characters that Excel "
		    "rejects, now replaced with \xef\xbf\xbd\n",
		    convert->replaced);
	if (!m->table.whole.complete) {
		text_init(&why, SIZE_MAX / 4);
		cli_whole_add(&m->table.whole, m->table.shown, &why);
		fprintf(stderr, "The source export %s\n", why.data);
		text_release(&why);
	}
}

/* Reject the options that cannot be used with --output-file. */
static int
check_one_file(const struct cli_making *m, struct err *err)
{
	const struct config *config = m->cli->config;
	const char *end = output_compress_suffix(output_compress_find(
	    config_text(config, "compress")));
	size_t len = strlen(m->output), n = strlen(end);
	enum output_format format = output_format_find(config_text(config,
	    "format"));

	if (format != OUTPUT_JSON && format != OUTPUT_CSV)
		return err_set(err, ERR_USAGE, "--output-file works only with "
		    "--format json or csv; --output DIR works with all "
		    "formats");
	if (format == OUTPUT_JSON && (config_is(config, "no-raw") ||
	    config_text(config, "columns") != NULL))
		return err_set(err, ERR_USAGE, "--output-file with --format "
		    "json writes the original records; use --%s with --output "
		    "DIR", config_is(config, "no-raw") ? "no-raw" :
		    "columns");
	if (config_is(config, "zip") || config_text(config, "output") != NULL)
		return err_set(err, ERR_USAGE, "--%s writes a directory, and "
		    "cannot be used with --output-file",
		    config_is(config, "zip") ? "zip" : "output");
	if (len < n || strcmp(&m->output[len - n], end) != 0)
		return err_set(err, ERR_USAGE, "--compress %s: name the file "
		    "%s%s, so that other programs recognize it",
		    config_text(config,
		    "compress"), m->output, end);
	return 0;
}

/* Show the export's scope: perhaps the data was never exported. */
static void
tell_scope(const struct cli_table *table)
{
	json_t *header = manifest_peek(table->path, NULL);
	json_t *options = json_object_get(header, "options");

	if (options != NULL && !json_is_true(json_object_get(header,
	    "adopted")))
		cli_scope_print(stderr, table->source, options);
	json_decref(header);
}

/* Print the result of a dry run as JSON. */
static void
print_plan(const struct cli_making *m)
{
	cli_print_json(json_pack("{s:s, s:i, s:I, s:i, s:b}", "output",
	    m->output, "files", 0, "rows",
	    (json_int_t)output_rows_made(m->convert), "bytes", 0, "complete",
	    m->table.whole.complete));
}

/* There are no rows: say whether a filter or the export's scope did it. */
static void
tell_nothing(const struct cli_making *m)
{
	const struct output_settings *settings = &m->convert->settings;

	if (config_is(m->cli->config, "json")) {
		cli_print_json(json_pack("{s:s, s:i, s:i, s:i, s:b}",
		    "output", m->output, "files", 0, "rows", 0, "bytes", 0,
		    "complete", m->table.whole.complete));
		return;
	}
	fprintf(stderr, "No data found to export.\n");
	if (settings->n_filters > 0 || settings->where != NULL ||
	    settings->range.from != NULL || settings->range.to != NULL)
		fprintf(stderr, "No rows match --filter, --where, --from and "
		    "--to.\n");
	else
		tell_scope(&m->table);
}

/* Return 1 if files were written; 0 if not (no rows, dry run, declined). */
static int
convert(struct cli_making *m, const char *export, struct err *err)
{
	char *copy, *parent;
	int rc;

	if (m->one_file && check_one_file(m, err) == -1)
		return -1;
	rc = m->one_file ? cli_check_file(m->cli, m->output, export, err) :
	    cli_check_output(m->cli, m->output, export, err);
	if (rc == -1)
		return -1;
	copy = mem_text(m->output);
	parent = dirname(copy);
	/* A dry run writes nothing, not even temporary files beside it. */
	rc = cli_table_open(m->cli, export, config_is(m->cli->config,
	    "dry-run") ? NULL : parent, &m->table, err);
	free(copy);
	if (rc == 0 && !config_is(m->cli->config, "dry-run")) {
		copy = mem_text(m->output);
		m->scratch = scratch_new(dirname(copy), err);
		free(copy);
		rc = m->scratch == NULL ? -1 : 0;
	}
	rc = rc == -1 ? -1 : plan(m, err);
	cli_table_ready(&m->table);
	if (rc == -1)
		return -1;
	if (!config_is(m->cli->config, "quiet"))
		cli_preview_timeless(m);
	if (output_rows_made(m->convert) == 0) {
		tell_nothing(m);
		return 0;
	}
	if (!config_is(m->cli->config, "quiet"))
		cli_preview(m);
	if (config_is(m->cli->config, "dry-run")) {
		fprintf(stderr, "\nDry run - no files created.\n");
		if (config_is(m->cli->config, "json"))
			print_plan(m);
		return 0;
	}
	rc = cli_ask(m->cli, "Continue?", ", or --dry-run to only show what "
	    "would be written", err);
	if (rc != 1) {
		if (rc == 0)
			fprintf(stderr, "Aborted.\n");
		m->is_declined = rc == 0;
		return rc;
	}
	return make(m, err) == -1 ? -1 : 1;
}

int
cli_convert(struct cli *cli)
{
	struct cli_making m = { .cli = cli };
	struct err err = { .kind = ERR_NONE };
	size_t n;
	char *const *words = config_args(cli->config, &n);
	int rc, status = CLI_OK;

	if (n != 1 || config_text(cli->config, "format") == NULL)
		return cli_wrong_arguments("convert DIR|FILE --format "
		    "FORMAT",
		    words, n, 1);
	name_output(&m, words[0]);
	rc = convert(&m, words[0], &err);
	if (rc == -1)
		status = cli_table_error(&err);
	else if (m.is_declined)
		status = CLI_STOPPED;
	if (rc == -1 && err.kind == ERR_STOPPED)
		fprintf(stderr, "Interrupted: nothing was written.\n");
	m.table.exact = m.one_file && output_is_exact(m.convert);
	status = cli_table_warn(cli, &m.table, status);
	if (rc == 1)
		report(&m);
	output_convert_free(m.convert);
	cli_table_close(&m.table);
	scratch_free(m.scratch);
	free(m.tables);
	free(m.columns);
	free(m.filters);
	free(m.output);
	free(m.dir);
	return status;
}
