/*
 * The prescan of one file of an export.
 */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit_prescan.h"

#define CHUNK (1 << 18)	/* small enough to stay in the cache */

/*
 * The bytes that one prescan may keep for the walk (a shard's 1,000 records
 * take about 120 kB), and the largest record that a thread may buffer.
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

/* The resource of the listing ${key}; NULL: none. */
static const struct source_resource *
resource_of(const struct audit_verify *verify, const char *key)
{
	return key != NULL ? source_find(verify->settings.source, key,
	    strcspn(key, "/")) : NULL;
}

/* --------------------------------------------------------- what is kept */

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
keep_values(struct audit_prescan *prescan, struct audit_item *item,
    const struct page_record *record)
{
	item->values = page_values(record);
	prescan->weight += weight_of(item->values, prescan->resource->n_fields);
}

/* Keep what the walk needs of a record. */
static void
keep_record(struct audit_content *content, uint64_t line,
    const struct page_record *record)
{
	struct audit_prescan *prescan = content->prescan;
	const struct source_resource *resource = prescan->resource;
	struct text *key = &content->desk->key;
	struct audit_item *item;

	prescan->records++;
	prescan->counted += audit_count_record(resource, record);
	if (prescan->wanted == AUDIT_COUNTS || (resource->derive != NULL &&
	    content->verify->manifest != NULL) || (resource->derive == NULL &&
	    !resource->is_list && resource->n_fields == 0))
		return;
	item = audit_add_item(prescan);
	item->line = line;
	if (resource->derive != NULL) {
		item->raw = mem_copy(record->bytes.data, record->bytes.len);
		item->raw_len = record->bytes.len;
		prescan->weight += item->raw_len;
		return;
	}
	if (!resource->is_list) {
		keep_values(prescan, item, record);
		return;
	}
	item->named = page_key(record, NULL, key);
	item->key_len = key->len;
	text_add(&prescan->keys, key->data, key->len);
	prescan->weight += key->len;
	if (!item->named)
		return;
	item->hash = set_hash_of(key->data, key->len);
	if (resource->has_children) {
		keep_values(prescan, item, record);
		item->parts = page_parts(record);
		prescan->weight += weight_of(item->parts, resource->n_key);
	}
}

/* Drop everything that is kept. */
static void
clear(struct audit_prescan *prescan)
{
	size_t i;

	for (i = 0; i < prescan->n; i++) {
		struct audit_item *item = &prescan->items[i];

		free(item->what);
		free(item->raw);
		if (item->parts != NULL)
			page_free_texts(item->parts, prescan->resource->n_key);
		if (item->values != NULL)
			page_free_texts(item->values,
			    prescan->resource->n_fields);
	}
	prescan->n = 0;
	text_clear(&prescan->keys);
	memset(prescan->odds, 0, sizeof(prescan->odds));
	prescan->records = prescan->counted = prescan->weight = 0;
}

/* -------------------------------------------------------------- the file */

/* Is it a shard of a listing that has not ended? */
static bool
may_grow(const struct audit_verify *verify,
    const struct tree_receipt *receipt, const char *listing)
{
	struct manifest_listing known;

	if (verify->manifest == NULL || verify->progress.sealed ||
	    receipt->lines == 0)
		return false;
	/* A listing that has ended does not grow, even if the export does. */
	return listing == NULL || !manifest_find(verify->manifest, listing,
	    &known) || !known.ended || known.replaces;
}

struct audit_prescan *
audit_prescan_new(struct audit_verify *verify,
    const struct tree_receipt *receipt, const char *listing,
    enum audit_wanted wanted)
{
	struct audit_prescan *prescan = mem_zero(1, sizeof(*prescan));
	struct audit_content *content = &prescan->content;

