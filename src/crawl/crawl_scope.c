/*
 * Keys, and where variables get their values from.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "crawl/crawl_internal.h"

void
crawl_record_key(const struct source_resource *resource, char *const *parts,
    struct text *key)
{
	size_t i;

	for (i = 0; i < resource->n_key; i++) {
		if (i > 0)
			text_addc(key, '+');
		if (parts[i] != NULL)
			text_add_percent(key, parts[i], strlen(parts[i]), "");
	}
}

/* Look for a field in the records above, and the documents beside them. */
static const char *
field_value(const struct crawl_node *node, const struct source_var *var)
{
	const struct crawl_fact *fact;

	for (; node != NULL; node = node->parent) {
		if (node->resource == var->resource)
			return node->values[var->index];
		for (fact = node->facts; fact != NULL; fact = fact->next)
			if (fact->resource == var->resource)
				return fact->values[var->index];
	}
	return NULL;
}

static const char *
page_value(struct crawl_view *view, enum source_var_kind kind)
{
	const struct crawl_job *job = view->job;
	uint64_t value;

	if (job == NULL || job->count == 0)
		return NULL;
	value = kind == SOURCE_PAGE_NUMBER ? job->first / job->count + 1 :
	    kind == SOURCE_PAGE_FIRST ? job->first : job->count;
	snprintf(view->number, sizeof(view->number), "%" PRIu64, value);
	return view->number;
}

static const char *
view_value(void *cookie, const struct source_var *var)
{
	struct crawl_view *view = cookie;
	const struct crawl_settings *settings = &view->crawl->settings;

	switch (var->kind) {
	case SOURCE_OPTION:
		return settings->option(settings->cookie, var->option->name);
	case SOURCE_STARTED:
		return settings->started;
	case SOURCE_PAGE_NUMBER:
	case SOURCE_PAGE_FIRST:
	case SOURCE_PAGE_SIZE:
		return page_value(view, var->kind);
	case SOURCE_PAGE_CURSOR:
		return view->job != NULL ? view->job->cursor : NULL;
	case SOURCE_PAGE_START:
	case SOURCE_PAGE_END:
		return crawl_time_value(view, var->kind);
	case SOURCE_FIELD:
		return field_value(view->node, var);
	case SOURCE_KEY:
		return view->parts != NULL ? view->parts[var->index] : NULL;
	}
	return NULL;
}

struct source_scope
crawl_scope(struct crawl_view *view)
{
	return (struct source_scope){ view_value, view };
}
