/*
 * A look at one file of an export, held against its receipt.
 */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit_look.h"

#define CHUNK (1 << 18)	/* small enough to stay in the cache */

/*
 * What may wait for its turn in the walk, of one look: a shard's 1,000 records
 * take some 120 kB.  And how large a record may be while it is read by one of
 * several threads, each of which has a buffer for it.
 */
#define WEIGHT_MAX (1 << 20)
#define RECORD_MAX (8 << 20)

void
audit_desk_init(struct audit_desk *desk)
{
	page_init(&desk->page);
	text_init(&desk->buffer, SIZE_MAX / 4);
	text_init(&desk->key, SIZE_MAX / 4);
	desk->chunk = NULL;
	desk->hash = sha256_new();
}

void
audit_desk_release(struct audit_desk *desk)
{
	page_release(&desk->page);
	text_release(&desk->buffer);
	text_release(&desk->key);
	free(desk->chunk);
	sha256_free(desk->hash);
}

/* Whose records are in a file of the listing ${key}; NULL: there are none. */
static const struct source_resource *
resource_of(const struct audit_verify *verify, const char *key)
{
	return key != NULL ? source_find(verify->settings.source, key,
	    strcspn(key, "/")) : NULL;
}

/* --------------------------------------------------------- what is kept */

static struct audit_item *
add_item(struct audit_look *look)
{
	look->items = mem_need(look->items, look->n + 1, &look->capacity,
	    sizeof(*look->items));
	look->items[look->n] = (struct audit_item){ .what = NULL };
	look->weight += sizeof(*look->items);
	return &look->items[look->n++];
}

void
audit_look_find(struct audit_look *look, enum audit_problem kind,
    const char *what)
{
	struct audit_item *item = add_item(look);

	item->kind = kind;
	item->what = mem_text(what);
	look->weight += strlen(what);
}

static size_t
weight_of(char *const *texts, size_t n)
{
	size_t i, weight = 0;

	for (i = 0; i < n; i++)
		weight += sizeof(*texts) + (texts[i] != NULL ?
		    strlen(texts[i]) : 0);
	return weight;
}

static void
keep_values(struct audit_look *look, struct audit_item *item,
    const struct page_record *record)
{
	item->values = page_values(record);
	look->weight += weight_of(item->values, look->resource->n_fields);
}

/* What the walk has to know of a record. */
static void
keep_record(struct audit_content *content, uint64_t line,
    const struct page_record *record)
{
	struct audit_look *look = content->look;
	const struct source_resource *resource = look->resource;
	struct text *key = &content->desk->key;
	struct audit_item *item;

	look->records++;
	look->counted += audit_count_record(resource, record);
	if (look->wanted == AUDIT_COUNTS || (resource->derive != NULL &&
	    content->verify->manifest != NULL) || (resource->derive == NULL &&
	    !resource->is_list && resource->n_fields == 0))
		return;
	item = add_item(look);
	item->line = line;
	if (resource->derive != NULL) {
		item->raw = mem_copy(record->bytes.data, record->bytes.len);
		item->raw_len = record->bytes.len;
		look->weight += item->raw_len;
		return;
	}
	if (!resource->is_list) {
		keep_values(look, item, record);
		return;
	}
	item->named = page_key(record, NULL, key);
	item->key_len = key->len;
	text_add(&look->keys, key->data, key->len);
	look->weight += key->len;
	if (!item->named)
		return;
	item->hash = set_hash_of(key->data, key->len);
	if (resource->has_children) {
		keep_values(look, item, record);
		item->parts = page_parts(record);
		look->weight += weight_of(item->parts, resource->n_key);
	}
}

/* Nothing waits any more. */
static void
clear(struct audit_look *look)
{
	size_t i;

	for (i = 0; i < look->n; i++) {
		struct audit_item *item = &look->items[i];

		free(item->what);
		free(item->raw);
		if (item->parts != NULL)
			page_free_texts(item->parts, look->resource->n_key);
		if (item->values != NULL)
			page_free_texts(item->values,
			    look->resource->n_fields);
	}
	look->n = 0;
	text_clear(&look->keys);
	memset(look->odds, 0, sizeof(look->odds));
	look->records = look->counted = look->weight = 0;
}

/* -------------------------------------------------------------- the file */

