/*
 * Reading YAML values, with errors that say where and what was expected.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/source_internal.h"

int
source_wrong(struct source_reader *r, int line, const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	return err_set(r->err, ERR_USAGE, "%s:%d: %s", r->name, line, text);
}

/* Cut "a b c" into words; return how many. */
static size_t
words(char *from, const char **out, size_t capacity)
{
	char *save = NULL, *word;
	size_t n = 0;

	for (word = strtok_r(from, " ", &save); word != NULL && n < capacity;
	    word = strtok_r(NULL, " ", &save))
		out[n++] = word;
	return n;
}

int
source_keys(struct source_reader *r, const struct yaml *map, const char *what,
    const char *keys)
{
	const char *names[40], *near;
	const struct yaml *item;
	char *copy;
	size_t n, i;
	int rc = 0;

	if (map->kind != YAML_MAP)
		return source_wrong(r, map->line, "%s: expected keys (%s)",
		    what, keys);
	copy = mem_text(keys);
	n = words(copy, names, 40);
	for (item = map->child; item != NULL && rc == 0; item = item->next) {
		for (i = 0; i < n && strcmp(names[i], item->key) != 0; i++)
			;
		if (i < n)
			continue;
		near = config_near(item->key, names, n);
		rc = source_wrong(r, item->line, "%s has no key \"%s\"; "
		    "%s%s%s%s", what, item->key,
		    near != NULL ? "did you mean \"" : "expected one of: ",
		    near != NULL ? near : keys, near != NULL ? "\"?" : "",
		    "");
	}
	free(copy);
	return rc;
}

int
source_text(struct source_reader *r, const struct yaml *map, const char *key,
    bool must, const char **text)
{
	const struct yaml *value = yaml_get(map, key);

	*text = NULL;
	if (value == NULL)
		return must ? source_wrong(r, map->line, "\"%s\" is missing",
		    key) : 0;
	if (value->kind != YAML_SCALAR || *value->text == '\0')
		return source_wrong(r, value->line, "\"%s\": expected a string",
		    key);
	*text = value->text;
	return 0;
}

int
source_number(struct source_reader *r, const struct yaml *map,
    const char *key, uint32_t min, uint32_t max, uint32_t *number)
{
	const char *text;
	char *end;
	unsigned long n;

	if (source_text(r, map, key, false, &text) == -1)
		return -1;
	if (text == NULL)
		return 0;
	n = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || strlen(text) > 9 ||
	    n < min || n > max)
		return source_wrong(r, yaml_get(map, key)->line, "\"%s\": "
		    "expected an integer from %u to %u", key, min, max);
	*number = (uint32_t)n;
	return 0;
}

int
source_texts(struct source_reader *r, const struct yaml *value,
    const char ***texts, size_t *n)
{
	const struct yaml *item;
	size_t i = 0;

	*n = 1;
	if (value->kind == YAML_SCALAR) {
		*texts = arena_take(r->arena, sizeof(**texts));
		(*texts)[0] = value->text;
		return 0;
	}
	if (value->kind != YAML_LIST || value->child == NULL)
		return source_wrong(r, value->line, "expected a string or a "
		    "list of strings");
	for (*n = 0, item = value->child; item != NULL; item = item->next)
		++*n;
	*texts = arena_take(r->arena, *n * sizeof(**texts));
	for (item = value->child; item != NULL; item = item->next) {
		if (item->kind != YAML_SCALAR)
			return source_wrong(r, item->line, "expected a string");
		(*texts)[i++] = item->text;
	}
	return 0;
}
