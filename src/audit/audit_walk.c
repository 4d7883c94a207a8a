/*
 * The walk of an export, repeated over the files on disk: each listing opens
 * after its parent record was read, so that missing data is found as well as
 * damage.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit_prescan.h"

void
audit_listing_release(struct audit_listing *listing)
{
	size_t i;

	for (i = 0; listing->prescans != NULL && i < listing->files.n; i++)
		audit_prescan_free(listing->prescans[i]);
	free(listing->prescans);
	tree_receipts_release(&listing->files);
	json_decref(listing->fields);
	free(listing->is_whole);
	free(listing->rows_of);
	set_free(listing->seen);
	set_free(listing->tally);
	*listing = (struct audit_listing){ .crawl = NULL };
}

static struct audit_finding
finding_of(const struct crawl_listing *listing, enum audit_problem kind)
{
	return (struct audit_finding){ .kind = kind,
	    .listing = listing->key };
}

static void
find_gap(struct audit_verify *verify, const char *listing,
    const struct manifest_gap *gap)
{
	struct audit_finding finding = { .kind = AUDIT_MISSING,
	    .listing = (char *)listing };
	char where[96];

	manifest_gap_where(gap, where);
	audit_find(verify, finding, "%s%s%s%s%s%s", where + (*where == ' '),
	    *where != '\0' ? ": " : "",
	    gap->why != NULL ? gap->why : "failed to fetch",
	    gap->request != NULL ? " (request " : "",
	    gap->request != NULL ? gap->request : "",
	    gap->request != NULL ? ")" : "");
}

/* Report the gaps in the manifest. */
static void
find_gaps(struct audit_verify *verify, const struct manifest_listing *known)
{
	const struct manifest_gap *gap;

	for (gap = known->gaps; gap != NULL; gap = gap->next)
		find_gap(verify, verify->current.crawl->key, gap);
	if (known->ended || known->gaps != NULL)
		return;
	audit_find(verify, finding_of(verify->current.crawl, AUDIT_MISSING),
	    "the export of this listing did not finish");
}

void
audit_find_refused(struct audit_verify *verify)
{
	struct manifest_listing listing = { .key = NULL };
	const struct manifest_gap *gap;

	while (manifest_each(verify->partial, listing.key, &listing))
		for (gap = listing.gaps; gap != NULL; gap = gap->next)
			if (gap->url != NULL)
				find_gap(verify, listing.key, gap);
}

/* Load what the manifest has of a listing. */
static int
ask_manifest(struct audit_verify *verify, struct err *err)
{
	struct audit_listing *current = &verify->current;
	bool has_files = audit_ahead_open(verify);

	if (!manifest_find(
		verify->manifest, current->crawl->key, &current->known)) {
		current->known.total = -1;
		current->unread = true;
		audit_find(verify, finding_of(current->crawl, AUDIT_MISSING),
		    "it is not in the manifest");
		return 0;
	}
	find_gaps(verify, &current->known);
	if (!current->known.ended)
		current->unread = true;
	return has_files ? 0 : manifest_files(verify->manifest,
	    current->crawl->key, &current->files, err);
}

static int
open_listing(struct audit_verify *verify, struct crawl_listing *listing,
    struct err *err)
{
	struct audit_listing *current = &verify->current;

	current->crawl = listing;
	current->seen = set_new();
	current->tally = set_new();
	set_add(verify->visited, listing->key, strlen(listing->key));
	if (verify->manifest != NULL)
		return ask_manifest(verify, err);
	return audit_disk_files(verify, listing, &current->files, err);
}

/* Shards are numbered from 1; all but the last are full. */
static void
check_shards(struct audit_verify *verify)
{
	struct audit_listing *current = &verify->current;
	struct audit_finding finding =
	    finding_of(current->crawl, AUDIT_DAMAGED);
	size_t i;

	for (i = 0; i < current->files.n; i++) {
		const struct tree_receipt *file = &current->files.items[i];
		const char *slash = strrchr(file->path, '/');
		bool last = i + 1 == current->files.n;
		char name[40];

		snprintf(name, sizeof(name), "/%zu.jsonl", i + 1);
		finding.path = file->path;
		if (slash == NULL || strcmp(slash, name) != 0)
			audit_find(verify, finding, "shard %zu of the listing "
			    "should be here", i + 1);
		else if ((!last && file->lines != TREE_SHARD_LINES) ||
		    file->lines > TREE_SHARD_LINES)
			audit_find(verify, finding, "it has %" PRIu64
			    " lines; each shard but the last has %d",
			    file->lines, TREE_SHARD_LINES);
	}
}