/* Is it a shard of a listing that is not over yet? */
static bool
may_grow(const struct audit_verify *verify,
    const struct tree_receipt *receipt, const char *listing)
{
	struct manifest_listing known;

	if (verify->manifest == NULL || verify->progress.sealed ||
	    receipt->lines == 0)
		return false;
	/* One that has ended grows no more, though the export goes on. */
	return listing == NULL || !manifest_find(verify->manifest, listing,
	    &known) || !known.ended || known.replaces;
}

struct audit_look *
audit_look_new(struct audit_verify *verify,
    const struct tree_receipt *receipt, const char *listing,
    enum audit_wanted wanted)
{
	struct audit_look *look = mem_zero(1, sizeof(*look));
	struct audit_content *content = &look->content;

	look->fd = -1;
	look->wanted = wanted;
	look->may_grow = may_grow(verify, receipt, listing);
	look->resource = resource_of(verify, listing);
	text_init(&look->keys, SIZE_MAX / 4);
	content->verify = verify;
	content->look = look;
	content->receipt = receipt;
	content->listing = listing;
	content->max = UINT64_MAX;
	content->is_whole = true;
	content->is_hashed = true;
	content->by_line = receipt->lines > 0 || (look->resource != NULL &&
	    look->resource->store == SOURCE_KEEP_SHARDS);
	if (look->resource != NULL)
		content->plan = verify->plans[look->resource->index];
	if (look->resource != NULL && wanted != AUDIT_NO_RECORDS)
		content->record = keep_record;
	return look;
}

static void
close_file(struct audit_look *look)
{
	if (look->fd != -1)
		close(look->fd);
	look->fd = -1;
}

void
audit_look_free(struct audit_look *look)
{
	if (look == NULL)
		return;
	close_file(look);
	clear(look);
	text_release(&look->keys);
	free(look->items);
	free(look);
}

/* Is it there, a plain file, and as large as it should be? */
static bool
check_size(struct audit_look *look)
{
	struct audit_content *content = &look->content;
	const struct tree_receipt *receipt = content->receipt;
	const struct audit_verify *verify = content->verify;
	struct stat st;

	if (fstat(look->fd, &st) == -1) {
		err_errno(&look->err, ERR_DISK, "look at %s", receipt->path);
		look->has_failed = true;
		return false;
	}
	if (!S_ISREG(st.st_mode)) {
		audit_content_find(content, AUDIT_DAMAGED, "it is not a "
		    "plain file");
		return false;
	}
	look->size = (uint64_t)st.st_size;
	if (verify->manifest == NULL)
		return true;
	if (look->size < receipt->bytes ||
	    (!look->may_grow && look->size > receipt->bytes))
		audit_content_find(content, AUDIT_DAMAGED, "it has %" PRIu64
		    " bytes; the manifest says %" PRIu64, look->size,
		    receipt->bytes);
	if (look->may_grow)
		content->max = receipt->bytes;
	return true;
}

/* Is the whole of it to be read? */
static bool
is_to_be_read(const struct audit_look *look)
{
	const struct audit_settings *settings =
	    &look->content.verify->settings;
	const unsigned char *sha256 = look->content.receipt->sha256;

	if (look->wanted == AUDIT_RECORDS && (look->resource->has_children ||
	    look->resource->n_fields > 0))
		return true;
	if (settings->fast)
		return false;
	return settings->sample >= 100 ||
	    ((unsigned)sha256[0] << 8 | sha256[1]) % 100 < settings->sample;
}

/* Return whether it is open. */
static bool
open_file(struct audit_look *look)
{
	struct audit_content *content = &look->content;
	struct err err;

	look->fd = file_open(tree_dir(content->verify->tree),
	    content->receipt->path, O_RDONLY, &err);
	if (look->fd != -1)
		return true;
	/* A link, or something else that is no plain file. */
	if (errno == ELOOP || errno == ENOTDIR || errno == EISDIR ||
	    errno == ENXIO)
		audit_content_find(content, AUDIT_DAMAGED, "it is not a "
		    "plain file");
	else if (errno == ENOENT)
		audit_content_find(content, AUDIT_MISSING, "it is not there");
	else
		audit_content_find(content, AUDIT_DAMAGED, "it can't be "
		    "read: %s", err.text);
	return false;
}

