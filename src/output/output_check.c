/*
 * Checking an earlier conversion: whether it is one, and whether its files
 * match its manifest.json.
 */

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive.h"
#include "output/output_internal.h"

#define MANIFEST "manifest.json"
#define MANIFEST_MAX (256u << 20)
#define MAX_DEPTH 16	/* of folders: more than any conversion has */
#define CHUNK (1 << 18)

/* Called for each file, open or -1 if it is not regular; true ends the walk. */
typedef bool visitor(void *, const char *, int);

static bool visit_all(int, const char *, int, visitor *, void *);

static bool
visit_entry(int dir, const char *path, const char *name, int level,
    visitor *visit, void *cookie)
{
	struct stat st;
	int fd;
	bool end;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode) && level < MAX_DEPTH) {
		fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
		    O_CLOEXEC);
		return fd == -1 ? visit(cookie, path, -1) :
		    visit_all(fd, path, level + 1, visit, cookie);
	}
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
	if (fd != -1 && (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))) {
		close(fd);
		fd = -1;
	}
	end = visit(cookie, path, fd);
	if (fd != -1)
		close(fd);
	return end;
}

/* Go through the directory ${fd}, which is closed. */
static bool
visit_all(int fd, const char *above, int level, visitor *visit, void *cookie)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	bool end = false;
	char *path;

	if (dir == NULL) {
		close(fd);
		return visit(cookie, above, -1);
	}
	while (!end && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		path = *above == '\0' ? mem_text(entry->d_name) :
		    mem_format("%s/%s", above, entry->d_name);
		end = visit_entry(dirfd(dir), path, entry->d_name, level, visit,
		    cookie);
		free(path);
	}
	closedir(dir);
	return end;
}

/* The manifest of a conversion in ${dir}, new, and its text; or NULL. */
static json_t *
load_manifest(int dir, struct text *text)
{
	json_t *manifest = NULL;
	const char *what;

	text_init(text, MANIFEST_MAX);
	if (file_read(dir, MANIFEST, text, NULL) == 0 && text->len > 0)
		manifest = json_loadb(text->data, text->len, 0, NULL);
	what = json_string_value(json_object_get(manifest, "hlexport"));
	if (what != NULL && strcmp(what, "conversion") == 0)
		return manifest;
	json_decref(manifest);
	return NULL;
}

/* Is it an archive made by --zip, at the top level? */
static bool
is_archive(const char *path)
{
	size_t len = strlen(path);

	return len > 4 && strchr(path, '/') == NULL &&
	    strcmp(&path[len - 4], ".zip") == 0 &&
	    (strncmp(path, "hlexport-", 9) == 0 ||
	    strcmp(path, "report.zip") == 0);
}

/* ---------------------------------------------------------- is it one? */

static bool
is_strange(void *cookie, const char *path, int fd)
{
	const struct set *files = cookie;

	return fd == -1 || (strcmp(path, MANIFEST) != 0 &&
	    !is_archive(path) && !set_has(files, path, strlen(path)));
}

bool
output_made_by_us(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct text text = { .data = NULL };
	json_t *manifest = fd != -1 ? load_manifest(fd, &text) : NULL, *file;
	struct set *files = set_new();
	const char *path;
	bool is = false;
	size_t i;

	json_array_foreach(json_object_get(manifest, "files"), i, file) {
		path = json_string_value(json_object_get(file, "path"));
		if (path != NULL)
			set_add(files, path, strlen(path));
	}
	if (manifest != NULL)
		is = !visit_all(fd, "", 0, is_strange, files);
	else if (fd != -1)
		close(fd);
	json_decref(manifest);
	text_release(&text);
	set_free(files);
	return is;
}

