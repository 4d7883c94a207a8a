/*
 * The files of an archive: which resource they belong to, and their state.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit_members.h"

/* ------------------------------------------------------------- finding */

static int
by_folder(const void *a, const void *b)
{
	return strcmp(((const struct audit_group *)a)->folder,
	    ((const struct audit_group *)b)->folder);
}

static size_t
folder_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? (size_t)(slash - path) : 0;
}

/*
 * Files are sorted by path, so the shards of a folder are adjacent, except for
 * files in folders below it.
 */
static void
make_groups(struct audit_members *members)
{
	struct audit_group *group = NULL, *found, wanted;
	size_t i, len;

	for (i = 0; i < members->files.n; i++) {
		const char *path = members->files.items[i].path;

		if (members->received[i].resource == NULL ||
		    members->received[i].resource->store != SOURCE_KEEP_SHARDS)
			continue;
		len = folder_len(path);
		if (group != NULL && strlen(group->folder) == len &&
		    memcmp(group->folder, path, len) == 0)
			continue;
		members->groups = mem_need(members->groups,
		    members->n_groups + 1, &members->groups_capacity,
		    sizeof(*members->groups));
		group = &members->groups[members->n_groups++];
		*group = (struct audit_group){ .folder = mem_copy(path, len) };
	}
	if (members->n_groups > 1)
		qsort(members->groups, members->n_groups,
		    sizeof(*members->groups), by_folder);
	for (i = 0; i < members->files.n; i++) {
		const char *path = members->files.items[i].path;

		if (members->received[i].resource == NULL ||
		    members->received[i].resource->store != SOURCE_KEEP_SHARDS)
			continue;
		wanted.folder = mem_copy(path, folder_len(path));
		found = bsearch(&wanted, members->groups, members->n_groups,
		    sizeof(*members->groups), by_folder);
		free(wanted.folder);
		members->received[i].group = found;
		found->left++;
	}
}

/* ----------------------------------------------------------- beginning */

/* Assign listings to files by the manifest. */
static int
take_listings(struct audit_verify *verify, struct err *err)
{
	struct audit_members *members = verify->members;
	struct manifest_listing listing = { .key = NULL };
	struct tree_receipts files = { NULL, 0, 0 };
	const struct source_resource *resource;
	size_t i;
	ssize_t file;

	while (manifest_each(verify->manifest, listing.key, &listing)) {
		resource = source_find(verify->settings.source, listing.key,
		    strcspn(listing.key, "/"));
		if (manifest_files(verify->manifest, listing.key, &files,
		    err) == -1)
			return -1;
		for (i = 0; i < files.n; i++) {
			file = audit_members_find(members, files.items[i].path);
			if (file == -1)
				continue;
			members->received[file].resource = resource;
			members->received[file].listing = listing.key;
		}
		tree_receipts_release(&files);
	}
	return 0;
}

/* Without a manifest, assign resources by file names. */
static void
take_paths(struct audit_verify *verify)
{
	struct audit_members *members = verify->members;
	struct audit_patterns *patterns = audit_patterns_new(
	    verify->settings.source);
	size_t i;

	for (i = 0; i < members->files.n; i++)
		members->received[i].resource = audit_resource_of(patterns,
		    members->files.items[i].path);
	audit_patterns_free(patterns);
}

static int
by_receipt(const void *a, const void *b)
{
	return strcmp(((const struct tree_receipt *)a)->path,
	    ((const struct tree_receipt *)b)->path);
}

int
audit_members_begin(struct audit_verify *verify,
    const struct audit_archive *archive, struct err *err)
{
	struct audit_members *members = mem_zero(1, sizeof(*members));
	struct tree_receipt receipt = { .path = NULL };
	size_t i;

	verify->members = members;
	audit_desk_init(&members->desk);
	members->largest = archive->largest;
	if (verify->manifest != NULL) {
		members->files = verify->rest;
		verify->rest = (struct tree_receipts){ NULL, 0, 0 };
	}
	for (i = 0; verify->manifest == NULL && i < archive->n_paths; i++) {
		receipt.path = archive->paths[i];
		tree_receipts_add(&members->files, &receipt);
	}
	if (members->files.n > 1)
		qsort(members->files.items, members->files.n,
		    sizeof(*members->files.items), by_receipt);
	members->received = mem_zero(members->files.n + 1,
	    sizeof(*members->received));
	if (verify->manifest == NULL)
		take_paths(verify);
	else if (take_listings(verify, err) == -1)
		return -1;
	make_groups(members);
	return 0;
}

/* ---------------------------------------------------- files that come */

