/*
 * Streams: JSON lines in shards DIR/1.jsonl, DIR/2.jsonl, ... of exactly 1,000
 * lines, the last one of what is left.
 *
 * A shard grows by appending, and its receipt says how many bytes count.  Bytes
 * beyond them, left by a crash, are the stream's tail: records that can be
 * read, though they may not be all.  Appending overwrites the tail, which
 * changes nothing as long as the bytes are the same.  Where they differ, and at
 * the end of the stream, the rest of the tail is removed; if it has a complete
 * line, a copy is kept beside the export.
 *
 * A new stream is written under temporary names beside the old one and replaces
 * it shard by shard; each step can be repeated.
 */

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tree/tree_internal.h"

#define GATHERED 256	/* records that go into one write */

struct tree_stream {
	struct tree *tree;
	char *dir;
	bool anew;
	bool has_tail;		/* there may be a tail on disk */
	struct tree_receipts shards;	/* the last may still grow */
	size_t unchanged;	/* shards whose receipts were reported */
	uint64_t lines;
	int fd;			/* of the last shard, or -1 */
	bool is_apart;		/* that is on another disk */
	struct sha256 *hash;	/* of the last shard */
};

/* Is there a shard beyond ${known}? */
static bool
has_beyond(struct tree_stream *stream, size_t known)
{
	struct tree_receipts files = { NULL, 0, 0 };
	bool has;

	has = tree_stream_files(stream->tree, stream->dir, &files,
	    NULL) == -1 || (files.n > 0 && tree_shard_number(strrchr(
	    files.items[files.n - 1].path, '/') + 1) > known);
	tree_receipts_release(&files);
	return has;
}

/* Hash the bytes of the open shard that count, and compare. */
static int
rehash(struct tree_stream *stream, const struct tree_receipt *known,
    struct err *err)
{
	unsigned char hash[SHA256_BYTES];
	uint64_t left = known->bytes;
	char chunk[65536];
	ssize_t n;

	while (left > 0 && (n = read(stream->fd, chunk, left < sizeof(chunk) ?
	    (size_t)left : sizeof(chunk))) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_errno(err, ERR_DISK, "read %s",
			    known->path);
		sha256_add(stream->hash, chunk, (size_t)n);
		left -= (uint64_t)n;
	}
	sha256_peek(stream->hash, hash);
	if (memcmp(hash, known->sha256, sizeof(hash)) != 0)
		return err_set(err, ERR_DATA, "%s is damaged: its first %llu "
		    "bytes differ from what was written", known->path,
		    (unsigned long long)known->bytes);
	return 0;
}

/* Copy the last shard to the layer, if there is one, so that it can grow. */
static int
copy_up(struct tree *tree, const struct tree_receipt *shard, struct err *err)
{
	struct text text;
	int rc = 0;

	if (tree->out == tree->dir)
		return 0;
	text_init(&text, SIZE_MAX / 4);
	if (tree_get(tree, shard->path, &text, err) == -1 ||
	    file_replace(tree->out, shard->path, text.data != NULL ? text.data :
	    "", text.len, err) == -1)
		rc = -1;
	text_release(&text);
	return rc;
}

/* Open the last shard, to append to it. */
static int
reopen_last(struct tree_stream *stream, const struct tree_receipt *known,
    struct err *err)
{
	struct tree *tree = stream->tree;
	struct tree_file file = { .is_stream = true };
	struct stat st;

