/*
 * Queries, and the paging of lists.
 */

#include <string.h>

#include "source/source_internal.h"

static int
read_query(struct source_reader *r, const struct yaml *value,
    const struct source_resource *own, struct source_query *query)
{
	query->name = value->key;
	if (value->kind == YAML_SCALAR)
		return source_template_of(r, value, own, &query->value);
	if (source_keys(r, value, "a query", "value when") == -1 ||
	    source_template(r, value, "value", own, &query->value) == -1 ||
	    source_when(r, value, own, &query->when) == -1)
		return -1;
	return query->value.line > 0 ? 0 : source_wrong(r, value->line,
	    "\"value\" is missing");
}

/* Read the query of the resource, then that of its paging. */
static int
read_queries(struct source_reader *r, struct source_resource *resource,
    const struct yaml *own, const struct yaml *paging)
{
	const struct yaml *maps[2] = { own, paging }, *value;
	size_t i, n = 0;

	for (i = 0; i < 2; i++) {
		if (maps[i] == NULL)
			continue;
		if (maps[i]->kind != YAML_MAP)
			return source_wrong(r, maps[i]->line, "\"query\": "
			    "expected names and values");
		for (value = maps[i]->child; value != NULL;
		    value = value->next)
			n++;
	}
	resource->query = arena_take(r->arena,
	    n * sizeof(*resource->query));
	for (i = 0; i < 2; i++)
		for (value = maps[i] != NULL ? maps[i]->child : NULL;
		    value != NULL; value = value->next)
			if (read_query(r, value, resource,
			    &resource->query[resource->n_query++]) == -1)
				return -1;
	return 0;
}

/* Find ${key} in the resource's paging, or else in the common one. */
static const struct yaml *
paging_with(const struct yaml *own, const struct yaml *common,
    const char *key)
{
	if (own != NULL && yaml_get(own, key) != NULL)
		return own;
	return common != NULL && yaml_get(common, key) != NULL ? common :
	    NULL;
}

static int
paging_text(struct source_reader *r, const struct yaml *own,
    const struct yaml *common, const char *key, const char **text)
{
	const struct yaml *map = paging_with(own, common, key);

	*text = NULL;
	return map != NULL ? source_text(r, map, key, true, text) : 0;
}

static int
paging_path(struct source_reader *r, const struct yaml *own,
    const struct yaml *common, const char *key, const char **path)
{
	const struct yaml *map = paging_with(own, common, key);

	*path = NULL;
	return map != NULL ? source_path(r, map, key, true, path) : 0;
}

#define KEYS "style query size records total count more cursor next " \
    "says-size says-number cap from to earliest time order slice"

static int
check_paging_keys(struct source_reader *r, const struct yaml *map)
{
	return map != NULL ? source_keys(r, map, "\"paging\"", KEYS) : 0;
}

/* Does the request use a variable of this kind? */
static bool
asks_for(const struct source_resource *resource, enum source_var_kind kind)
{
	const struct source_var *var;
	size_t i, k;

	for (i = 0; i < resource->n_query; i++) {
		const struct source_template *value =
		    &resource->query[i].value;

		for (k = 0; k < value->n; k++)
			for (var = value->parts[k].text == NULL ?
			    &value->parts[k].var : NULL; var != NULL;
			    var = var->otherwise)
				if (var->kind == kind)
					return true;
	}
	return source_body_asks(resource->body, kind);
}

/* Refuse a request that does not use a variable of this kind. */
static int
must_ask(struct source_reader *r, const struct source_resource *resource,
    enum source_var_kind kind, const char *name)
{
	return asks_for(resource, kind) ? 0 : source_wrong(r, resource->line,
	    "\"%s\" would fetch only one page: expected {%s} in its query or "
	    "body", resource->name, name);
}

