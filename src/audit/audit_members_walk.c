/*
 * The walk of an archive: pass on what was kept of its files.
 */

#include <string.h>

#include "audit/audit_members.h"

/* Pass on what was kept of a record. */
static void
give_entry(struct audit_verify *verify, const char *path,
    const struct source_resource *resource, struct audit_entry *entry)
{
	struct audit_listing *current = &verify->current;
	char **parts = entry->parts, **values = entry->values;

	if (entry->raw != NULL) {
		audit_disk_rows(verify, path, (struct span){ entry->raw,
		    entry->raw_len });
		return;
	}
	if (entry->key != NULL) {
		text_clear(&verify->key);
		text_add(&verify->key, entry->key, entry->key_len);
		if (!entry->named)
			page_tally(current->tally, &verify->key);
		if (!audit_take_key(verify, path, 0, entry->named,
		    set_hash_of(verify->key.data, verify->key.len)))
			return;
	}
	if (!resource->is_list && values != NULL)
		audit_take_fields(verify, values);
	else if (parts != NULL && (entry->named || entry->key == NULL))
		crawl_link(verify->crawl, current->crawl, parts, values);
	else
		return;
	/* The crawl owns them now. */
	entry->parts = entry->values = NULL;
}

/* Report a file that is missing, or that follows an unreadable part. */
static void
say_missing(struct audit_verify *verify, const char *path,
    const char *listing, bool refetch)
{
	struct audit_finding finding = { .kind = AUDIT_MISSING,
	    .path = (char *)path, .listing = (char *)listing,
	    .refetch = refetch };

	audit_find(verify, finding, verify->members->is_lost ?
	    "it does not exist, or follows a part that can't be read" :
	    "it does not exist");
}

int
audit_members_read(struct audit_verify *verify,
    const struct tree_receipt *receipt)
{
	struct audit_listing *current = &verify->current;
	ssize_t file = audit_members_find(verify->members, receipt->path);
	struct audit_received *received = file == -1 ? NULL :
	    &verify->members->received[file];
	size_t i;

	if (received == NULL || !received->is_there) {
		say_missing(verify, receipt->path, current->crawl != NULL ?
		    current->crawl->key : NULL, true);
		return 0;
	}
	current->records += received->records;
	current->duplicates += received->duplicates;
	current->lines = received->lines;
	current->rows = received->rows;
	current->bytes = received->bytes;
	memcpy(current->sha256, received->sha256, SHA256_BYTES);
	for (i = 0; i < received->n; i++)
		give_entry(verify, receipt->path, received->resource,
		    &received->entries[i]);
	return received->is_whole;
}

/* Check a file that the walk did not reach. */
static void
look_for(struct audit_verify *verify, const char *path, bool is_there)
{
	if (set_add(verify->checked, path, strlen(path)) && !is_there)
		say_missing(verify, path, NULL, true);
}

void
audit_members_rest(struct audit_verify *verify)
{
	struct audit_members *members = verify->members;
	size_t i;

	for (i = 0; verify->manifest != NULL && i < members->files.n; i++)
		look_for(verify, members->files.items[i].path,
		    members->received[i].is_there);
	for (i = 0; i < verify->rest.n; i++)
		look_for(verify, verify->rest.items[i].path,
		    audit_members_has(verify, verify->rest.items[i].path));
}

