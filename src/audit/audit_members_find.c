/*
 * Looking up members of an archive by their path.
 */

#include <stdlib.h>
#include <string.h>

#include "audit/audit_members.h"

static int
by_path(const void *path, const void *receipt)
{
	return strcmp(path, ((const struct tree_receipt *)receipt)->path);
}

ssize_t
audit_members_find(const struct audit_members *members, const char *path)
{
	const struct tree_receipt *receipt = members->files.n == 0 ? NULL :
	    bsearch(path, members->files.items, members->files.n,
	    sizeof(*receipt), by_path);

	return receipt == NULL ? -1 : receipt - members->files.items;
}

const unsigned char *
audit_members_other(const struct audit_members *members, const char *path)
{
	const struct tree_receipt *other =
	    tree_receipts_find(&members->others, path);

	return other != NULL ? other->sha256 : NULL;
}

int
audit_members_each(struct audit_verify *verify,
    int (*file)(void *, const char *, bool, struct err *), void *cookie,
    struct err *err)
{
	const struct audit_members *members = verify->members;
	int rc = 0;
	size_t i;

	for (i = 0; i < members->files.n && rc == 0; i++)
		if (verify->manifest == NULL || members->received[i].is_there)
			rc = file(cookie, members->files.items[i].path, true,
			    err);
	for (i = 0; i < members->others.n && rc == 0; i++)
		rc = file(cookie, members->others.items[i].path, true, err);
	return rc;
}

bool
audit_members_has(const struct audit_verify *verify, const char *path)
{
	return audit_members_find(verify->members, path) != -1;
}
