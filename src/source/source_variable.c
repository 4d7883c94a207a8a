/*
 * Variables: what a name in braces refers to, and its value.
 */

#include <string.h>

#include "source/source_internal.h"

#define MAX_ALTERNATIVES 16	/* {a|b|c} */

static int
option_variable(struct source_reader *r, const char *name, int line,
    struct source_var *var)
{
	const struct source *source = r->source;
	const char *names[64], *near;
	size_t i;

	for (i = 0; i < source->n_options; i++) {
		if (strcmp(source->options[i].name, name) == 0) {
			var->kind = SOURCE_OPTION;
			var->option = &source->options[i];
			return 0;
		}
		if (i < 64)
			names[i] = source->options[i].name;
	}
	near = config_near(name, names, i < 64 ? i : 64);
	return source_wrong(r, line, "{option.%s}: no option of this name is "
	    "declared%s%s%s", name, near != NULL ? "; did you mean \"" : "",
	    near != NULL ? near : "", near != NULL ? "\"?" : "");
}

static int
page_variable(struct source_reader *r, const char *name, int line,
    struct source_var *var)
{
	static const char *const names[] = { "number", "first", "size",
	    "cursor", "start", "end" };
	static const enum source_var_kind kinds[] = { SOURCE_PAGE_NUMBER,
	    SOURCE_PAGE_FIRST, SOURCE_PAGE_SIZE, SOURCE_PAGE_CURSOR,
	    SOURCE_PAGE_START, SOURCE_PAGE_END };
	size_t i;

	for (i = 0; i < 6; i++) {
		if (strcmp(name, names[i]) == 0) {
			var->kind = kinds[i];
			return 0;
		}
	}
	return source_wrong(r, line, "{page.%s}: expected page.number, "
	    "page.first, page.size, page.cursor, page.start or page.end",
	    name);
}

static int
field_variable(struct source_reader *r, struct source_resource *of,
    const char *name, int line, struct source_var *var)
{
	struct text known;
	size_t i;
	int rc;

	for (i = 0; i < of->n_fields; i++) {
		if (strcmp(of->fields[i].name, name) == 0) {
			var->kind = SOURCE_FIELD;
			var->resource = of;
			var->index = i;
			return 0;
		}
	}
	text_init(&known, 400);
	for (i = 0; i < of->n_fields; i++)
		text_addf(&known, "%s%s", i > 0 ? ", " : "",
		    of->fields[i].name);
	rc = source_wrong(r, line, "{%s.%s}: the fields of \"%s\" are: %s",
	    of->name, name, of->name, known.len > 0 ? known.data : "none");
	text_release(&known);
	return rc;
}

static int
key_variable(struct source_reader *r, const char *name, int line,
    const struct source_resource *own, struct source_var *var)
{
	const char *dot = strchr(name, '.');
	size_t i;

	for (i = 0; own != NULL && i < own->n_key; i++) {
		if (strcmp(own->key[i], name) == 0) {
			var->kind = SOURCE_KEY;
			var->resource = own;
			var->index = i;
			return 0;
		}
	}
	return source_wrong(r, line, "{%s}: %s%.*s%sexpected "
	    "RESOURCE.FIELD, option.NAME, page.NAME, run.started, or a part "
	    "of this resource's key", name,
	    dot != NULL ? "no resource is called \"" : "",
	    dot != NULL ? (int)(dot - name) : 0, name,
	    dot != NULL ? "\"; " : "");
}

static int
one_variable(struct source_reader *r, const char *name, int line,
    const struct source_resource *own, struct source_var *var)
{
	const char *dot = strchr(name, '.');
	struct source_resource *of;

	*var = (struct source_var){ .name = name };
	if (strcmp(name, "run.started") == 0) {
		var->kind = SOURCE_STARTED;
		return 0;
	}
	if (strncmp(name, "option.", 7) == 0)
		return option_variable(r, name + 7, line, var);
	if (strncmp(name, "page.", 5) == 0)
		return page_variable(r, name + 5, line, var);
	if (dot != NULL && (of = source_find(r->source, name,
	    (size_t)(dot - name))) != NULL)
		return field_variable(r, of, dot + 1, line, var);
	return key_variable(r, name, line, own, var);
}

int
source_variable(struct source_reader *r, const char *data, size_t len, int line,
    const struct source_resource *own, struct source_var *var)
{
	const char *bar;
	size_t first, n;

	for (n = 1;; n++) {
		bar = memchr(data, '|', len);
		first = bar != NULL ? (size_t)(bar - data) : len;
		if (one_variable(r, arena_copy(r->arena, data, first), line,
		    own, var) == -1)
			return -1;
		if (bar == NULL)
			return 0;
		if (n == MAX_ALTERNATIVES)
			return source_wrong(r, line, "{%.40s...}: more than "
			    "%d alternatives", data, MAX_ALTERNATIVES);
		var->otherwise = arena_take(r->arena,
		    sizeof(*var->otherwise));
		var = var->otherwise;
		data = bar + 1;
		len -= first + 1;
	}
}

const char *
source_value(const struct source_lookup *lookup, const struct source_var *var)
{
	const char *value = NULL;

	for (; var != NULL && (value == NULL || *value == '\0');
	    var = var->otherwise)
		value = lookup->value(lookup->cookie, var);
	return value;
}
