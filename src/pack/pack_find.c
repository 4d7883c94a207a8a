/*
 * The manifest of an archive.  Only the manifest, its copy and the log are
 * unpacked: to a temporary directory, where the room manifest reads them.
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

#define MAX_SUMS (1 << 30)

/* The files that identify an export, and are unpacked. */
#define TAKEN 3
static const char *const tells[TAKEN] = { MANIFEST_NAME, MANIFEST_COPY,
	TREE_LOG };

struct finding {
	struct pack_found *found;
	struct archive_reader reader;
	const char *path;	/* of the archive */
	struct log *log;
	const char *dir;	/* the temporary directory */
	char *buffer;
	bool taken[TAKEN];	/* it was found and unpacked */
	struct err why;		/* the manifest could not be unpacked */
	char *files;		/* the folder that contains "files/" */
};

struct scratch *
pack_scratch(struct err *err)
{
	const char *in = getenv("TMPDIR");

	return scratch_new(in != NULL && *in != '\0' ? in : "/tmp", err);
}

/*
 * Is the member ${name} the file ${wanted}, at the top level or in one folder?
 * The first such member decides which folder the export has.
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

/* Note the folder of an export without a manifest, by its files. */
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

/* Without a manifest, only the file names are known. */
static void
keep_name(struct pack_found *found, const char *name)
{
	found->paths = mem_need(found->paths, found->n_paths + 1,
	    &found->paths_capacity, sizeof(*found->paths));
	found->paths[found->n_paths++] = mem_text(name);
}

/* Keep only the names in the export's folder, relative to it. */
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

/* Write the current member to ${fd}. */
static int
copy_member(struct finding *finding, int fd, struct err *err)
{
	struct iovec part;
	uint64_t bytes = 0;
	ssize_t n;

	while ((n = archive_reader_get(&finding->reader, finding->buffer,
	    ARCHIVE_CHUNK, err)) > 0) {
		if ((bytes += (uint64_t)n) > finding->reader.max_out)
			return err_set(err, ERR_DATA, "it is too large for a "
			    "manifest");
		part = (struct iovec){ finding->buffer, (size_t)n };
		if (file_write(fd, &part, 1, err) == -1)
			return err_wrap(err, "%s", finding->dir);
	}
	return n == -1 ? -1 : 0;
}

/* Unpack the member as ${name}, a damaged one as far as it can be read. */
static int
take_member(struct finding *finding, const char *name, struct err *err)
{
	struct err why = { ERR_NONE, "" };
	int dir = tree_dir(finding->found->tree), fd;

	fd = file_open(dir, name, O_WRONLY | O_CREAT | O_EXCL, err);
	if (fd == -1)
		return -1;
	if (copy_member(finding, fd, &why) == -1 && why.kind == ERR_DISK)
		*err = why;
	close(fd);
	if (strcmp(name, MANIFEST_NAME) == 0)
		finding->why = why;
	return why.kind == ERR_DISK ? -1 : 0;
}

/* Open the unpacked manifest, if it is sealed and so needs nothing else. */
static int
open_sealed(struct finding *finding)
{
	struct manifest *manifest = manifest_open(finding->found->tree,
	    finding->log, NULL);

	if (manifest == NULL)
		return 0;
	if (manifest_sealed(manifest) == NULL ||
	    manifest_is_partial(manifest)) {
		manifest_close(manifest);
		return 0;
	}
	finding->found->manifest = manifest;
	return 1;
}

/* Drop the temporary directory from a message about the archive. */
static void
forget_dir(struct finding *finding, struct err *err)
{
	size_t len = strlen(finding->dir);
	char *pos = strstr(err->text, finding->dir);

	if (pos == NULL)
		return;
	if (pos[len] == '/')
		len++;
	else if (pos[len] == ':' && pos[len + 1] == ' ')
		len += 2;
	memmove(pos, pos + len, strlen(pos + len) + 1);
}

