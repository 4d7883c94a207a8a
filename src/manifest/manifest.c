/*
 * The manifest's file: created, read, appended to.
 */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "manifest/manifest_internal.h"

#define FILE_MAX (INT64_C(1) << 32)
#define COMPACT_FROM (1 << 20)	/* bytes; smaller files are not rewritten */
#define COMPACT_RATIO 4

static struct manifest *
new_manifest(struct tree *tree)
{
	struct manifest *manifest = mem_zero(1, sizeof(*manifest));

	manifest->tree = tree;
	manifest->fd = -1;
	manifest->compact_at = COMPACT_FROM;
	text_init(&manifest->pending, SIZE_MAX / 4);
	text_init(&manifest->on_its_way, SIZE_MAX / 4);
	text_init(&manifest->memory, SIZE_MAX / 4);
	return manifest;
}

struct manifest *
manifest_new(struct tree *tree, json_t *rest)
{
	struct manifest *manifest = new_manifest(tree);

	manifest->header = json_object();
	json_object_set_new(manifest->header, "hlexport",
	    json_string("export"));
	json_object_set_new(manifest->header, "format",
	    json_integer(MANIFEST_FORMAT));
	json_object_update(manifest->header, rest);
	return manifest;
}

struct manifest *
manifest_create(struct tree *tree, json_t *rest, struct err *err)
{
	struct manifest *manifest = manifest_new(tree, rest);

	if (manifest_rewrite(manifest, NULL, err) == -1) {
		manifest_close(manifest);
		return NULL;
	}
	return manifest;
}

void
manifest_close(struct manifest *manifest)
{
	struct manifest_done *done, *next;

	if (manifest == NULL)
		return;
	/* ${fd} may be in use. */
	(void)manifest_commit(manifest, NULL);
	while (manifest->entries != NULL)
		manifest_free_entry(manifest, manifest->entries);
	HASH_ITER(hh, manifest->done_markers, done, next) {
		HASH_DEL(manifest->done_markers, done);
		free(done->key);
		free(done);
	}
	json_decref(manifest->header);
	json_decref(manifest->seal);
	json_decref(manifest->lost_seal);
	free(manifest->lost_sha256);
	text_release(&manifest->pending);
	text_release(&manifest->on_its_way);
	text_release(&manifest->memory);
	if (manifest->fd != -1)
		close(manifest->fd);
	free(manifest);
}

int
manifest_check_header(json_t *json, const char *where, struct err *err)
{
	json_t *format = json_object_get(json, "format");

	if (json_object_get(json, "hlexport") == NULL ||
	    !json_is_integer(format))
		return err_set(err, ERR_USAGE, "%s: its " MANIFEST_NAME " was "
		    "not written by hlexport", where);
	if (json_integer_value(format) != MANIFEST_FORMAT)
		return err_set(err, ERR_USAGE, "%s: its format is %lld, but "
		    "this version supports format %d; use the version that "
		    "wrote it: %s", where,
		    (long long)json_integer_value(format), MANIFEST_FORMAT,
		    json_string_value(json_object_get(json, "tool")) != NULL ?
		    json_string_value(json_object_get(json, "tool")) :
		    "unknown");
	return 0;
}

/* Apply one line of the file. */
static int
replay_line(struct manifest *manifest, struct span file,
    struct manifest_line line, struct err *err)
{
	json_error_t json_err;
	json_t *json = json_loadb(&file.data[line.offset], line.len - 1, 0,
	    &json_err);
	int rc;

	if (json == NULL)
		return err_set(err, ERR_DATA, "%s", json_err.text);
	if (manifest->header == NULL) {
		rc = manifest_check_header(json, tree_where(manifest->tree),
		    err);
		manifest->header = json_incref(json);
	} else {
		rc = !manifest_is_valid(json) ? err_set(err, ERR_DATA,
		    "it is damaged") : manifest_apply(manifest, json,
		    line, err);
		if (rc == 0 && json_object_get(json, "seal") != NULL)
			rc = manifest_check_seal(json, file,
			    (size_t)line.offset, err);
	}
	json_decref(json);
	return rc;
}

