#include <stdlib.h>

#include "tree/tree_internal.h"

void
tree_receipts_add(struct tree_receipts *all,
    const struct tree_receipt *receipt)
{
	struct tree_receipt copy = *receipt;

	copy.path = mem_text(receipt->path);
	all->at = mem_need(all->at, all->n + 1, &all->room,
	    sizeof(*all->at));
	all->at[all->n++] = copy;
}

void
tree_receipts_release(struct tree_receipts *all)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		free(all->at[i].path);
	free(all->at);
	*all = (struct tree_receipts){ NULL, 0, 0 };
}
