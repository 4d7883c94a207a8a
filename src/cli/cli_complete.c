/*
 * hlexport completion words -- WORD...: the candidates for the last word.  The
 * shells' scripts call this, so that they need no list of commands or options.
 *
 * Each candidate is a line, with a description after a tab.  The line
 * ":directories" or ":files" asks the shell to complete paths.
 */

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_internal.h"
#include "manifest/manifest.h"

struct completing {
	const struct cli *cli;
	char *const *words;	/* without the last */
	size_t n;
	char *before;		/* prefix to print before each candidate */
	char *begun;		/* the typed beginning of the candidate */
	const struct cli_command *command;	/* or NULL: none was named */
	const char *export;	/* its first argument, or NULL */
	size_t n_args;		/* its arguments */
	struct source *own;	/* of --source; or NULL */
};

/* Print the candidate ${name} if it fits; ${about} describes it, or is NULL. */
static void
offer(const struct completing *c, const char *name, const char *about)
{
	if (strncmp(name, c->begun, strlen(c->begun)) != 0)
		return;
	printf("%s%s", c->before, name);
	if (about != NULL)
		printf("\t%s", about);
	printf("\n");
}

/* --------------------------------------------------------- what was typed */

static size_t
tables_of(const struct completing *c, struct config_table tables[2])
{
	return cli_tables(c->own != NULL ? c->own : c->cli->source, tables);
}

/* The option that the word names, before "=" if it has one; or NULL. */
static const struct config_option *
find_option(const struct completing *c, const char *word)
{
	struct config_table tables[2];
	size_t n = tables_of(c, tables), i, k, len;
	const struct config_option *found = NULL;

	if (word[0] != '-' || word[1] == '\0')
		return NULL;
	len = strcspn(word, "=");
	for (i = 0; i < n; i++)
		for (k = 0; k < tables[i].n; k++) {
			const struct config_option *option =
			    &tables[i].rows[k];
			bool is = word[1] != '-' ? option->letter == word[1] &&
			    word[2] == '\0' : strlen(option->name) == len - 2 &&
			    strncmp(option->name, word + 2, len - 2) == 0;

			/* If several share the name, the command's. */
			if (is && (found == NULL || (c->command != NULL &&
			    config_goes_with(option, c->command->name))))
				found = option;
		}
	return found;
}

static bool
wants_value(const struct config_option *option)
{
	return option != NULL && option->value != NULL &&
	    option->kind != CONFIG_RESUME;
}

static const struct cli_command *
find_command(const char *word)
{
	const struct cli_command *command;

	for (command = cli_commands; command->name != NULL; command++)
		if (strcmp(command->name, word) == 0)
			return command;
	return NULL;
}

/* Find the command, the export and --source before the last word. */
static void
look(struct completing *c)
{
	const struct config_option *option;
	const char *word;
	size_t i;

	for (i = 0; i < c->n; i++) {
		word = c->words[i];
		option = find_option(c, word);
		if (option != NULL && strcmp(option->name, "source") == 0 &&
		    c->own == NULL) {
			if (strchr(word, '=') != NULL)
				word = strchr(word, '=') + 1;
			else
				word = i + 1 < c->n ? c->words[i + 1] : "";
			c->own = source_open(word, NULL);
			word = c->words[i];
		}
		if (wants_value(option) && strchr(word, '=') == NULL)
			i++;
		else if (*word != '-' && c->command == NULL && c->n_args == 0 &&
		    find_command(word) != NULL)
			c->command = find_command(word);
		else if (*word != '-' && c->n_args++ == 0)
			c->export = word;
	}
}

/* -------------------------------------------------------------- candidates */

static void
offer_choices(const struct completing *c, const char *choices)
{
	char *copy = mem_text(choices), *name, *save = NULL;

	for (name = strtok_r(copy, "|", &save); name != NULL;
	    name = strtok_r(NULL, "|", &save))
		offer(c, name, NULL);
	free(copy);
}

static void
offer_sources(const struct completing *c)
{
	struct source *source;
	const char *name;
	size_t i;

	for (i = 0; source_built_in(i, &name).data != NULL; i++) {
		source = source_open(name, NULL);
		offer(c, name, source != NULL ? source->about : NULL);
		source_free(source);
	}
}

static void
offer_columns(const struct completing *c, const struct source_tables *tables)
{
	struct set *reported = set_new();
	size_t i, k;

	for (i = 0; i < tables->n; i++)
		for (k = 0; k < tables->items[i].n_columns; k++) {
			const struct source_column *column =
			    &tables->items[i].columns[k];

			if (set_add(
				reported, column->name, strlen(column->name)))
				offer(c, column->name, column->about);
		}
	set_free(reported);
}

/* Offer the tables of the named export, or the columns of all of them. */
static void
offer_of_tables(const struct completing *c, bool columns)
{
	struct source *source = c->export != NULL ?
	    audit_source_of(c->export, NULL) : NULL;
	struct source_tables tables;
	size_t i;

	if (source == NULL)
		source = source_open(c->own != NULL ? c->own->name :
		    c->cli->source->name, NULL);
	if (source != NULL && source_tables(source, &tables, NULL) == 0) {
		if (columns)
			offer_columns(c, &tables);
		for (i = 0; i < tables.n && !columns; i++)
			offer(c, tables.items[i].name, tables.items[i].about);
	}
	source_free(source);
}