static int
take_sums(struct finding *finding, struct err *err)
{
	struct pack_found *found = finding->found;
	ssize_t n;

	found->has_sums = true;
	while ((n = archive_reader_get(&finding->reader, finding->buffer,
	    ARCHIVE_CHUNK, err)) > 0)
		if (text_add(&found->sums, finding->buffer, (size_t)n) == -1)
			return err_set(err, ERR_DATA, "its " TREE_SUMS
			    " is too large");
	return n == -1 ? -1 : 0;
}

/*
 * Take what is needed of a member.  Return 1 if nothing more is needed, 0 or
 * -1.
 */
static int
look_at(struct finding *finding, const char *name, struct err *err)
{
	struct pack_found *found = finding->found;
	size_t i = 0;

	look_for_files(finding, name);
	keep_name(found, name);
	if (is_named(found, name, TREE_SUMS) && !found->has_sums)
		return take_sums(finding, err);
	while (i < TAKEN && !is_named(found, name, tells[i]))
		i++;
	/* The audit reports a second member of the same name. */
	if (i == TAKEN || finding->taken[i])
		return 0;
	finding->taken[i] = true;
	if (take_member(finding, tells[i], err) == -1)
		return -1;
	return i == 0 ? open_sealed(finding) : 0;
}

static int
look_at_all(struct finding *finding, struct err *err)
{
	struct archive_member member;
	int rc;

	while ((rc = archive_reader_next(&finding->reader, &member,
	    err)) == 1) {
		if (!member.is_file)
			continue;
		rc = look_at(finding, archive_plain_name(member.name), err);
		if (rc != 0)
			return rc == -1 ? -1 : 0;
	}
	return rc;
}

/* Recover the manifest from the unpacked files. */
static int
recover(struct finding *finding, struct err *err)
{
	struct pack_found *found = finding->found;

	err->text[0] = '\0';
	found->manifest = manifest_recover(found->tree, finding->log,
	    &found->state, err);
	forget_dir(finding, err);
	if (finding->why.kind != ERR_NONE)
		*err = finding->why;
	if (found->manifest == NULL)
		return -1;
	if (found->state != MANIFEST_INTACT)
		found->why = mem_text(err->text);
	keep_in_top(found);
	return 0;
}

/* Decide the result; ${rc} is that of the search. */
static int
classify(struct finding *finding, int rc, struct err *err)
{
	struct pack_found *found = finding->found;
	struct err why;

	if (found->manifest != NULL)
		return 0;
	if (rc == -1 && err->kind == ERR_DISK)
		return err_wrap(err, "%s", finding->path);
	if (manifest_is_there(finding->dir)) {
		if (recover(finding, &why) == 0)
			return 0;
		*err = why;
		rc = -1;
	}
	if (rc == -1)
		return err_wrap(err, "%s", finding->path);
	if (finding->files == NULL && !found->has_sums)
		return err_set(err, ERR_USAGE, "%s is not an archive of an "
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
	int rc =
	    archive_reader_open(&finding->reader, fd, found->trailer.end, err);

	if (rc == 0)
		rc = look_at_all(finding, err);
	return classify(finding, rc, err);
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
		return err_errno(err, ERR_DISK, "stat %s", path);
	if (archive_trailer_find(fd, (int64_t)st.st_size, &found->trailer,
	    err) == -1)
		return err_wrap(err, "%s", path);
	text_init(&found->sums, MAX_SUMS);
	if ((scratch = pack_scratch(err)) == NULL)
		return -1;
	finding.dir = scratch_path(scratch);
	finding.buffer = mem_alloc(ARCHIVE_CHUNK);
	if ((found->tree = tree_peek(finding.dir, err)) != NULL)
		rc = find_in(&finding, fd, err);
	archive_reader_release(&finding.reader);
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
	archive_trailer_release(&found->trailer);
	tree_close(found->tree);
	text_release(&found->sums);
	free(found->top);
	free(found->why);
	*found = (struct pack_found){ .top = NULL };
}