	prescan->fd = -1;
	prescan->wanted = wanted;
	prescan->may_grow = may_grow(verify, receipt, listing);
	prescan->resource = resource_of(verify, listing);
	text_init(&prescan->keys, SIZE_MAX / 4);
	content->verify = verify;
	content->prescan = prescan;
	content->receipt = receipt;
	content->listing = listing;
	content->max = UINT64_MAX;
	content->is_whole = true;
	content->is_hashed = true;
	content->by_line = receipt->lines > 0 || (prescan->resource != NULL &&
	    prescan->resource->store == SOURCE_KEEP_SHARDS);
	if (prescan->resource != NULL)
		content->plan = verify->plans[prescan->resource->index];
	if (prescan->resource != NULL && wanted != AUDIT_NO_RECORDS)
		content->record = keep_record;
	return prescan;
}

static void
close_file(struct audit_prescan *prescan)
{
	if (prescan->fd != -1)
		close(prescan->fd);
	prescan->fd = -1;
}

void
audit_prescan_free(struct audit_prescan *prescan)
{
	if (prescan == NULL)
		return;
	close_file(prescan);
	clear(prescan);
	text_release(&prescan->keys);
	free(prescan->items);
	free(prescan);
}

/* Is it a plain file of the right size? */
static bool
check_size(struct audit_prescan *prescan)
{
	struct audit_content *content = &prescan->content;
	const struct tree_receipt *receipt = content->receipt;
	const struct audit_verify *verify = content->verify;
	struct stat st;

	if (fstat(prescan->fd, &st) == -1) {
		err_errno(&prescan->err, ERR_DISK, "stat %s", receipt->path);
		prescan->has_failed = true;
		return false;
	}
	if (!S_ISREG(st.st_mode)) {
		audit_content_find(content, AUDIT_DAMAGED, "it is not a "
		    "plain file");
		return false;
	}
	prescan->size = (uint64_t)st.st_size;
	if (verify->manifest == NULL)
		return true;
	if (prescan->size < receipt->bytes ||
	    (!prescan->may_grow && prescan->size > receipt->bytes))
		audit_content_find(content, AUDIT_DAMAGED, "it has %" PRIu64
		    " bytes; the manifest says %" PRIu64, prescan->size,
		    receipt->bytes);
	if (prescan->may_grow)
		content->max = receipt->bytes;
	return true;
}

/* Does the file have to be read? */
static bool
is_to_be_read(const struct audit_prescan *prescan)
{
	const struct audit_settings *settings =
	    &prescan->content.verify->settings;
	const unsigned char *sha256 = prescan->content.receipt->sha256;

	if (prescan->wanted == AUDIT_RECORDS &&
	    (prescan->resource->has_children ||
		prescan->resource->n_fields > 0))
		return true;
	if (settings->fast)
		return false;
	return settings->sample >= 100 ||
	    ((unsigned)sha256[0] << 8 | sha256[1]) % 100 < settings->sample;
}

/* Return whether it is open. */
static bool
open_file(struct audit_prescan *prescan)
{
	struct audit_content *content = &prescan->content;
	struct err err;

	prescan->fd = file_open(tree_dir(content->verify->tree),
	    content->receipt->path, O_RDONLY, &err);
	if (prescan->fd != -1)
		return true;
	/* A link, a directory or a special file. */
	if (errno == ELOOP || errno == ENOTDIR || errno == EISDIR ||
	    errno == ENXIO)
		audit_content_find(content, AUDIT_DAMAGED, "it is not a "
		    "plain file");
	else if (errno == ENOENT)
		audit_content_find(content, AUDIT_MISSING, "it does not exist");
	else
		audit_content_find(content, AUDIT_DAMAGED, "it can't be "
		    "read: %s", err.text);
	return false;
}

/* Objects are buffered in full. */
static bool
is_large(const struct audit_prescan *prescan)
{
	const struct audit_content *content = &prescan->content;

	return !prescan->is_at_once && (prescan->weight > WEIGHT_MAX ||
	    content->desk->buffer.len > RECORD_MAX || (!content->by_line &&
	    content->plan != NULL && prescan->size > RECORD_MAX));
}

/* Give up: the file is too large to be kept for the walk. */
static bool
give_up(struct audit_prescan *prescan)
{
	prescan->is_too_much = true;
	clear(prescan);
	close_file(prescan);
	return false;
}

