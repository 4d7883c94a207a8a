/*
 * The bytes of one file of an export, as they come: held against its receipt,
 * checked to be JSON, cut into records.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit_internal.h"

void
audit_content_begin(struct audit_content *content)
{
	text_clear(&content->verify->buffer);
	content->bytes = content->lines = 0;
	content->is_too_large = false;
	if (content->hash != NULL)
		sha256_restart(content->hash);
}

void
audit_content_find(struct audit_content *content, enum audit_trouble kind,
    const char *format, ...)
{
	struct audit_finding finding = { .kind = kind, .refetch = true,
	    .path = content->receipt->path,
	    .listing = (char *)content->listing };
	char what[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	audit_find(content->verify, finding, "%s", what);
	content->is_whole = false;
}

static void
take_record(struct audit_content *content, struct span record)
{
	struct audit_verify *verify = content->verify;
	struct page_record whole;
	struct err err;

	if (content->plan == NULL)
		return;
	if (page_read_record(&verify->page, content->plan, record.at,
	    record.len, &err) == -1) {
		if (content->by_line)
			audit_content_find(content, AUDIT_DAMAGED, "line %"
			    PRIu64 ": %s", content->lines, err.text);
		else
			audit_content_find(content, AUDIT_DAMAGED, "%s",
			    err.text);
		return;
	}
	if (content->record == NULL)
		return;
	whole = page_record(&verify->page, 0);
	content->record(verify, content->receipt->path, content->lines,
	    &whole);
}

/* Keep what is no whole record yet. */
static void
keep(struct audit_content *content, const char *at, size_t len)
{
	struct text *buffer = &content->verify->buffer;

	if (content->is_too_large)
		return;
	if (content->largest == 0 || buffer->len + len <= content->largest) {
		text_add(buffer, at, len);
		return;
	}
	content->is_too_large = true;
	text_clear(buffer);
	audit_content_find(content, AUDIT_DAMAGED, "a record of it has more "
	    "than %" PRIu64 " bytes, far more than its size lets expect",
	    content->largest);
}

/* Take the lines that end in these bytes. */
static void
take_lines(struct audit_content *content, const char *at, size_t len)
{
	struct text *buffer = &content->verify->buffer;
	const char *end;
	size_t n;

	while ((end = memchr(at, '\n', len)) != NULL) {
		n = (size_t)(end - at);
		content->lines++;
		if (buffer->len > 0 || content->is_too_large) {
			keep(content, at, n);
			if (!content->is_too_large)
				take_record(content, (struct span){
				    buffer->at, buffer->len });
			text_clear(buffer);
			content->is_too_large = false;
		} else {
			take_record(content, (struct span){ at, n });
		}
		at += n + 1;
		len -= n + 1;
	}
	keep(content, at, len);
}

void
audit_content_add(struct audit_content *content, const char *at, size_t len)
{
	uint64_t left = content->most - content->bytes;

	if (len > left)
		len = (size_t)left;
	if (content->hash != NULL)
		sha256_add(content->hash, at, len);
	content->bytes += len;
	if (content->by_line)
		take_lines(content, at, len);
	else if (content->json || content->record != NULL)
		keep(content, at, len);
}

static void
check_hash(struct audit_content *content)
{
	struct audit_verify *verify = content->verify;
	const struct tree_receipt *wanted = verify->manifest != NULL ?
	    content->receipt : audit_sums_find(verify,
	    content->receipt->path);

	/* Of what is known to be damaged, more need not be said. */
	if (wanted == NULL || content->hash == NULL || !content->is_whole)
		return;
	if (memcmp(content->sha256, wanted->sha256, SHA256_BYTES) != 0)
		audit_content_find(content, AUDIT_DAMAGED, "its SHA-256 is "
		    "not %s", verify->manifest != NULL ? "the manifest's" :
		    "that of " TREE_SUMS);
}

void
audit_content_end(struct audit_content *content)
{
	const struct tree_receipt *receipt = content->receipt;
	struct text *buffer = &content->verify->buffer;

	if (content->is_too_large)
		;	/* that was told */
	else if (!content->by_line && (content->json ||
	    content->record != NULL))
		take_record(content, (struct span){ buffer->at != NULL ?
		    buffer->at : "", buffer->len });
	else if (content->by_line && buffer->len > 0)
		audit_content_find(content, AUDIT_DAMAGED, "its last line "
		    "(line %" PRIu64 ") has no end", content->lines + 1);
	if (content->hash != NULL)
		sha256_peek(content->hash, content->sha256);
	if (content->is_whole && receipt->lines > 0 &&
	    content->lines != receipt->lines)
		audit_content_find(content, AUDIT_DAMAGED, "it has %" PRIu64
		    " lines; the manifest says %" PRIu64, content->lines,
		    receipt->lines);
	check_hash(content);
}
