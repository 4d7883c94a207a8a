/*
 * The summary of an export without a manifest, from its files alone: the path
 * templates of the source give each file's resource.
 */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit_internal.h"

struct walk {
	struct tree *tree;
	const struct source *source;
	struct audit_summary *summary;
	struct audit_patterns *patterns;
	struct page_plan **plans;
	uint64_t units, marks;
	struct err *err;
};

static void
take_record(struct walk *walk, const struct source_resource *resource,
    struct span record)
{
	struct audit_count *count = &walk->summary->counts[resource->index];

	count->records += resource->derive == NULL &&
	    resource->shape.form != SOURCE_ARRAY ? 1 : page_items(record);
	if (resource == audit_unit(walk->source))
		audit_count_unit(walk->summary, resource, record);
}

/* Count the readable records of a file. */
static int
count_file(struct walk *walk, const char *path)
{
	const struct source_resource *resource =
	    audit_resource_of(walk->patterns, path);
	struct tree_records *records;
	struct page_item item;
	struct err why;
	int fd, rc;

	walk->marks += audit_is_done_marker(walk->patterns, path);
	if (resource == NULL)
		return 0;
	walk->units += resource == audit_unit(walk->source);
	fd = file_open(tree_dir(walk->tree), path, O_RDONLY, walk->err);
	if (fd == -1)
		return -1;
	records = tree_records_new(fd, path, walk->plans[resource->index],
	    resource->store == SOURCE_KEEP_SHARDS, UINT64_MAX, false);
	while ((rc = tree_records_next(records, &item, &why,
	    walk->err)) == 1)
		if (item.kind == PAGE_RECORD)
			take_record(walk, resource, item.bytes);
	tree_records_free(records);
	return rc;
}

static int
take_file(void *cookie, const char *path, bool is_plain, struct err *err)
{
	struct walk *walk = cookie;
	struct stat st;

	if (!is_plain || audit_is_bookkeeping(path) || litter_is(path))
		return 0;
	if (file_stat(tree_dir(walk->tree), path, &st) == -1)
		return err_errno(err, ERR_DISK, "stat %s", path);
	walk->summary->files++;
	walk->summary->bytes += (uint64_t)st.st_size;
	return count_file(walk, path);
}

bool
audit_may_be_one(const struct tree *tree, const struct source *source)
{
	const struct source_resource *unit = audit_unit(source);
	const char *text = unit != NULL && unit->file.n > 0 ?
	    unit->file.parts[0].text : NULL;
	char *folder;
	bool has;

	if (text == NULL || strchr(text, '/') == NULL ||
	    manifest_is_there(tree_where(tree)))
		return true;
	folder = mem_copy(text, strcspn(text, "/"));
	has = faccessat(tree_dir(tree), folder, F_OK,
	    AT_SYMLINK_NOFOLLOW) == 0;
	free(folder);
	return has;
}

int
audit_no_export(const char *where, struct err *err)
{
	return err_set(err, ERR_USAGE, "%s is not an export: it has neither "
	    MANIFEST_NAME " nor files/*/file.json", where);
}

int
audit_each_legacy(struct tree *tree, const struct source *source,
    int (*file)(void *, const char *, bool, struct err *), void *cookie,
    struct err *err)
{
	return audit_may_be_one(tree, source) ? audit_each_file(tree, "", file,
	    cookie, err) : audit_no_export(tree_where(tree), err);
}

int
audit_legacy_summary(struct tree *tree, const struct source *source,
    struct audit_summary *summary, struct err *err)
{
	struct walk walk = { .tree = tree, .source = source,
	    .summary = summary, .err = err };
	int rc;

	walk.patterns = audit_patterns_new(source);
	walk.plans = page_plans_new(source);
	rc = audit_each_legacy(tree, source, take_file, &walk, err);
	audit_patterns_free(walk.patterns);
	page_plans_free(walk.plans, source);
	audit_sort_kinds(summary);
	summary->source = mem_text(source->name);
	summary->unmarked = walk.units > walk.marks ?
	    walk.units - walk.marks : 0;
	if (rc == 0 && walk.units == 0 && !summary->adopted)
		return audit_no_export(tree_where(tree), err);
	return rc;
}
