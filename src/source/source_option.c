/*
 * The options that a source declares.
 */

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "source/source_internal.h"

#define MAX_OPTIONS 200
#define LONGEST_NAME 64
#define CHOICES_MAX 4096	/* bytes, with a | between two */

static const struct {
	const char *name;
	enum config_kind kind;
} kinds[] = {
	{ "flag", CONFIG_FLAG },
	{ "text", CONFIG_TEXT },
	{ "number", CONFIG_NUMBER },
	{ "choice", CONFIG_CHOICE },
	{ "list", CONFIG_LIST },
	{ "date", CONFIG_DATE },
};

static int
read_kind(struct source_reader *r, const struct yaml *map,
    struct config_option *option)
{
	const char *name;
	size_t i;

	if (source_text(r, map, "kind", true, &name) == -1)
		return -1;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(name, kinds[i].name) == 0) {
			option->kind = kinds[i].kind;
			return 0;
		}
	}
	return source_wrong(r, yaml_get(map, "kind")->line, "\"kind\": "
	    "expected flag, text, number, choice, list or date");
}

/* Join the choices to "a|b|c". */
static int
read_choices(struct source_reader *r, const struct yaml *map,
    struct config_option *option)
{
	const struct yaml *value = yaml_get(map, "choices");
	struct text all;
	const char **texts;
	size_t n, i;

	if (value == NULL)
		return option->kind == CONFIG_CHOICE ? source_wrong(r,
		    map->line, "\"choices\" is missing") : 0;
	if (source_texts(r, value, &texts, &n) == -1)
		return -1;
	text_init(&all, CHOICES_MAX);
	for (i = 0; i < n; i++)
		text_addf(&all, "%s%s", i > 0 ? "|" : "", texts[i]);
	option->choices = all.over ? NULL : arena_text(r->arena, all.data);
	text_release(&all);
	return option->choices != NULL ? 0 : source_wrong(r, value->line,
	    "\"choices\": longer than %d bytes in total", CHOICES_MAX);
}

/* The help's placeholder for the value, if the definition has none. */
static const char *
value_name(const struct config_option *option)
{
	switch (option->kind) {
	case CONFIG_FLAG:
		return NULL;
	case CONFIG_NUMBER:
		return "N";
	case CONFIG_DATE:
		return "DATE";
	case CONFIG_LIST:
		return "LIST";
	default:
		return "TEXT";
	}
}

static int
check_name(struct source_reader *r, const struct yaml *map)
{
	struct config_table own = config_own();
	const char *p;
	size_t i;

	if (strlen(map->key) > LONGEST_NAME)
		return source_wrong(r, map->line, "option \"%.20s...\": the "
		    "name is longer than %d letters", map->key,
		    LONGEST_NAME);
	for (p = map->key; *p != '\0'; p++)
		if (!islower((unsigned char)*p) && *p != '-')
			return source_wrong(r, map->line, "option \"%s\": "
			    "expected lower-case letters and -", map->key);
	/* Options of other commands don't conflict. */
	for (i = 0; i < own.n; i++)
		if (strcmp(own.rows[i].name, map->key) == 0 &&
		    (config_goes_with(&own.rows[i], "export") ||
		    own.rows[i].kind == CONFIG_FLAG))
			return source_wrong(r, map->line, "option \"%s\": "
			    "the program already has an option of this name",
			    map->key);
	if (strcmp(map->key, "server") == 0)
		return source_wrong(r, map->line, "option \"server\" is "
		    "already declared by the key \"server\"");
	return 0;
}

static int
read_switch(struct source_reader *r, const struct yaml *map, const char *key,
    bool *is_on)
{
	const char *text;

	if (source_text(r, map, key, false, &text) == -1)
		return -1;
	if (text != NULL && strcmp(text, "true") != 0 &&
	    strcmp(text, "false") != 0)
		return source_wrong(r, yaml_get(map, key)->line, "\"%s\": "
		    "expected true or false", key);
	*is_on = text != NULL && *text == 't';
	return 0;
}

/* Read the option's rules, except for "when", which may name other options. */
static int
read_rule(struct source_reader *r, const struct yaml *map,
    struct config_option *option, struct source_option *rule)
{
	regex_t regex;

	if (read_switch(r, map, "required", &rule->required) == -1 ||
	    read_switch(r, map, "adds", &rule->adds) == -1 ||
	    source_text(r, map, "matches", false, &rule->matches) == -1 ||
	    source_text(r, map, "before", false, &rule->before) == -1)
		return -1;
	if (rule->adds && option->kind != CONFIG_FLAG &&
	    option->kind != CONFIG_LIST)
		return source_wrong(r, yaml_get(map, "adds")->line,
		    "\"adds\" is for flags and lists");
	if (rule->matches != NULL && !source_match_fits(rule->matches))
		return source_wrong(r, yaml_get(map, "matches")->line,
		    "\"matches\": too long, nested too deeply, or with too "
		    "many repetitions or a back-reference");
	if (rule->matches != NULL) {
		if (regcomp(&regex, rule->matches, REG_EXTENDED |
		    REG_NOSUB) != 0)
			return source_wrong(r, yaml_get(map, "matches")->line,
			    "\"matches\": expected a POSIX regular "
			    "expression");
		regfree(&regex);
	}
	if (rule->before != NULL && option->kind != CONFIG_DATE)
		return source_wrong(r, yaml_get(map, "before")->line,
		    "\"before\" is for dates");
	return 0;
}

