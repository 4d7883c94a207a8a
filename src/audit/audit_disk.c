/*
 * An export without a manifest: what each listing contains, by the files that
 * exist, and whether that is complete.
 */

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit_internal.h"

/* The paths of a resource's files, in order. */
struct audit_paths {
	char **items;
	size_t n, capacity;
};

struct collect {
	struct audit_verify *verify;
	struct audit_patterns *patterns;
};

static int
take_path(void *cookie, const char *path, bool is_plain, struct err *err)
{
	struct collect *collect = cookie;
	const struct source_resource *resource;
	struct audit_paths *paths;

	(void)err;
	if (!is_plain)
		return 0;
	resource = audit_resource_of(collect->patterns, path);
	if (audit_is_done_marker(collect->patterns, path))
		set_add(collect->verify->known, path, strlen(path));
	if (resource == NULL)
		return 0;
	paths = &collect->verify->paths[resource->index];
	paths->items = mem_need(paths->items, paths->n + 1, &paths->capacity,
	    sizeof(*paths->items));
	paths->items[paths->n++] = mem_text(path);
	return 0;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int
audit_disk_begin(struct audit_verify *verify, struct err *err)
{
	const struct source *source = verify->settings.source;
	struct collect collect = { verify, audit_patterns_new(source) };
	const struct source_resource *unit = audit_unit(source);
	size_t i;
	int rc;

	verify->paths = mem_zero(source->n_resources,
	    sizeof(*verify->paths));
	verify->uncounted = mem_zero(source->n_resources,
	    sizeof(*verify->uncounted));
	rc = verify->members != NULL ? audit_members_each(verify, take_path,
	    &collect, err) : audit_each_legacy(verify->tree, source, take_path,
	    &collect, err);
	audit_patterns_free(collect.patterns);
	for (i = 0; i < source->n_resources; i++)
		if (verify->paths[i].n > 1)
			qsort(verify->paths[i].items, verify->paths[i].n,
			    sizeof(char *), by_text);
	if (rc == 0 && unit != NULL && !verify->progress.is_native &&
	    verify->paths[unit->index].n == 0)
		return audit_no_export(verify->settings.path, err);
	return rc;
}

void
audit_disk_free(struct audit_verify *verify)
{
	size_t i, k;

	if (verify->paths == NULL)
		return;
	for (i = 0; i < verify->settings.source->n_resources; i++) {
		for (k = 0; k < verify->paths[i].n; k++)
			free(verify->paths[i].items[k]);
		free(verify->paths[i].items);
	}
	free(verify->paths);
	free(verify->uncounted);
}

/* The index of the first path not less than ${path}. */
static size_t
lower_bound(const struct audit_paths *paths, const char *path)
{
	size_t low = 0, high = paths->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcmp(paths->items[middle], path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
has_path(const struct audit_paths *paths, const char *path)
{
	size_t i = lower_bound(paths, path);

	return i < paths->n && strcmp(paths->items[i], path) == 0;
}

bool
audit_disk_knows(const struct audit_verify *verify, const char *path)
{
	size_t i;

	for (i = 0; i < verify->settings.source->n_resources; i++)
		if (has_path(&verify->paths[i], path))
			return true;
	return false;
}

const char *
audit_disk_path(const struct audit_verify *verify, size_t i, size_t k)
{
	return k < verify->paths[i].n ? verify->paths[i].items[k] : NULL;
}

/* Expand ${template} into verify->path, with ${parts} as the record's key. */
static bool
path_of(struct audit_verify *verify, const struct crawl_node *node,
    const struct source_template *template, char *const *parts)
{
	struct crawl_resolver resolver = { .crawl = verify->crawl, .node = node,
	    .parts = parts };
	struct source_lookup lookup = crawl_lookup(&resolver);
	const char *missing;

	return tree_path(verify->tree, template, &lookup, NULL,
	    &verify->path, &missing) == 0;
}

/*
 * Set verify->path to the prefix of the paths of the listing's objects, up to
 * the record's own key.
 */
static bool
begin_of(struct audit_verify *verify, const struct crawl_listing *listing)
{
	static char mark[] = "hlexport-any";
	const struct source_resource *resource = listing->resource;
	char **parts = mem_alloc(resource->n_key * sizeof(*parts));
	char *pos;
	size_t i;
	bool ok;

	for (i = 0; i < resource->n_key; i++)
		parts[i] = mark;
	ok = path_of(verify, listing->parent, &resource->file, parts);
	free(parts);
	if (!ok)
		return false;
	pos = strstr(verify->path.data, mark);
	if (pos != NULL) {
		*pos = '\0';
		verify->path.len = (size_t)(pos - verify->path.data);
	}
	return true;
}

static void
add_file(struct tree_receipts *files, const char *path)
{
	struct tree_receipt receipt = { .path = (char *)path };

	tree_receipts_add(files, &receipt);
}

static uint64_t
shard_number(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *end;
	uint64_t n = strtoull(slash != NULL ? slash + 1 : path, &end, 10);

	return strcmp(end, ".jsonl") == 0 ? n : 0;
}

static int
by_number(const void *a, const void *b)
{
	uint64_t one = shard_number(((const struct tree_receipt *)a)->path);
	uint64_t other = shard_number(((const struct tree_receipt *)b)->path);

	return one < other ? -1 : one > other;
}

/* A resource that the legacy tool did not export is not missing. */
bool
audit_has_files(const struct audit_verify *verify,
    const struct source_resource *resource)
{
	return verify->paths[resource->index].n > 0;
}

int
audit_disk_files(struct audit_verify *verify,
    const struct crawl_listing *listing, struct tree_receipts *files,
    struct err *err)
{
	const struct source_resource *resource = listing->resource;
	const struct audit_paths *paths = &verify->paths[resource->index];
	struct audit_finding finding = { .kind = AUDIT_MISSING,
	    .certainty = AUDIT_LIKELY, .listing = listing->key };
	bool shards = resource->store == SOURCE_KEEP_SHARDS;
	size_t i;

	(void)err;
	if (resource->store == SOURCE_KEEP_NOTHING ||
	    !begin_of(verify, listing))
		return 0;
	if (!resource->is_list && !shards) {
		if (has_path(paths, verify->path.data)) {
			add_file(files, verify->path.data);
		} else if (audit_has_files(verify, resource) &&
		    resource->derive == NULL) {
			finding.path = verify->path.data;
			audit_find(verify, finding, "it does not exist");
		}
		return 0;
	}
	if (shards)
		text_addc(&verify->path, '/');
	for (i = lower_bound(paths, verify->path.data); i < paths->n &&
	    strncmp(paths->items[i], verify->path.data, verify->path.len) == 0;
	    i++)
		if (!shards || shard_number(paths->items[i]) > 0)
			add_file(files, paths->items[i]);
	if (shards && files->n > 1)
		qsort(files->items, files->n, sizeof(*files->items), by_number);
	return 0;
}

/*
 * The legacy tool wrote shards of 1,000 lines, the first of 1,001, the last of
 * fewer.
 */
static void
check_shards(struct audit_verify *verify)
{
	struct audit_listing *current = &verify->current;
	struct audit_finding finding = { .kind = AUDIT_DAMAGED,
	    .listing = current->crawl->key };
	uint64_t expected = 1, max, rows;
	size_t i;

	for (i = 0; i < current->files.n; i++, expected++) {
		const struct tree_receipt *file = &current->files.items[i];

		finding.path = file->path;
		rows = i < current->next ? current->rows_of[i] : file->lines;
		if (shard_number(file->path) != expected) {
			finding.kind = AUDIT_MISSING;
			audit_find(verify, finding, "shard %" PRIu64 " of this "
			    "stream is missing", expected);
			finding.kind = AUDIT_DAMAGED;
			expected = shard_number(file->path);
		}
		max = i == 0 ? TREE_SHARD_LINES + 1 : TREE_SHARD_LINES;
		if (rows > max) {
			finding.certainty = AUDIT_LIKELY;
			audit_find(verify, finding, "it has %" PRIu64 " lines, "
			    "more than the legacy tool writes", rows);
		} else if (i + 1 < current->files.n &&
		    rows < TREE_SHARD_LINES) {
			finding.certainty = AUDIT_CERTAIN;
			audit_find(verify, finding, "it has %" PRIu64 " lines "
			    "but is not the last shard: lines are missing, or "
			    "the later shards were left over from an earlier "
			    "run", rows);
		}
		verify->long_first |= i == 0 &&
		    rows == TREE_SHARD_LINES + 1;
	}
}

/* Does the folder of the listing's shards exist? */
static bool
has_folder(struct audit_verify *verify)
{
	const struct crawl_listing *listing = verify->current.crawl;
	struct stat st;

	return listing->resource->has_expect && verify->members == NULL &&
	    listing->resource->store == SOURCE_KEEP_SHARDS &&
	    begin_of(verify, listing) && file_stat(tree_dir(verify->tree),
	    verify->path.data, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Compare the number of records with what other records say. */
static void
check_counts(struct audit_verify *verify)
{
	struct audit_listing *current = &verify->current;
	struct audit_finding finding = { .kind = AUDIT_MISSING,
	    .certainty = AUDIT_LIKELY, .listing = current->crawl->key };
	uint64_t have = current->records - current->duplicates;
	const char *name;
	int64_t reported = audit_expected(verify, &name);

	if (reported < 0)
		verify->uncounted[current->crawl->resource->index]++;
	if (reported < 0 || have == (uint64_t)reported)
		return;
	if (have < (uint64_t)reported) {
		audit_find(verify, finding, "%" PRIu64 " distinct records; %s "
		    "says %" PRId64 ": pages were lost, or records were "
		    "deleted during the export", have, name, reported);
		return;
	}
	finding.kind = AUDIT_NOTE;
	audit_find(verify, finding, "%" PRIu64 " distinct records; %s says %"
	    PRId64 ": records were added during the export", have, name,
	    reported);
}

void
audit_disk_close(struct audit_verify *verify)
{
	struct audit_listing *current = &verify->current;
	const struct source_resource *resource = current->crawl->resource;
	const char *name;

	if (!resource->is_list || resource->derive != NULL)
		return;
	if (resource->store == SOURCE_KEEP_SHARDS)
		check_shards(verify);
	/* Without any file or folder, it may not have been exported. */
	if (audit_has_files(verify, resource) || has_folder(verify))
		check_counts(verify);
	else if (audit_expected(verify, &name) > 0)
		verify->uncounted[resource->index]++;
}

/*
 * Does the record exist that a row of a derived file was made from?
 */
static void
check_row(struct audit_verify *verify, const char *path, struct span row)
{
	const struct crawl_listing *listing = verify->current.crawl;
	const struct source_derive *derive = listing->resource->derive;
	const struct source_resource *from = derive->from;
	struct audit_finding finding = { .kind = AUDIT_MISSING,
	    .listing = listing->key, .path = (char *)path };
	struct text text;
	struct span value;
	char *parts[1];
	size_t i;

	for (i = 0; i < derive->n; i++)
		if (!derive->row[i].of_item && from->n_key == 1 &&
		    strcmp(derive->row[i].path, from->key[0]) == 0)
			break;
	if (i == derive->n || !page_find(row, derive->row[i].name, &value))
		return;
	text_init(&text, 3 * value.len + 4);
	page_value_text(value, &text);
	parts[0] = text_take(&text);
	if (path_of(verify, listing->parent, &from->file, parts) &&
	    !has_path(&verify->paths[from->index], verify->path.data)) {
		audit_find(verify, finding, "it refers to %s, which does not "
		    "exist", verify->path.data);
		verify->current.unread = true;
		audit_build_not(verify, from);
	}
	free(parts[0]);
}

void
audit_disk_rows(struct audit_verify *verify, const char *path,
    struct span rows)
{
	const char *place = NULL;
	struct span row;

	while (page_next(rows, &place, &row))
		check_row(verify, path, row);
}

/* Does the file at verify->path exist? */
static bool
is_there(struct audit_verify *verify)
{
	int fd;

	if (verify->members != NULL)
		return audit_members_has(verify, verify->path.data);
	fd = file_open(tree_dir(verify->tree), verify->path.data,
	    O_RDONLY, NULL);
	if (fd != -1)
		close(fd);
	return fd != -1;
}

bool
audit_is_done(struct audit_verify *verify, const struct crawl_node *node)
{
	while (node->resource != NULL && node->resource->done.line == 0)
		node = node->parent;
	return node->resource == NULL || (path_of(verify, node->parent,
	    &node->resource->done, node->parts) && is_there(verify));
}

void
audit_disk_done(struct audit_verify *verify, struct crawl_node *node)
{
	struct audit_finding finding = { .kind = AUDIT_MISSING };
	char *key;

	if (!path_of(verify, node->parent, &node->resource->done,
	    node->parts))
		return;
	key = mem_format("%s/%s", node->listing->key, node->key);
	finding.listing = key;
	finding.path = verify->path.data;
	if (!is_there(verify))
		audit_find(verify, finding, "it does not exist: the legacy "
		    "tool did not finish exporting this record");
	free(key);
}

void
audit_disk_end(struct audit_verify *verify)
{
	const struct source *source = verify->settings.source;
	struct audit_finding finding = { .kind = AUDIT_NOTE };
	size_t i;

	if (verify->long_first)
		audit_find(verify, finding, "first shards have 1,001 lines: "
		    "the legacy tool writes them that way; this is not damage");
	finding.kind = AUDIT_UNKNOWN;
	for (i = 0; i < source->n_resources; i++) {
		const struct source_resource *resource =
		    &source->resources[i];

		if (!resource->is_list || resource->derive != NULL ||
		    verify->uncounted[i] == 0)
			continue;
		finding.listing = (char *)resource->name;
		if (!audit_has_files(verify, resource))
			audit_find(verify, finding, "none exist, and nothing "
			    "shows whether they were exported");
		else
			audit_find(verify, finding, "nothing in the export "
			    "records how many there were; records that were "
			    "never exported can't be detected");
	}
}

void
audit_build_not(struct audit_verify *verify,
    const struct source_resource *resource)
{
	const char *rest = strchr(verify->current.crawl->key, '/');
	char *key;

	if (verify->building == NULL)
		return;
	key = mem_format("%s%s", resource->name, rest != NULL ? rest : "");
	manifest_forget(verify->building, key);
	free(key);
}
