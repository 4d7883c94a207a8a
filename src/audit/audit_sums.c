/*
 * SHA256SUMS, where there is no manifest or an incomplete one: it shows whether
 * a file changed.
 */

#include <stdlib.h>
#include <string.h>

#include "audit/audit_internal.h"

/* If both have a file, the manifest's receipt wins, as it has the size. */
static void
join(struct tree_receipts *all)
{
	size_t i, n = 0;

	for (i = 0; i < all->n; i++) {
		struct tree_receipt *one = &all->items[i], *last;

		last = n > 0 ? &all->items[n - 1] : NULL;
		if (last == NULL || strcmp(last->path, one->path) != 0) {
			all->items[n++] = *one;
			continue;
		}
		if (one->bytes > 0 || one->lines > 0) {
			free(last->path);
			*last = *one;
		} else {
			free(one->path);
		}
	}
	all->n = n;
}

void
audit_sums_take(struct audit_verify *verify, const struct text *sums)
{
	size_t bad = tree_sums_read((struct span){ sums->data != NULL ?
	    sums->data : "", sums->len }, &verify->rest);
	struct audit_finding finding = { .kind = AUDIT_DAMAGED,
	    .path = (char *)TREE_SUMS };

	if (bad > 0)
		audit_find(verify, finding, "%zu lines are not valid checksum "
		    "lines", bad);
	if (verify->partial != NULL)
		join(&verify->rest);
	verify->has_sums = verify->rest.n > 0;
}

void
audit_sums_read(struct audit_verify *verify)
{
	struct text sums;

	text_init(&sums, AUDIT_SUMS_MAX);
	if (file_read(tree_dir(verify->tree), TREE_SUMS, &sums, NULL) == 0)
		audit_sums_take(verify, &sums);
	else if (verify->partial != NULL)
		audit_say(verify, AUDIT_MISSING, TREE_SUMS, "it does not "
		    "exist");
	text_release(&sums);
}

const struct tree_receipt *
audit_sums_find(const struct audit_verify *verify, const char *path)
{
	return verify->has_sums ? tree_receipts_find(&verify->rest, path) :
	    NULL;
}