void
audit_member_begin(struct audit_verify *verify, const char *path)
{
	struct audit_members *members = verify->members;
	struct audit_content *content = &members->content;
	ssize_t file = audit_members_find(members, path);
	struct tree_receipt unknown = { .path = (char *)path };
	const struct tree_receipt *receipt;
	struct audit_received *received;

	members->now = (size_t)file;
	members->bytes = 0;
	if (file == -1) {
		tree_receipts_add(&members->others, &unknown);
		if (members->other == NULL)
			members->other = sha256_new();
		sha256_restart(members->other);
		return;
	}
	receipt = &members->files.items[file];
	received = &members->received[file];
	received->is_there = true;
	*content = (struct audit_content){ .verify = verify,
	    .receipt = receipt, .listing = received->listing,
	    .max = UINT64_MAX, .is_whole = true, .desk = &members->desk,
	    .hash = members->desk.hash,
	    .by_line = receipt->lines > 0 || received->group != NULL,
	    .largest = members->largest };
	if (received->resource != NULL) {
		content->plan = verify->plans[received->resource->index];
		content->record = audit_members_take;
	}
	/* Bytes beyond those that count are not damage. */
	if (verify->manifest != NULL && !verify->progress.sealed &&
	    receipt->lines > 0)
		content->max = receipt->bytes;
	audit_content_begin(content);
	verify->progress.files++;
	verify->progress.bytes += receipt->bytes;
}

bool
audit_member_add(struct audit_verify *verify, const char *data, size_t len)
{
	struct audit_members *members = verify->members;
	const struct tree_receipt *receipt = members->content.receipt;

	members->bytes += len;
	verify->progress.read += len;
	if (members->now == SIZE_MAX) {
		sha256_add(members->other, data, len);
		return members->bytes <= members->largest;
	}
	audit_content_add(&members->content, data, len);
	/* An archive may hold any number of bytes: stop at a limit. */
	return verify->manifest == NULL || members->bytes <= receipt->bytes ||
	    members->bytes <= members->largest ||
	    members->content.max == receipt->bytes;
}

/* A shard of the group is over; after the last, free its sets. */
static void
leave_group(struct audit_group *group)
{
	if (--group->left > 0)
		return;
	set_free(group->seen);
	set_free(group->tally);
	group->seen = group->tally = NULL;
}

/* End a file that does not belong to the export. */
static void
end_other(struct audit_members *members, bool is_read)
{
	struct tree_receipt *other =
	    &members->others.items[members->others.n - 1];

	if (!is_read || members->bytes > members->largest)
		return;
	other->bytes = members->bytes;
	sha256_peek(members->other, other->sha256);
}

static void
end_known(struct audit_verify *verify, const char *why)
{
	struct audit_members *members = verify->members;
	struct audit_content *content = &members->content;
	const struct tree_receipt *receipt = content->receipt;
	struct audit_received *received = &members->received[members->now];
	bool is_short = members->bytes < receipt->bytes;
	bool is_long = members->bytes > receipt->bytes &&
	    content->max != receipt->bytes;

	if (why != NULL)
		audit_content_find(content, AUDIT_DAMAGED, "%s", why);
	else if (verify->manifest != NULL && (is_short || (is_long &&
	    members->bytes <= members->largest)))
		audit_content_find(content, AUDIT_DAMAGED, "it has %" PRIu64
		    " bytes; the manifest says %" PRIu64, members->bytes,
		    receipt->bytes);
	else if (verify->manifest != NULL && is_long)
		audit_content_find(content, AUDIT_DAMAGED, "it has more than "
		    "the %" PRIu64 " bytes that the manifest says",
		    receipt->bytes);
	if (why == NULL)
		audit_content_end(content);
	received->is_whole = content->is_whole;
	received->lines = content->lines;
	received->rows = content->rows;
	received->bytes = content->bytes;
	memcpy(received->sha256, content->sha256, SHA256_BYTES);
	if (received->group != NULL)
		leave_group(received->group);
}

void
audit_member_end(struct audit_verify *verify, const char *why)
{
	if (verify->members->now == SIZE_MAX)
		end_other(verify->members, why == NULL);
	else
		end_known(verify, why);
}

void
audit_member_lost(struct audit_verify *verify)
{
	verify->members->is_lost = true;
}

/* --------------------------------------------------------------- freeing */

static void
free_entries(struct audit_received *received)
{
	size_t i;

	for (i = 0; i < received->n; i++) {
		struct audit_entry *entry = &received->entries[i];

		if (entry->parts != NULL)
			page_free_texts(entry->parts,
			    received->resource->n_key);
		if (entry->values != NULL)
			page_free_texts(entry->values,
			    received->resource->n_fields);
		free(entry->key);
		free(entry->raw);
	}
	free(received->entries);
}

void
audit_members_free(struct audit_verify *verify)
{
	struct audit_members *members = verify->members;
	size_t i;

	if (members == NULL)
		return;
	for (i = 0; i < members->files.n; i++)
		free_entries(&members->received[i]);
	for (i = 0; i < members->n_groups; i++) {
		set_free(members->groups[i].seen);
		set_free(members->groups[i].tally);
		free(members->groups[i].folder);
	}
	free(members->groups);
	free(members->received);
	tree_receipts_release(&members->files);
	tree_receipts_release(&members->others);
	audit_desk_release(&members->desk);
	sha256_free(members->other);
	free(members);
	verify->members = NULL;
}
