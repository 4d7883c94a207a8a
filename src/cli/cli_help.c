/*
 * Help and version, generated from the tables of commands and options.
 */

#include <stdlib.h>
#include <string.h>

#include "cli/cli_internal.h"

#define WIDTH 78
#define INDENT 24

/* "-j, --jobs N" */
static void
add_flag(struct text *text, const struct config_option *option)
{
	if (option->letter != 0)
		text_addf(text, "-%c, ", option->letter);
	text_addf(text, "--%s", option->name);
	if (option->kind == CONFIG_RESUME)
		text_addf(text, " [%s]", option->value);
	else if (option->value != NULL)
		text_addf(text, " %s", option->value);
}

static void
print_option(const struct config_option *option)
{
	struct text flag, words;

	text_init(&flag, 1000);
	text_init(&words, 4000);
	add_flag(&flag, option);
	cli_option_words(option, &words);
	printf("  %-*s", INDENT - 2, flag.data);
	if (flag.len > INDENT - 3)
		printf("\n%*s", INDENT, "");
	cli_wrap(stdout, words.data, INDENT, WIDTH);
	text_release(&flag);
	text_release(&words);
}

/* Network options come last: few users need them. */
static bool
is_network(const struct config_option *option)
{
	static const char *const names[] = { "jobs", "retries", "max-wait",
	    "max-body", "buffer", "stall", "first-byte", "ca-file",
	    "allow-host" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(option->name, names[i]) == 0)
			return true;
	return false;
}

/* Print the command's options of a table, under a heading. */
static void
print_group(const struct config_table *table, const char *command,
    bool network, const char *heading)
{
	bool any = false;
	size_t i;

	for (i = 0; i < table->n; i++) {
		if (!config_goes_with(&table->rows[i], command) ||
		    is_network(&table->rows[i]) != network)
			continue;
		if (!any)
			printf("\n%s:\n", heading);
		any = true;
		print_option(&table->rows[i]);
	}
}

static void
print_options(const struct cli *cli, const char *command)
{
	struct config_table tables[2];
	size_t n = cli_tables(cli->source, tables);
	char *heading;

	if (n > 1) {
		heading = mem_format("What to export (source %s)",
		    cli->source->name);
		print_group(&tables[1], command, false, heading);
		free(heading);
	}
	print_group(&tables[0], command, false, "Options");
	print_group(&tables[0], command, true, "Network options");
}

static void
print_examples(const char *examples)
{
	const char *end;

	printf("\nExamples:\n");
	for (; *examples != '\0'; examples = end + 1) {
		end = strchr(examples, '\n');
		printf("  %.*s\n", (int)(end - examples), examples);
	}
}

static void
print_overview(void)
{
	const struct cli_command *command;

	printf("hlexport exports everything from an LLM platform, byte for "
	    "byte, into a\nplain directory, and proves that nothing is "
	    "missing.\n\n");
	printf("Usage: hlexport [COMMAND] [OPTION...]\n\nCommands:\n");
	for (command = cli_commands; command->name != NULL; command++) {
		if (command->about == NULL)
			continue;
		printf("  %-*s", INDENT - 2, command->name);
		cli_wrap(stdout, command->about, INDENT, WIDTH);
	}
	printf("\nWithout a command, hlexport exports.  Put the API key into "
	    ".env (see .env.example), then:\n\n  hlexport                  "
	    "export everything but the logs\n  hlexport --logs           "
	    "export everything\n  hlexport --resume         resume an "
	    "interrupted export\n\n'hlexport help COMMAND' lists the options "
	    "of a command; 'man hlexport' has them all.\n");
}

static int
print_command(const struct cli *cli, const char *name)
{
	const struct cli_command *command;
	const char *names[32], *near;
	size_t n = 0;

	for (command = cli_commands; command->name != NULL; command++) {
		if (strcmp(command->name, name) == 0)
			break;
		names[n++] = command->name;
	}
	if (command->name == NULL) {
		near = config_near(name, names, n);
		return cli_usage("unknown command \"%s\"%s%s%s", name,
		    near != NULL ? "; did you mean " : "",
		    near != NULL ? near : "", near != NULL ? "?" : "");
	}
	printf("Usage: hlexport %s%s%s\n\n", command->name,
	    *command->words != '\0' ? " " : "", command->words);
	if (command->about != NULL)
		cli_wrap(stdout, command->about, 0, WIDTH);
	print_options(cli, command->name);
	if (command->examples != NULL)
		print_examples(command->examples);
	return CLI_OK;
}

int
cli_help(struct cli *cli)
{
	size_t n;
	char *const *words = config_args(cli->config, &n);

	/* "hlexport COMMAND --help"; the bare --help is the overview. */
	if (strcmp(config_command(cli->config), "help") != 0 &&
	    config_names_command(cli->config))
		return print_command(cli, config_command(cli->config));
	if (n > 0)
		return print_command(cli, words[0]);
	print_overview();
	return CLI_OK;
}

int
cli_version(void)
{
	printf(CLI_TOOL "\n%s\n%s\njansson %s\nlibyaml %s\n%s\n%s",
	    http_version(), sha256_library(), jansson_version_str(),
	    yaml_library(), archive_library(), table_is_built_in() ?
	    "DuckDB (loaded when a command needs it)\n" : "no DuckDB\n");
	return CLI_OK;
}
