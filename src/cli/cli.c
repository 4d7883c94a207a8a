/*
 * Parse the command line and run the command.
 */

#include <sys/stat.h>

#include <errno.h>
#include <poll.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/cli_internal.h"
#include "tree/tree.h"

#define LATEST "latest"
#define COMPLETION_WITHIN 2	/* seconds */

/* The first is the default command. */
const struct cli_command cli_commands[] = {
	{ "export", "[OPTION...]", "export a workspace, or resume an "
	    "export", cli_export,
	    "hlexport export --dry-run\n"
	    "hlexport export --logs -o backup\n"
	    "hlexport export --type prompt,flow --start-date 2025-01-01 "
	    "--logs\n"
	    "hlexport export --resume --logs\n" },
	{ "summary", "DIR|FILE", "show what is in an export", cli_summary,
	    "hlexport summary latest\n" },
	{ "list", "[DIR]", "list the exports in a directory", cli_list,
	    "hlexport list --json\n" },
	{ "verify", "DIR|FILE", "check every file of an export, and list what "
	    "is damaged or missing", cli_verify,
	    "hlexport verify exports/20250606-120000\n"
	    "hlexport verify latest --online\n" },
	{ "repair", "DIR", "verify an export, and fetch only what is damaged "
	    "or missing", cli_repair,
	    "hlexport repair latest\n" },
	{ "adopt", "DIR", "create a manifest for an export made by the legacy "
	    "Python tool, so that all commands accept it", cli_adopt,
	    "hlexport adopt OLD-EXPORT\n"
	    "hlexport adopt --undo OLD-EXPORT\n" },
	{ "pack", "DIR -o FILE", "write an export to one archive file, and "
	    "verify the archive", cli_pack,
	    "hlexport pack latest -o export.tar.zst\n" },
	{ "query", "DIR|FILE [SQL]", "run SQL against an export; without SQL, "
	    "list its tables and columns", cli_query,
	    "hlexport query latest \"SELECT type, count(*) FROM logs GROUP BY "
	    "ALL\"\n"
	    "hlexport query latest logs\n"
	    "hlexport query latest -x \"FROM logs LIMIT 1\"\n"
	    "hlexport query latest -o costly.csv \"FROM logs WHERE cost > "
	    "0.01\"\n" },
	{ "convert", "DIR|FILE --format FORMAT", "convert an export's tables "
	    "to Parquet, CSV, JSON, Excel or DuckDB", cli_convert,
	    "hlexport convert latest --format parquet --yes\n"
	    "hlexport convert latest --format csv -t logs --columns "
	    "id,created_at,cost --yes -o costs\n"
	    "hlexport convert latest --format duckdb --dry-run\n" },
	{ "report", "DIR|FILE", "report usage, latency, cost and errors",
	    cli_report,
	    "hlexport report latest --by monthly\n"
	    "hlexport report latest --by model --format html -o "
	    "report.html\n" },
	{ "sources", "[NAME | check FILE]", "list the platforms hlexport can "
	    "export from, print a definition, or check your own", cli_sources,
	    "hlexport sources\n"
	    "hlexport sources humanloop\n" },
	{ "help", "[COMMAND]", "show help", cli_help, NULL },
	{ "completion", "bash|zsh|fish", NULL, cli_completion, NULL },
	{ NULL, NULL, NULL, NULL, NULL }
};

#define N_NAMES (sizeof(cli_commands) / sizeof(cli_commands[0]))

/*
 * For tests: SOURCE_DATE_EPOCH stops the wall clock, so that two runs give the
 * same bytes; HLEXPORT_SKIP_WAITS makes waits take no time.
 */
static void
set_clock(void)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	const char *skip = getenv("HLEXPORT_SKIP_WAITS");
	char *end;
	long long seconds;

	if (epoch != NULL && *epoch != '\0') {
		errno = 0;
		seconds = strtoll(epoch, &end, 10);
		if (errno == 0 && *end == '\0' && seconds >= 0 &&
		    seconds < 253402300800)
			clock_fix(seconds * 1000);
	}
	if (skip != NULL && strcmp(skip, "1") == 0)
		clock_skip_waits();
}

static struct config_env *
read_env(const struct config *prescan, struct err *err)
{
	const char *path = config_text(prescan, "env-file");

	return config_env_new(path != NULL ? path : ".env", path != NULL,
	    err);
}

