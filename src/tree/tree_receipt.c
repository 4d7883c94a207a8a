#include <stdlib.h>
#include <string.h>

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

static int
by_path(const void *a, const void *b)
{
	const struct tree_receipt *one = a, *other = b;

	return strcmp(one->path, other->path);
}

void
tree_sums(struct tree_receipts *all, struct text *text)
{
	char hex[SHA256_HEX];
	size_t i;

	if (all->n > 0)
		qsort(all->at, all->n, sizeof(*all->at), by_path);
	for (i = 0; i < all->n; i++) {
		sha256_hex(all->at[i].sha256, hex);
		text_addf(text, "%s  %s\n", hex, all->at[i].path);
	}
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
