/*
 * The manifest of an archive.  It is the one thing that is taken out of it:
 * into a folder of our own, under a name of our own, to be read by the room
 * that knows it, and removed at once.
 */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pack/pack_internal.h"

#define SUMS_MOST (1 << 30)

struct finding {
	struct pack_found *found;
	struct pack_reader reader;
	const char *path;	/* of the archive */
	struct log *log;
	const char *dir;	/* the folder of our own */
	char *buffer;
	struct err why;		/* what is wrong with the manifest */
	struct manifest *copy;	/* of the manifest, if it came first */
	char *files;		/* the folder that has a folder "files" */
};

struct scratch *
pack_scratch(struct err *err)
{
	const char *in = getenv("TMPDIR");

	return scratch_new(in != NULL && *in != '\0' ? in : "/tmp", err);
}

const char *
pack_plain_name(const char *name)
{
	while (name[0] == '.' && name[1] == '/')
		for (name += 2; *name == '/'; name++)
			;
	return name;
}

/*
 * Is the member ${name} the file ${wanted}, at the top or in one folder?  The
 * first of them says which folder the export has.
 */
static bool
is_named(struct pack_found *found, const char *name, const char *wanted)
{
	const char *slash = strrchr(name, '/');
	size_t len = slash != NULL ? (size_t)(slash + 1 - name) : 0;

	if (strcmp(name + len, wanted) != 0 || *name == '/' ||
	    (slash != NULL && strchr(name, '/') != slash))
		return false;
	if (found->top == NULL)
		found->top = mem_copy(name, len);
	return strlen(found->top) == len &&
	    memcmp(found->top, name, len) == 0;
}

/* The folder of an export that nothing but its files tells of. */
static void
look_for_files(struct finding *finding, const char *name)
{
	const char *slash = strchr(name, '/');
	size_t len = 0;

	if (finding->files != NULL || slash == NULL)
		return;
	if (strncmp(name, "files/", 6) != 0) {
		if (strncmp(slash, "/files/", 7) != 0)
			return;
		len = (size_t)(slash + 1 - name);
	}
	finding->files = mem_copy(name, len);
}

/* Without a manifest, the names of the files are all that is known. */
static void
keep_name(struct pack_found *found, const char *name)
{
	found->paths = mem_need(found->paths, found->n_paths + 1,
	    &found->paths_room, sizeof(*found->paths));
	found->paths[found->n_paths++] = mem_text(name);
}

/* Keep of them those in the export's folder, as they are called there. */
static void
keep_in_top(struct pack_found *found)
{
	size_t len = strlen(found->top), i, n = 0;

	for (i = 0; i < found->n_paths; i++) {
		char *name = found->paths[i];

		if (strncmp(name, found->top, len) != 0) {
			free(name);
			continue;
		}
		memmove(name, &name[len], strlen(&name[len]) + 1);
		found->paths[n++] = name;
	}
	found->n_paths = n;
}

/* Write the member that is read to ${fd}. */
static int
copy_member(struct finding *finding, int fd, struct err *err)
{
	struct iovec piece;
	uint64_t bytes = 0;
	ssize_t n;

	while ((n = pack_reader_get(&finding->reader, finding->buffer,
	    PACK_PIECE, err)) > 0) {
		if ((bytes += (uint64_t)n) > finding->reader.most_out)
			return err_set(err, ERR_DATA, "it is larger than a "
			    "manifest would be");
		piece = (struct iovec){ finding->buffer, (size_t)n };
		if (file_write(fd, &piece, 1, err) == -1)
			return err_wrap(err, "%s", finding->dir);
	}
	return n == -1 ? -1 : 0;
}

/* Take the member out as ${name}, and open it as what it is. */
static struct manifest *
open_member(struct finding *finding, const char *name, struct err *err)
{
	struct pack_found *found = finding->found;
	struct manifest *manifest = NULL;
	enum manifest_state state;
	int dir = tree_dir(found->tree), fd;

	fd = file_open(dir, name, O_WRONLY | O_CREAT | O_EXCL, err);
	if (fd == -1)
		return NULL;
	if (copy_member(finding, fd, err) == 0)
		manifest = strcmp(name, MANIFEST_NAME) == 0 ?
		    manifest_open(found->tree, finding->log, err) :
		    manifest_recover(found->tree, finding->log, &state, err);
	close(fd);
	(void)file_remove(dir, name, NULL);
	return manifest;
}

/* Words about the archive, not about where it was unpacked to. */
static void
forget_dir(struct finding *finding, struct err *err)
{
	size_t len = strlen(finding->dir);
	char *at = strstr(err->text, finding->dir);

	if (at == NULL)
		return;
	if (at[len] == '/')
		len++;
	else if (at[len] == ':' && at[len + 1] == ' ')
		len += 2;
	memmove(at, at + len, strlen(at + len) + 1);
}