	if (copy_up(tree, known, err) == -1)
		return -1;
	stream->fd = file_open(tree->out, known->path, O_RDWR, err);
	if (stream->fd == -1)
		return -1;
	if (fstat(stream->fd, &st) == -1)
		return err_errno(err, ERR_DISK, "stat %s", known->path);
	if ((uint64_t)st.st_size < known->bytes)
		return err_set(err, ERR_DATA, "%s is damaged: it has %lld "
		    "bytes, but %llu were written", known->path,
		    (long long)st.st_size, (unsigned long long)known->bytes);
	/* In a layer, the tail is only a copy. */
	if (tree->out == tree->dir)
		stream->has_tail |= (uint64_t)st.st_size > known->bytes;
	else if (ftruncate(stream->fd, (off_t)known->bytes) == -1)
		return err_errno(err, ERR_DISK, "truncate %s", known->path);
	if (rehash(stream, known, err) == -1)
		return -1;
	if (lseek(stream->fd, (off_t)known->bytes, SEEK_SET) == -1)
		return err_errno(err, ERR_DISK, "stat %s", known->path);
	file.fd = stream->fd;
	file.is_apart = stream->is_apart = tree_is_apart(tree, stream->fd);
	tree_wrote(tree, &file, 0);
	return 0;
}

static int
take_known(struct tree_stream *stream, const struct tree_receipts *known,
    struct err *err)
{
	size_t i;

	if (stream->tree->out == stream->tree->dir)
		stream->has_tail = has_beyond(stream, known->n);
	else if (tree_remove_beyond(stream->tree, stream->dir, known->n,
	    err) == -1)
		return -1;
	for (i = 0; i < known->n; i++) {
		tree_receipts_add(&stream->shards, &known->items[i]);
		stream->lines += known->items[i].lines;
	}
	stream->unchanged = known->n;
	if (known->n == 0 ||
	    known->items[known->n - 1].lines == TREE_SHARD_LINES)
		return 0;
	return reopen_last(stream, &known->items[known->n - 1], err);
}

struct tree_stream *
tree_stream_new(struct tree *tree, const char *dir,
    const struct tree_receipts *known, bool anew, struct err *err)
{
	struct tree_stream *stream = mem_zero(1, sizeof(*stream));

	stream->tree = tree;
	stream->dir = mem_text(dir);
	stream->anew = anew;
	stream->fd = -1;
	stream->hash = sha256_new();
	if (!anew && take_known(stream, known, err) == -1) {
		tree_stream_free(stream);
		return NULL;
	}
	return stream;
}

static struct tree_receipt *
last_shard(struct tree_stream *stream)
{
	return &stream->shards.items[stream->shards.n - 1];
}

/* Close the last shard's file, after its sync. */
static void
close_last(struct tree_stream *stream)
{
	if (stream->fd == -1)
		return;
	sha256_peek(stream->hash, last_shard(stream)->sha256);
	if (!tree_hand_over(stream->tree, stream->fd))
		close(stream->fd);
	stream->fd = -1;
}

/* --------------------------------------------------------------- the tail */

/* Does a file have a complete line from ${offset} on? */
static bool
has_line(int fd, uint64_t offset)
{
	bool begun = false, has = false;
	char chunk[16384], *from;
	ssize_t n;

	while (
	    !has && (n = pread(fd, chunk, sizeof(chunk), (off_t)offset)) > 0) {
		from = begun ? chunk : memchr(chunk, '{', (size_t)n);
		begun |= from != NULL;
		has = from != NULL && memchr(from, '\n', (size_t)(n -
		    (from - chunk))) != NULL;
		offset += (uint64_t)n;
	}
	return has;
}

/* Is the open shard longer than its bytes that count? */
static bool
has_more(const struct tree_stream *stream)
{
	struct stat st;

	return stream->has_tail && stream->fd != -1 && (fstat(stream->fd,
	    &st) == -1 || (uint64_t)st.st_size >
	    stream->shards.items[stream->shards.n - 1].bytes);
}

/* Keep copies of the shards beyond the stream's that have a complete line. */
static int
keep_beyond(struct tree_stream *stream, struct err *err)
{
	struct tree_receipts files = { NULL, 0, 0 };
	struct tree *tree = stream->tree;
	size_t i;
	int fd, rc = tree_stream_files(tree, stream->dir, &files, err);

	for (i = 0; rc == 0 && i < files.n; i++) {
		if (tree_shard_number(strrchr(files.items[i].path, '/') + 1) <=
		    stream->shards.n)
			continue;
		if ((fd = file_open(tree->dir, files.items[i].path, O_RDONLY,
		    err)) == -1) {
			rc = -1;
			break;
		}
		if (has_line(fd, 0))
			rc = tree_save_aside(tree, files.items[i].path, err);
		close(fd);
	}
	tree_receipts_release(&files);
	return rc;
}