/* Remove an incomplete last line, which starts at ${offset}. */
static int
cut(struct manifest *manifest, int64_t offset, struct log *log, struct err *err)
{
	if (tree_log(manifest->tree) == -1 || manifest->is_below)
		return 0;	/* read-only */
	if (log != NULL)
		log_say(log, LOG_WARN, "manifest", "removed an incomplete last "
		    "line (%lld bytes)", (long long)(manifest->size - offset));
	if (ftruncate(manifest->fd, (off_t)offset) == -1)
		return err_errno(err, ERR_DISK, "truncate " MANIFEST_NAME);
	manifest->size = offset;
	return 0;
}

/* Apply all lines.  Return where the last complete one ends, or -1. */
static int64_t
replay_lines(struct manifest *manifest, struct span file, struct err *err)
{
	struct manifest_line line = { 0, 0 };
	const char *end;
	unsigned number;

	for (number = 1; (size_t)line.offset < file.len; number++) {
		end = memchr(&file.data[line.offset], '\n',
		    file.len - (size_t)line.offset);
		if (end == NULL)
			break;
		line.len = (size_t)(end + 1 - &file.data[line.offset]);
		if (replay_line(manifest, file, line, err) == -1) {
			/* A torn last line may have its newline. */
			if (err->kind == ERR_DATA && number > 1 &&
			    (size_t)line.offset + line.len == file.len &&
			    manifest->seal == NULL)
				break;
			return err->kind == ERR_DATA ? err_wrap(err,
			    "%s/" MANIFEST_NAME ", line %u",
			    tree_where(manifest->tree), number) : -1;
		}
		line.offset += (int64_t)line.len;
	}
	return line.offset;
}

static int
replay(struct manifest *manifest, struct span file, struct log *log,
    struct err *err)
{
	int64_t end = replay_lines(manifest, file, err);

	if (end == -1)
		return -1;
	if (manifest->header == NULL)
		return err_set(err, ERR_USAGE, "%s: its " MANIFEST_NAME
		    " is empty", tree_where(manifest->tree));
	return (size_t)end < file.len ? cut(manifest, end, log, err) : 0;
}

static int
not_native(struct tree *tree, struct err *err)
{
	return err_set(err, ERR_DATA, "%s/" MANIFEST_NAME " is not a plain "
	    "file", tree_where(tree));
}

/* Read the file.  Bytes that the disk can't read count as damaged. */
static int
read_file(struct manifest *manifest, int dir, struct text *file,
    struct err *err)
{
	struct stat st;

	if (fstat(manifest->fd, &st) == 0 && !S_ISREG(st.st_mode))
		return not_native(manifest->tree, err);
	if (file_read(dir, MANIFEST_NAME, file, err) == 0)
		return 0;
	if (errno == EIO && err != NULL)
		err->kind = ERR_DATA;
	return -1;
}

/*
 * Open the file in the layer, if it has one; else that of the export, which
 * must not be written to then.
 */
static int
open_file(struct manifest *manifest, int *dir, struct err *err)
{
	struct tree *tree = manifest->tree;
	bool layered = tree_is_layered(tree);
	int fd;

	*dir = tree_out(tree);
	fd = file_open(*dir, MANIFEST_NAME, tree_log(tree) == -1 ? O_RDONLY :
	    O_RDWR | O_APPEND, err);
	if (fd == -1 && errno == ENOENT && layered) {
		*dir = tree_dir(tree);
		manifest->is_below = true;
		fd = file_open(*dir, MANIFEST_NAME, O_RDONLY, err);
	}
	if (fd == -1 && errno == ENOENT)
		err_set(err, ERR_USAGE, "%s is not an export: it has no "
		    MANIFEST_NAME, tree_where(tree));
	else if (fd == -1 && (errno == ELOOP || errno == EISDIR ||
	    errno == ENXIO))
		not_native(tree, err);
	return fd;
}