bool
output_is_conversion(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct text text = { .data = NULL };
	json_t *manifest = fd != -1 ? load_manifest(fd, &text) : NULL;
	struct stat st;
	/* A legacy export may have a manifest.json, but also has files/. */
	bool is = manifest != NULL || (fd != -1 && fstatat(fd, MANIFEST, &st,
	    AT_SYMLINK_NOFOLLOW) == 0 && fstatat(fd, "files", &st,
	    AT_SYMLINK_NOFOLLOW) == -1);

	if (fd != -1)
		close(fd);
	json_decref(manifest);
	text_release(&text);
	return is;
}

/* ------------------------------------------------ is it what was made? */

struct checking {
	struct output_check *check;
	struct tree_receipts files;	/* from the manifest */
	struct set *seen;
	const char *archive;	/* being read, or NULL */
	char *buffer;
	bool (*tick)(void *);
	void *cookie;
	bool is_stopped;
};

/* Add a finding; ${what} is stolen. */
static void
found(struct checking *job, enum audit_problem kind, const char *path,
    char *what)
{
	struct output_check *check = job->check;

	check->items = mem_need(check->items, check->n + 1, &check->capacity,
	    sizeof(*check->items));
	check->items[check->n++] = (struct audit_finding){ .kind = kind,
	    .path = mem_text(path), .what = what };
}

/* Compare a file's size and hash with the manifest. */
static void
compare(void *cookie, const char *path, uint64_t bytes,
    const unsigned char *sha256)
{
	struct checking *job = cookie;
	const struct tree_receipt *file = tree_receipts_find(&job->files,
	    path);

	job->check->bytes += bytes;
	if (strcmp(path, MANIFEST) == 0)
		return;
	job->check->files++;
	if (file == NULL) {
		found(job, AUDIT_EXTRA, path, mem_format("%snot listed in "
		    MANIFEST, job->archive != NULL ? "in the archive: " :
		    ""));
		return;
	}
	job->check->rows += file->lines;
	if (!set_add(job->seen, path, strlen(path)))
		found(job, AUDIT_EXTRA, path, mem_text("it occurs twice"));
	else if (bytes != file->bytes)
		found(job, AUDIT_DAMAGED, path, mem_format("it has %" PRIu64
		    " bytes; " MANIFEST " says %" PRIu64, bytes,
		    file->bytes));
	else if (memcmp(sha256, file->sha256, SHA256_BYTES) != 0)
		found(job, AUDIT_DAMAGED, path, mem_text("its SHA-256 differs "
		    "from the one in " MANIFEST));
}

static void
hash_file(struct checking *job, const char *path, int fd)
{
	struct sha256 *hash = sha256_new();
	unsigned char sha256[SHA256_BYTES];
	uint64_t bytes = 0;
	ssize_t n = 0;

	while (!job->is_stopped && ((n = read(fd, job->buffer, CHUNK)) > 0 ||
	    (n == -1 && errno == EINTR))) {
		if (n == -1)
			continue;
		sha256_add(hash, job->buffer, (size_t)n);
		bytes += (uint64_t)n;
		job->is_stopped = job->tick(job->cookie);
	}
	sha256_peek(hash, sha256);
	sha256_free(hash);
	if (job->is_stopped)
		return;
	if (n == -1)
		found(job, AUDIT_DAMAGED, path, mem_format("cannot be read: "
		    "%s", strerror(errno)));
	else
		compare(job, path, bytes, sha256);
}

static bool
look(void *cookie, const char *path, int fd)
{
	struct checking *job = cookie;
	struct err why;

	if (fd == -1) {
		found(job, AUDIT_EXTRA, path, mem_text("not a regular "
		    "file"));
	} else if (is_archive(path)) {
		job->archive = path;
		if (archive_hash_members(fd, compare, job, &why) == -1)
			found(job, AUDIT_DAMAGED, path, mem_text(why.text));
		job->archive = NULL;
	} else if (litter_is(path)) {
		found(job, AUDIT_NOTE, path, mem_text("created by the system "
		    "or an editor"));
	} else {
		hash_file(job, path, fd);
	}
	return job->is_stopped;
}

