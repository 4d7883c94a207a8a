/*
 * What an export includes and what it leaves out, by the options that it was
 * started with.
 */

#include <string.h>

#include "cli/cli_internal.h"

/* Is the word ${item} in the list ${list}, "a,b"? */
static bool
has_item(const char *list, const char *item, size_t len)
{
	size_t n;

	for (; list != NULL && *list != '\0'; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		if (n == len && strncmp(list, item, len) == 0)
			return true;
	}
	return false;
}

/* Does ${when} require that value of the option? */
static bool
asks_for(const struct source_when *when, const struct config_option *option,
    const char *value, size_t len)
{
	size_t i, k;

	for (i = 0; i < when->n; i++) {
		const struct source_condition *one = &when->all[i];

		if (one->var.kind != SOURCE_OPTION ||
		    one->var.option != option || one->test != SOURCE_ONE_OF)
			continue;
		for (k = 0; k < one->n; k++)
			if (strlen(one->values[k]) == len &&
			    strncmp(one->values[k], value, len) == 0)
				return true;
	}
	return false;
}

/*
 * Does the value add resources?  If it would change records already exported,
 * it is too late to add it.
 */
static bool
brings_more(const struct source *source, const struct config_option *option,
    const char *value, size_t len)
{
	bool brings = false;
	size_t i, k;

	for (i = 0; i < source->n_resources; i++) {
		const struct source_resource *resource =
		    &source->resources[i];

		brings |= asks_for(&resource->when, option, value, len);
		for (k = 0; k < resource->n_query; k++)
			if (asks_for(&resource->query[k].when, option, value,
			    len))
				return false;
	}
	return brings;
}

bool
cli_scope_add(const struct source *source, const struct config_option *option,
    const char *value, json_t *options)
{
	const char *before = json_string_value(json_object_get(options,
	    option->name));
	bool is_list = option->kind == CONFIG_LIST, adds = true;
	struct text text;
	size_t n;

	text_init(&text, 65536);
	text_adds(&text, is_list && before != NULL ? before : "");
	for (; adds && *value != '\0'; value += n + (value[n] == ',')) {
		n = strcspn(value, ",");
		if (n == 0 || has_item(text.data, value, n))
			continue;
		adds = brings_more(source, option, value, n);
		if (text.len > 0)
			text_addc(&text, ',');
		text_add(&text, value, n);
	}
	if (adds && text.len > 0)
		json_object_set_new(options, option->name,
		    json_string(text.data));
	text_release(&text);
	return adds;
}

/* Add to ${without} what the option would add: its choices, or its name. */
static void
add_without(const struct config_option *option, const char *value,
    json_t *without)
{
	const char *choice = option->choices;
	size_t n;

	if (option->kind != CONFIG_LIST) {
		if (value == NULL || strcmp(value, "true") != 0)
			json_array_append_new(without, json_pack("{s:s, s:o}",
			    "what", option->name, "option",
			    json_sprintf("--%s", option->name)));
		return;
	}
	for (; choice != NULL && *choice != '\0';
	    choice += n + (choice[n] == '|')) {
		n = strcspn(choice, "|");
		if (!has_item(value, choice, n))
			json_array_append_new(without, json_pack(
			    "{s:o, s:o}", "what", json_stringn(choice, n),
			    "option", json_sprintf("--%s %.*s", option->name,
			    (int)n, choice)));
	}
}

json_t *
cli_scope(const struct source *source, json_t *options)
{
	json_t *only = json_object(), *without = json_array();
	const struct config_option *option;
	const char *value;
	size_t i;

	for (i = 1; i < source->n_options; i++) {
		option = &source->options[i];
		value = json_string_value(json_object_get(options,
		    option->name));
		if (source->rules[i].adds)
			add_without(option, value, without);
		else if (value != NULL &&
		    (option->initial == NULL ||
		    strcmp(value, option->initial) != 0))
			json_object_set_new(only, option->name,
			    json_string(value));
	}
	return json_pack("{s:o, s:o}", "only", only, "without", without);
}

/* "logs (--logs), raw, secrets (--include)" */
static void
print_without(FILE *out, json_t *without)
{
	size_t i, n = json_array_size(without), len;
	const char *option, *next;

	for (i = 0; i < n; i++) {
		json_t *one = json_array_get(without, i);

		option = json_string_value(json_object_get(one, "option"));
		next = json_string_value(json_object_get(json_array_get(
		    without, i + 1), "option"));
		len = strcspn(option, " ");
		fprintf(out, "%s%s", i == 0 ? "  not exported: " : ", ",
		    json_string_value(json_object_get(one, "what")));
		if (next == NULL || strncmp(option, next, len) != 0 ||
		    next[len] != ' ')
			fprintf(out, " (%.*s)", (int)len, option);
	}
	if (n > 0)
		fputc('\n', out);
}

void
cli_scope_print(FILE *out, const struct source *source, json_t *options)
{
	json_t *scope = cli_scope(source, options), *value;
	json_t *only = json_object_get(scope, "only");
	const char *name;
	struct text text;

	if (json_object_size(only) > 0) {
		fprintf(out, "  only this:   ");
		json_object_foreach(only, name, value) {
			text_init(&text, 4096);
			(void)text_add_visible(&text,
			    json_string_value(value), json_string_length(
			    value));
			fprintf(out, " --%s %s", name, cli_word(text.data));
			text_release(&text);
		}
		fputc('\n', out);
	}
	print_without(out, json_object_get(scope, "without"));
	json_decref(scope);
}