/* The request must name a page, and the last page must be recognizable. */
static int
check_paging(struct source_reader *r, const struct source_resource *resource)
{
	const struct source_shape *shape = &resource->shape;

	switch (resource->paging) {
	case SOURCE_UNPAGED:
		return 0;
	case SOURCE_NUMBERED:
		if (must_ask(r, resource, SOURCE_PAGE_NUMBER,
		    "page.number") == -1)
			return -1;
		/* As of the next, a page without records ends it. */
		return 0;
	case SOURCE_OFFSET:
		/* A page without records ends the list. */
		return must_ask(r, resource, SOURCE_PAGE_FIRST, "page.first");
	case SOURCE_CURSOR:
		if (shape->cursor == NULL && resource->cursor_header == NULL)
			return source_wrong(r, resource->line, "\"%s\" would "
			    "fetch only one page: expected \"cursor\" or "
			    "\"next\" in its paging", resource->name);
		return resource->cursor_is_url ? 0 : must_ask(r, resource,
		    SOURCE_PAGE_CURSOR, "page.cursor");
	case SOURCE_INTERVALS:
		if (resource->intervals.cap.line == 0)
			return source_wrong(r, resource->line, "\"%s\" has "
			    "no \"cap\": the number of records at which a "
			    "reply may be incomplete", resource->name);
		if (must_ask(r, resource, SOURCE_PAGE_START,
		    "page.start") == -1)
			return -1;
		return must_ask(r, resource, SOURCE_PAGE_END, "page.end");
	}
	return 0;
}

/* Read the place of the next page's cursor: a path, or {header: NAME}. */
static int
read_cursor(struct source_reader *r, struct source_resource *resource,
    const struct yaml *own, const struct yaml *common, const char *key)
{
	const struct yaml *map = paging_with(own, common, key), *value;

	if (map == NULL)
		return 0;
	value = yaml_get(map, key);
	if (resource->shape.cursor != NULL ||
	    resource->cursor_header != NULL)
		return source_wrong(r, value->line, "expected either "
		    "\"cursor\" or \"next\", not both");
	resource->cursor_is_url = strcmp(key, "next") == 0;
	if (value->kind != YAML_MAP)
		return source_path(r, map, key, true,
		    &resource->shape.cursor);
	if (source_keys(r, value, key, "header") == -1)
		return -1;
	return source_text(r, value, "header", true,
	    &resource->cursor_header);
}

static int
read_intervals(struct source_reader *r, struct source_resource *resource,
    const struct yaml *own, const struct yaml *common)
{
	struct source_intervals *intervals = &resource->intervals;
	struct source_template *const templates[] = { &intervals->cap,
	    &intervals->from, &intervals->to };
	static const char *const keys[] = { "cap", "from", "to" };
	const char *earliest, *order;
	size_t i;

	for (i = 0; i < 3; i++) {
		const struct yaml *map = paging_with(own, common, keys[i]);

		if (map != NULL && source_template(r, map, keys[i], resource,
		    templates[i]) == -1)
			return -1;
	}
	if (paging_text(r, own, common, "order", &order) == -1)
		return -1;
	if (order != NULL && strcmp(order, "newest") != 0 &&
	    strcmp(order, "oldest") != 0)
		return source_wrong(r, paging_with(own, common,
		    "order")->line, "\"order\": expected newest or oldest "
		    "(the records that the server lists first)");
	intervals->newest_first = order != NULL && strcmp(order, "newest") == 0;
	if (paging_path(r, own, common, "time", &intervals->time) == -1 ||
	    paging_text(r, own, common, "earliest", &earliest) == -1)
		return -1;
	if (clock_parse(earliest != NULL ? earliest : "2000-01-01",
	    &intervals->earliest) == -1)
		return source_wrong(r, paging_with(own, common,
		    "earliest")->line, "\"earliest\": expected a date");
	if (intervals->to.line == 0)
		return source_wrong(r, resource->line, "\"%s\": \"to\" is "
		    "missing: the end of the time range to fetch, like "
		    "\"{run.started}\"", resource->name);
	return 0;
}

static int
read_slice(struct source_reader *r, struct source_resource *resource,
    const struct yaml *own, const struct yaml *common)
{
	const struct yaml *map = paging_with(own, common, "slice"), *value;

	if (map == NULL)
		return 0;
	value = yaml_get(map, "slice");
	if (resource->paging != SOURCE_OFFSET)
		return source_wrong(r, value->line, "\"slice\" is only for "
		    "\"style: offset\"");
	if (source_keys(r, value, "\"slice\"", "first count") == -1 ||
	    source_template(r, value, "first", resource,
	    &resource->slice.first) == -1)
		return -1;
	return source_template(r, value, "count", resource,
	    &resource->slice.count);
}

