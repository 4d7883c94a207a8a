/*
 * The summary of an export without a manifest, from its files alone: the
 * paths of a source's templates tell which file is what.
 */

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit_internal.h"

#define DEEPEST 16

struct walk {
	struct tree *tree;
	const struct source *source;
	struct audit_summary *summary;
	char **patterns;	/* by resource, NULL: it has no files */
	uint64_t units, marks;
	struct err *err;
};

/* A template as a pattern: each variable is a "*". */
static char *
pattern_of(const struct source_template *template, const char *rest)
{
	struct text text;
	size_t i;

	text_init(&text, 4096);
	for (i = 0; i < template->n; i++)
		text_adds(&text, template->parts[i].text != NULL ?
		    template->parts[i].text : "*");
	text_adds(&text, rest);
	return text_take(&text);
}

static void
make_patterns(struct walk *walk)
{
	const struct source *source = walk->source;
	size_t i;

	walk->patterns = mem_zero(source->n_resources, sizeof(char *));
	for (i = 0; i < source->n_resources; i++) {
		const struct source_resource *resource =
		    &source->resources[i];

		if (resource->store == SOURCE_KEEP_OBJECTS)
			walk->patterns[i] = pattern_of(&resource->file, "");
		else if (resource->store == SOURCE_KEEP_SHARDS)
			walk->patterns[i] = pattern_of(&resource->file,
			    "/[1-9]*.jsonl");
	}
}

/* The resource whose pattern fits best: the one that says the most. */
static const struct source_resource *
resource_of(const struct walk *walk, const char *path)
{
	const struct source_resource *best = NULL;
	size_t i, most = 0;

	for (i = 0; i < walk->source->n_resources; i++) {
		const char *pattern = walk->patterns[i];

		if (pattern != NULL && strlen(pattern) > most &&
		    fnmatch(pattern, path, FNM_PATHNAME | FNM_PERIOD) == 0) {
			best = &walk->source->resources[i];
			most = strlen(pattern);
		}
	}
	return best;
}

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
	const struct source_resource *resource = resource_of(walk, path);
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

static int walk_dir(struct walk *, const char *, int);

static int
walk_entry(struct walk *walk, int dir, const char *above, const char *name,
    int level)
{
	char *path = *above == '\0' ? mem_text(name) :
	    mem_format("%s/%s", above, name);
	struct stat st;
	int rc = 0;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		rc = err_errno(walk->err, ERR_DISK, "look at %s", path);
	} else if (S_ISDIR(st.st_mode)) {
		rc = walk_dir(walk, path, level + 1);
	} else if (S_ISREG(st.st_mode) && strcmp(path, TREE_LOG) != 0) {
		walk->summary->files++;
		walk->summary->bytes += (uint64_t)st.st_size;
		walk->marks += strcmp(name, ".done") == 0;
		rc = count_file(walk, path);
	}
	free(path);
	return rc;
}

static int
walk_dir(struct walk *walk, const char *path, int level)
{
	int fd = file_dir(tree_dir(walk->tree), path, false, walk->err);
	struct dirent *entry;
	DIR *dir;
	int rc = 0;

	if (fd == -1)
		return -1;
	if ((dir = fdopendir(fd)) == NULL) {
		close(fd);
		return err_errno(walk->err, ERR_DISK, "read directory %s",
		    path);
	}
	while (rc == 0 && level < DEEPEST && (entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			rc = walk_entry(walk, fd, path, entry->d_name,
			    level);
	closedir(dir);
	return rc;
}

int
audit_old_summary(struct tree *tree, const struct source *source,
    struct audit_summary *summary, struct err *err)
{
	struct walk walk = { .tree = tree, .source = source,
	    .summary = summary, .err = err };
	size_t i;
	int rc;

	make_patterns(&walk);
	rc = walk_dir(&walk, "", 0);
	for (i = 0; i < source->n_resources; i++)
		free(walk.patterns[i]);
	free(walk.patterns);
	audit_sort_kinds(summary);
	summary->source = mem_text(source->name);
	summary->unmarked = walk.units > walk.marks ?
	    walk.units - walk.marks : 0;
	if (rc == 0 && walk.units == 0)
		return err_set(err, ERR_USAGE, "%s is no export: there is no "
		    MANIFEST_NAME " in it and no files/*/file.json",
		    tree_where(tree));
	return rc;
}
