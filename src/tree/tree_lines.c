/*
 * Reading a stream's lines back.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tree/tree_internal.h"

#define CHUNK 262144

struct tree_lines {
	struct tree *tree;
	char *dir;
	bool anew;
	size_t limit;		/* shards that count */
	size_t shard;		/* number of the open shard */
	int fd;
	struct text text;	/* read and not yet given out, from ${at} */
	size_t offset;
	bool is_over;		/* there are no more shards */
};

struct tree_lines *
tree_lines_new(struct tree *tree, const char *dir, bool anew)
{
	struct tree_lines *lines = mem_zero(1, sizeof(*lines));

	lines->tree = tree;
	lines->dir = mem_text(dir);
	lines->anew = anew;
	lines->limit = SIZE_MAX;
	lines->fd = -1;
	text_init(&lines->text, SIZE_MAX / 4);
	return lines;
}

/* Open the next shard.  Return 1, 0 if there is none, or -1 with ${err} set. */
static int
next_shard(struct tree_lines *lines, struct err *err)
{
	char path[PATH_MAX], temp[PATH_MAX];

	if (lines->fd != -1)
		close(lines->fd);
	lines->fd = -1;
	if (lines->shard == lines->limit)
		return 0;
	snprintf(path, sizeof(path), "%s/%zu.jsonl", lines->dir,
	    ++lines->shard);
	if (file_temp_name(path, temp) == -1)
		return err_errno(err, ERR_DISK, "open %s", path);
	lines->fd = tree_open_file(lines->tree, lines->anew ? temp : path,
	    err);
	if (lines->fd != -1)
		return 1;
	return errno == ENOENT ? 0 : -1;
}

/* Read more.  Return 1, 0 at the end, or -1 with ${err} set. */
static int
read_more(struct tree_lines *lines, struct err *err)
{
	struct text *text = &lines->text;
	ssize_t n;
	int rc;

	/* Move what is left to the front. */
	if (lines->offset > 0) {
		memmove(text->data, &text->data[lines->offset],
		    text->len - lines->offset);
		text->len -= lines->offset;
		lines->offset = 0;
	}
	text->data =
	    mem_need(text->data, text->len + CHUNK + 1, &text->capacity, 1);
	for (;;) {
		n = lines->fd == -1 ? 0 : read(lines->fd,
		    &text->data[text->len], CHUNK);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_errno(err, ERR_DISK, "read %s/%zu.jsonl",
			    lines->dir, lines->shard);
		if (n > 0) {
			text->len += (size_t)n;
			return 1;
		}
		if ((rc = next_shard(lines, err)) != 1)
			return rc;
	}
}

int
tree_lines_seek(struct tree_lines *lines, uint64_t line, struct err *err)
{
	struct span skipped;
	uint64_t n;

	if (lines->fd != -1)
		close(lines->fd);
	lines->fd = -1;
	lines->shard = (size_t)(line / TREE_SHARD_LINES);
	lines->is_over = false;
	lines->offset = 0;
	text_clear(&lines->text);
	for (n = line % TREE_SHARD_LINES; n > 0; n--)
		if (tree_lines_next(lines, &skipped, err) != 1)
			return -1;
	return 0;
}

int
tree_lines_next(struct tree_lines *lines, struct span *line, struct err *err)
{
	struct text *text = &lines->text;
	size_t seen = lines->offset;
	char *end;
	int rc;

	for (;;) {
		end = text->len > seen ? memchr(&text->data[seen], '\n',
		    text->len - seen) : NULL;
		if (end != NULL)
			break;
		seen = text->len - lines->offset;
		if (lines->is_over)
			return 0;
		if ((rc = read_more(lines, err)) == -1)
			return -1;
		if (rc == 0) {
			lines->is_over = true;
			if (text->len == 0)
				return 0;
			return err_set(err, ERR_DATA, "%s: the last line has "
			    "no newline", lines->dir);
		}
	}
	line->data = &text->data[lines->offset];
	line->len = (size_t)(end - line->data);
	lines->offset += line->len + 1;
	return 1;
}

void
tree_lines_limit(struct tree_lines *lines, size_t n)
{
	lines->limit = n;
}

const char *
tree_lines_dir(const struct tree_lines *lines)
{
	return lines->dir;
}

void
tree_lines_free(struct tree_lines *lines)
{
	if (lines == NULL)
		return;
	if (lines->fd != -1)
		close(lines->fd);
	text_release(&lines->text);
	free(lines->dir);
	free(lines);
}