/* Read the place of the total: a path, or {header: NAME}. */
static int
read_total(struct source_reader *r, struct source_resource *resource,
    const struct yaml *own, const struct yaml *common)
{
	const struct yaml *map = paging_with(own, common, "total"), *value;

	value = map != NULL ? yaml_get(map, "total") : NULL;
	if (value == NULL || value->kind != YAML_MAP)
		return paging_path(r, own, common, "total",
		    &resource->shape.total);
	if (source_keys(r, value, "\"total\"", "header") == -1)
		return -1;
	return source_text(r, value, "header", true,
	    &resource->total_header);
}

/* Read the paths that describe the page in a reply. */
static int
read_shape(struct source_reader *r, struct source_resource *resource,
    const struct yaml *own, const struct yaml *common)
{
	struct source_shape *shape = &resource->shape;
	const struct yaml *map;

	if (read_total(r, resource, own, common) == -1 ||
	    paging_path(r, own, common, "count", &shape->count) == -1 ||
	    paging_path(r, own, common, "more", &shape->more) == -1 ||
	    paging_path(r, own, common, "says-size", &shape->size) == -1 ||
	    paging_path(r, own, common, "says-number",
	    &shape->number) == -1 ||
	    (shape->records == NULL &&
	    (map = paging_with(own, common, "records")) != NULL &&
	    source_records(r, map, &shape->records) == -1))
		return -1;
	if (resource->paging == SOURCE_CURSOR &&
	    (read_cursor(r, resource, own, common, "cursor") == -1 ||
	    read_cursor(r, resource, own, common, "next") == -1))
		return -1;
	if (resource->paging == SOURCE_INTERVALS &&
	    read_intervals(r, resource, own, common) == -1)
		return -1;
	return read_slice(r, resource, own, common);
}

static int
read_style(struct source_reader *r, struct source_resource *resource,
    const struct yaml *own, const struct yaml *common)
{
	static const char *const names[] = { "number", "offset", "cursor",
	    "windows" };
	const char *style;
	size_t i;

	if (paging_text(r, own, common, "style", &style) == -1)
		return -1;
	for (i = 0; style != NULL && i < 4; i++) {
		if (strcmp(style, names[i]) == 0) {
			resource->paging = SOURCE_NUMBERED +
			    (enum source_paging)i;
			return 0;
		}
	}
	return source_wrong(r, own != NULL ? own->line : resource->line,
	    "the list \"%s\" needs \"paging\": \"none\", or a map with "
	    "\"style\" number, offset, cursor or windows", resource->name);
}

int
source_paging(struct source_reader *r, struct source_resource *resource,
    const struct yaml *map, const struct yaml *top)
{
	const struct yaml *own = yaml_get(map, "paging");
	const struct yaml *common = yaml_get(top, "paging");
	const struct yaml *query = NULL, *sized;

	if (!resource->is_list || (own != NULL && own->kind == YAML_SCALAR &&
	    strcmp(own->text, "none") == 0))
		return read_queries(r, resource, yaml_get(map, "query"),
		    NULL);
	if (check_paging_keys(r, own) == -1 ||
	    check_paging_keys(r, common) == -1)
		return -1;
	/* A resource with its own style inherits nothing. */
	if (own != NULL && yaml_get(own, "style") != NULL)
		common = NULL;
	if (read_style(r, resource, own, common) == -1)
		return -1;
	resource->page_size = 100;
	if ((sized = paging_with(own, common, "size")) != NULL &&
	    source_number(r, sized, "size", 1, 100000,
	    &resource->page_size) == -1)
		return -1;
	if ((sized = paging_with(own, common, "query")) != NULL)
		query = yaml_get(sized, "query");
	if (read_shape(r, resource, own, common) == -1 ||
	    read_queries(r, resource, yaml_get(map, "query"), query) == -1)
		return -1;
	return check_paging(r, resource);
}

bool
source_in_order(const struct source_resource *resource)
{
	return resource->paging == SOURCE_OFFSET ||
	    resource->paging == SOURCE_CURSOR;
}
