/*
 * The files of an export that hold records, and the keys of their parents.
 */

#include <sys/stat.h>

#include <stdlib.h>
#include <string.h>

#include "audit/audit_internal.h"

void
audit_files_release(struct audit_files *files)
{
	size_t i, k;

	for (i = 0; i < files->n; i++) {
		free(files->items[i].path);
		if (files->items[i].has_shared_keys)
			continue;
		for (k = 0; k < files->items[i].n_keys; k++)
			free(files->items[i].keys[k]);
		free(files->items[i].keys);
	}
	free(files->items);
	*files = (struct audit_files){ NULL, 0, 0 };
}

static struct audit_file *
add_file(struct audit_files *files, const struct source_resource *resource,
    const char *path)
{
	struct audit_file *file;

	files->items = mem_need(files->items, files->n + 1, &files->capacity,
	    sizeof(*files->items));
	file = &files->items[files->n++];
	*file = (struct audit_file){ .resource = resource,
	    .path = mem_text(path) };
	return file;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Add a key that is percent-encoded. */
static void
add_key(struct audit_file *file, const char *data, size_t len)
{
	char *key = mem_copy(data, len), *to = key;
	size_t i;

	for (i = 0; i < len; i++) {
		if (data[i] == '%' && i + 2 < len &&
		    hex_digit(data[i + 1]) >= 0 &&
		    hex_digit(data[i + 2]) >= 0) {
			*to++ = (char)(hex_digit(data[i + 1]) << 4 |
			    hex_digit(data[i + 2]));
			i += 2;
		} else if (data[i] != '%' || len > 1) {
			*to++ = data[i];
		}
	}
	*to = '\0';
	file->keys = mem_grow(file->keys, file->n_keys + 1, sizeof(char *));
	file->keys[file->n_keys++] = key;
}

/* ------------------------------------------------------- by a manifest */

/* The keys in "datapoints/ds_1/dsv_2". */
static void
add_keys(struct audit_file *file, const char *listing)
{
	const char *pos = strchr(listing, '/');
	size_t len;

	while (pos != NULL && *pos != '\0') {
		pos++;
		len = strcspn(pos, "/+");
		add_key(file, pos, len);
		pos += len;
	}
}

static int
add_listing(struct manifest *manifest, const struct source *source,
    const char *key, struct audit_files *files, struct err *err)
{
	const struct source_resource *resource = source_find(source, key,
	    strcspn(key, "/"));
	bool is_adopted = json_is_true(json_object_get(manifest_header(
	    manifest), "adopted"));
	struct tree_receipts receipts = { NULL, 0, 0 };
	struct audit_file *file;
	size_t i, first = files->n;

	if (resource == NULL || resource->store == SOURCE_KEEP_NOTHING)
		return 0;
	if (manifest_files(manifest, key, &receipts, err) == -1)
		return -1;
	for (i = 0; i < receipts.n; i++) {
		file = add_file(files, resource, receipts.items[i].path);
		file->bytes = receipts.items[i].bytes;
		/* In a legacy export, lines of a shard may not be records. */
		if (!is_adopted)
			file->lines = receipts.items[i].lines;
		if (i == 0) {
			add_keys(file, key);
			continue;
		}
		file->keys = files->items[first].keys;
		file->n_keys = files->items[first].n_keys;
		file->has_shared_keys = true;
	}
	tree_receipts_release(&receipts);
	return 0;
}

static int
by_manifest(struct manifest *manifest, const struct source *source,
    struct audit_files *files, struct err *err)
{
	struct manifest_listing listing = { .key = NULL };
	int rc = 0;

	while (rc == 0 && manifest_each(manifest, listing.key, &listing))
		rc = add_listing(manifest, source, listing.key, files, err);
	return rc;
}

/* ------------------------------------------------------- by their names */

struct by_name {
	struct tree *tree;
	struct audit_patterns *patterns;
	struct audit_files *files;
};

/* Add the parts of the path that are variables in the template. */
static void
add_path_keys(struct audit_file *file)
{
	const struct source_template *template = &file->resource->file;
	const char *pos = file->path, *text;
	bool is_shards = file->resource->store == SOURCE_KEEP_SHARDS;
	size_t i, len;

	for (i = 0; i < template->n; i++) {
		text = template->parts[i].text;
		if (text != NULL) {
			len = strlen(text);
			if (strncmp(pos, text, len) != 0)
				return;
			pos += len;
			continue;
		}
		len = strcspn(pos, "/");
		/* The record itself has its own key. */
		if (is_shards || template->parts[i].var.kind != SOURCE_KEY)
			add_key(file, pos, len);
		pos += len;
	}
}

static int
take_named(void *cookie, const char *path, bool is_plain, struct err *err)
{
	struct by_name *by = cookie;
	const struct source_resource *resource;
	struct audit_file *file;
	struct stat st;

	resource = audit_resource_of(by->patterns, path);
	if (resource == NULL)
		return 0;
	if (file_stat(tree_dir(by->tree), path, &st) == -1)
		return err_errno(err, ERR_DISK, "stat %s", path);
	/* A link or a pipe will not be read. */
	file = add_file(by->files, resource, path);
	file->bytes = is_plain ? (uint64_t)st.st_size : 1;
	add_path_keys(file);
	return 0;
}

/* By resource, folder and number; objects by name. */
static int
by_place(const void *a, const void *b)
{
	const struct audit_file *one = a, *other = b;
	const char *p = strrchr(one->path, '/');
	const char *q = strrchr(other->path, '/');
	size_t n = p != NULL ? (size_t)(p - one->path) : 0;
	size_t m = q != NULL ? (size_t)(q - other->path) : 0;
	int rc;

	if (one->resource != other->resource)
		return one->resource->index < other->resource->index ? -1 : 1;
	rc = strncmp(one->path, other->path, n > m ? n : m);
	if (rc != 0 || n != m)
		return rc != 0 ? rc : n < m ? -1 : 1;
	if (one->resource->store == SOURCE_KEEP_SHARDS &&
	    strlen(one->path) != strlen(other->path))
		return strlen(one->path) < strlen(other->path) ? -1 : 1;
	return strcmp(one->path, other->path);
}

static int
by_names(struct tree *tree, const struct source *source,
    struct audit_files *files, struct err *err)
{
	struct by_name by = { tree, audit_patterns_new(source), files };
	int rc = audit_each_legacy(tree, source, take_named, &by, err);

	audit_patterns_free(by.patterns);
	if (rc == 0 && files->n == 0)
		return manifest_is_there(tree_where(tree)) ? err_set(err,
		    ERR_DATA, "%s has a manifest, but all files with records "
		    "are missing; 'hlexport verify' names them",
		    tree_where(tree)) : audit_no_export(tree_where(tree), err);
	if (files->n > 1)
		qsort(files->items, files->n, sizeof(*files->items), by_place);
	return rc;
}

/*
 * Does the manifest miss files?  That of an adopted export does before it is
 * completed, and so does a salvaged one.  Then file names are used instead.
 */
static bool
is_partial(const struct manifest *manifest, enum manifest_state state)
{
	return state == MANIFEST_SALVAGED || manifest_is_partial(manifest);
}

int
audit_files(const char *path, const struct source *source, struct log *log,
    struct audit_files *files, struct err *err)
{
	struct tree *tree = tree_peek(path, err);
	struct manifest *manifest = NULL;
	enum manifest_state state;
	int rc = -1;

	if (tree == NULL)
		return -1;
	if (!manifest_is_there(path))
		rc = by_names(tree, source, files, err);
	else if ((manifest = manifest_recover(tree, log, &state,
	    err)) != NULL)
		rc = is_partial(manifest, state) ? by_names(tree, source,
		    files, err) : manifest_fits(manifest, source, err) == -1 ?
		    -1 : by_manifest(manifest, source, files, err);
	manifest_close(manifest);
	tree_close(tree);
	return rc;
}