int
tree_stream_cut(struct tree_stream *stream, struct err *err)
{
	const struct tree_receipt *last;
	struct tree_file file = { .fd = stream->fd, .is_stream = true,
	    .is_apart = stream->is_apart };

	if (!stream->has_tail)
		return 0;
	if (has_more(stream)) {
		last = &stream->shards.items[stream->shards.n - 1];
		if (has_line(stream->fd, last->bytes) &&
		    tree_save_aside(stream->tree, last->path, err) == -1)
			return -1;
		if (ftruncate(stream->fd, (off_t)last->bytes) == -1)
			return err_errno(err, ERR_DISK, "truncate %s",
			    last->path);
		tree_wrote(stream->tree, &file, 0);
	}
	if (keep_beyond(stream, err) == -1 || tree_remove_beyond(stream->tree,
	    stream->dir, stream->shards.n, err) == -1)
		return -1;
	stream->has_tail = false;
	return 0;
}

/* Is the tail equal to the appended bytes, as far as it goes? */
static bool
is_in_tail(const struct tree_stream *stream, const struct iovec *parts,
    size_t n)
{
	uint64_t offset = stream->shards.items[stream->shards.n - 1].bytes;
	bool is = true, goes_on = true;
	ssize_t got;
	char *have;
	size_t i;

	for (i = 0; is && goes_on && i < n; i++) {
		have = mem_alloc(parts[i].iov_len + 1);
		got = pread(stream->fd, have, parts[i].iov_len, (off_t)offset);
		is = got != -1 && memcmp(have, parts[i].iov_base,
		    (size_t)got) == 0;
		goes_on = got == (ssize_t)parts[i].iov_len;
		offset += parts[i].iov_len;
		free(have);
	}
	return is;
}

static int
begin_shard(struct tree_stream *stream, struct err *err)
{
	struct tree *tree = stream->tree;
	struct tree_receipt shard = { .lines = 0 };
	char name[64], temp[PATH_MAX];
	struct tree_folder *folder;

	if (has_more(stream) && tree_stream_cut(stream, err) == -1)
		return -1;
	close_last(stream);
	if (tree_folder(tree, stream->dir, &folder, err) == -1)
		return -1;
	snprintf(name, sizeof(name), "%zu.jsonl", stream->shards.n + 1);
	shard.path = mem_format("%s/%s", stream->dir, name);
	if (file_temp_name(name, temp) == -1)
		return err_errno(err, ERR_DISK, "create %s", shard.path);
	stream->is_apart = folder->is_apart;
	stream->fd = file_open(folder->fd, stream->anew ? temp :
	    name, O_RDWR | O_CREAT | (stream->has_tail ? 0 : O_TRUNC), err);
	if (stream->fd == -1)
		err_wrap(err, "%s", stream->dir);
	else
		tree_receipts_add(&stream->shards, &shard);
	free(shard.path);
	sha256_restart(stream->hash);
	return stream->fd == -1 ? -1 : 0;
}

