/*
 * Opening an export's tables, for the commands that read them.
 */

#include <sys/stat.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_table.h"

static void
show_read(struct cli_table *table)
{
	char count[32], rate[32];
	uint64_t records;
	int64_t ms;

	if (!table->is_metered || table->db == NULL ||
	    !cli_meter_is_due(&table->meter, &ms))
		return;
	records = table_scanned(table->db);
	text_human_count(records, count);
	text_human_count(ms > 0 ? records * 1000 / (uint64_t)ms : 0, rate);
	cli_meter_show(&table->meter, mem_format("%s records read, %s/s",
	    count, rate));
}

static bool
tick(void *cookie)
{
	struct cli_table *table = cookie;

	if (table->show != NULL)
		table->show(table->cookie);
	else
		show_read(table);
	return cli_signalled() != 0;
}

void
cli_table_ready(struct cli_table *table)
{
	if (table->is_metered)
		cli_meter_release(&table->meter);
	table->is_metered = false;
}

/* Does DuckDB know the time zone of --tz? */
static int
check_zone(const struct cli *cli, struct table_db *db, struct err *err)
{
	const char *zone = config_text(cli->config, "tz");
	struct text sql;
	int rc;

	if (zone == NULL)
		return 0;
	text_init(&sql, 4096);
	text_adds(&sql, "SELECT timezone(");
	table_literal(&sql, zone);
	text_adds(&sql, ", TIMESTAMP '2025-01-01')");
	if ((rc = table_run(db, sql.data, NULL, err)) == -1)
		err_wrap(err, "--tz %s", zone);
	text_release(&sql);
	return rc;
}

int
cli_table_open(struct cli *cli, const char *path, const char *scratch,
    struct cli_table *table, struct err *err)
{
	const char *command = config_command(cli->config);
	const char *dirs[1];
	/*
	 * SQL must not access files (the tables need none) unless the user
	 * allows it.  A conversion enters its sandbox later, when its output
	 * path is known.
	 */
	struct table_sandbox sandbox = { .dirs = dirs,
	    .n_dirs = table->format == OUTPUT_PARQUET };
	bool open = strcmp(command, "convert") == 0 ||
	    (strcmp(command, "query") == 0 && config_is(cli->config,
	    "allow-external"));
	struct table_settings settings = {
		.sandbox = open ? NULL : &sandbox,
		.memory = config_number(cli->config, "memory-limit"),
		.threads = (unsigned)config_number(cli->config, "threads"),
		.tick = tick, .cookie = table,
	};

	*table = (struct cli_table){ .format = table->format,
	    .is_open = open };
	cli_be_private();
	table->log = log_new(LOG_WARN, LOG_WARN);
	if (!table_is_built_in() || cli_signals(err) == -1) {
		table_open(&settings, err);
		return -1;
	}
	cli_catch_abort();
	cli_timeout(config_number(cli->config, "timeout"));
	if (cli_check_temporary(cli, err) == -1 ||
	    (table->path = cli_unpack(cli, path, table->log, &table->unpacked,
	    err)) == NULL)
		return -1;
	table->shown = realpath(path, NULL);
	if (table->shown == NULL)
		return err_errno(err, ERR_USAGE, "open %s", path);
	if ((table->source = audit_source_of(table->path, err)) == NULL ||
	    cli_whole_find(table->path, table->source, table->log,
	    &table->whole, err) == -1)
		return -1;
	if (table->unpacked.damaged > 0)
		table->whole.complete = false;
	table->scratch = scratch_new(cli_scratch_parent(cli, scratch), err);
	if (table->scratch == NULL)
		return -1;
	settings.path = table->path;
	settings.source = table->source;
	settings.log = table->log;
	settings.scratch = dirs[0] = scratch_path(table->scratch);
	if ((table->db = table_open(&settings, err)) == NULL)
		return -1;
	cli_meter_init(cli, &table->meter);
	table->meter.is_shown &= table->meter.screen.is_terminal;
	table->is_metered = true;
	return check_zone(cli, table->db, err);
}

int
cli_table_error(const struct err *err)
{
	if (err->kind == ERR_STOPPED && cli_is_timed_out()) {
		fprintf(stderr, "hlexport: stopped: --timeout expired\n");
		return CLI_STOPPED;
	}
	if (err->kind == ERR_STOPPED)
		return CLI_INTERRUPTED;
	return cli_error(err);
}

void
cli_table_close(struct cli_table *table)
{
	cli_table_ready(table);
	table_close(table->db);
	scratch_free(table->scratch);
	cli_unpacked_release(&table->unpacked);
	source_free(table->source);
	log_free(table->log);
	free(table->path);
	free(table->shown);
	*table = (struct cli_table){ .db = NULL };
}

