/*
 * Checks the values of a source's options against the definition's rules,
 * before any request is sent.
 */

#include <regex.h>
#include <string.h>

#include "source/source_internal.h"

static const char *
value_of(const struct source_lookup *lookup, const struct config_option *option)
{
	struct source_var var = { .kind = SOURCE_OPTION, .name = option->name,
	    .option = option };
	const char *value = source_value(lookup, &var);

	return value != NULL && *value != '\0' ? value : NULL;
}

static int
check_required(const struct config_option *option, struct err *err)
{
	return err_set(err, ERR_USAGE, "--%s is missing: %s; give it%s%s",
	    option->name, option->help,
	    option->variable != NULL ? ", or set " : "",
	    option->variable != NULL ? option->variable : "");
}

static int
check_match(const struct config_option *option, const char *pattern,
    const char *value, struct err *err)
{
	regex_t regex;
	int rc;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return err_set(err, ERR_USAGE, "--%s: the definition's "
		    "pattern \"%s\" is not a valid regular expression",
		    option->name, pattern);
	rc = regexec(&regex, value, 0, NULL, 0);
	regfree(&regex);
	return rc == 0 ? 0 : err_set(err, ERR_USAGE, "--%s: invalid value "
	    "\"%s\"; expected %s (%s)", option->name, value, option->help,
	    pattern);
}

static int
check_before(const struct source *source, const struct source_lookup *lookup,
    size_t i, const char *value, struct err *err)
{
	const char *other = source->rules[i].before, *later = NULL;
	int64_t first, second;
	size_t k;

	for (k = 0; k < source->n_options; k++)
		if (strcmp(source->options[k].name, other) == 0)
			later = value_of(lookup, &source->options[k]);
	if (later == NULL || clock_parse(value, &first) == -1 ||
	    clock_parse(later, &second) == -1 || first < second)
		return 0;
	return err_set(err, ERR_USAGE, "--%s %s is not before --%s %s",
	    source->options[i].name, value, other, later);
}

/* Describe the conditions under which an option may be given. */
static int
goes_only_with(const struct config_option *option,
    const struct source_when *when, struct err *err)
{
	struct text text;
	size_t i, k;

	text_init(&text, 1000);
	for (i = 0; i < when->n; i++) {
		const struct source_condition *one = &when->all[i];

		text_addf(&text, "%s--%s", i > 0 ? " and " : "",
		    one->var.option->name);
		for (k = 0; k < one->n; k++)
			text_addf(&text, "%s%s", k > 0 ? " or " : " ",
			    one->values[k]);
		if (one->test == SOURCE_IS_UNSET)
			text_adds(&text, " not given");
	}
	err_set(err, ERR_USAGE, "--%s goes only with %s", option->name,
	    text.data != NULL ? text.data : "something else");
	text_release(&text);
	return -1;
}

int
source_validate_options(const struct source *source,
    const struct source_lookup *lookup, struct err *err)
{
	size_t i;

	/* The first is the server, which is checked elsewhere. */
	for (i = 1; i < source->n_options; i++) {
		const struct config_option *option = &source->options[i];
		const struct source_option *rule = &source->rules[i];
		const char *value = value_of(lookup, option);
		bool holds = source_holds(&rule->when, lookup);

		if (value == NULL) {
			if (rule->required && holds)
				return check_required(option, err);
			continue;
		}
		if (!holds && (option->initial == NULL ||
		    strcmp(value, option->initial) != 0))
			return goes_only_with(option, &rule->when, err);
		if (rule->matches != NULL && check_match(option,
		    rule->matches, value, err) == -1)
			return -1;
		if (rule->before != NULL && check_before(source, lookup, i,
		    value, err) == -1)
			return -1;
	}
	return 0;
}
