#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tree/tree_internal.h"

void
tree_receipts_add(struct tree_receipts *all,
    const struct tree_receipt *receipt)
{
	struct tree_receipt copy = *receipt;

	copy.path = mem_text(receipt->path);
	all->items = mem_need(all->items, all->n + 1, &all->capacity,
	    sizeof(*all->items));
	all->items[all->n++] = copy;
}

static int
by_path(const void *a, const void *b)
{
	const struct tree_receipt *one = a, *other = b;

	return strcmp(one->path, other->path);
}

void
tree_receipts_sort(struct tree_receipts *all)
{
	if (all->n > 1)
		qsort(all->items, all->n, sizeof(*all->items), by_path);
}

void
tree_sums(struct tree_receipts *all, struct text *text)
{
	char hex[SHA256_HEX];
	size_t i;

	tree_receipts_sort(all);
	for (i = 0; i < all->n; i++) {
		sha256_hex(all->items[i].sha256, hex);
		text_addf(text, "%s  %s\n", hex, all->items[i].path);
	}
}

/* Parse a line: the hash, two spaces (or " *"), the path. */
static bool
add_sum(struct tree_receipts *all, const char *line, size_t len)
{
	struct tree_receipt receipt = { .lines = 0 };
	char hex[SHA256_HEX];
	bool is_path;

	if (len < SHA256_HEX + 2 || line[SHA256_HEX - 1] != ' ')
		return false;
	snprintf(hex, sizeof(hex), "%s", line);
	if (sha256_from_hex(hex, receipt.sha256) == -1)
		return false;
	receipt.path = mem_copy(&line[SHA256_HEX + 1], len - SHA256_HEX - 1);
	is_path = file_is_path(receipt.path);
	if (is_path)
		tree_receipts_add(all, &receipt);
	free(receipt.path);
	return is_path;
}

size_t
tree_sums_read(struct span text, struct tree_receipts *all)
{
	const char *p = text.len > 0 ? text.data : "", *end;
	const char *stop = p + text.len;
	size_t bad = 0;

	for (; p < stop; p = end + 1) {
		end = memchr(p, '\n', (size_t)(stop - p));
		if (end == NULL)
			end = stop;
		bad += !add_sum(all, p, (size_t)(end - p));
	}
	tree_receipts_sort(all);
	return bad;
}

const struct tree_receipt *
tree_receipts_find(const struct tree_receipts *all, const char *path)
{
	struct tree_receipt key = { .path = (char *)path };

	return all->n > 0 ? bsearch(&key, all->items, all->n,
				sizeof(*all->items), by_path)
			  : NULL;
}

void
tree_receipts_release(struct tree_receipts *all)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		free(all->items[i].path);
	free(all->items);
	*all = (struct tree_receipts){ NULL, 0, 0 };
}
