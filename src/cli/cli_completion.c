/*
 * What else is made from the tables of commands and options: completions for
 * the shells, and the manual page's list of options.
 */

#include <stdlib.h>
#include <string.h>

#include "cli/cli_internal.h"

typedef void print_option(const struct config_option *);

/* Each option, of both tables. */
static void
each_option(const struct cli *cli, print_option *print)
{
	struct config_table tables[2];
	size_t n = cli_tables(cli->source, tables), i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < tables[i].n; k++)
			print(&tables[i].rows[k]);
}

/* Has a row before ${at} the same name? */
static bool
is_named_before(const struct config_table *table, size_t at)
{
	size_t i;

	for (i = 0; i < at; i++)
		if (strcmp(table->rows[i].name, table->rows[at].name) == 0)
			return true;
	return false;
}

/* Each name once: a shell knows nothing of commands. */
static void
each_name(const struct cli *cli, print_option *print)
{
	struct config_table tables[2];
	size_t n = cli_tables(cli->source, tables), i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < tables[i].n; k++)
			if (!is_named_before(&tables[i], k))
				print(&tables[i].rows[k]);
}

static void
print_name(const struct config_option *option)
{
	printf(" --%s", option->name);
}

static void
bash_case(const struct config_option *option)
{
	if (option->choices == NULL && option->value == NULL)
		return;
	printf("\t--%s)\n\t\t", option->name);
	if (option->choices != NULL) {
		const char *p = option->choices;

		printf("COMPREPLY=($(compgen -W \"");
		for (; *p != '\0'; p++)
			putchar(*p == '|' ? ' ' : *p);
		printf("\" -- \"$cur\"))");
	} else if (strcmp(option->value, "DIR") == 0) {
		printf("COMPREPLY=($(compgen -d -- \"$cur\"))");
	} else if (strstr(option->value, "FILE") != NULL) {
		printf("COMPREPLY=($(compgen -f -- \"$cur\"))");
	} else {
		printf("COMPREPLY=()");
	}
	printf("\n\t\treturn\n\t\t;;\n");
}

static void
print_commands(void)
{
	const struct cli_command *command;

	for (command = cli_commands; command->name != NULL; command++)
		if (command->about != NULL)
			printf(" %s", command->name);
}

static void
print_bash(const struct cli *cli)
{
	printf("# bash completion for hlexport; made by 'hlexport completion "
	    "bash'\n_hlexport()\n{\n\tlocal cur=${COMP_WORDS[COMP_CWORD]}\n"
	    "\tlocal prev=${COMP_WORDS[COMP_CWORD-1]}\n\tcase $prev in\n");
	each_name(cli, bash_case);
	printf("\tesac\n\tif [[ $cur == -* ]]; then\n\t\tCOMPREPLY=($(compgen "
	    "-W \"");
	each_name(cli, print_name);
	printf("\" -- \"$cur\"))\n\telse\n\t\tCOMPREPLY=($(compgen -W \"");
	print_commands();
	printf("\" -- \"$cur\")\n\t\t\t$(compgen -d -- \"$cur\"))\n\tfi\n}\n"
	    "complete -o filenames -F _hlexport hlexport\n");
}

/* Print text for between single quotes. */
static void
print_quoted(const char *text, const char *escape)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			printf("'\\''");
		else if (strchr(escape, *text) != NULL)
			printf("\\%c", *text);
		else
			putchar(*text);
	}
}

static void
zsh_option(const struct config_option *option)
{
	const char *p;

	printf("  '--%s%s[", option->name, option->value != NULL ? "=" : "");
	print_quoted(option->help, "[]:");
	printf("]");
	if (option->value != NULL) {
		printf(":%s:", option->value);
		if (option->choices != NULL) {
			putchar('(');
			for (p = option->choices; *p != '\0'; p++)
				putchar(*p == '|' ? ' ' : *p);
			putchar(')');
		} else if (strcmp(option->value, "DIR") == 0) {
			printf("_files -/");
		} else if (strstr(option->value, "FILE") != NULL) {
			printf("_files");
		}
	}
	printf("' \\\n");
}

static void
print_zsh(const struct cli *cli)
{
	const struct cli_command *command;

	printf("#compdef hlexport\n# zsh completion for hlexport; made by "
	    "'hlexport completion zsh'\n_arguments \\\n");
	each_name(cli, zsh_option);
	printf("  '1:command:((");
	for (command = cli_commands; command->name != NULL; command++) {
		if (command->about == NULL)
			continue;
		printf("%s\\:\"", command->name);
		print_quoted(command->about, "\"");
		printf("\" ");
	}
	printf("))' \\\n  '*:directory:_files -/'\n");
}

static void
fish_option(const struct config_option *option)
{
	const char *p;

	printf("complete -c hlexport -l %s", option->name);
	if (option->letter != 0)
		printf(" -s %c", option->letter);
	if (option->value != NULL && option->kind != CONFIG_RESUME)
		printf(" -r");
	if (option->choices != NULL) {
		printf(" -a '");
		for (p = option->choices; *p != '\0'; p++)
			putchar(*p == '|' ? ' ' : *p);
		putchar('\'');
	}
	printf(" -d '");
	for (p = option->help; *p != '\0'; p++) {
		if (*p == '\'')
			putchar('\\');
		putchar(*p);
	}
	printf("'\n");
}

static void
print_fish(const struct cli *cli)
{
	const struct cli_command *command;

	printf("# fish completion for hlexport; made by 'hlexport completion "
	    "fish'\n");
	for (command = cli_commands; command->name != NULL; command++)
		if (command->about != NULL)
			printf("complete -c hlexport -n "
			    "__fish_use_subcommand -a %s -d '%s'\n",
			    command->name, command->about);
	each_option(cli, fish_option);
}

/* The manual's list: scdoc's markup, its special characters escaped. */
static void
scdoc_text(const char *text)
{
	for (; *text != '\0'; text++) {
		if (strchr("*_\\#`", *text) != NULL)
			putchar('\\');
		putchar(*text);
	}
}

/* Is there another of the program's own options with this name? */
static bool
is_one_of_several(const struct config_option *option)
{
	struct config_table own = config_own();
	size_t i;

	for (i = 0; i < own.n; i++)
		if (&own.rows[i] != option && strcmp(own.rows[i].name,
		    option->name) == 0)
			return true;
	return false;
}

static void
scdoc_option(const struct config_option *option)
{
	struct text words;

	if (option->letter != 0)
		printf("*-%c*, ", option->letter);
	printf("*--%s*", option->name);
	if (option->value != NULL)
		printf(option->kind == CONFIG_RESUME ? " [_%s_]" : " _%s_",
		    option->value);
	text_init(&words, 4000);
	cli_option_words(option, &words);
	printf("\n\t");
	if (is_one_of_several(option))
		printf("(%s) ", option->commands);
	scdoc_text(words.at);
	printf("\n\n");
	text_release(&words);
}

int
cli_completion(struct cli *cli)
{
	size_t n;
	char *const *words = config_args(cli->config, &n);
	const char *which = n == 1 ? words[0] : "";

	if (strcmp(which, "bash") == 0)
		print_bash(cli);
	else if (strcmp(which, "zsh") == 0)
		print_zsh(cli);
	else if (strcmp(which, "fish") == 0)
		print_fish(cli);
	else if (strcmp(which, "scdoc") == 0)
		each_option(cli, scdoc_option);
	else
		return cli_usage("completion wants one of bash, zsh, fish");
	return CLI_OK;
}
