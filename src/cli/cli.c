/*
 * From the command line to the command.
 */

#include <sys/stat.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/cli_internal.h"
#include "tree/tree.h"

/* The first is what is done when none is named. */
const struct cli_command cli_commands[] = {
	{ "export", "[OPTION...]", "export a workspace, or go on with an "
	    "export", cli_export },
	{ "summary", "DIR", "tell what is in an export", cli_summary },
	{ "verify", "DIR|FILE", "prove that an export is whole, or name what "
	    "is damaged or missing", cli_verify },
	{ "repair", "DIR", "verify an export, and ask again for what is "
	    "damaged or missing, and nothing else", cli_repair },
	{ "adopt", "DIR", "make a manifest for an export of the old Python "
	    "tool, so that all commands take it", cli_adopt },
	{ "pack", "DIR -o FILE", "put an export into one file, and read it "
	    "back", cli_pack },
	{ "query", "DIR [SQL]", "ask an export with SQL; without SQL, list "
	    "its tables and columns", cli_query },
	{ "convert", "DIR --format FORMAT", "make files of an export's "
	    "tables: Parquet, CSV, JSON, Excel, DuckDB", cli_convert },
	{ "report", "DIR", "tell how much was used, how fast it was, what it "
	    "cost and what failed", cli_usage_report },
	{ "sources", "[NAME | check FILE]", "list the platforms that can be "
	    "exported from, print the definition of one, or check one of "
	    "your own", cli_sources },
	{ "help", "[COMMAND]", "show help", cli_help },
	{ "completion", "bash|zsh|fish", NULL, cli_completion },
	{ NULL, NULL, NULL, NULL }
};

#define N_NAMES (sizeof(cli_commands) / sizeof(cli_commands[0]))

size_t
cli_tables(const struct source *source, struct config_table tables[2])
{
	tables[0] = config_own();
	if (source == NULL)
		return 1;
	tables[1] = (struct config_table){ source->options,
	    source->n_options };
	return 2;
}

/*
 * Times for tests: SOURCE_DATE_EPOCH stops the wall clock, so that two runs
 * give the same bytes; HLEXPORT_SKIP_WAITS lets waits take no time.
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
read_env(const struct config *look, struct err *err)
{
	const char *path = config_text(look, "env-file");

	return config_env_new(path != NULL ? path : ".env", path != NULL,
	    err);
}

/* The source that the export at ${path} is from, or NULL. */
static struct source *
source_of_export(const char *path)
{
	json_t *header;

	if (path == NULL || (header = manifest_peek(path, NULL)) == NULL)
		return NULL;
	json_decref(header);
	return audit_source_of(path, NULL);
}

/*
 * The source of the export that is gone on with, repaired, or held against
 * the server; NULL: it is about none.
 */
static struct source *
source_of_command(const struct config *look, const struct config_env *env)
{
	const char *command = config_command(look);
	bool resumes = config_origin(look, "resume") == CONFIG_ARGV;
	const char *output = config_text(look, "output");
	struct source *source = NULL;
	size_t n, i;
	char *const *words = config_args(look, &n);
	char *newest;

	if (resumes)
		source = source_of_export(config_text(look, "resume"));
	else if (strcmp(command, "verify") != 0 &&
	    strcmp(command, "summary") != 0 &&
	    strcmp(command, "repair") != 0)
		return NULL;
	for (i = 0; i < n && source == NULL; i++)
		source = source_of_export(words[i]);
	if (source != NULL || !resumes)
		return source;
	if (config_origin(look, "output") != CONFIG_ARGV &&
	    config_env_get(env, "HLEXPORT_OUTPUT") != NULL)
		output = config_env_get(env, "HLEXPORT_OUTPUT");
	newest = tree_newest(output, cli_is_unfinished);
	source = source_of_export(newest);
	free(newest);
	return source;
}

/* The definition that came with an export: or the user's own of that name. */
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

/* Which source it is must be known before its options can be read. */
static struct source *
find_source(const struct config *look, const struct config_env *env,
    struct err *err)
{
	const char *which = config_text(look, "source");
	struct source *source;

	if (config_origin(look, "source") == CONFIG_ARGV)
		return source_open(which, err);
	source = source_of_command(look, env);
	if (source != NULL)
		return prefer_own(source, env);
	if (config_env_get(env, "HLEXPORT_SOURCE") == NULL)
		return source_open(which, err);
	source = source_open(config_env_get(env, "HLEXPORT_SOURCE"), err);
	/* What reads an export only needs no other. */
	if (source == NULL && strcmp(config_command(look), "export") != 0)
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

/* An archive is given where only a directory will do? */
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
	return cli_usage("%s is a file, and %s wants a directory: unpack it "
	    "first, if it is an archive", where, what);
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

/* What commands are called, up to NULL. */
static void
take_names(const char *names[N_NAMES])
{
	size_t i;

	for (i = 0; i < N_NAMES; i++)
		names[i] = cli_commands[i].name;
}

static int
with_env(int argc, char **argv, const struct config *look,
    const struct config_env *env)
{
	const char *names[N_NAMES];
	struct cli cli = { .argc = argc, .argv = argv, .env = env };
	struct config_table tables[2];
	struct config *config;
	struct source *source;
	struct err err;
	int status;

	take_names(names);
	if ((source = find_source(look, env, &err)) == NULL)
		return cli_error(&err);
	config = config_new(tables, cli_tables(source, tables), names, argc,
	    argv, env, &err);
	if (config == NULL) {
		source_free(source);
		return cli_error(&err);
	}
	cli.source = source;
	cli.config = config;
	status = dispatch(&cli);
	config_free(config);
	source_free(source);
	return status;
}

int
cli_main(int argc, char **argv)
{
	const char *names[N_NAMES];
	struct config_table own = config_own();
	struct config *look;
	struct config_env *env;
	struct err err;
	int status;

	/* Quick, and possible whatever else is wrong. */
	if (wants_version(argc, argv))
		return cli_version();
	set_clock();
	take_names(names);
	look = config_look(&own, names, argc, argv);
	if ((env = read_env(look, &err)) == NULL) {
		config_free(look);
		return cli_error(&err);
	}
	status = with_env(argc, argv, look, env);
	config_env_free(env);
	config_free(look);
	if ((fflush(stdout) == EOF || ferror(stdout)) && status == CLI_OK) {
		err_errno(&err, ERR_DISK, "write to standard output");
		return cli_error(&err);
	}
	return status;
}
