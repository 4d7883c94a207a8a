/*
 * Merge the command line, the environment and the built-in defaults.
 */

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_internal.h"

/* What getopt_long() returns for the first row; above every letter. */
#define FIRST_ROW 1000

struct value {
	const struct config_option *option;
	char *text;		/* NULL: none */
	enum config_origin origin;
};

struct config {
	const struct config_env *env;
	const char *command;
	bool names_command;
	char **words;		/* our copy of the command line, or NULL */
	char **args;
	size_t n_args;
	struct value *values;	/* a value for each row of each table */
	size_t n;
};

bool
config_goes_with(const struct config_option *option, const char *command)
{
	const char *p = option->commands;
	size_t len = strlen(command), n;

	if (p == NULL)
		return true;
	for (;; p += n + 1) {
		n = strcspn(p, " ");
		if (n == len && memcmp(p, command, len) == 0)
			return true;
		if (p[n] == '\0')
			return false;
	}
}

/* If several options share the name, the one of the command. */
static struct value *
value_of(const struct config *config, const char *name)
{
	struct value *first = NULL;
	size_t i;

	for (i = 0; i < config->n; i++) {
		struct value *value = &config->values[i];

		if (strcmp(value->option->name, name) != 0)
			continue;
		if (config->command == NULL ||
		    config_goes_with(value->option, config->command))
			return value;
		if (first == NULL)
			first = value;
	}
	return first;
}

static void
set(struct value *value, const char *text, enum config_origin origin)
{
	free(value->text);
	value->text = mem_text(text);
	value->origin = origin;
}

/* Collect the rows, and start from the defaults. */
static void
take_tables(struct config *config, const struct config_table *tables,
    size_t n)
{
	size_t i, k, total = 0;

	for (i = 0; i < n; i++)
		total += tables[i].n;
	config->values = mem_zero(total, sizeof(*config->values));
	for (i = 0; i < n; i++) {
		for (k = 0; k < tables[i].n; k++) {
			struct value *value = &config->values[config->n++];

			value->option = &tables[i].rows[k];
			set(value, value->option->initial, CONFIG_BUILT_IN);
		}
	}
}

char *
config_path(const char *text)
{
	const char *home = getenv("HOME");

	if (strncmp(text, "~/", 2) != 0 || home == NULL)
		return mem_text(text);
	return mem_format("%s/%s", home, text + 2);
}

/* Set the option from a variable; a shell did not expand a "~" in it. */
static void
set_variable(struct value *value, const char *text,
    enum config_origin origin)
{
	const char *what = value->option->value;
	bool is_path = what != NULL && (strcmp(what, "DIR") == 0 ||
	    strstr(what, "FILE") != NULL);
	char *path = is_path ? config_path(text) : NULL;

	set(value, path != NULL ? path : text, origin);
	free(path);
}

static int
read_variables(struct config *config, struct err *err)
{
	bool is_export = config->command != NULL &&
	    strcmp(config->command, "export") == 0;
	const char *text;
	char where[128];
	size_t i;

	for (i = 0; i < config->n; i++) {
		struct value *value = &config->values[i];
		const char *name = value->option->variable;

		if (value->origin == CONFIG_ARGV || name == NULL)
			continue;
		if (is_export && config_env_check(config->env, name,
		    err) == -1)
			return -1;
		if ((text = config_env_get(config->env, name)) == NULL)
			continue;
		value->origin = config_env_origin(config->env, name, where);
		if (config_check(value->option, text, err) == -1)
			return err_wrap(err, "%s (%s)", name, where);
		set_variable(value, text, value->origin);
	}
	return 0;
}

/* Report an unknown option, and guess which one was meant. */
static int
unknown_option(const struct config *config, const char *given,
    struct err *err)
{
	const char **names = mem_alloc(config->n * sizeof(*names));
	const char *near = NULL;
	char *word;
	size_t i, len;

	for (i = 0; i < config->n; i++)
		names[i] = config->values[i].option->name;
	len = strcspn(given, "=");
	word = mem_copy(given, len);
	/* getopt_long() also rejects an abbreviation of several options. */
	for (i = 0; i < config->n && strncmp(word, "--", 2) == 0; i++)
		if (strncmp(names[i], word + 2, len - 2) == 0 &&
		    (near == NULL || strlen(names[i]) < strlen(near)))
			near = names[i];
	if (strncmp(word, "--", 2) == 0 && near == NULL)
		near = config_near(word + 2, names, config->n);
	err_set(err, ERR_USAGE, "unknown option %s%s%s%s", word,
	    near != NULL ? "; did you mean --" : "",
	    near != NULL ? near : "", near != NULL ? "?" : "");
	free(word);
	free(names);
	return -1;
}