bool
audit_prescan_begin(struct audit_prescan *prescan, struct audit_desk *desk)
{
	struct audit_content *content = &prescan->content;
	const struct audit_verify *verify = content->verify;

	content->desk = desk;
	if (!open_file(prescan) || !check_size(prescan)) {
		close_file(prescan);
		return false;
	}
	if (!is_to_be_read(prescan)) {
		prescan->is_passed = true;
		close_file(prescan);
		return false;
	}
	if (verify->manifest != NULL || verify->building != NULL ||
	    verify->has_sums)
		content->hash = desk->hash;
	audit_content_begin(content);
	if (is_large(prescan))
		return give_up(prescan);
	if (desk->chunk == NULL)
		desk->chunk = mem_alloc(CHUNK);
	return true;
}

struct span
audit_prescan_read(struct audit_prescan *prescan)
{
	struct audit_content *content = &prescan->content;
	uint64_t left = content->max - content->bytes;
	char *chunk = content->desk->chunk;
	size_t max = left < CHUNK ? (size_t)left : CHUNK, have = 0;
	ssize_t n;

	do {
		n = read(prescan->fd, &chunk[have], max - have);
		have += n > 0 ? (size_t)n : 0;
	} while ((n > 0 && have < max) || (n == -1 && errno == EINTR));
	prescan->is_last = n == 0 || have == left;
	if (n == -1) {
		err_errno(&prescan->err, ERR_DISK, "read %s",
		    content->receipt->path);
		audit_content_find(content, AUDIT_DAMAGED, "it can't be "
		    "read: %s", prescan->err.text);
		close_file(prescan);
		have = 0;
	}
	prescan->chunk = (struct span){ chunk, have };
	return content->hash != NULL ? prescan->chunk : (struct span){ chunk,
	    0 };
}

bool
audit_prescan_take(struct audit_prescan *prescan)
{
	struct audit_content *content = &prescan->content;

	if (prescan->fd == -1)
		return false;
	audit_content_add(content, prescan->chunk.data, prescan->chunk.len);
	if (is_large(prescan))
		return give_up(prescan);
	if (!prescan->is_last)
		return true;
	audit_content_end(content);
	prescan->is_read = true;
	close_file(prescan);
	return false;
}

void
audit_prescan_at_once(struct audit_prescan *prescan, struct audit_desk *desk)
{
	struct audit_content *content = &prescan->content;
	struct span chunk;
	bool goes_on;

	content->is_whole = true;
	prescan->is_at_once = true;
	for (goes_on = audit_prescan_begin(prescan, desk); goes_on;
	    goes_on = audit_prescan_take(prescan)) {
		chunk = audit_prescan_read(prescan);
		if (chunk.len > 0)
			sha256_add(desk->hash, chunk.data, chunk.len);
		audit_give(content->verify, prescan);
	}
}

/* ---------------------------------------------------------------- giving */

static void
give_finding(struct audit_verify *verify, const struct audit_prescan *prescan,
    const struct audit_item *item)
{
	struct audit_finding finding = { .kind = item->kind, .refetch = true,
	    .path = prescan->content.receipt->path,
	    .listing = (char *)prescan->content.listing };

	audit_find(verify, finding, "%s", item->what);
}

void
audit_give(struct audit_verify *verify, struct audit_prescan *prescan)
{
	const char *path = prescan->content.receipt->path;
	const char *key = prescan->keys.data != NULL ? prescan->keys.data : "";
	size_t i;

	for (i = 0; i < prescan->n; i++) {
		if (prescan->items[i].what != NULL)
			give_finding(verify, prescan, &prescan->items[i]);
		else
			audit_take_item(verify, path, &prescan->items[i], key);
		key += prescan->items[i].key_len;
	}
	for (i = 0; i < AUDIT_ODDS; i++)
		audit_add_odd(verify, i, prescan->odds[i], path);
	verify->progress.records += prescan->counted;
	if (prescan->wanted == AUDIT_RECORDS) {
		verify->current.records += prescan->records;
		verify->current.items += prescan->counted;
	}
	clear(prescan);
}
