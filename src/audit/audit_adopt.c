/*
 * A manifest for a tree that has none.
 *
 * Made while the tree is verified.  A listing is said to be whole where other
 * records prove it (their counts agree, or it came in one reply and its unit
 * was finished).  Of any other the manifest knows the files, and that it has
 * to be read again from its start: a page of no records asked for.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit_internal.h"

/* The time in the name of the directory, or else now. */
static void
started_of(const char *path, char started[32])
{
	const char *name = strrchr(path, '/');
	int64_t wall = clock_wall();
	char date[32];

	name = name != NULL ? name + 1 : path;
	if (strlen(name) >= 15 && strspn(name, "0123456789") == 8 &&
	    name[8] == '-' && strspn(&name[9], "0123456789") >= 6) {
		snprintf(date, sizeof(date), "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ",
		    name, &name[4], &name[6], &name[9], &name[11],
		    &name[13]);
		(void)clock_parse(date, &wall);
	}
	clock_rfc3339(wall, started);
}

/* The options that the old tool must have had, told by what it took. */
static json_t *
options_of(const struct audit_verify *verify)
{
	json_t *options = json_object();
	const struct source *source = verify->settings.source;
	size_t i;

	for (i = 0; i < source->n_resources; i++)
		if (audit_has_files(verify, &source->resources[i]))
			audit_want(&source->resources[i], options);
	return options;
}

int
audit_adopt_begin(struct audit_verify *verify, const char *tool,
    const char *server, struct err *err)
{
	const struct source *source = verify->settings.source;
	unsigned char hash[SHA256_BYTES];
	char hex[SHA256_HEX], started[32];
	json_t *header;

	if (verify->manifest != NULL)
		return err_set(err, ERR_USAGE, "%s has a manifest already",
		    verify->settings.path);
	verify->adopting = tree_open(verify->settings.path, err);
	if (verify->adopting == NULL)
		return -1;
	sha256_of(source->text.at, source->text.len, hash);
	sha256_hex(hash, hex);
	started_of(tree_where(verify->adopting), started);
	header = json_pack("{s:s, s:b, s:s, s:s, s:s, s:o, s:s}", "tool",
	    tool, "adopted", 1, "source", source->name, "source_sha256", hex,
	    "server", server, "options", options_of(verify), "started",
	    started);
	verify->adopted = manifest_new(verify->adopting, header);
	json_decref(header);
	return 0;
}

/* Is it proven that the listing is all there? */
static bool
is_proven(struct audit_verify *verify)
{
	struct audit_listing *at = &verify->at;
	const struct source_resource *resource = at->crawl->resource;
	const char *name;
	int64_t said;

	if (at->unread)
		return false;
	if (!resource->is_list || resource->derive != NULL)
		return at->files.n > 0;
	if (set_count(at->seen) != at->records)
		return false;
	said = audit_expected(verify, &name);
	if (said >= 0)
		return set_count(at->seen) == (uint64_t)said;
	return resource->paging == SOURCE_UNPAGED &&
	    audit_is_done(verify, at->crawl->parent);
}

static void
say_gap(struct audit_verify *verify, uint64_t have, int64_t said,
    const char *name)
{
	struct manifest_gap gap = { .listing = verify->at.crawl->key,
	    .first = -1, .count = -1, .record = -1, .total = -1,
	    .have = (int64_t)have, .expected = said, .status = -1 };

	if (said >= 0)
		gap.why = mem_format("the old tool's export has %" PRIu64
		    " different records; {%s} says %" PRId64, have, name,
		    said);
	else
		gap.why = mem_text("the old tool's export of it is damaged");
	manifest_say_gap(verify->adopted, &gap);
	free(gap.why);
}

void
audit_adopt_listing(struct audit_verify *verify)
{
	struct audit_listing *at = &verify->at;
	const struct source_resource *resource = at->crawl->resource;
	struct manifest_listing whole = { .total = -1,
	    .records = at->records };
	struct manifest_page page = { .pass = 1, .total = -1,
	    .received = at->records, .distinct = set_count(at->seen),
	    .kept = at->records };
	struct tree_receipts files = { NULL, 0, 0 };
	const char *name = "";
	int64_t said;
	size_t i;

	for (i = 0; i < at->files.n; i++)
		if (at->is_whole[i])
			tree_receipts_add(&files, &at->files.at[i]);
	if (is_proven(verify)) {
		manifest_say_end(verify->adopted, at->crawl->key, &whole,
		    json_incref(at->fields), &files, NULL);
	} else if (resource->is_list && resource->derive == NULL &&
	    audit_has_files(verify, resource)) {
		manifest_say_page(verify->adopted, at->crawl->key, &page,
		    &files);
		said = audit_expected(verify, &name);
		if (at->unread || (said >= 0 &&
		    set_count(at->seen) < (uint64_t)said))
			say_gap(verify, set_count(at->seen), said, name);
	}
	tree_receipts_release(&files);
}

void
audit_adopt_not(struct audit_verify *verify,
    const struct source_resource *resource)
{
	const char *rest = strchr(verify->at.crawl->key, '/');
	char *key;

	if (verify->adopted == NULL)
		return;
	key = mem_format("%s%s", resource->name, rest != NULL ? rest : "");
	manifest_forget(verify->adopted, key);
	free(key);
}

int
audit_adopt_end(struct audit_verify *verify, struct err *err)
{
	struct tree_receipts files = { NULL, 0, 0 };
	struct text text;
	int rc;

	text_init(&text, SIZE_MAX / 4);
	rc = manifest_save(verify->adopted, err);
	if (rc == 0)
		rc = manifest_all_files(verify->adopted, &files, err);
	if (rc == 0) {
		tree_sums(&files, &text);
		rc = file_replace(tree_dir(verify->adopting), TREE_SUMS,
		    text.at != NULL ? text.at : "", text.len, err);
	}
	tree_receipts_release(&files);
	text_release(&text);
	return rc;
}
