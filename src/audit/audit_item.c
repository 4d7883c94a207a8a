/*
 * Items: what a prescan keeps until the walk gets there.
 */

#include <string.h>

#include "audit/audit_prescan.h"

struct audit_item *
audit_add_item(struct audit_prescan *prescan)
{
	prescan->items = mem_need(prescan->items, prescan->n + 1,
	    &prescan->capacity, sizeof(*prescan->items));
	prescan->items[prescan->n] = (struct audit_item){ .what = NULL };
	prescan->weight += sizeof(*prescan->items);
	return &prescan->items[prescan->n++];
}

void
audit_prescan_find(struct audit_prescan *prescan, enum audit_problem kind,
    const char *what)
{
	struct audit_item *item = audit_add_item(prescan);

	item->kind = kind;
	item->what = mem_text(what);
	prescan->weight += strlen(what);
}
