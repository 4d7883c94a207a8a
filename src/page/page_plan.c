/*
 * Plans: a resource's paths as a tree of names.
 */

#include <stdlib.h>
#include <string.h>

#include "page/page_internal.h"

static size_t
add_name(struct page_names *names, struct span name)
{
	names->all = mem_need(names->all, names->n + 1, &names->capacity,
	    sizeof(*names->all));
	names->all[names->n] = (struct page_name){ .name = name,
	    .slot = -1 };
	return names->n++;
}

/* Return the name ${step} below ${parent}; create it if missing. */
static size_t
find_below(struct page_names *names, size_t parent, struct span step)
{
	size_t i, made;

	for (i = names->all[parent].child; i != 0; i = names->all[i].next)
		if (names->all[i].name.len == step.len && memcmp(
		    names->all[i].name.data, step.data, step.len) == 0)
			return i;
	made = add_name(names, step);
	names->all[made].next = names->all[parent].child;
	names->all[parent].child = made;
	return made;
}

/* Add ${path}; return the name where it ends. */
static size_t
add_path(struct page_names *names, const char *path)
{
	size_t offset = 0, depth = 0;
	struct span step;

	if (names->n == 0)
		(void)add_name(names, (struct span){ "", 0 });
	while (*path != '\0') {
		path = source_step(path, &step);
		offset = find_below(names, offset, step);
		depth++;
	}
	if (depth > names->depth)
		names->depth = depth;
	names->all[offset].slot = 0;
	return offset;
}

/* Number the slots so that those below a name are consecutive. */
static void
number(struct page_names *names, size_t offset)
{
	struct page_name *name = &names->all[offset];
	size_t i;

	name->from = names->n_slots;
	if (name->slot != -1)
		name->slot = names->n_slots++;
	for (i = name->child; i != 0; i = names->all[i].next)
		number(names, i);
	name->to = names->n_slots;
}

static void
plan_reply(struct page_plan *plan)
{
	const struct source_shape *shape = &plan->resource->shape;
	const char *const paths[PAGE_AT_PLACES] = {
		[PAGE_AT_RECORDS] = shape->form == SOURCE_RECORDS ?
		    shape->records : NULL,
		[PAGE_AT_TOTAL] = shape->total,
		[PAGE_AT_SIZE] = shape->size,
		[PAGE_AT_NUMBER] = shape->number,
		[PAGE_AT_MORE] = shape->more,
		[PAGE_AT_CURSOR] = shape->cursor,
		[PAGE_AT_COUNT] = shape->count,
		[PAGE_AT_FAILURE] = shape->failure,
		[PAGE_AT_ERRORS] = shape->failure == NULL ? "errors" : NULL,
		[PAGE_AT_ERROR] = shape->failure == NULL ? "error" : NULL,
	};
	size_t names[PAGE_AT_PLACES];
	int i;

	for (i = 0; i < PAGE_AT_PLACES; i++)
		if (paths[i] != NULL)
			names[i] = add_path(&plan->reply, paths[i]);
	number(&plan->reply, 0);
	for (i = 0; i < PAGE_AT_PLACES; i++)
		plan->places[i] = paths[i] != NULL ?
		    plan->reply.all[names[i]].slot : -1;
}

static void
plan_record(struct page_plan *plan)
{
	const struct source_resource *resource = plan->resource;
	size_t i, k, n = 0;

	(void)add_name(&plan->record, (struct span){ "", 0 });
	for (i = 0, n = resource->n_key; i < resource->n_fields; i++)
		n += resource->fields[i].n;
	plan->slots = mem_zero(n + 1, sizeof(*plan->slots));
	for (i = 0, n = 0; i < resource->n_key; i++)
		plan->slots[n++] = (int)add_path(&plan->record,
		    resource->key[i]);
	for (i = 0; i < resource->n_fields; i++)
		for (k = 0; k < resource->fields[i].n; k++)
			plan->slots[n++] = (int)add_path(&plan->record,
			    resource->fields[i].paths[k]);
	number(&plan->record, 0);
	while (n-- > 0)
		plan->slots[n] = plan->record.all[plan->slots[n]].slot;
}

struct page_plan *
page_plan_new(const struct source_resource *resource)
{
	struct page_plan *plan = mem_zero(1, sizeof(*plan));

	plan->resource = resource;
	plan_reply(plan);
	plan_record(plan);
	return plan;
}

void
page_plan_free(struct page_plan *plan)
{
	if (plan == NULL)
		return;
	free(plan->reply.all);
	free(plan->record.all);
	free(plan->slots);
	free(plan);
}

struct page_plan **
page_plans_new(const struct source *source)
{
	struct page_plan **plans = mem_zero(source->n_resources,
	    sizeof(struct page_plan *));
	size_t i;

	for (i = 0; i < source->n_resources; i++)
		plans[i] = page_plan_new(&source->resources[i]);
	return plans;
}

void
page_plans_free(struct page_plan **plans, const struct source *source)
{
	size_t i;

	for (i = 0; plans != NULL && i < source->n_resources; i++)
		page_plan_free(plans[i]);
	free(plans);
}