static int
read_option(struct source_reader *r, const struct yaml *map,
    struct config_option *option, struct source_option *rule)
{
	uint32_t min = 0, max = 0;

	if (check_name(r, map) == -1 ||
	    source_keys(r, map, "an option", "kind env value default choices "
	    "min max help required adds matches before when") == -1 ||
	    read_kind(r, map, option) == -1 ||
	    source_text(r, map, "env", false, &option->variable) == -1 ||
	    source_text(r, map, "value", false, &option->value) == -1 ||
	    source_text(r, map, "default", false, &option->initial) == -1 ||
	    source_text(r, map, "help", true, &option->help) == -1 ||
	    read_choices(r, map, option) == -1 ||
	    source_number(r, map, "min", 0, 999999999, &min) == -1 ||
	    source_number(r, map, "max", 0, 999999999, &max) == -1)
		return -1;
	if (yaml_get(map, "min") != NULL && yaml_get(map, "max") == NULL)
		max = 999999999;
	if (min > max)
		return source_wrong(r, map->line, "\"min\" of \"%s\" is "
		    "greater than its \"max\"", map->key);
	option->name = map->key;
	option->min = min;
	option->max = max;
	option->commands = "export";
	if (option->value == NULL)
		option->value = value_name(option);
	if (option->initial != NULL &&
	    config_check(option, option->initial, r->err) == -1)
		return source_wrong(r, map->line, "the default of \"%s\" is "
		    "not a valid value", map->key);
	if (read_rule(r, map, option, rule) == -1)
		return -1;
	if (rule->required) {
		char *help = mem_format("%s (required)", option->help);

		option->help = arena_text(r->arena, help);
		free(help);
	}
	return 0;
}

/* Read the rules that name other options, once all options are known. */
static int
read_links(struct source_reader *r, const struct yaml *map,
    struct source_option *rule)
{
	const struct source *source = r->source;
	size_t i;

	if (source_when(r, map, NULL, &rule->when) == -1)
		return -1;
	for (i = 0; i < rule->when.n; i++)
		if (rule->when.all[i].var.kind != SOURCE_OPTION)
			return source_wrong(r, map->line, "the \"when\" of "
			    "an option: expected other options, like "
			    "option.NAME");
	if (rule->before == NULL)
		return 0;
	for (i = 1; i < source->n_options; i++)
		if (strcmp(source->options[i].name, rule->before) == 0 &&
		    source->options[i].kind == CONFIG_DATE)
			return 0;
	return source_wrong(r, yaml_get(map, "before")->line, "\"before\": "
	    "there is no date option \"%s\"", rule->before);
}

/* "server" becomes an ordinary option. */
static int
read_server(struct source_reader *r, const struct yaml *top,
    struct config_option *option)
{
	const struct yaml *map = yaml_get(top, "server");
	const char **retired = &r->source->retired;
	int64_t when;

	*option = (struct config_option){ .name = "server",
	    .kind = CONFIG_TEXT, .value = "URL",
	    .commands = "export repair verify adopt",
	    .help = "where the platform's API is" };
	if (map == NULL)
		return source_wrong(r, top->line, "\"server\" is missing");
	if (source_keys(r, map, "\"server\"", "url env retired") == -1 ||
	    source_text(r, map, "url", false, &option->initial) == -1 ||
	    source_text(r, map, "env", false, &option->variable) == -1 ||
	    source_text(r, map, "retired", false, retired) == -1)
		return -1;
	if (*retired == NULL)
		return 0;
	if (strlen(*retired) != 10 || clock_parse(*retired, &when) == -1)
		return source_wrong(r, yaml_get(map, "retired")->line,
		    "\"retired\": expected a date, like 2025-09-08");
	return option->initial != NULL ? 0 : source_wrong(r, map->line,
	    "\"retired\" goes with \"url\"");
}

int
source_options(struct source_reader *r, const struct yaml *top)
{
	const struct yaml *all = yaml_get(top, "options"), *map;
	struct source *source = r->source;
	size_t n = 1;

	if (all != NULL && all->kind != YAML_MAP)
		return source_wrong(r, all->line, "\"options\": expected "
		    "a map of options");
	for (map = all != NULL ? all->child : NULL; map != NULL;
	    map = map->next)
		n++;
	if (n > MAX_OPTIONS)
		return source_wrong(r, all->line, "\"options\": more than %d "
		    "options", MAX_OPTIONS - 1);
	source->options = arena_take(r->arena, n * sizeof(*source->options));
	source->rules = arena_take(r->arena, n * sizeof(*source->rules));
	if (read_server(r, top, &source->options[0]) == -1)
		return -1;
	source->n_options = 1;
	for (map = all != NULL ? all->child : NULL; map != NULL;
	    map = map->next, source->n_options++)
		if (read_option(r, map, &source->options[source->n_options],
		    &source->rules[source->n_options]) == -1)
			return -1;
	n = 1;
	for (map = all != NULL ? all->child : NULL; map != NULL;
	    map = map->next)
		if (read_links(r, map, &source->rules[n++]) == -1)
			return -1;
	return 0;
}