/* The source of the export ${path}, or NULL. */
static struct source *
source_of_export(const char *path)
{
	json_t *header;

	if (path == NULL || (header = manifest_peek(path, NULL)) == NULL)
		return NULL;
	json_decref(header);
	return audit_source_of(path, NULL);
}

/* The prescan does not read variables, so HLEXPORT_OUTPUT is read here. */
static char *
newest_unfinished(const struct config *prescan, const struct config_env *env)
{
	const char *output = config_text(prescan, "output"), *reported;
	char *path, *newest;

	reported = config_env_get(env, "HLEXPORT_OUTPUT");
	path = config_path(config_origin(prescan, "output") != CONFIG_ARGV &&
	    reported != NULL ? reported : output);
	newest = tree_newest(path, cli_is_unfinished);
	if (newest == NULL)
		newest = tree_newest(path, manifest_is_sealed);
	free(path);
	return newest;
}

/*
 * The source of the export that the command resumes, repairs, verifies or
 * summarises; NULL if there is none.
 */
static struct source *
source_of_command(const struct config *prescan, const struct config_env *env)
{
	const char *command = config_command(prescan);
	bool resumes = config_origin(prescan, "resume") == CONFIG_ARGV;
	struct source *source = NULL;
	size_t n, i;
	char *const *words = config_args(prescan, &n);
	char *newest;

	if (resumes)
		source = source_of_export(config_text(prescan, "resume"));
	else if (strcmp(command, "verify") != 0 &&
	    strcmp(command, "summary") != 0 &&
	    strcmp(command, "repair") != 0)
		return NULL;
	for (i = 0; i < n && source == NULL; i++)
		source = source_of_export(words[i]);
	if (source != NULL || !resumes)
		return source;
	newest = newest_unfinished(prescan, env);
	source = source_of_export(newest);
	free(newest);
	return source;
}

/* Prefer the user's own definition to the one of that name in an export. */
static struct source *
prefer_own(struct source *source, const struct config_env *env)
{
	const char *which = config_env_get(env, "HLEXPORT_SOURCE");
	struct source *own = which != NULL ?
	    source_open(which, NULL) : NULL;

	if (own == NULL || strcmp(own->name, source->name) != 0) {
		source_free(own);
		return source;
	}
	source_free(source);
	return own;
}

/* Find the source first: its options are needed to parse the command line. */
static struct source *
find_source(const struct config *prescan, const struct config_env *env,
    struct err *err)
{
	const char *which = config_text(prescan, "source");
	struct source *source;

	if (config_origin(prescan, "source") == CONFIG_ARGV)
		return source_open(which, err);
	source = source_of_command(prescan, env);
	if (source != NULL)
		return prefer_own(source, env);
	if (config_env_get(env, "HLEXPORT_SOURCE") == NULL)
		return source_open(which, err);
	source = source_open(config_env_get(env, "HLEXPORT_SOURCE"), err);
	/* A broken HLEXPORT_SOURCE must not break other commands. */
	if (source == NULL && strcmp(config_command(prescan), "export") != 0)
		return source_open(which, err);
	return source;
}

static bool
wants_version(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--version") == 0 ||
		    strcmp(argv[i], "-V") == 0)
			return true;
	return false;
}

/* Reject an archive where only a directory will do. */
static int
check_place(const struct cli *cli, const struct cli_command *command)
{
	size_t n;
	char *const *words = config_args(cli->config, &n);
	const char *where = NULL, *what = command->name;
	struct stat st;

	if (strcmp(command->name, "export") == 0) {
		where = config_text(cli->config, "resume");
		what = "--resume";
	} else if (strncmp(command->words, "DIR", 3) == 0 &&
	    command->words[3] != '|' && n > 0) {
		where = words[0];
	}
	if (where == NULL || stat(where, &st) == -1 || !S_ISREG(st.st_mode))
		return CLI_OK;
	return cli_usage("%s is a file, and %s needs a directory; if it is an "
	    "archive, unpack it first", where, what);
}

static int
dispatch(struct cli *cli)
{
	const struct cli_command *command = cli_commands;
	int status;

	if (config_is(cli->config, "help"))
		return cli_help(cli);
	while (strcmp(command->name, config_command(cli->config)) != 0)
		command++;
	status = check_place(cli, command);
	return status != CLI_OK ? status : command->run(cli);
}

/* The names of the commands, up to NULL. */
static void
take_names(const char *names[N_NAMES])
{
	size_t i;

	for (i = 0; i < N_NAMES; i++)
		names[i] = cli_commands[i].name;
}

