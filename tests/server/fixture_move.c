/*
 * Data that changes while it is read: records appear at the front of a list,
 * or disappear.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

/* Insert a copy of the first record with a new ID at the front. */
static void
insert_front(struct list *list)
{
	static unsigned number;
	struct record model = list->items[0], *made;
	const char *pos = strstr(model.text, model.id);
	char id[64];
	struct buf buf = { NULL, 0, 0 };

	if (pos == NULL)
		return;
	snprintf(id, sizeof(id), "new_%018u", ++number);
	buf_add(&buf, model.text, (size_t)(pos - model.text));
	buf_adds(&buf, id);
	buf_adds(&buf, pos + strlen(model.id));
	made = list_add(list, must_copy(id), buf_take(&buf), model.created);
	model = *made;
	memmove(&list->items[1], list->items,
	    (list->n - 1) * sizeof(*list->items));
	list->items[0] = model;
	list->changed++;
}

static void
delete_at(struct list *list, size_t i)
{
	memmove(&list->items[i], &list->items[i + 1],
	    (list->n - i - 1) * sizeof(*list->items));
	list->n--;
	list->changed++;
}

void
list_move(struct list *list, const struct fault *fault)
{
	int64_t i;

	for (i = 0; i < fault->value && list->n > 1; i++) {
		if (fault->kind == FAULT_INSERT)
			insert_front(list);
		else
			delete_at(list, (size_t)(i * 37) % list->n);
	}
}