/* Offer "latest" and the exports in the default directory. */
static void
offer_exports(const struct completing *c)
{
	const char *reported = config_env_get(c->cli->env, "HLEXPORT_OUTPUT");
	const char *parent = reported != NULL ? reported : "exports";
	struct dirent **found;
	char *path, *newest = cli_latest(c->cli->env, NULL, NULL);
	int n = scandir(parent, &found, NULL, alphasort), i;

	if (newest != NULL)
		offer(c, "latest", newest);
	free(newest);
	for (i = 0; i < n; i++) {
		path = mem_format("%s/%s", parent, found[i]->d_name);
		if (found[i]->d_name[0] != '.' && manifest_is_there(path))
			offer(c, path, "an export");
		free(path);
		free(found[i]);
	}
	if (n >= 0)
		free(found);
}

static void
offer_paths(const char *words)
{
	if (strstr(words, "FILE") != NULL)
		printf(":files\n");
	else if (strstr(words, "DIR") != NULL)
		printf(":directories\n");
}

/* Complete only the part after the last comma of a list. */
static void
pass_over_list(struct completing *c)
{
	char *comma = strrchr(c->begun, ','), *before, *begun;

	if (comma == NULL)
		return;
	before = mem_format("%s%.*s", c->before, (int)(comma + 1 - c->begun),
	    c->begun);
	begun = mem_text(comma + 1);
	free(c->before);
	free(c->begun);
	c->before = before;
	c->begun = begun;
}

static void
offer_values(struct completing *c, const struct config_option *option)
{
	if (option->kind == CONFIG_LIST)
		pass_over_list(c);
	if (strcmp(option->name, "source") == 0)
		offer_sources(c);
	else if (strcmp(option->name, "tables") == 0)
		offer_of_tables(c, false);
	else if (strcmp(option->name, "columns") == 0)
		offer_of_tables(c, true);
	else if (option->kind == CONFIG_RESUME)
		offer_exports(c);
	else if (option->choices != NULL)
		offer_choices(c, option->choices);
	if (option->choices == NULL && option->value != NULL)
		offer_paths(option->value);
}

static void
offer_options(const struct completing *c)
{
	const char *command = c->command != NULL ? c->command->name :
	    "export";
	struct config_table tables[2];
	size_t n = tables_of(c, tables), i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < tables[i].n; k++) {
			const struct config_option *option =
			    &tables[i].rows[k];
			char *name = mem_format("--%s", option->name);

			if (config_goes_with(option, command))
				offer(c, name, option->help);
			free(name);
		}
}

/* Offer the arguments of the command. */
static void
offer_words(struct completing *c)
{
	const struct cli_command *command = c->command;
	const char *words = command != NULL ? command->words : "";

	if (command == NULL || strcmp(command->name, "help") == 0) {
		for (command = cli_commands; command->name != NULL; command++)
			if (c->n_args == 0 && command->about != NULL)
				offer(c, command->name, command->about);
	} else if (strcmp(command->name, "sources") == 0) {
		if (c->n_args == 0) {
			offer_sources(c);
			offer(c, "check", "check your own definition");
		} else if (strcmp(c->export, "check") == 0) {
			offer_paths("FILE");
		}
	} else if (strcmp(command->name, "completion") == 0) {
		offer_choices(c, words);
	} else if (strcmp(command->name, "query") == 0 && c->n_args == 1) {
		offer_of_tables(c, false);
	} else if (c->n_args == 0 && strstr(words, "DIR") != NULL) {
		offer_exports(c);
		/* Some commands also read an archive. */
		offer_paths(strncmp(words, "DIR|FILE", 8) == 0 ? "FILE" :
		    "DIR");
	}
}

/*
 * Return the option that the last word is a value of, or NULL; set ${last} to
 * the typed part of the value.  bash splits "--x=y" into three words.
 */
static const struct config_option *
value_of(const struct completing *c, const char **last)
{
	const char *equals = **last == '-' ? strchr(*last, '=') : NULL;
	const char *before = c->n > 0 ? c->words[c->n - 1] : "";
	const struct config_option *option;

	if (equals != NULL) {
		option = find_option(c, *last);
		*last = equals + 1;
		return option;
	}
	if (strcmp(*last, "=") == 0) {
		*last += 1;
		return find_option(c, before);
	}
	if (strcmp(before, "=") == 0 && c->n > 1)
		return find_option(c, c->words[c->n - 2]);
	option = strchr(before, '=') == NULL ? find_option(c, before) : NULL;
	if (option != NULL && option->kind == CONFIG_RESUME)
		return **last != '-' ? option : NULL;
	return wants_value(option) ? option : NULL;
}

void
cli_complete(const struct cli *cli, char *const *words, size_t n)
{
	struct completing c = { .cli = cli, .words = words,
	    .n = n > 0 ? n - 1 : 0 };
	const char *last = n > 0 ? words[n - 1] : "", *typed = last;
	const struct config_option *option;

	look(&c);
	option = value_of(&c, &last);
	c.before = *typed == '-' ? mem_copy(typed, (size_t)(last - typed)) :
	    mem_text("");
	c.begun = mem_text(last);
	if (option != NULL)
		offer_values(&c, option);
	else if (*last == '-')
		offer_options(&c);
	else if (last == typed)
		offer_words(&c);
	source_free(c.own);
	free(c.before);
	free(c.begun);
}
