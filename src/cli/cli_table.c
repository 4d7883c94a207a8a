/*
 * Opening an export's tables, for the commands that read them.
 */

#include <sys/stat.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_internal.h"

static bool
tick(void *cookie)
{
	struct cli_table *table = cookie;

	if (table->show != NULL)
		table->show(table->cookie);
	return cli_signalled() != 0;
}

const char *
cli_scratch_parent(const struct cli *cli, const char *given)
{
	const char *dir = config_text(cli->config, "temp-dir");

	if (dir != NULL)
		return dir;
	if (given != NULL)
		return given;
	dir = getenv("TMPDIR");
	return dir != NULL && *dir != '\0' ? dir : "/tmp";
}

/* Is it complete, and if not, what is missing? */
static int
look(const char *path, struct cli_table *table, struct err *err)
{
	struct audit_summary summary;
	int rc = audit_summary(path, table->source, table->log, &summary,
	    err);

	table->complete = summary.sealed;
	table->gaps = summary.n_gaps;
	table->untold = !summary.ours;
	audit_release(&summary);
	return rc;
}

/* Is --tz a zone that there is? */
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
	if ((rc = table_run(db, sql.at, NULL, err)) == -1)
		err_wrap(err, "--tz %s", zone);
	text_release(&sql);
	return rc;
}

int
cli_check_temporary(const struct cli *cli, struct err *err)
{
	const char *dir = config_text(cli->config, "temp-dir");
	struct stat st;

	if (dir != NULL && (stat(dir, &st) == -1 || !S_ISDIR(st.st_mode)))
		return err_set(err, ERR_USAGE, "--temp-dir %s is no "
		    "directory that is there", dir);
	return 0;
}

int
cli_table_open(struct cli *cli, const char *path, const char *scratch,
    struct cli_table *table, struct err *err)
{
	const char *command = config_command(cli->config);
	const char *dirs[1];
	/*
	 * What SQL may touch: no file, since the tables need none, unless the
	 * user says so.  What is converted is closed off later, when it is
	 * known where it goes.
	 */
	struct table_fence fence = { .dirs = dirs,
	    .n_dirs = table->format != NULL &&
	    strcmp(table->format, "parquet") == 0 };
	bool open = strcmp(command, "convert") == 0 ||
	    (strcmp(command, "query") == 0 && config_is(cli->config,
	    "allow-external"));
	struct table_settings settings = {
		.fence = open ? NULL : &fence,
		.memory = config_number(cli->config, "memory-limit"),
		.threads = (unsigned)config_number(cli->config, "threads"),
		.tick = tick, .cookie = table,
	};

	*table = (struct cli_table){ .format = table->format };
	/* What is made has in it what the export has: it is the user's. */
	umask(077);
	table->log = log_new(LOG_WARN, LOG_WARN);
	if (!table_is_built_in() || cli_signals(err) == -1) {
		table_open(&settings, err);
		return -1;
	}
	if ((table->path = realpath(path, NULL)) == NULL)
		return err_errno(err, ERR_USAGE, "open %s", path);
	if (cli_check_temporary(cli, err) == -1)
		return -1;
	if ((table->source = audit_source_of(path, err)) == NULL ||
	    look(path, table, err) == -1 ||
	    (table->scratch = scratch_new(cli_scratch_parent(cli, scratch),
	    err)) == NULL)
		return -1;
	settings.path = table->path;
	settings.source = table->source;
	settings.log = table->log;
	settings.scratch = dirs[0] = scratch_path(table->scratch);
	if ((table->db = table_open(&settings, err)) == NULL)
		return -1;
	return check_zone(cli, table->db, err);
}

int
cli_table_error(const struct err *err)
{
	if (err->kind == ERR_STOPPED)
		return CLI_INTERRUPTED;
	return cli_error(err);
}

void
cli_table_close(struct cli_table *table)
{
	table_close(table->db);
	scratch_free(table->scratch);
	source_free(table->source);
	log_free(table->log);
	free(table->path);
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
		/* A table is text, too. */
		if (strcmp(ends[i].format, "text") == 0 &&
		    config_choice_has(choices, format, strlen(format)) &&
		    !config_choice_has(choices, "text", 4))
			return format;
		format = ends[i].format;
		if (config_choice_has(choices, format, strlen(format)))
			return format;
		err_set(err, ERR_USAGE, "--output %s: %s makes no %s (it "
		    "makes %s)%s", to, config_command(cli->config), format,
		    choices, strcmp(format, "html") != 0 ?
		    "; 'hlexport convert' may" : "");
		return NULL;
	}
	return format;
}

void
cli_table_incomplete(const struct cli_table *table, struct text *text)
{
	if (table->gaps > 0)
		text_addf(text, "is NOT COMPLETE: it has %" PRIu64 " gap%s, "
		    "which 'hlexport summary %s' names", table->gaps,
		    table->gaps == 1 ? "" : "s", cli_word(table->path));
	else if (table->untold)
		text_addf(text, "is NOT PROVEN COMPLETE: it has no manifest; "
		    "'hlexport verify %s' tells what can be told",
		    cli_word(table->path));
	else
		text_addf(text, "is NOT COMPLETE: it was not finished, "
		    "as 'hlexport verify %s' says", cli_word(table->path));
}

static void
tell_trouble(const struct cli_table *table,
    const struct table_trouble *trouble)
{
	if (trouble->mended > 0 && !table->exact)
		fprintf(stderr, "%s: %" PRIu64 " of %" PRIu64 " rows hold "
		    "what JSON does not have (NaN, Infinity, half of a "
		    "surrogate pair): \"raw\" has it as it is, typed columns "
		    "the number or U+FFFD; the first is %s\n",
		    trouble->resource, trouble->mended, trouble->rows,
		    trouble->where);
	if (trouble->damaged > 0)
		fprintf(stderr, "%s: %" PRIu64 " record%s can't be read and "
		    "%s left out; the first is %s; 'hlexport verify %s' "
		    "tells more\n", trouble->resource, trouble->damaged,
		    trouble->damaged == 1 ? "" : "s",
		    trouble->damaged == 1 ? "was" : "were", trouble->where,
		    cli_word(table->path));
}

static void
tell_lost(const struct cli_table *table, const struct table_trouble *trouble)
{
	if (trouble->lost == 0)
		return;
	fprintf(stderr, "%s: %" PRIu64 " file%s missing%s%s; 'hlexport verify "
	    "%s' tells more\n", trouble->resource, trouble->lost,
	    trouble->lost == 1 ? " is" : "s are",
	    trouble->damaged == 0 ? "; the first is " : "",
	    trouble->damaged == 0 ? trouble->where : "",
	    cli_word(table->path));
}

int
cli_table_warn(const struct cli *cli, struct cli_table *table, int status)
{
	const struct table_trouble *troubles;
	bool is_damaged = false;
	size_t n, i;

	if (table->db == NULL)
		return status;
	troubles = table_trouble(table->db, &n);
	for (i = 0; i < n; i++) {
		is_damaged |= troubles[i].damaged + troubles[i].lost > 0;
		if (config_is(cli->config, "quiet"))
			continue;
		tell_trouble(table, &troubles[i]);
		tell_lost(table, &troubles[i]);
	}
	return status == CLI_OK && is_damaged &&
	    !config_is(cli->config, "skip-damaged") ? CLI_DAMAGED : status;
}