/* Append ${n} records, at most GATHERED, that fit into the shard. */
static int
append(struct tree_stream *stream, const struct span *records, size_t n,
    struct err *err)
{
	struct tree_receipt *shard = last_shard(stream);
	struct tree_file file = { .fd = stream->fd, .is_stream = true,
	    .is_apart = stream->is_apart };
	struct iovec parts[2 * GATHERED];
	uint64_t bytes = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		parts[2 * i] = (struct iovec){ (void *)records[i].data,
		    records[i].len };
		parts[2 * i + 1] = (struct iovec){ (void *)"\n", 1 };
		sha256_add(stream->hash, records[i].data, records[i].len);
		sha256_add(stream->hash, "\n", 1);
		bytes += records[i].len + 1;
	}
	if (stream->has_tail && !is_in_tail(stream, parts, 2 * n) &&
	    tree_stream_cut(stream, err) == -1)
		return -1;
	if (file_write(stream->fd, parts, 2 * n, err) == -1)
		return err_wrap(err, "%s", shard->path);
	shard->lines += n;
	shard->bytes += bytes;
	stream->lines += n;
	if (stream->unchanged >= stream->shards.n)
		stream->unchanged = stream->shards.n - 1;
	tree_wrote(stream->tree, &file, bytes);
	if (shard->bytes >> 20 != (shard->bytes - bytes) >> 20)
		file_begin_sync(stream->fd);
	return 0;
}

/* Append one record that has line breaks between its tokens. */
static int
append_joined(struct tree_stream *stream, struct span record,
    struct err *err)
{
	struct text line;
	int rc;

	text_init(&line, record.len + 1);
	page_line(record, &line);
	rc = append(stream, &(struct span){ line.data, line.len }, 1, err);
	text_release(&line);
	return rc;
}

int
tree_stream_add(struct tree_stream *stream, const struct span *records,
    size_t n, bool breaks, struct err *err)
{
	size_t part, left;

	while (n > 0) {
		if (stream->fd == -1 ||
		    last_shard(stream)->lines == TREE_SHARD_LINES)
			if (begin_shard(stream, err) == -1)
				return -1;
		left = TREE_SHARD_LINES - (size_t)last_shard(stream)->lines;
		part = breaks ? 1 : n < GATHERED ? n : GATHERED;
		if (part > left)
			part = left;
		if ((breaks ? append_joined(stream, records[0], err) :
		    append(stream, records, part, err)) == -1)
			return -1;
		records += part;
		n -= part;
	}
	return 0;
}

uint64_t
tree_stream_lines(const struct tree_stream *stream)
{
	return stream->lines;
}

void
tree_stream_changed(struct tree_stream *stream,
    struct tree_receipts *receipts)
{
	size_t i;

	if (stream->fd != -1)
		sha256_peek(stream->hash, last_shard(stream)->sha256);
	for (i = stream->unchanged; i < stream->shards.n; i++)
		tree_receipts_add(receipts, &stream->shards.items[i]);
	stream->unchanged = stream->shards.n;
}

void
tree_stream_all(const struct tree_stream *stream,
    struct tree_receipts *receipts)
{
	size_t i;

	if (stream->fd != -1)
		sha256_peek(stream->hash,
		    stream->shards.items[stream->shards.n - 1].sha256);
	for (i = 0; i < stream->shards.n; i++)
		tree_receipts_add(receipts, &stream->shards.items[i]);
}

int
tree_stream_replace(struct tree *tree, const char *dir,
    const struct tree_receipts *shards, struct err *err)
{
	int fd = file_dir(tree->out, dir, shards->n > 0, err);
	char temp[PATH_MAX];
	size_t i;

	if (fd == -1)
		return shards->n == 0 && errno == ENOENT ? 0 : -1;
	for (i = 0; i < shards->n; i++) {
		const char *name = strrchr(shards->items[i].path, '/') + 1;

		if (file_temp_name(name, temp) == -1 ||
		    (renameat(fd, temp, fd, name) == -1 && errno != ENOENT)) {
			err_errno(err, ERR_DISK, "name %s",
			    shards->items[i].path);
			goto err_close;
		}
	}
	if (tree_remove_beyond(tree, dir, shards->n, err) == -1 ||
	    file_sync(fd, dir, err) == -1)
		goto err_close;
	close(fd);
	return 0;

err_close:
	close(fd);
	return -1;
}

void
tree_stream_free(struct tree_stream *stream)
{
	if (stream == NULL)
		return;
	close_last(stream);
	tree_receipts_release(&stream->shards);
	sha256_free(stream->hash);
	free(stream->dir);
	free(stream);
}