/* Read one file of the manifest.  Return whether it is valid. */
static bool
take(struct checking *job, json_t *file)
{
	const char *path = json_string_value(json_object_get(file, "path"));
	const char *hex = json_string_value(json_object_get(file, "sha256"));
	json_int_t bytes = json_integer_value(json_object_get(file,
	    "bytes")), rows = json_integer_value(json_object_get(file,
	    "rows"));
	struct tree_receipt receipt = { .path = (char *)path,
	    .bytes = (uint64_t)bytes, .lines = (uint64_t)rows };

	if (path == NULL || hex == NULL || bytes < 0 || rows < 0 ||
	    !file_is_path(path) || sha256_from_hex(hex, receipt.sha256) == -1)
		return false;
	tree_receipts_add(&job->files, &receipt);
	return true;
}

/* Check the manifest's own SHA-256. */
static void
check_itself(struct checking *job, json_t *manifest, const struct text *text)
{
	struct text wanted;

	if (json_object_get(manifest, "sha256") == NULL) {
		found(job, AUDIT_NOTE, MANIFEST, mem_text("written by an "
		    "earlier version, without its own SHA-256"));
		return;
	}
	text_init(&wanted, SIZE_MAX / 4);
	output_manifest_text(manifest, &wanted);
	if (wanted.len != text->len || memcmp(wanted.data, text->data,
	    text->len) != 0)
		found(job, AUDIT_DAMAGED, MANIFEST, mem_text("it has changed "
		    "since it was written: its SHA-256 differs"));
	text_release(&wanted);
}

static void
check_all(struct checking *job, int dir, json_t *manifest,
    const struct text *text)
{
	json_t *files = json_object_get(manifest, "files"), *file;
	bool is_right = json_is_array(files);
	size_t i;

	check_itself(job, manifest, text);
	json_array_foreach(files, i, file)
		is_right &= take(job, file);
	if (!is_right)
		found(job, AUDIT_DAMAGED, MANIFEST, mem_text("its list of "
		    "files is invalid"));
	job->check->lacks = json_is_false(json_object_get(manifest,
	    "complete"));
	tree_receipts_sort(&job->files);
	(void)visit_all(dir, "", 0, look, job);
	for (i = 0; i < job->files.n && !job->is_stopped; i++)
		if (!set_has(job->seen, job->files.items[i].path,
		    strlen(job->files.items[i].path)))
			found(job, AUDIT_MISSING, job->files.items[i].path,
			    mem_text("the file is missing"));
}

int
output_check(const char *path, bool (*tick)(void *), void *cookie,
    struct output_check *check, struct err *err)
{
	struct checking job = { .check = check, .seen = set_new(),
	    .buffer = mem_alloc(CHUNK), .tick = tick, .cookie = cookie };
	struct text text = { .data = NULL };
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	json_t *manifest = dir != -1 ? load_manifest(dir, &text) : NULL;

	*check = (struct output_check){ .items = NULL };
	if (dir == -1)
		rc = err_errno(err, ERR_USAGE, "open %s", path);
	else if (manifest == NULL)
		found(&job, AUDIT_DAMAGED, MANIFEST, mem_text("it is damaged, "
		    "or not the manifest of a conversion; the other files "
		    "cannot be checked"));
	else
		check_all(&job, dir, manifest, &text);
	if (manifest == NULL && dir != -1)
		close(dir);
	text_release(&text);
	if (job.is_stopped)
		rc = err_set(err, ERR_STOPPED, "stopped");
	json_decref(manifest);
	tree_receipts_release(&job.files);
	set_free(job.seen);
	free(job.buffer);
	return rc;
}

void
output_check_release(struct output_check *check)
{
	size_t i;

	for (i = 0; i < check->n; i++) {
		free(check->items[i].path);
		free(check->items[i].what);
	}
	free(check->items);
	*check = (struct output_check){ .items = NULL };
}
