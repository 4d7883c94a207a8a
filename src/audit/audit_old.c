/*
 * The summary of an export without a manifest, from its files alone: the
 * paths of a source's templates tell which file is what.
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
	uint64_t units, marks;
	struct err *err;
};

static int
count_lines(struct walk *walk, const char *path, uint64_t *lines)
{
	char piece[65536], *p;
	ssize_t n;
	int fd = file_open(tree_dir(walk->tree), path, O_RDONLY, walk->err);

	if (fd == -1)
		return -1;
	while ((n = read(fd, piece, sizeof(piece))) > 0)
		for (p = piece; (p = memchr(p, '\n', (size_t)(&piece[n] -
		    p))) != NULL; p++)
			++*lines;
	if (n == -1)
		err_errno(walk->err, ERR_DISK, "read %s", path);
	close(fd);
	return n == -1 ? -1 : 0;
}

/* Count the rows of a file that was made from other records. */
static int
count_rows(struct walk *walk, const char *path, uint64_t *rows)
{
	struct span item;
	const char *place = NULL;
	struct text text;
	int rc;

	text_init(&text, SIZE_MAX / 4);
	rc = file_read(tree_dir(walk->tree), path, &text, walk->err);
	if (rc == 0 && page_check(text.at, text.len, NULL) == 0)
		while (page_next((struct span){ text.at, text.len }, &place,
		    &item))
			++*rows;
	text_release(&text);
	return rc;
}

static int
count_unit(struct walk *walk, const struct source_resource *unit,
    const char *path)
{
	struct text text;
	int rc;

	text_init(&text, SIZE_MAX / 4);
	rc = file_read(tree_dir(walk->tree), path, &text, walk->err);
	if (rc == 0)
		audit_count_unit(walk->summary, unit,
		    (struct span){ text.at, text.len });
	text_release(&text);
	walk->units++;
	return rc;
}

static int
count_file(struct walk *walk, const char *path)
{
	const struct source_resource *resource =
	    audit_resource_of(walk->patterns, path);
	struct audit_count *count;

	if (resource == NULL)
		return 0;
	count = &walk->summary->counts[resource->index];
	if (resource->store == SOURCE_KEEP_SHARDS)
		return count_lines(walk, path, &count->records);
	if (resource->derive != NULL)
		return count_rows(walk, path, &count->records);
	count->records++;
	return resource == audit_unit(walk->source) ?
	    count_unit(walk, resource, path) : 0;
}

static int
take_file(void *cookie, const char *path, bool is_plain, struct err *err)
{
	struct walk *walk = cookie;
	const char *slash = strrchr(path, '/');
	struct stat st;

	if (!is_plain || strcmp(path, TREE_LOG) == 0)
		return 0;
	if (fstatat(tree_dir(walk->tree), path, &st,
	    AT_SYMLINK_NOFOLLOW) == -1)
		return err_errno(err, ERR_DISK, "look at %s", path);
	walk->summary->files++;
	walk->summary->bytes += (uint64_t)st.st_size;
	walk->marks += slash != NULL && strcmp(slash, "/.done") == 0;
	return count_file(walk, path);
}

/* Is there the folder that all units stand in?  Then it may be one. */
static bool
has_units(const struct tree *tree, const struct source *source)
{
	const struct source_resource *unit = audit_unit(source);
	const char *text = unit != NULL && unit->file.n > 0 ?
	    unit->file.parts[0].text : NULL;
	char *folder;
	bool has;

	if (text == NULL || strchr(text, '/') == NULL)
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
	return err_set(err, ERR_USAGE, "%s is no export: there is no "
	    MANIFEST_NAME " in it and no files/*/file.json", where);
}

int
audit_each_old(struct tree *tree, const struct source *source,
    int (*file)(void *, const char *, bool, struct err *), void *cookie,
    struct err *err)
{
	return has_units(tree, source) ? audit_each_file(tree, "", file,
	    cookie, err) : audit_no_export(tree_where(tree), err);
}

int
audit_old_summary(struct tree *tree, const struct source *source,
    struct audit_summary *summary, struct err *err)
{
	struct walk walk = { .tree = tree, .source = source,
	    .summary = summary, .err = err };
	int rc;

	walk.patterns = audit_patterns_new(source);
	rc = audit_each_old(tree, source, take_file, &walk, err);
	audit_patterns_free(walk.patterns);
	audit_sort_kinds(summary);
	summary->source = mem_text(source->name);
	summary->unmarked = walk.units > walk.marks ?
	    walk.units - walk.marks : 0;
	if (rc == 0 && walk.units == 0)
		return audit_no_export(tree_where(tree), err);
	return rc;
}
