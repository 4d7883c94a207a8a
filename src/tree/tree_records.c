/*
 * The records in a file of the tree: the lines of a shard, or the one object.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tree/tree_internal.h"

#define CHUNK (256u << 10)	/* small enough to stay in the cache */

struct tree_records {
	const struct page_plan *plan;
	bool is_shard;
	char *path;
	int fd;
	struct text text;	/* read but not returned, from ${used} on */
	size_t used;
	uint64_t left;		/* bytes of the file still to be read */
	bool at_end;
	struct page page;
	struct sha256 *hash;	/* of all that was read; or NULL */
	uint64_t bytes, lines;
};

struct tree_records *
tree_records_new(int fd, const char *path, const struct page_plan *plan,
    bool is_shard, uint64_t max, bool hash)
{
	struct tree_records *records = mem_zero(1, sizeof(*records));

	records->plan = plan;
	records->is_shard = is_shard;
	records->path = mem_text(path);
	records->fd = fd;
	records->left = max;
	if (hash)
		records->hash = sha256_new();
	text_init(&records->text, SIZE_MAX / 4);
	page_init(&records->page);
	return records;
}

static int
read_more(struct tree_records *records, struct err *err)
{
	struct text *text = &records->text;
	size_t want = records->left < CHUNK ? (size_t)records->left : CHUNK;
	ssize_t n;

	if (records->used > 0) {
		text->len -= records->used;
		memmove(text->data, &text->data[records->used], text->len);
		records->used = 0;
	}
	/* A record longer than the chunk: double the buffer. */
	if (want == CHUNK && text->len > CHUNK &&
	    records->left > text->len)
		want = text->len;
	text->data =
	    mem_need(text->data, text->len + want + 1, &text->capacity, 1);
	do
		n = want > 0 ? read(records->fd, &text->data[text->len],
		    want) : 0;
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return err_errno(err, ERR_DISK, "read %s", records->path);
	if (records->hash != NULL)
		sha256_add(records->hash, &text->data[text->len], (size_t)n);
	text->len += (size_t)n;
	records->bytes += (uint64_t)n;
	records->left -= (uint64_t)n;
	records->at_end = n == 0;
	return 0;
}

/* All of an object. */
static int
next_object(struct tree_records *records, struct page_item *item,
    struct err *why, struct err *err)
{
	struct text *text = &records->text;

	if (records->at_end)
		return 0;
	while (!records->at_end)
		if (read_more(records, err) == -1)
			return -1;
	page_whole(&records->page, records->plan, (struct span){ text->data,
	    text->len }, item, why);
	return 1;
}

int
tree_records_next(struct tree_records *records, struct page_item *item,
    struct err *why, struct err *err)
{
	struct text *text = &records->text;

	if (!records->is_shard)
		return next_object(records, item, why, err);
	for (;;) {
		page_split(&records->page, records->plan, (struct span){
		    text->data != NULL ? &text->data[records->used] : "",
		    text->len - records->used }, records->at_end, item, why);
		if (item->kind == PAGE_OVER)
			return 0;
		if (item->kind != PAGE_MORE)
			break;
		if (read_more(records, err) == -1)
			return -1;
	}
	records->used += item->used;
	records->lines += item->lines;
	return 1;
}

struct page_record
tree_records_record(const struct tree_records *records)
{
	return page_record(&records->page, 0);
}

uint64_t
tree_records_place(const struct tree_records *records,
    const struct page_record *record)
{
	return records->bytes - records->text.len +
	    (uint64_t)(record->bytes.data - records->text.data);
}

uint64_t
tree_records_line(const struct tree_records *records)
{
	return records->lines;
}

uint64_t
tree_records_bytes(const struct tree_records *records)
{
	return records->bytes;
}

int
tree_records_hash(struct tree_records *records,
    unsigned char hash[SHA256_BYTES], struct err *err)
{
	while (!records->at_end) {
		records->used = records->text.len;
		if (read_more(records, err) == -1)
			return -1;
	}
	sha256_peek(records->hash, hash);
	return 0;
}

void
tree_records_free(struct tree_records *records)
{
	if (records == NULL)
		return;
	if (records->fd != -1)
		close(records->fd);
	page_release(&records->page);
	sha256_free(records->hash);
	text_release(&records->text);
	free(records->path);
	free(records);
}