const char *
cli_format(const struct cli *cli, const char *choices, struct err *err)
{
	static const struct {
		const char *end, *format;
	} ends[] = { { ".csv", "csv" }, { ".json", "json" },
	    { ".jsonl", "jsonl" }, { ".ndjson", "jsonl" },
	    { ".md", "markdown" }, { ".html", "html" }, { ".htm", "html" },
	    { ".parquet", "parquet" }, { ".xlsx", "xlsx" },
	    { ".txt", "text" } };
	const char *format = config_text(cli->config, "format");
	const char *to = config_text(cli->config, "output");
	const char *end = to != NULL ? strrchr(to, '.') : NULL;
	size_t i;

	if (end == NULL ||
	    config_origin(cli->config, "format") != CONFIG_BUILT_IN)
		return format;
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (strcasecmp(end, ends[i].end) != 0)
			continue;
		/* "query" writes its table format to a .txt file. */
		if (strcmp(ends[i].format, "text") == 0 &&
		    config_choice_has(choices, format, strlen(format)) &&
		    !config_choice_has(choices, "text", 4))
			return format;
		format = ends[i].format;
		if (config_choice_has(choices, format, strlen(format)))
			return format;
		err_set(err, ERR_USAGE, "--output %s: %s cannot write %s "
		    "(only %s)%s", to, config_command(cli->config), format,
		    choices, strcmp(format, "html") != 0 ?
		    "; try 'hlexport convert'" : "");
		return NULL;
	}
	return format;
}

static void
tell_diagnostic(const struct cli_table *table,
    const struct table_diagnostic *diagnostic)
{
	if (diagnostic->sanitized > 0 && !table->exact)
		fprintf(stderr,
		    "%s: %" PRIu64 " of %" PRIu64 " rows contain values that "
		    "JSON does not allow (NaN, Infinity, unpaired "
		    "surrogates): the original record keeps them, typed "
		    "columns have the number or U+FFFD; first: %s\n",
		    diagnostic->resource, diagnostic->sanitized,
		    diagnostic->rows, diagnostic->where_sanitized);
	if (diagnostic->damaged > 0)
		fprintf(stderr,
		    "%s: %" PRIu64 " unreadable record%s %s skipped; first: "
		    "%s; see 'hlexport verify %s'\n",
		    diagnostic->resource, diagnostic->damaged,
		    diagnostic->damaged == 1 ? "" : "s",
		    diagnostic->damaged == 1 ? "was" : "were",
		    diagnostic->where, cli_word(table->shown));
	if (diagnostic->deep > 0)
		fprintf(stderr, "%s: %" PRIu64 " record%s nested too deeply; "
		    "the innermost children have no rows of their own, but "
		    "are in \"raw\" of their parents; first: %s\n",
		    diagnostic->resource, diagnostic->deep,
		    diagnostic->deep == 1 ? " is" : "s are", diagnostic->where);
}

static void
tell_lost(
    const struct cli_table *table, const struct table_diagnostic *diagnostic)
{
	if (diagnostic->lost == 0)
		return;
	fprintf(stderr, "%s: %" PRIu64 " file%s missing%s%s; see 'hlexport "
	    "verify %s'\n", diagnostic->resource, diagnostic->lost,
	    diagnostic->lost == 1 ? " is" : "s are",
	    diagnostic->damaged == 0 ? "; first: " : "",
	    diagnostic->damaged == 0 ? diagnostic->where : "",
	    cli_word(table->shown));
}

/* Values that became NULL could be mistaken for missing ones. */
static void
tell_unfit(const struct cli_table *table)
{
	const struct table_unfit *unfit;
	size_t n, i;

	unfit = table_unfit(table->db, &n);
	for (i = 0; i < n; i++) {
		bool one = unfit[i].values == 1;

		if (unfit[i].values == 0)
			continue;
		fprintf(stderr, "%s: %" PRIu64 " value%s of \"%s\" %s not a "
		    "valid %s and %s NULL; %s%s; the original record keeps "
		    "%s\n", unfit[i].table, unfit[i].values, one ? "" : "s",
		    unfit[i].column,
		    one ? "is" : "are", unfit[i].type, one ? "is" : "are",
		    one ? "value: " : "first: ", unfit[i].first,
		    one ? "it" : "them");
	}
}

int
cli_table_warn(const struct cli *cli, struct cli_table *table, int status)
{
	const struct table_diagnostic *diagnostics;
	bool is_damaged = false;
	size_t n, i;

	if (table->db == NULL)
		return status;
	fflush(stdout);
	if (!config_is(cli->config, "quiet"))
		cli_unpacked_tell(&table->unpacked, table->shown);
	is_damaged = table->unpacked.damaged > 0 || table->whole.hurt;
	if (table->whole.hurt && !config_is(cli->config, "quiet"))
		fprintf(stderr, "The manifest is damaged, so hlexport cannot "
		    "tell which files should exist; see 'hlexport verify "
		    "%s'\n",
		    cli_word(table->shown));
	diagnostics = table_diagnostic(table->db, &n);
	for (i = 0; i < n; i++) {
		is_damaged |= diagnostics[i].damaged + diagnostics[i].deep +
		    diagnostics[i].lost > 0;
		if (config_is(cli->config, "quiet"))
			continue;
		tell_diagnostic(table, &diagnostics[i]);
		tell_lost(table, &diagnostics[i]);
	}
	if (!config_is(cli->config, "quiet") && !table->exact)
		tell_unfit(table);
	return status == CLI_OK && is_damaged &&
	    !config_is(cli->config, "skip-damaged") ? CLI_DAMAGED : status;
}
