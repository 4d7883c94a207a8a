/*
 * SHA256SUMS, where there is no manifest: all that is left of an export that
 * has lost it, to tell whether a file is as it was.
 */

#include <stdlib.h>
#include <string.h>

#include "audit/audit_internal.h"

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct tree_receipt *)a)->path,
	    ((const struct tree_receipt *)b)->path);
}

/* A line "<hex>  <path>".  Return whether it is one. */
static bool
take_line(struct audit_verify *verify, char *line)
{
	struct tree_receipt receipt = { .path = &line[SHA256_HEX + 1] };

	if (strlen(line) <= SHA256_HEX + 1 || line[SHA256_HEX - 1] != ' ')
		return false;
	line[SHA256_HEX - 1] = '\0';
	if (sha256_from_hex(line, receipt.sha256) == -1)
		return false;
	tree_receipts_add(&verify->rest, &receipt);
	return true;
}

void
audit_sums_take(struct audit_verify *verify, struct text *sums)
{
	char *line = sums->at, *next;

	for (; line != NULL && *line != '\0'; line = next) {
		next = line + strcspn(line, "\n");
		if (*next != '\0')
			*next++ = '\0';
		if (!take_line(verify, line))
			audit_say(verify, AUDIT_DAMAGED, TREE_SUMS, "a line "
			    "of it is no line of sums");
	}
	if (verify->rest.n > 1)
		qsort(verify->rest.at, verify->rest.n,
		    sizeof(*verify->rest.at), by_path);
	verify->has_sums = verify->rest.n > 0;
}

void
audit_sums_read(struct audit_verify *verify)
{
	struct text sums;

	text_init(&sums, AUDIT_SUMS_MAX);
	if (file_read(tree_dir(verify->tree), TREE_SUMS, &sums, NULL) == 0)
		audit_sums_take(verify, &sums);
	text_release(&sums);
}

const struct tree_receipt *
audit_sums_find(const struct audit_verify *verify, const char *path)
{
	struct tree_receipt wanted = { .path = (char *)path };

	return !verify->has_sums ? NULL : bsearch(&wanted, verify->rest.at,
	    verify->rest.n, sizeof(wanted), by_path);
}