/* Compare what was read with what the manifest and other records say. */
static void
check_counts(struct audit_verify *verify)
{
	struct audit_listing *current = &verify->current;
	const struct source_resource *resource = current->crawl->resource;
	struct audit_finding finding =
	    finding_of(current->crawl, AUDIT_DAMAGED);
	int64_t expected = resource->has_expect ? crawl_number(verify->crawl,
	    current->crawl, &resource->expect) : -1, reported;
	const char *name;

	if (!resource->is_list || resource->derive != NULL || current->unread)
		return;
	finding.refetch = true;
	if (current->records != current->known.records)
		audit_find(verify, finding, "%" PRIu64 " records are on "
		    "disk; the manifest says %" PRIu64, current->records,
		    current->known.records);
	else if (current->known.moved)
		;	/* it changed during the export; see the log */
	else if (resource->paging != SOURCE_UNPAGED &&
	    current->known.total >= 0 && !current->known.capped &&
	    current->records != (uint64_t)current->known.total)
		audit_find(verify, finding, "%" PRIu64 " records are on "
		    "disk; the server's total was %" PRId64, current->records,
		    current->known.total);
	else if (expected >= 0 && current->records != (uint64_t)expected)
		audit_find(verify, finding, "%" PRIu64 " records are on "
		    "disk; %s says %" PRId64, current->records,
		    resource->expect.name, expected);
	reported = audit_hint(verify, &name);
	if (reported >= 0 && current->records != (uint64_t)reported) {
		finding.kind = AUDIT_NOTE;
		audit_find(verify, finding, "%" PRIu64 " records; %s said %"
		    PRId64 " when its parent was listed: records were added or "
		    "removed since", current->records, name, reported);
	}
}

static void
close_listing(struct audit_verify *verify)
{
	struct audit_listing *current = &verify->current;

	if (current->duplicates > DUPLICATES_NAMED)
		audit_find(verify, finding_of(current->crawl, AUDIT_DAMAGED),
		    "%" PRIu64 " records appear twice in total",
		    current->duplicates);
	if (verify->manifest == NULL) {
		audit_disk_close(verify);
		if (verify->building != NULL)
			audit_build_listing(verify);
	} else {
		if (current->crawl->resource->store == SOURCE_KEEP_SHARDS &&
		    !verify->is_adopted)
			check_shards(verify);
		check_counts(verify);
	}
	crawl_end(verify->crawl, current->crawl);
	audit_listing_release(current);
}

static void
check_done(struct audit_verify *verify, struct crawl_node *node)
{
	struct audit_finding finding = { .kind = AUDIT_MISSING };
	char *key;

	if (verify->manifest == NULL) {
		audit_disk_done(verify, node);
	} else if (verify->wrong == 0) {
		key = mem_format("%s/%s", node->listing->key, node->key);
		finding.listing = key;
		if (!manifest_is_done(verify->manifest, key))
			audit_find(verify, finding, "it has no done marker");
		free(key);
	}
	crawl_node_done(verify->crawl, node);
}

/* Check the next file of the listing. */
static int
next_file(struct audit_verify *verify, struct err *err)
{
	struct audit_listing *current = &verify->current;
	const struct source_resource *resource = current->crawl->resource;
	struct tree_receipt *file = &current->files.items[current->next++];
	int rc = audit_read(verify, file, AUDIT_RECORDS, err);

	if (rc == 0) {
		current->unread = true;
		verify->blind |= resource->has_children;
	}
	if (verify->manifest == NULL) {
		file->lines = resource->store == SOURCE_KEEP_SHARDS ?
		    current->lines : 0;
		file->bytes = current->bytes;
		memcpy(file->sha256, current->sha256, SHA256_BYTES);
	}
	current->is_whole = mem_need(current->is_whole, current->next,
	    &current->is_whole_capacity, sizeof(bool));
	current->is_whole[current->next - 1] = rc == 1;
	current->rows_of = mem_need(current->rows_of, current->next,
	    &current->rows_capacity, sizeof(*current->rows_of));
	current->rows_of[current->next - 1] = current->rows;
	return rc == -1 ? -1 : 1;
}

int
audit_walk(struct audit_verify *verify, struct err *err)
{
	struct audit_listing *current = &verify->current;
	struct crawl_job job;

	if (current->crawl != NULL && current->next < current->files.n)
		return next_file(verify, err);
	if (current->crawl != NULL)
		close_listing(verify);
	switch (crawl_next(verify->crawl, false, &job)) {
	case CRAWL_OPEN:
		return open_listing(verify, job.listing, err) == -1 ? -1 : 1;
	case CRAWL_DONE:
		check_done(verify, job.node);
		return 1;
	case CRAWL_NOTHING:
	case CRAWL_FETCH:
	case CRAWL_DERIVE:
		break;
	}
	return 0;
}
