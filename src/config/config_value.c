/*
 * Checking and parsing values, by the kind of their option.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_internal.h"

/* A suffix of a number, and its factor. */
struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit no_units[] = { { "", 1 }, { NULL, 0 } };

static const struct unit percents[] = {
	{ "", 1 }, { "%", 1 }, { NULL, 0 }
};

static const struct unit sizes[] = {
	{ "", 1 }, { "B", 1 },
	{ "k", 1 << 10 }, { "K", 1 << 10 }, { "KiB", 1 << 10 },
	{ "M", 1 << 20 }, { "MiB", 1 << 20 },
	{ "G", 1 << 30 }, { "GiB", 1 << 30 },
	{ "T", 1ull << 40 }, { "TiB", 1ull << 40 },
	{ "kB", 1000 }, { "MB", 1000000 }, { "GB", 1000000000 },
	{ "TB", 1000000000000 },
	{ NULL, 0 }
};

static const struct unit times[] = {
	{ "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 },
	{ NULL, 0 }
};

/* Units for bounds in messages: the largest that divides the bound. */
static const struct unit bounds[] = {
	{ "TiB", 1ull << 40 }, { "GiB", 1 << 30 }, { "MiB", 1 << 20 },
	{ "KiB", 1 << 10 }, { "", 1 },
};

static int
with_unit(const struct unit *units, const char *text, uint64_t *value)
{
	unsigned long long n;
	char *end;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno != 0)
		return -1;
	for (; units->name != NULL; units++)
		if (strcmp(units->name, end) == 0)
			return __builtin_mul_overflow(n, units->factor,
			    value) ? -1 : 0;
	return -1;
}

int
config_quantity(const struct config_option *option, const char *text,
    uint64_t *value)
{
	switch (option->kind) {
	case CONFIG_SIZE:
		return with_unit(sizes, text, value);
	case CONFIG_TIME:
		return with_unit(times, text, value);
	default:
		return with_unit(option->value != NULL &&
		    strchr(option->value, '%') != NULL ? percents : no_units,
		    text, value);
	}
}

bool
config_choice_has(const char *choices, const char *data, size_t len)
{
	size_t n;

	for (;; choices += n + 1) {
		n = strcspn(choices, "|");
		if (n == len && memcmp(choices, data, len) == 0)
			return true;
		if (choices[n] == '\0')
			return false;
	}
}

int
config_truth(const char *text)
{
	static const char *const words[] = { "false", "true", "no", "yes",
	    "0", "1", "off", "on" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(text, words[i]) == 0)
			return (int)(i % 2);
	return -1;
}

/* Report the valid choices, and guess which one was meant. */
static int
not_a_choice(const struct config_option *option, const char *data, size_t len,
    struct err *err)
{
	char *all = mem_text(option->choices), *word, *save = NULL;
	const char *names[64], *near;
	char *given = mem_copy(data, len);
	size_t n = 0;

	for (word = strtok_r(all, "|", &save); word != NULL && n < 64;
	    word = strtok_r(NULL, "|", &save))
		names[n++] = word;
	near = config_near(given, names, n);
	err_set(err, ERR_USAGE, "--%s: \"%s\" is not one of %s%s%s%s",
	    option->name, given, option->choices,
	    near != NULL ? "; did you mean " : "",
	    near != NULL ? near : "", near != NULL ? "?" : "");
	free(given);
	free(all);
	return -1;
}

static int
check_list(const struct config_option *option, const char *text,
    struct err *err)
{
	size_t n;

	for (;; text += n + 1) {
		n = strcspn(text, ",");
		if (n == 0)
			return err_set(err, ERR_USAGE, "--%s: the list has an "
			    "empty item", option->name);
		if (option->choices != NULL &&
		    !config_choice_has(option->choices, text, n))
			return not_a_choice(option, text, n, err);
		if (text[n] == '\0')
			return 0;
	}
}

/* Add a bound in the units that users write. */
static void
add_bound(struct text *text, const struct config_option *option,
    uint64_t value)
{
	const struct unit *unit = bounds;

	if (option->kind == CONFIG_SIZE)
		while (value % unit->factor != 0)
			unit++;
	else
		unit = no_units;
	/* From days down to seconds. */
	if (option->kind == CONFIG_TIME)
		for (unit = &times[4]; unit > &times[1] &&
		    value % unit->factor != 0; unit--)
			;
	text_addf(text, "%llu%s", (unsigned long long)(value /
	    unit->factor), unit->name);
}

static int
not_between(const struct config_option *option, const char *given,
    struct err *err)
{
	struct text text;

	text_init(&text, 128);
	add_bound(&text, option, option->min);
	text_adds(&text, " and ");
	add_bound(&text, option, option->max);
	err_set(err, ERR_USAGE, "--%s: %s is not between %s", option->name,
	    given, text.data);
	text_release(&text);
	return -1;
}

static int
check_quantity(const struct config_option *option, const char *text,
    struct err *err)
{
	uint64_t value;

	if (config_quantity(option, text, &value) == -1)
		return err_set(err, ERR_USAGE, "--%s: \"%s\" is not a %s",
		    option->name, text,
		    option->kind == CONFIG_SIZE ? "size (such as 512MiB)" :
		    option->kind == CONFIG_TIME ? "time (such as 90s or 10m)" :
		    "whole number");
	if (option->max > 0 && (value < option->min || value > option->max))
		return not_between(option, text, err);
	return 0;
}

int
config_check(const struct config_option *option, const char *text,
    struct err *err)
{
	int64_t wall;

	switch (option->kind) {
	case CONFIG_FLAG:
		if (config_truth(text) == -1)
			return err_set(err, ERR_USAGE, "--%s: \"%s\" is "
			    "neither true nor false", option->name, text);
		return 0;
	case CONFIG_NUMBER:
	case CONFIG_SIZE:
	case CONFIG_TIME:
		return check_quantity(option, text, err);
	case CONFIG_CHOICE:
		if (!config_choice_has(option->choices, text, strlen(text)))
			return not_a_choice(option, text, strlen(text), err);
		return 0;
	case CONFIG_LIST:
		if (option->choices != NULL)
			return check_list(option, text, err);
		if (*text == '\0')
			return err_set(err, ERR_USAGE, "--%s: the value is "
			    "empty", option->name);
		return 0;
	case CONFIG_DATE:
		if (clock_parse(text, &wall) == -1)
			return err_set(err, ERR_USAGE, "--%s: \"%s\" is not a "
			    "date; use 2025-06-01 or 2025-06-01T12:00:00Z",
			    option->name, text);
		return 0;
	case CONFIG_TEXT:
	case CONFIG_EACH:
	case CONFIG_RESUME:
		if (*text == '\0')
			return err_set(err, ERR_USAGE, "--%s: the value is "
			    "empty", option->name);
		return 0;
	}
	return 0;
}