static int
take_sums(struct finding *finding, struct err *err)
{
	struct pack_found *found = finding->found;
	ssize_t n;

	found->has_sums = true;
	while ((n = pack_reader_get(&finding->reader, finding->buffer,
	    PACK_PIECE, err)) > 0)
		if (text_add(&found->sums, finding->buffer, (size_t)n) == -1)
			return err_set(err, ERR_DATA, "its " TREE_SUMS
			    " is too large");
	return n == -1 ? -1 : 0;
}

/* Look at a member.  Return 1 if that is all that is wanted; 0; -1. */
static int
look_at(struct finding *finding, const char *name, struct err *err)
{
	struct pack_found *found = finding->found;
	struct manifest *manifest;
	bool is_it = is_named(found, name, MANIFEST_NAME);

	look_for_files(finding, name);
	keep_name(found, name);
	if (is_named(found, name, TREE_SUMS) && !found->has_sums)
		return take_sums(finding, err);
	/* A second one of a name is for the verifier to tell of. */
	if (is_it ? finding->why.kind != ERR_NONE ||
	    found->manifest != NULL : finding->copy != NULL ||
	    !is_named(found, name, MANIFEST_COPY))
		return 0;
	manifest = open_member(finding, is_it ? MANIFEST_NAME :
	    MANIFEST_COPY, err);
	if (manifest == NULL && err->kind == ERR_DISK)
		return -1;
	if (manifest == NULL && is_it) {
		finding->why = *err;
		forget_dir(finding, &finding->why);
	}
	*(is_it ? &found->manifest : &finding->copy) = manifest;
	if (found->manifest != NULL)
		return !manifest_is_partial(found->manifest);
	return finding->copy != NULL && finding->why.kind != ERR_NONE;
}

static int
look_at_all(struct finding *finding, struct err *err)
{
	struct pack_member member;
	int rc;

	while ((rc = pack_reader_next(&finding->reader, &member,
	    err)) == 1) {
		if (!member.is_file)
			continue;
		rc = look_at(finding, pack_plain_name(member.name), err);
		if (rc != 0)
			return rc == -1 ? -1 : 0;
	}
	return rc;
}

/* What was found, or why nothing was; ${rc} is that of the search. */
static int
judge(struct finding *finding, int rc, struct err *err)
{
	struct pack_found *found = finding->found;

	if (found->manifest != NULL) {
		if (manifest_is_partial(found->manifest))
			keep_in_top(found);
		return 0;
	}
	if (finding->copy != NULL) {
		found->manifest = finding->copy;
		finding->copy = NULL;
		found->why = mem_text(finding->why.kind != ERR_NONE ?
		    finding->why.text : "it is not there");
		return 0;
	}
	if (finding->why.kind != ERR_NONE)
		*err = finding->why;
	if (rc == -1 || finding->why.kind != ERR_NONE)
		return err_wrap(err, "%s", finding->path);
	if (finding->files == NULL && !found->has_sums)
		return err_set(err, ERR_USAGE, "%s is no archive of an "
		    "export: it has neither " MANIFEST_NAME " nor files/",
		    finding->path);
	if (found->top == NULL)
		found->top = mem_text(finding->files);
	keep_in_top(found);
	return 0;
}

static int
find_in(struct finding *finding, int fd, struct err *err)
{
	struct pack_found *found = finding->found;
	int rc = pack_reader_open(&finding->reader, fd, found->mark.end, err);

	if (rc == 0)
		rc = look_at_all(finding, err);
	return judge(finding, rc, err);
}

int
pack_find(int fd, const char *path, struct log *log,
    struct pack_found *found, struct err *err)
{
	struct finding finding = { .found = found, .path = path,
	    .log = log };
	struct scratch *scratch;
	struct stat st;
	struct err own;
	int rc = -1;

	if (err == NULL)
		err = &own;
	*found = (struct pack_found){ .top = NULL };
	if (fstat(fd, &st) == -1)
		return err_errno(err, ERR_DISK, "look at %s", path);
	if (pack_mark_find(fd, (int64_t)st.st_size, &found->mark,
	    err) == -1)
		return err_wrap(err, "%s", path);
	text_init(&found->sums, SUMS_MOST);
	if ((scratch = pack_scratch(err)) == NULL)
		return -1;
	finding.dir = scratch_path(scratch);
	finding.buffer = mem_alloc(PACK_PIECE);
	if ((found->tree = tree_look(finding.dir, err)) != NULL)
		rc = find_in(&finding, fd, err);
	manifest_close(finding.copy);
	pack_reader_release(&finding.reader);
	scratch_free(scratch);
	free(finding.buffer);
	free(finding.files);
	return rc;
}

void
pack_found_release(struct pack_found *found)
{
	size_t i;

	for (i = 0; i < found->n_paths; i++)
		free(found->paths[i]);
	free(found->paths);
	manifest_close(found->manifest);
	pack_mark_release(&found->mark);
	tree_close(found->tree);
	text_release(&found->sums);
	free(found->top);
	free(found->why);
	*found = (struct pack_found){ .top = NULL };
}
