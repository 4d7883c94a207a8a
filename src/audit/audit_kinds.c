/*
 * Kinds of units, such as prompts and tools, and how many there are.
 */

#include <stdlib.h>
#include <string.h>

#include "audit/audit_internal.h"

void
audit_count_kind(struct audit_summary *summary, const char *name)
{
	size_t i;

	for (i = 0; i < summary->n_kinds; i++) {
		if (strcmp(summary->kinds[i].name, name) == 0) {
			summary->kinds[i].count++;
			return;
		}
	}
	summary->kinds = mem_need(summary->kinds, summary->n_kinds + 1,
	    &summary->kinds_capacity, sizeof(*summary->kinds));
	summary->kinds[summary->n_kinds++] = (struct audit_kind){
	    mem_text(name), 1 };
}

static int
by_name(const void *a, const void *b)
{
	const struct audit_kind *one = a, *other = b;

	return strcmp(one->name, other->name);
}

void
audit_sort_kinds(struct audit_summary *summary)
{
	if (summary->n_kinds > 1)
		qsort(summary->kinds, summary->n_kinds,
		    sizeof(*summary->kinds), by_name);
}

const struct source_resource *
audit_unit(const struct source *source)
{
	size_t i;

	for (i = 0; i < source->n_resources; i++)
		if (source->resources[i].done.line > 0)
			return &source->resources[i];
	return NULL;
}

void
audit_count_unit(struct audit_summary *summary,
    const struct source_resource *unit, struct span record)
{
	struct span kind;
	struct text text;

	if (unit->n_fields < 2 ||
	    !page_find(record, unit->fields[1].paths[0], &kind))
		return;
	text_init(&text, 1000);
	page_value_text(kind, &text);
	audit_count_kind(summary, text.data != NULL ? text.data : "");
	text_release(&text);
}