/* Make the tables for getopt_long(); the caller frees both. */
static struct option *
getopt_rows(const struct config *config, struct text *letters)
{
	struct option *rows = mem_zero(config->n + 1, sizeof(*rows));
	size_t i;

	text_init(letters, 4096);
	text_addc(letters, ':');
	for (i = 0; i < config->n; i++) {
		const struct config_option *option =
		    config->values[i].option;
		bool bare = option->kind == CONFIG_FLAG ||
		    option->kind == CONFIG_RESUME;

		rows[i].name = option->name;
		rows[i].has_arg = bare ? optional_argument :
		    required_argument;
		/* One value for all rows of a name: else it is ambiguous. */
		rows[i].val = FIRST_ROW + (int)(value_of(config,
		    option->name) - config->values);
		if (option->letter != 0)
			text_addf(letters, "%c%s", option->letter,
			    bare ? "" : ":");
	}
	return rows;
}

static struct value *
value_for(const struct config *config, int c)
{
	size_t i;

	if (c >= FIRST_ROW)
		return &config->values[c - FIRST_ROW];
	for (i = 0; i < config->n; i++)
		if (config->values[i].option->letter == c)
			return &config->values[i];
	return NULL;
}

/* Take one option that getopt_long() found. */
static int
take_option(struct config *config, int c, char **argv, struct err *err)
{
	struct value *value;
	const char *text = optarg;

	if (c == ':')
		return err_set(err, ERR_USAGE, "%s requires a value",
		    argv[optind - 1]);
	if (c == '?' && optopt != 0 && optopt < FIRST_ROW)
		return err_set(err, ERR_USAGE, "unknown option -%c", optopt);
	if (c == '?')
		return unknown_option(config, argv[optind - 1], err);
	value = value_for(config, c);
	if (text == NULL && value->option->kind == CONFIG_FLAG)
		text = "true";
	/* A list option given again adds to the list. */
	if ((value->option->kind == CONFIG_LIST ||
	    value->option->kind == CONFIG_EACH) &&
	    value->origin == CONFIG_ARGV) {
		char *both = mem_format(value->option->kind == CONFIG_LIST ?
		    "%s,%s" : "%s\n%s", value->text, text);

		set(value, both, CONFIG_ARGV);
		free(both);
	} else {
		set(value, text, CONFIG_ARGV);
	}
	return 0;
}

/* With ${strict}, stop at the first error. */
static int
read_options(struct config *config, int argc, char **argv, bool strict,
    struct err *err)
{
	struct text letters;
	struct option *rows = getopt_rows(config, &letters);
	int c, rc = 0;

	opterr = 0;
	optind = 0;		/* GNU: reset all state */
	while ((rc == 0 || !strict) && (c = getopt_long(argc, argv,
	    letters.data, rows, NULL)) != -1)
		rc = take_option(config, c, argv, err);
	config->args = &argv[optind];
	config->n_args = (size_t)(argc - optind);
	text_release(&letters);
	free(rows);
	return rc;
}

/* The words that are not options: the command, then its arguments. */
static int
read_words(struct config *config, const char *const *commands,
    struct err *err)
{
	struct value *resume = value_of(config, "resume");
	const char *near;
	size_t n = 0;

	config->command = commands[0];
	while (commands[n] != NULL)
		n++;
	if (config->n_args > 0) {
		size_t i;

		for (i = 0; i < n; i++)
			if (strcmp(config->args[0], commands[i]) == 0)
				break;
		if (i < n) {
			config->command = commands[i];
			config->names_command = true;
			config->args++;
			config->n_args--;
		} else if (resume == NULL || resume->origin != CONFIG_ARGV) {
			near = config_near(config->args[0], commands, n);
			return err_set(err, ERR_USAGE, "unknown command "
			    "\"%s\"%s%s%s", config->args[0],
			    near != NULL ? "; did you mean " : "",
			    near != NULL ? near : "",
			    near != NULL ? "?" : "");
		}
	}
	/* "--resume DIR": getopt_long() takes an optional value only by "=". */
	if (resume != NULL && resume->origin == CONFIG_ARGV &&
	    resume->text == NULL && config->n_args == 1) {
		set(resume, config->args[0], CONFIG_ARGV);
		config->args++;
		config->n_args--;
	}
	return 0;
}

/*
 * Now that the command is known, move each value to the row of the command
 * where several share the name, and check it.
 */
