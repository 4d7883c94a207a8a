/*
 * hlexport completion: the shells' scripts, the candidates they ask for, and
 * the manual's list of options.
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

/* Print the script for a shell.  Return false if there is none. */
static bool
print_script(const char *shell)
{
	const struct embedded *script = embedded_completions;

	while (script->name != NULL && strcmp(script->name, shell) != 0)
		script++;
	if (script->name == NULL)
		return false;
	fwrite(script->data, 1, script->len, stdout);
	return true;
}

/* Print ${text} with scdoc's special characters escaped. */
static void
scdoc_text(const char *text)
{
	for (; *text != '\0'; text++) {
		if (strchr("*_\\#`", *text) != NULL)
			putchar('\\');
		putchar(*text);
	}
}

/* Does another of the program's own options have this name? */
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
	scdoc_text(words.data);
	printf("\n\n");
	text_release(&words);
}

int
cli_completion(struct cli *cli)
{
	size_t n;
	char *const *words = config_args(cli->config, &n);
	const char *which = n == 1 ? words[0] : "";

	if (n > 0 && strcmp(words[0], "words") == 0)
		cli_complete(cli, &words[1], n - 1);
	else if (strcmp(which, "scdoc") == 0)
		each_option(cli, scdoc_option);
	else if (!print_script(which))
		return cli_usage("usage: hlexport completion bash|zsh|fish");
	return CLI_OK;
}
