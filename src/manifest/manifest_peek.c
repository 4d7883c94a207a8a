/*
 * Quick checks of a directory: is it an export, what is its header, is it
 * sealed?
 */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "manifest/manifest_internal.h"

#define LINE_MAX_BYTES (16u << 20)	/* of a header, which may contain a
					 * definition */
#define LOG_HEAD (64u << 10)	/* the start of the log, which has the header */

/* Open a file of the export; don't block on a pipe of that name. */
static FILE *
open_native(const char *path, const char *name)
{
	char *whole = mem_format("%s/%s", path, name);
	int fd = open(whole, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	FILE *file = NULL;
	struct stat st;

	free(whole);
	if (fd == -1)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		file = fdopen(fd, "r");
	if (file == NULL)
		close(fd);
	return file;
}

/* Read the first line of a file, or LINE_MAX_BYTES of it. */
static bool
first_line(const char *path, const char *name, struct text *line)
{
	FILE *file = open_native(path, name);
	int c = 0;

	/* Stop at the limit if there is no newline. */
	while (file != NULL && c != '\n' && line->len <= LINE_MAX_BYTES &&
	    (c = getc_unlocked(file)) != EOF)
		text_addc(line, (char)c);
	if (file != NULL)
		fclose(file);
	if (line->len > LINE_MAX_BYTES)
		text_clear(line);
	return line->len > 0;
}

/* Does the log start like that of an export? */
static bool
has_logged(const char *path)
{
	FILE *file = open_native(path, TREE_LOG);
	char *head;
	size_t n = 0;
	bool has;

	if (file == NULL)
		return false;
	head = mem_alloc(LOG_HEAD);
	n = fread(head, 1, LOG_HEAD, file);
	fclose(file);
	has = memmem(head, n, "manifest=\"", 10) != NULL ||
	    memmem(head, n, "\"manifest\":", 11) != NULL;
	free(head);
	return has;
}

static bool
is_file(const char *path, const char *name)
{
	char *whole = mem_format("%s/%s", path, name);
	bool is = access(whole, F_OK) == 0;

	free(whole);
	return is;
}

bool
manifest_is_there(const char *path)
{
	return is_file(path, MANIFEST_NAME) || is_file(path, MANIFEST_COPY) ||
	    has_logged(path);
}

/* Something is damaged: recover the header. */
static json_t *
recover_header(const char *path, struct err *err)
{
	struct tree *tree = tree_peek(path, err);
	struct manifest *manifest;
	enum manifest_state state;
	json_t *header = NULL;

	if (tree == NULL)
		return NULL;
	manifest = manifest_recover(tree, NULL, &state, err);
	if (manifest != NULL)
		header = json_incref(manifest_header(manifest));
	manifest_close(manifest);
	tree_close(tree);
	return header;
}

json_t *
manifest_peek(const char *path, struct err *err)
{
	struct text line, copy;
	json_t *header = NULL;
	bool has_copy;

	if (access(path, F_OK) == -1 && errno == ENOENT) {
		err_set(err, ERR_USAGE, "%s does not exist", path);
		return NULL;
	}
	if (!manifest_is_there(path)) {
		err_set(err, ERR_USAGE, "%s is not an export: it has no "
		    MANIFEST_NAME, path);
		return NULL;
	}
	text_init(&line, SIZE_MAX / 4);
	text_init(&copy, SIZE_MAX / 4);
	has_copy = first_line(path, MANIFEST_COPY, &copy);
	if (first_line(path, MANIFEST_NAME, &line) && (!has_copy ||
	    (line.len == copy.len &&
	    memcmp(line.data, copy.data, line.len) == 0)))
		header = json_loadb(line.data, line.len, 0, NULL);
	text_release(&line);
	text_release(&copy);
	if (json_object_get(header, "hlexport") == NULL) {
		json_decref(header);
		header = recover_header(path, err);
	}
	if (header != NULL && manifest_check_header(header, path,
	    err) == -1) {
		json_decref(header);
		header = NULL;
	}
	return header;
}

bool
manifest_has_any(const char *path)
{
	FILE *file = open_native(path, MANIFEST_NAME);
	bool has;
	int c;

	if (file == NULL)
		return false;
	while ((c = getc(file)) != EOF && c != '\n')
		;
	has = c != EOF && getc(file) != EOF;
	fclose(file);
	return has;
}

bool
manifest_is_sealed(const char *path)
{
	FILE *file = open_native(path, MANIFEST_NAME);
	char tail[65536], *line;
	size_t n;

	if (file == NULL)
		return false;
	if (fseek(file, -(long)(sizeof(tail) - 1), SEEK_END) == -1)
		rewind(file);
	n = fread(tail, 1, sizeof(tail) - 1, file);
	fclose(file);
	tail[n] = '\0';
	while (n > 0 && tail[n - 1] == '\n')
		tail[--n] = '\0';
	line = strrchr(tail, '\n');
	line = line != NULL ? line + 1 : tail;
	return strncmp(line, "{\"seal\":", 8) == 0;
}