struct manifest *
manifest_open(struct tree *tree, struct log *log, struct err *err)
{
	struct manifest *manifest = new_manifest(tree);
	struct text file;
	struct err own;
	int dir;

	if (err == NULL)
		err = &own;
	text_init(&file, FILE_MAX);
	manifest->fd = open_file(manifest, &dir, err);
	if (manifest->fd == -1)
		goto err_close;
	if (read_file(manifest, dir, &file, err) == -1)
		goto err_close;
	manifest->size = (int64_t)file.len;
	if (replay(manifest, (struct span){ file.data, file.len }, log,
	    err) == -1)
		goto err_close;
	text_release(&file);
	return manifest;

err_close:
	text_release(&file);
	manifest_close(manifest);
	return NULL;
}

struct manifest *
manifest_of_text(struct tree *tree, const struct text *text, struct err *err)
{
	struct manifest *manifest = new_manifest(tree);

	manifest->is_below = true;
	text_add(&manifest->memory, text->data, text->len);
	manifest->size = (int64_t)text->len;
	if (replay(manifest, (struct span){ text->data, text->len }, NULL,
	    err) == -1) {
		manifest_close(manifest);
		return NULL;
	}
	return manifest;
}

json_t *
manifest_header(const struct manifest *manifest)
{
	return manifest->header;
}

bool
manifest_is_partial(const struct manifest *manifest)
{
	return manifest->seal == NULL && json_is_true(json_object_get(
	    manifest->header, "adopted"));
}

json_t *
manifest_sealed(const struct manifest *manifest)
{
	return manifest->seal;
}

void
manifest_say(struct manifest *manifest, json_t *json)
{
	struct manifest_line line = { .offset = manifest->size +
	    (int64_t)(manifest->on_its_way.len + manifest->pending.len) };
	char *text = json_dumps(json, JSON_COMPACT);
	struct err err;

	line.len = strlen(text) + 1;
	text_adds(&manifest->pending, text);
	text_addc(&manifest->pending, '\n');
	free(text);
	/* Our own lines are valid. */
	if (manifest_apply(manifest, json, line, &err) == -1)
		abort();
	json_decref(json);
}

int
manifest_flush_begin(struct manifest *manifest, struct err *err)
{
	struct tree_lines_to_say lines = { .name = MANIFEST_NAME };
	struct text text;

	if (manifest_commit(manifest, err) == -1)
		return -1;
	/* A rewrite has everything on disk. */
	if (manifest->is_below || manifest->size +
	    (int64_t)manifest->pending.len >= manifest->compact_at)
		return tree_flush(manifest->tree, err) == -1 ? -1 :
		    manifest_flush(manifest, err);
	text = manifest->on_its_way;
	manifest->on_its_way = manifest->pending;
	manifest->pending = text;
	lines.fd = manifest->fd;
	lines.bytes = (struct span){ manifest->on_its_way.data,
	    manifest->on_its_way.len };
	return tree_flush_begin(manifest->tree, &lines, err);
}

int
manifest_flush(struct manifest *manifest, struct err *err)
{
	struct iovec part = { manifest->pending.data, manifest->pending.len };

	if (manifest_commit(manifest, err) == -1)
		return -1;
	if (manifest->pending.len == 0)
		return 0;
	if (manifest->is_below)
		return manifest_rewrite(manifest, NULL, err);
	if (file_write(manifest->fd, &part, 1, err) == -1)
		return err_wrap(err, MANIFEST_NAME);
	if (file_sync(manifest->fd, MANIFEST_NAME, err) == -1)
		return -1;
	manifest->size += (int64_t)manifest->pending.len;
	text_clear(&manifest->pending);
	if (manifest->size < manifest->compact_at)
		return 0;
	manifest->compact_at = manifest->size * 2;
	if (manifest->size < COMPACT_RATIO * manifest_live(manifest))
		return 0;
	return manifest_rewrite(manifest, NULL, err);
}
