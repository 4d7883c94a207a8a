/*
 * The bytes of one file of an export as they come in: compared with the
 * receipt, validated as JSON and split into records.
 */

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit_prescan.h"

void
audit_content_begin(struct audit_content *content)
{
	text_clear(&content->desk->buffer);
	content->bytes = content->lines = content->rows = 0;
	content->is_too_large = false;
	content->grew_from = NULL;
	/* A shard of a legacy export may have grown by a resumed run. */
	if (content->verify->partial != NULL && content->receipt->path != NULL)
		content->grew_from = audit_sums_find(content->verify,
		    content->receipt->path);
	if (content->hash != NULL)
		sha256_restart(content->hash);
}

/* Hash the bytes, and note the hash at the size before the shard grew. */
static void
add_hash(struct audit_content *content, const char *data, size_t len)
{
	const struct tree_receipt *from = content->grew_from;
	size_t n = 0;

	if (from != NULL && content->bytes <= from->bytes &&
	    from->bytes - content->bytes < len) {
		n = (size_t)(from->bytes - content->bytes);
		sha256_add(content->hash, data, n);
		sha256_peek(content->hash, content->prefix);
	}
	sha256_add(content->hash, data + n, len - n);
}

/* The same for a file that its reader hashes. */
static bool
hash_prefix(struct audit_content *content)
{
	uint64_t left = content->grew_from->bytes;
	struct sha256 *hash;
	char chunk[8192];
	ssize_t n = 1;
	int fd;

	if (!content->is_hashed)
		return true;
	fd = file_open(tree_dir(content->verify->tree),
	    content->receipt->path, O_RDONLY, NULL);
	if (fd == -1)
		return false;
	hash = sha256_new();
	while (left > 0 && (n = read(fd, chunk, left < sizeof(chunk) ?
	    (size_t)left : sizeof(chunk))) > 0) {
		sha256_add(hash, chunk, (size_t)n);
		left -= (uint64_t)n;
	}
	sha256_peek(hash, content->prefix);
	sha256_free(hash);
	close(fd);
	return left == 0;
}

/* Does it begin with the bytes that it had before? */
static bool
has_grown(struct audit_content *content)
{
	const struct tree_receipt *from = content->grew_from;

	return from != NULL && from->lines > 0 &&
	    content->bytes > from->bytes && hash_prefix(content) &&
	    memcmp(content->prefix, from->sha256, SHA256_BYTES) == 0;
}

void
audit_content_find(struct audit_content *content, enum audit_problem kind,
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
	if (content->prescan != NULL)
		audit_prescan_find(content->prescan, kind, what);
	else
		audit_find(content->verify, finding, "%s", what);
	content->is_whole = false;
}

void
audit_add_odd(struct audit_verify *verify, size_t odd, uint64_t n,
    const char *path)
{
	if (n > 0 && verify->odds[odd].n == 0)
		verify->odds[odd].path = mem_text(path);
	verify->odds[odd].n += n;
}

/*
 * Count deviations of the file, as an editor may cause; each kind is reported
 * once.
 */
static void
note_odd(struct audit_content *content, unsigned odd)
{
	size_t i;

	for (i = 0; odd != 0 && i < AUDIT_ODDS; i++, odd >>= 1) {
		if ((odd & 1) == 0)
			continue;
		if (content->prescan != NULL)
			content->prescan->odds[i]++;
		else
			audit_add_odd(content->verify, i, 1,
			    content->receipt->path);
	}
}

void
audit_tell_odds(struct audit_verify *verify)
{
	static const char *const what[AUDIT_ODDS][2] = {
		{ "file begins with a byte order mark",
		    "files begin with a byte order mark" },
		{ "line ends with CR LF", "lines end with CR LF" },
		{ "record has whitespace around it",
		    "records have whitespace around them" },
		{ "record spans several lines", "records span several lines" },
		{ "record holds NaN or Infinity",
		    "records hold NaN or Infinity" },
		{ "file has no newline at its end",
		    "files have no newline at their end" },
		{ "line is empty", "lines are empty" }
	};
	struct audit_finding finding = { .kind = AUDIT_NOTE };
	size_t i;

	for (i = 0; i < AUDIT_ODDS; i++) {
		const struct audit_odd *odd = &verify->odds[i];

		/*
		 * For a native export, the SHA-256 shows whether the file
		 * changed.
		 */
		if (odd->n == 0 || (verify->manifest != NULL &&
		    1u << i != PAGE_ODD_WORDS))
			continue;
		finding.path = odd->path;
		audit_find(verify, finding, "%" PRIu64 " %s (the first one is "
		    "here); this alone is not damage", odd->n,
		    what[i][odd->n > 1]);
	}
}