/* The command line as typed, new: getopt_long() reorders the words later. */
static char *
typed(int argc, char **argv)
{
	struct text text;
	size_t n;
	int i;

	text_init(&text, SIZE_MAX / 4);
	for (i = 0; i < argc; i++) {
		n = strspn(argv[i], "-");
		text_addf(&text, "%s%.*s%s", i > 0 ? " " : "", (int)n,
		    argv[i], n > 0 && argv[i][n] == '\0' ? "" :
		    cli_word(&argv[i][n]));
	}
	return text_take(&text);
}

/* Is the next word certainly not the value of ${word}? */
static bool
takes_no_value(const struct config_table *own, const char *word)
{
	size_t i;

	if (*word != '-' || strcmp(word, "--resume") == 0 ||
	    strcmp(word, "-r") == 0)
		return true;
	for (i = 0; i < own->n; i++) {
		const struct config_option *option = &own->rows[i];

		if (option->kind == CONFIG_FLAG &&
		    ((strncmp(word, "--", 2) == 0 && strcmp(word + 2,
		    option->name) == 0) || (option->letter != 0 &&
		    word[1] == option->letter && word[2] == '\0')))
			return true;
	}
	return false;
}

/* Replace "latest" by the newest export, unless a file has that name. */
static int
take_latest(const struct config_env *env, const struct config *prescan,
    int argc, char **argv, char **path, struct err *err)
{
	const char *output = strcmp(config_command(prescan), "export") == 0 &&
	    config_origin(prescan, "output") == CONFIG_ARGV ?
	    config_text(prescan, "output") : NULL;
	struct config_table own = config_own();
	int i;

	*path = NULL;
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], LATEST) != 0 ||
		    access(LATEST, F_OK) == 0 ||
		    !takes_no_value(&own, argv[i - 1]))
			continue;
		if (*path == NULL && (*path = cli_latest(env, output,
		    err)) == NULL)
			return -1;
		argv[i] = *path;
	}
	return 0;
}

static int
with_env(int argc, char **argv, const char *words, const struct config *prescan,
    const struct config_env *env)
{
	const char *names[N_NAMES];
	struct cli cli = { .typed = words, .env = env };
	struct config_table tables[2];
	struct config *config;
	struct source *source;
	struct err err;
	int status;

	take_names(names);
	if ((source = find_source(prescan, env, &err)) == NULL)
		return cli_error(&err);
	config = config_new(tables, cli_tables(source, tables), names, argc,
	    argv, env, &err);
	if (config == NULL) {
		source_free(source);
		return cli_error(&err);
	}
	cli.source = source;
	cli.config = config;
	if (config_is(config, "no-lock"))
		tree_use_no_locks();
	status = dispatch(&cli);
	config_free(config);
	source_free(source);
	return status;
}

/* Has the reader of standard output closed the pipe? */
static bool
is_left(void)
{
	struct pollfd fd = { .fd = STDOUT_FILENO };

	return poll(&fd, 1, 0) == 1 && (fd.revents & POLLERR) != 0;
}

int
cli_main(int argc, char **argv)
{
	const char *names[N_NAMES];
	struct config_table own = config_own();
	struct config *prescan;
	struct config_env *env;
	struct err err;
	char *words, *latest;
	int status;

	cli_terminals();
	/* --version works even if the rest of the command line is wrong. */
	if (wants_version(argc, argv))
		return cli_version();
	set_clock();
	words = typed(argc, argv);
	take_names(names);
	prescan = config_prescan(&own, names, argc, argv);
	/* A completion must not hang, for example on a pipe for .env. */
	if (strcmp(config_command(prescan), "completion") == 0)
		alarm(COMPLETION_WITHIN);
	if ((env = read_env(prescan, &err)) == NULL ||
	    take_latest(env, prescan, argc, argv, &latest, &err) == -1) {
		config_env_free(env);
		config_free(prescan);
		free(words);
		return cli_error(&err);
	}
	/* Again, now that "latest" is a path. */
	config_free(prescan);
	prescan = config_prescan(&own, names, argc, argv);
	status = with_env(argc, argv, words, prescan, env);
	free(latest);
	free(words);
	config_env_free(env);
	config_free(prescan);
	/* After a signal, do not block on a reader that may be gone. */
	if (cli_signalled() != 0)
		__fpurge(stdout);
	cli_terminals_end();
	if ((fflush(stdout) == EOF || ferror(stdout)) && status == CLI_OK &&
	    !is_left()) {
		err_errno(&err, ERR_DISK, "write to standard output");
		return cli_error(&err);
	}
	return status;
}
