/*
 * Queries, and how a list comes in pages.
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

/* Read the query of the resource, and behind it the one of its paging. */
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

/* Find ${key} in the resource's own paging, or else in the common one. */
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
check_paging_keys(struct source_reader *r, const struct yaml *map)
{
	return map != NULL ? source_keys(r, map, "\"paging\"",
	    "style query size records total says-size says-number") : 0;
}

/* The request must ask for a page, and the reply say when to stop. */
static int
check_paging(struct source_reader *r, const struct source_resource *resource)
{
	bool asks = false;
	size_t i, k;

	for (i = 0; i < resource->n_query; i++)
		for (k = 0; k < resource->query[i].value.n; k++)
			if (resource->query[i].value.parts[k].text == NULL &&
			    resource->query[i].value.parts[k].var.kind ==
			    SOURCE_PAGE_NUMBER)
				asks = true;
	if (!asks)
		return source_wrong(r, resource->line, "\"%s\" would fetch "
		    "one page of many: expected {page.number} in its query",
		    resource->name);
	if (resource->shape.total == NULL)
		return source_wrong(r, resource->line, "\"%s\" has no stop "
		    "rule: expected \"total\" in its paging",
		    resource->name);
	return 0;
}

int
source_paging(struct source_reader *r, struct source_resource *resource,
    const struct yaml *map, const struct yaml *top)
{
	const struct yaml *own = yaml_get(map, "paging");
	const struct yaml *common = yaml_get(top, "paging");
	const struct yaml *query = NULL, *sized;
	const char *style;

	if (!resource->is_list || (own != NULL && own->kind == YAML_SCALAR &&
	    strcmp(own->text, "none") == 0))
		return read_queries(r, resource, yaml_get(map, "query"),
		    NULL);
	if (check_paging_keys(r, own) == -1 ||
	    check_paging_keys(r, common) == -1 ||
	    paging_text(r, own, common, "style", &style) == -1)
		return -1;
	if (style == NULL || strcmp(style, "number") != 0)
		return source_wrong(r, own != NULL ? own->line :
		    resource->line, "the list \"%s\" wants a paging: "
		    "\"paging: none\", or one with \"style: number\"",
		    resource->name);
	resource->paging = SOURCE_NUMBERED;
	resource->page_size = 100;
	if ((sized = paging_with(own, common, "size")) != NULL &&
	    source_number(r, sized, "size", 1, 100000,
	    &resource->page_size) == -1)
		return -1;
	if ((sized = paging_with(own, common, "query")) != NULL)
		query = yaml_get(sized, "query");
	if (paging_text(r, own, common, "total",
	    &resource->shape.total) == -1 ||
	    paging_text(r, own, common, "says-size",
	    &resource->shape.size) == -1 ||
	    paging_text(r, own, common, "says-number",
	    &resource->shape.number) == -1 ||
	    (resource->shape.records == NULL && paging_text(r, own, common,
	    "records", &resource->shape.records) == -1) ||
	    read_queries(r, resource, yaml_get(map, "query"), query) == -1)
		return -1;
	return check_paging(r, resource);
}