/* Whole files that are no shards stand in the buffer. */
static bool
is_large(const struct audit_look *look)
{
	const struct audit_content *content = &look->content;

	return !look->is_at_once && (look->weight > WEIGHT_MAX ||
	    content->desk->buffer.len > RECORD_MAX || (!content->by_line &&
	    content->plan != NULL && look->size > RECORD_MAX));
}

/* It can't wait for its turn. */
static bool
give_up(struct audit_look *look)
{
	look->is_too_much = true;
	clear(look);
	close_file(look);
	return false;
}

bool
audit_look_begin(struct audit_look *look, struct audit_desk *desk)
{
	struct audit_content *content = &look->content;
	const struct audit_verify *verify = content->verify;

	content->desk = desk;
	if (!open_file(look) || !check_size(look)) {
		close_file(look);
		return false;
	}
	if (!is_to_be_read(look)) {
		look->is_passed = true;
		close_file(look);
		return false;
	}
	if (verify->manifest != NULL || verify->adopted != NULL ||
	    verify->has_sums)
		content->hash = desk->hash;
	audit_content_begin(content);
	if (is_large(look))
		return give_up(look);
	if (desk->chunk == NULL)
		desk->chunk = mem_alloc(CHUNK);
	return true;
}

struct span
audit_look_read(struct audit_look *look)
{
	struct audit_content *content = &look->content;
	uint64_t left = content->max - content->bytes;
	char *chunk = content->desk->chunk;
	size_t max = left < CHUNK ? (size_t)left : CHUNK, have = 0;
	ssize_t n;

	do {
		n = read(look->fd, &chunk[have], max - have);
		have += n > 0 ? (size_t)n : 0;
	} while ((n > 0 && have < max) || (n == -1 && errno == EINTR));
	look->is_last = n == 0 || have == left;
	if (n == -1) {
		err_errno(&look->err, ERR_DISK, "read %s",
		    content->receipt->path);
		audit_content_find(content, AUDIT_DAMAGED, "it can't be "
		    "read: %s", look->err.text);
		close_file(look);
		have = 0;
	}
	look->chunk = (struct span){ chunk, have };
	return content->hash != NULL ? look->chunk : (struct span){ chunk,
	    0 };
}

bool
audit_look_take(struct audit_look *look)
{
	struct audit_content *content = &look->content;

	if (look->fd == -1)
		return false;
	audit_content_add(content, look->chunk.data, look->chunk.len);
	if (is_large(look))
		return give_up(look);
	if (!look->is_last)
		return true;
	audit_content_end(content);
	look->is_read = true;
	close_file(look);
	return false;
}

void
audit_look_at_once(struct audit_look *look, struct audit_desk *desk)
{
	struct audit_content *content = &look->content;
	struct span chunk;
	bool goes_on;

	content->is_whole = true;
	look->is_at_once = true;
	for (goes_on = audit_look_begin(look, desk); goes_on;
	    goes_on = audit_look_take(look)) {
		chunk = audit_look_read(look);
		if (chunk.len > 0)
			sha256_add(desk->hash, chunk.data, chunk.len);
		audit_give(content->verify, look);
	}
}

/* ---------------------------------------------------------------- giving */

static void
give_finding(struct audit_verify *verify, const struct audit_look *look,
    const struct audit_item *item)
{
	struct audit_finding finding = { .kind = item->kind, .refetch = true,
	    .path = look->content.receipt->path,
	    .listing = (char *)look->content.listing };

	audit_find(verify, finding, "%s", item->what);
}

void
audit_give(struct audit_verify *verify, struct audit_look *look)
{
	const char *path = look->content.receipt->path;
	const char *key = look->keys.data != NULL ? look->keys.data : "";
	size_t i;

	for (i = 0; i < look->n; i++) {
		if (look->items[i].what != NULL)
			give_finding(verify, look, &look->items[i]);
		else
			audit_take_item(verify, path, &look->items[i], key);
		key += look->items[i].key_len;
	}
	for (i = 0; i < AUDIT_ODDS; i++)
		audit_add_odd(verify, i, look->odds[i], path);
	verify->progress.records += look->counted;
	if (look->wanted == AUDIT_RECORDS) {
		verify->current.records += look->records;
		verify->current.items += look->counted;
	}
	clear(look);
}