/* Take a record, an empty line or a damaged line. */
static void
take_item(struct audit_content *content, const struct page_item *item,
    const struct err *why)
{
	uint64_t line = content->lines + 1;
	struct page_record record;

	content->lines += item->lines;
	content->rows += item->kind != PAGE_EMPTY;
	if (item->kind == PAGE_DAMAGED && content->by_line)
		audit_content_find(content, AUDIT_DAMAGED, "line %" PRIu64
		    ": %s", line, why->text);
	else if (item->kind == PAGE_DAMAGED)
		audit_content_find(content, AUDIT_DAMAGED, "%s", why->text);
	if (item->kind == PAGE_EMPTY)
		note_odd(content, AUDIT_ODD_EMPTY);
	if (item->kind != PAGE_RECORD)
		return;
	note_odd(content, item->odd);
	if (content->record == NULL)
		return;
	record = page_record(&content->desk->page, 0);
	content->record(content, content->by_line ? line : 0, &record);
}

/*
 * Take the complete items in the ${len} bytes.  Return how many bytes they
 * have.
 */
static size_t
take_items(struct audit_content *content, const char *data, size_t len,
    bool at_end)
{
	struct page_item item;
	struct err why;
	size_t done = 0;

	for (;;) {
		page_split(&content->desk->page, content->plan, (struct span){
		    &data[done], len - done }, at_end, &item, &why);
		if (item.kind == PAGE_MORE || item.kind == PAGE_OVER)
			return done;
		done += item.used;
		take_item(content, &item, &why);
	}
}

/* Keep an incomplete record. */
static void
keep(struct audit_content *content, const char *data, size_t len)
{
	struct text *buffer = &content->desk->buffer;

	if (content->is_too_large)
		return;
	if (content->largest == 0 || buffer->len + len <= content->largest) {
		text_add(buffer, data, len);
		return;
	}
	content->is_too_large = true;
	text_clear(buffer);
	audit_content_find(content, AUDIT_DAMAGED, "it has a record of more "
	    "than %" PRIu64 " bytes, far more than the archive's size suggests",
	    content->largest);
}

/* Take what has become complete in the buffer. */
static void
take_kept(struct audit_content *content, bool at_end)
{
	struct text *buffer = &content->desk->buffer;
	size_t done;

	if (content->is_too_large)
		return;
	if (buffer->data == NULL) {
		(void)take_items(content, "", 0, at_end);
		return;
	}
	done = take_items(content, buffer->data, buffer->len, at_end);
	buffer->len -= done;
	memmove(buffer->data, &buffer->data[done], buffer->len);
}

/* Take the records that end in these bytes. */
static void
take_lines(struct audit_content *content, const char *data, size_t len)
{
	struct text *buffer = &content->desk->buffer;
	const char *end;
	size_t n;

	/* Usually one line spans the end of each chunk. */
	while ((buffer->len > 0 || content->is_too_large) && len > 0) {
		end = memchr(data, '\n', len);
		n = end != NULL ? (size_t)(end + 1 - data) : len;
		keep(content, data, n);
		/* Don't rescan an incomplete line with every chunk. */
		if (end != NULL)
			take_kept(content, false);
		data += n;
		len -= n;
		if (end != NULL && content->is_too_large) {
			content->is_too_large = false;
			content->lines++;
			content->rows++;
		}
	}
	n = take_items(content, data, len, false);
	keep(content, &data[n], len - n);
}

void
audit_content_add(struct audit_content *content, const char *data, size_t len)
{
	uint64_t left = content->max - content->bytes;

	if (len > left)
		len = (size_t)left;
	if (content->hash != NULL && !content->is_hashed)
		add_hash(content, data, len);
	content->bytes += len;
	if (content->plan == NULL)
		return;
	if (content->by_line)
		take_lines(content, data, len);
	else
		keep(content, data, len);
}

static void
check_hash(struct audit_content *content)
{
	struct audit_verify *verify = content->verify;
	const struct tree_receipt *wanted = verify->manifest != NULL ?
	    content->receipt : audit_sums_find(verify,
	    content->receipt->path);

	/* One finding per damaged file is enough. */
	if (wanted == NULL || content->hash == NULL || !content->is_whole)
		return;
	if (memcmp(content->sha256, wanted->sha256, SHA256_BYTES) != 0 &&
	    !has_grown(content))
		audit_content_find(content, AUDIT_DAMAGED, "its SHA-256 does "
		    "not match %s", verify->manifest != NULL ? "the manifest" :
		    TREE_SUMS);
}

void
audit_content_end(struct audit_content *content)
{
	const struct tree_receipt *receipt = content->receipt;
	struct text *buffer = &content->desk->buffer;
	struct page_item item;
	struct err why;

	if (content->plan != NULL && content->by_line) {
		take_kept(content, true);
	} else if (content->plan != NULL && !content->is_too_large) {
		page_whole(&content->desk->page, content->plan, (struct span){
		    buffer->data != NULL ? buffer->data : "", buffer->len },
		    &item, &why);
		take_item(content, &item, &why);
	}
	if (content->hash != NULL)
		sha256_peek(content->hash, content->sha256);
	if (content->is_whole && receipt->lines > 0 && content->plan != NULL
	    && content->lines != receipt->lines)
		audit_content_find(content, AUDIT_DAMAGED, "it has %" PRIu64
		    " lines; the manifest says %" PRIu64, content->lines,
		    receipt->lines);
	check_hash(content);
}
