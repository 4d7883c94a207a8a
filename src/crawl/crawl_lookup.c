/*
 * Keys of records, and the values of a template's variables.
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

/* Look for a field in the parent records and the documents beside them. */
static const char *
field_value(const struct crawl_node *node, const struct source_var *var)
{
	const struct crawl_fields *fields;

	for (; node != NULL; node = node->parent) {
		if (node->resource == var->resource)
			return node->values[var->index];
		for (fields = node->fields; fields != NULL;
		     fields = fields->next)
			if (fields->resource == var->resource)
				return fields->values[var->index];
	}
	return NULL;
}

static const char *
page_value(struct crawl_resolver *resolver, enum source_var_kind kind)
{
	const struct crawl_job *job = resolver->job;
	uint64_t value;

	if (job == NULL || job->count == 0)
		return NULL;
	value = kind == SOURCE_PAGE_NUMBER ? job->first / job->count + 1 :
	    kind == SOURCE_PAGE_FIRST ? job->first : job->count;
	snprintf(resolver->number, sizeof(resolver->number), "%" PRIu64, value);
	return resolver->number;
}

static const char *
resolve_value(void *cookie, const struct source_var *var)
{
	struct crawl_resolver *resolver = cookie;
	const struct crawl_settings *settings = &resolver->crawl->settings;

	switch (var->kind) {
	case SOURCE_OPTION:
		return settings->option(settings->cookie, var->option->name);
	case SOURCE_STARTED:
		return settings->started;
	case SOURCE_PAGE_NUMBER:
	case SOURCE_PAGE_FIRST:
	case SOURCE_PAGE_SIZE:
		return page_value(resolver, var->kind);
	case SOURCE_PAGE_CURSOR:
		return resolver->job != NULL ? resolver->job->cursor : NULL;
	case SOURCE_PAGE_START:
	case SOURCE_PAGE_END:
		return crawl_time_value(resolver, var->kind);
	case SOURCE_FIELD:
		return field_value(resolver->node, var);
	case SOURCE_KEY:
		return resolver->parts != NULL ? resolver->parts[var->index]
					       : NULL;
	}
	return NULL;
}

struct source_lookup
crawl_lookup(struct crawl_resolver *resolver)
{
	return (struct source_lookup){ resolve_value, resolver };
}

int64_t
crawl_number(struct crawl *crawl, const struct crawl_listing *listing,
    const struct source_var *var)
{
	struct crawl_resolver resolver = { .crawl = crawl,
	    .node = listing->parent };
	struct source_lookup lookup = crawl_lookup(&resolver);
	const char *value = source_value(&lookup, var);

	return value != NULL ? text_whole(value, strlen(value)) : -1;
}
