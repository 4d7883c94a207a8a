/*
 * Making manifest lines.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "manifest/manifest_internal.h"

static json_t *
json_receipt(const struct tree_receipt *receipt)
{
	json_t *json = json_object();
	char hex[SHA256_HEX];

	sha256_hex(receipt->sha256, hex);
	json_object_set_new(json, "path", json_string(receipt->path));
	if (receipt->lines > 0)
		json_object_set_new(json, "lines",
		    json_integer((json_int_t)receipt->lines));
	json_object_set_new(json, "bytes",
	    json_integer((json_int_t)receipt->bytes));
	json_object_set_new(json, "sha256", json_string(hex));
	return json;
}

static json_t *
json_receipts(const struct tree_receipts *receipts)
{
	json_t *json = json_array();
	size_t i;

	for (i = 0; receipts != NULL && i < receipts->n; i++)
		json_array_append_new(json, json_receipt(&receipts->items[i]));
	return json;
}

/* Set ${key}, unless the value is the default. */
static void
set_number(json_t *json, const char *key, int64_t value, int64_t default_value)
{
	if (value != default_value)
		json_object_set_new(json, key, json_integer(value));
}

static void
set_text(json_t *json, const char *key, const char *value)
{
	struct text text;

	if (value == NULL)
		return;
	text_init(&text, 8192);
	(void)text_add_visible(&text, value, strlen(value));
	json_object_set_new(json, key, json_string(text.data != NULL ?
	    text.data : ""));
	text_release(&text);
}

/* Set the members of a page's line other than its key and files. */
static void
set_page(json_t *json, const struct manifest_page *page)
{
	set_number(json, "pass", page->pass, 1);
	set_number(json, "first", (int64_t)page->first, -1);
	set_number(json, "count", page->count, -1);
	if (page->partial)
		json_object_set_new(json, "partial", json_true());
	set_number(json, "size", page->size, 0);
	set_number(json, "total", page->total, -1);
	set_number(json, "received", (int64_t)page->received, -1);
	set_number(json, "distinct", (int64_t)page->distinct,
	    (int64_t)page->received);
	set_number(json, "kept", (int64_t)page->kept,
	    (int64_t)page->distinct);
	set_number(json, "same_key", (int64_t)page->same_key, 0);
	set_number(json, "at", (int64_t)page->position, 0);
	/* Unsanitized: it is sent to the server again. */
	if (page->next != NULL)
		json_object_set_new(json, "next", json_string(page->next));
	if (page->by_time)
		json_object_set_new(json, "seconds", json_true());
	if (page->moved)
		json_object_set_new(json, "moved", json_true());
}

void
manifest_say_page(struct manifest *manifest, const char *key,
    const struct manifest_page *page, const struct tree_receipts *receipts)
{
	json_t *json = json_object();

	json_object_set_new(json, "page", json_string(key));
	set_page(json, page);
	json_object_set_new(json, "files", json_receipts(receipts));
	manifest_say(manifest, json);
}

int
manifest_say_end(struct manifest *manifest, const char *key,
    const struct manifest_listing *listing, json_t *fields,
    const struct tree_receipts *receipts, struct err *err)
{
	struct tree_receipts own = { NULL, 0, 0 };
	json_t *json;

	if (receipts == NULL) {
		if (manifest_files(manifest, key, &own, err) == -1) {
			tree_receipts_release(&own);
			json_decref(fields);
			return -1;
		}
		receipts = &own;
	}
	json = json_object();
	json_object_set_new(json, "listing", json_string(key));
	set_number(json, "records", (int64_t)listing->records, -1);
	set_number(json, "total", listing->total, -1);
	set_number(json, "size", listing->size, 0);
	if (listing->moved) {
		json_object_set_new(json, "moved", json_true());
		set_number(json, "gone", (int64_t)listing->gone, 0);
	}
	set_number(json, "changed", (int64_t)listing->changed, 0);
	set_number(json, "same_key", (int64_t)listing->same_key, 0);
	if (listing->capped)
		json_object_set_new(json, "capped", json_true());
	if (listing->replaces)
		json_object_set_new(json, "replaces", json_true());
	if (fields != NULL)
		json_object_set_new(json, "fields", fields);
	json_object_set_new(json, "files", json_receipts(receipts));
	manifest_say(manifest, json);
	tree_receipts_release(&own);
	return 0;
}

void
manifest_say_done(struct manifest *manifest, const char *key,
    const struct tree_receipt *receipt)
{
	json_t *json = json_object(), *files = json_array();

	json_object_set_new(json, "done", json_string(key));
	json_array_append_new(files, json_receipt(receipt));
	json_object_set_new(json, "files", files);
	manifest_say(manifest, json);
}

void
manifest_gap_where(const struct manifest_gap *gap, char out[96])
{
	int64_t record = gap->record >= 0 ? gap->record : gap->first;

	out[0] = '\0';
	if (gap->by_time)
		return;
	if (gap->record >= 0 || (gap->first >= 0 && gap->count == 1))
		snprintf(out, 96, " record %" PRId64, record + 1);
	else if (gap->first >= 0 && gap->count > 0 &&
	    gap->first % gap->count == 0)
		snprintf(out, 96, " page %" PRId64 " (records %" PRId64
		    " to %" PRId64 ")", gap->first / gap->count + 1,
		    gap->first + 1, gap->first + gap->count);
	else if (gap->first >= 0 && gap->count > 0)
		snprintf(out, 96, " records %" PRId64 " to %" PRId64,
		    gap->first + 1, gap->first + gap->count);
}

void
manifest_say_gap(struct manifest *manifest, const struct manifest_gap *gap)
{
	json_t *json = json_object();

	json_object_set_new(json, "gap", json_string(gap->listing));
	set_number(json, "first", gap->first, -1);
	set_number(json, "count", gap->count, -1);
	set_number(json, "record", gap->record, -1);
	set_number(json, "have", gap->have, -1);
	set_number(json, "total", gap->total, -1);
	set_number(json, "expected", gap->expected, -1);
	set_number(json, "status", gap->status, -1);
	set_text(json, "url", gap->url);
	set_text(json, "why", gap->why);
	set_text(json, "request_id", gap->request);
	set_text(json, "path", gap->path);
	if (gap->by_time)
		json_object_set_new(json, "seconds", json_true());
	manifest_say(manifest, json);
}
