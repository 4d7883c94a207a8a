/*
 * Templates: text with variables in braces.
 */

#include <string.h>

#include "source/source_internal.h"

#define MAX_VARIABLES 64	/* in a template */
#define VALUE_MAX 65536		/* bytes of a query's value */

/* An upper bound on the number of parts in ${text}. */
static size_t
count_parts(const char *text)
{
	size_t n = 1;

	for (; *text != '\0'; text++)
		if (*text == '{')
			n += 2;
	return n;
}

/* The number of "{" that are not "{{". */
static size_t
count_variables(const char *p)
{
	size_t n = 0;

	for (; *p != '\0'; p++) {
		if (*p == '{' && p[1] == '{')
			p++;
		else
			n += *p == '{';
	}
	return n;
}

/* Read literal text at ${p}; "{{" is a brace.  Return where it ends. */
static const char *
take_text(struct source_reader *r, const char *p, struct source_part *part)
{
	const char *to = p;
	char *text, *end;

	while (*to != '\0' && (*to != '{' || to[1] == '{'))
		to += (*to == '{' || *to == '}') && to[1] == *to ? 2 : 1;
	text = end = arena_copy(r->arena, p, (size_t)(to - p));
	while (*p != '\0' && (*p != '{' || p[1] == '{')) {
		if ((*p == '{' || *p == '}') && p[1] == *p)
			p++;
		*end++ = *p++;
	}
	*end = '\0';
	part->text = text;
	return p;
}

int
source_template_of(struct source_reader *r, const struct yaml *value,
    const struct source_resource *own, struct source_template *template)
{
	const char *p = value->text, *end;
	struct source_part *part;

	if (value->kind != YAML_SCALAR)
		return source_wrong(r, value->line, "expected a string");
	template->line = value->line;
	if (count_variables(p) > MAX_VARIABLES)
		return source_wrong(r, value->line, "more than %d variables "
		    "in one string", MAX_VARIABLES);
	template->parts = arena_take(r->arena,
	    count_parts(p) * sizeof(*template->parts));
	while (*p != '\0') {
		part = &template->parts[template->n++];
		if (*p != '{' || p[1] == '{') {
			p = take_text(r, p, part);
			continue;
		}
		if ((end = strchr(p, '}')) == NULL)
			return source_wrong(r, value->line, "a \"{\" without "
			    "a \"}\"; write \"{{\" for a literal brace");
		if (source_variable(r, p + 1, (size_t)(end - p - 1),
		    value->line, own, &part->var) == -1)
			return -1;
		p = end + 1;
	}
	return 0;
}

int
source_template(struct source_reader *r, const struct yaml *map,
    const char *key, const struct source_resource *own,
    struct source_template *template)
{
	const struct yaml *value = yaml_get(map, key);

	if (value == NULL)
		return 0;
	if (value->kind != YAML_SCALAR || *value->text == '\0')
		return source_wrong(r, value->line, "\"%s\": expected a "
		    "string", key);
	return source_template_of(r, value, own, template);
}

void
source_text_of(const struct source_template *template,
    const struct source_lookup *lookup, struct text *text)
{
	const char *value;
	size_t i;

	for (i = 0; i < template->n; i++) {
		const struct source_part *part = &template->parts[i];

		value = part->text != NULL ? part->text :
		    source_value(lookup, &part->var);
		if (value != NULL)
			text_adds(text, value);
	}
}

/* Expand ${template} with its variables' values percent-encoded. */
static int
expand(const struct source_template *template,
    const struct source_lookup *lookup, struct text *out, const char **missing)
{
	const char *value;
	size_t i;

	for (i = 0; i < template->n; i++) {
		const struct source_part *part = &template->parts[i];

		if (part->text != NULL) {
			text_adds(out, part->text);
			continue;
		}
		value = source_value(lookup, &part->var);
		if (value == NULL || *value == '\0') {
			*missing = part->var.name;
			return -1;
		}
		/* A value "." or ".." would change the path. */
		if (strcmp(value, ".") == 0 || strcmp(value, "..") == 0)
			text_adds(out, value[1] == '\0' ? "%2E" : "%2E%2E");
		else
			text_add_percent(out, value, strlen(value), "~");
	}
	return 0;
}

static void
add_query(struct text *url, bool *first, const char *name, const char *value,
    size_t len)
{
	text_addc(url, *first ? '?' : '&');
	*first = false;
	text_add_percent(url, name, strlen(name), "~");
	text_addc(url, '=');
	text_add_percent(url, value, len, "~:,");
}

/* A list repeats the parameter for each of its items. */
static void
add_list(struct text *url, bool *first, const char *name, const char *items)
{
	size_t n;

	for (;; items += n + 1) {
		n = strcspn(items, ",");
		add_query(url, first, name, items, n);
		if (items[n] == '\0')
			return;
	}
}

static int
add_one(struct text *url, bool *first, const struct source_query *query,
    const struct source_lookup *lookup)
{
	const struct source_template *template = &query->value;
	const char *value;
	struct text text;
	bool fits;

	if (template->n == 1 && template->parts[0].text == NULL &&
	    template->parts[0].var.kind == SOURCE_OPTION &&
	    template->parts[0].var.option->kind == CONFIG_LIST) {
		value = source_value(lookup, &template->parts[0].var);
		if (value != NULL && *value != '\0')
			add_list(url, first, query->name, value);
		return 0;
	}
	text_init(&text, VALUE_MAX);
	source_text_of(template, lookup, &text);
	if (text.len > 0)
		add_query(url, first, query->name, text.data, text.len);
	fits = !text.over;
	text_release(&text);
	return fits ? 0 : -1;
}

int
source_url(const struct source_resource *resource, const char *base,
    const struct source_lookup *lookup, struct text *url, const char **missing)
{
	bool first = true;
	size_t i;

	*missing = NULL;
	text_adds(url, base);
	if (expand(&resource->path, lookup, url, missing) == -1)
		return -1;
	for (i = 0; i < resource->n_query; i++)
		if (source_holds(&resource->query[i].when, lookup) &&
		    add_one(url, &first, &resource->query[i], lookup) == -1)
			return -1;
	return !url->over ? 0 : -1;
}
