/*
 * Conditions: when to fetch a resource or to send a query parameter.
 */

#include <string.h>

#include "source/source_internal.h"

/* "{is: set}" or "{is: unset}". */
static int
read_is(struct source_reader *r, const struct yaml *value,
    struct source_condition *condition)
{
	const char *word;

	if (source_keys(r, value, "a condition", "is") == -1 ||
	    source_text(r, value, "is", true, &word) == -1)
		return -1;
	if (strcmp(word, "set") == 0)
		condition->test = SOURCE_IS_SET;
	else if (strcmp(word, "unset") == 0)
		condition->test = SOURCE_IS_UNSET;
	else
		return source_wrong(r, value->line, "\"is\": expected set or "
		    "unset");
	return 0;
}

/* Refuse values that the option can never have. */
static int
check_values(struct source_reader *r, const struct yaml *value,
    const struct source_condition *condition)
{
	const struct config_option *option = condition->var.option;
	size_t i;

	if (condition->var.kind != SOURCE_OPTION)
		return 0;
	for (i = 0; i < condition->n; i++)
		if (config_check(option, condition->values[i], NULL) == -1)
			return source_wrong(r, value->line, "\"%s\" is never "
			    "\"%s\"", condition->var.name,
			    condition->values[i]);
	return 0;
}

int
source_when(struct source_reader *r, const struct yaml *map,
    const struct source_resource *own, struct source_when *when)
{
	const struct yaml *all = yaml_get(map, "when"), *value;
	struct source_condition *condition;

	if (all == NULL)
		return 0;
	if (all->kind != YAML_MAP)
		return source_wrong(r, all->line, "\"when\": expected a map "
		    "of variables to the values that they must have");
	for (value = all->child; value != NULL; value = value->next)
		when->n++;
	when->all = arena_take(r->arena, when->n * sizeof(*when->all));
	condition = when->all;
	for (value = all->child; value != NULL; value = value->next) {
		if (source_variable(r, value->key, strlen(value->key),
		    value->line, own, &condition->var) == -1)
			return -1;
		if (value->kind == YAML_MAP) {
			if (read_is(r, value, condition) == -1)
				return -1;
		} else if (source_texts(r, value, &condition->values,
		    &condition->n) == -1 ||
		    check_values(r, value, condition) == -1) {
			return -1;
		}
		condition++;
	}
	return 0;
}

/* Is it empty, or an empty array or object? */
static bool
is_unset(const char *value)
{
	size_t n;

	if (value == NULL || *value == '\0')
		return true;
	if (*value != '[' && *value != '{')
		return false;
	n = 1 + strspn(value + 1, " \t\r\n");
	return (value[n] == ']' || value[n] == '}') && value[n + 1] == '\0';
}

static bool
is_one_of(const struct source_condition *condition, const char *value,
    size_t len)
{
	size_t i;

	for (i = 0; i < condition->n; i++)
		if (strlen(condition->values[i]) == len &&
		    memcmp(condition->values[i], value, len) == 0)
			return true;
	return false;
}

/* Does some item of the value match?  Only a list option has several. */
static bool
some_item_is(const struct source_condition *condition, const char *value)
{
	bool is_list = condition->var.kind == SOURCE_OPTION &&
	    condition->var.option->kind == CONFIG_LIST;
	size_t n;

	if (value == NULL)
		return false;
	for (;; value += n + 1) {
		n = is_list ? strcspn(value, ",") : strlen(value);
		if (is_one_of(condition, value, n))
			return true;
		if (value[n] == '\0')
			return false;
	}
}

bool
source_holds(const struct source_when *when,
    const struct source_lookup *lookup)
{
	size_t i;

	for (i = 0; i < when->n; i++) {
		const struct source_condition *condition = &when->all[i];
		const char *value = source_value(lookup, &condition->var);
		bool holds = false;

		switch (condition->test) {
		case SOURCE_ONE_OF:
			holds = some_item_is(condition, value);
			break;
		case SOURCE_IS_SET:
			holds = !is_unset(value);
			break;
		case SOURCE_IS_UNSET:
			holds = is_unset(value);
			break;
		}
		if (!holds)
			return false;
	}
	return true;
}