static int
resolve_options(struct config *config, struct err *err)
{
	size_t i;

	for (i = 0; i < config->n; i++) {
		struct value *value = &config->values[i], *meant;

		if (value->origin != CONFIG_ARGV)
			continue;
		meant = value_of(config, value->option->name);
		if (!config_goes_with(meant->option, config->command))
			return err_set(err, ERR_USAGE, "--%s is an option of "
			    "\"%s\", not of \"%s\"", value->option->name,
			    value->option->commands, config->command);
		if (value->text != NULL && config_check(meant->option,
		    value->text, err) == -1)
			return -1;
		if (meant == value)
			continue;
		set(meant, value->text, CONFIG_ARGV);
		set(value, value->option->initial, CONFIG_BUILT_IN);
	}
	return 0;
}

struct config *
config_new(const struct config_table *tables, size_t n,
    const char *const *commands, int argc, char **argv,
    const struct config_env *env, struct err *err)
{
	struct config *config = mem_zero(1, sizeof(*config));

	config->env = env;
	take_tables(config, tables, n);
	if (read_options(config, argc, argv, true, err) == -1 ||
	    read_words(config, commands, err) == -1 ||
	    resolve_options(config, err) == -1 ||
	    read_variables(config, err) == -1) {
		config_free(config);
		return NULL;
	}
	return config;
}

struct config *
config_prescan(const struct config_table *table, const char *const *commands,
    int argc, char **argv)
{
	struct config *config = mem_zero(1, sizeof(*config));
	char **words = mem_alloc(((size_t)argc + 1) * sizeof(*words));
	struct err err;
	size_t i, k;

	/* getopt_long() reorders the words. */
	memcpy(words, argv, ((size_t)argc + 1) * sizeof(*words));
	config->words = words;
	take_tables(config, table, 1);
	(void)read_options(config, argc, words, false, &err);
	/* A word before the command may be the value of a source's option. */
	config->command = commands[0];
	for (i = 0; i < config->n_args && !config->names_command; i++)
		for (k = 0; commands[k] != NULL; k++)
			if (strcmp(config->args[i], commands[k]) == 0) {
				config->command = commands[k];
				config->names_command = true;
			}
	if (config->names_command) {
		config->args += i;
		config->n_args -= i;
	}
	return config;
}

const char *
config_command(const struct config *config)
{
	return config->command;
}

bool
config_names_command(const struct config *config)
{
	return config->names_command;
}

char *const *
config_args(const struct config *config, size_t *n)
{
	*n = config->n_args;
	return config->args;
}

const char *
config_text(const struct config *config, const char *name)
{
	const struct value *value = value_of(config, name);

	return value != NULL ? value->text : NULL;
}

char **
config_each(const struct config *config, const char *name, size_t *n)
{
	const struct value *value = value_of(config, name);
	const char *text = value != NULL && value->text != NULL ?
	    value->text : "", *p;
	size_t capacity = 2, len = strlen(text);
	char **all, *copy, *save, *word;
	const char *between;

	*n = 0;
	for (p = text; *p != '\0'; p++)
		capacity += *p == ',' || *p == '\n';
	all = mem_alloc(capacity * sizeof(*all) + len + 1);
	copy = (char *)&all[capacity];
	memcpy(copy, text, len + 1);
	between = value != NULL && value->option->kind == CONFIG_LIST ? "," :
	    "\n";
	for (word = strtok_r(copy, between, &save); word != NULL;
	    word = strtok_r(NULL, between, &save))
		all[(*n)++] = word;
	all[*n] = NULL;
	return all;
}

bool
config_is(const struct config *config, const char *name)
{
	const char *text = config_text(config, name);

	return text != NULL && config_truth(text) == 1;
}

uint64_t
config_number(const struct config *config, const char *name)
{
	const struct value *value = value_of(config, name);
	uint64_t number = 0;

	if (value != NULL && value->text != NULL)
		(void)config_quantity(value->option, value->text, &number);
	return number;
}

enum config_origin
config_origin(const struct config *config, const char *name)
{
	const struct value *value = value_of(config, name);

	return value != NULL ? value->origin : CONFIG_BUILT_IN;
}

const char *
config_var(const struct config *config, const char *name)
{
	return config_env_get(config->env, name);
}

void
config_free(struct config *config)
{
	size_t i;

	if (config == NULL)
		return;
	for (i = 0; i < config->n; i++)
		free(config->values[i].text);
	free(config->values);
	free(config->words);
	free(config);
}
