/*
 * One file of an export, held against its receipt.
 */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit_internal.h"

#define PIECE (1 << 20)

/* A file while it is read. */
struct reading {
	struct audit_verify *verify;
	const struct tree_receipt *receipt;
	int fd;
	bool json, by_line, is_whole;
	audit_record *record;
	struct sha256 *hash;
	uint64_t bytes, lines;
};

static void __attribute__((format(printf, 3, 4)))
find(struct reading *reading, enum audit_trouble kind, const char *format, ...)
{
	struct audit_verify *verify = reading->verify;
	struct audit_finding finding = { .kind = kind,
	    .path = reading->receipt->path, .refetch = true,
	    .listing = verify->at.crawl != NULL ? verify->at.crawl->key :
	    (char *)verify->rest_key };
	char what[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	audit_find(verify, finding, "%s", what);
	reading->is_whole = false;
}

static void
take_record(struct reading *reading, struct span record)
{
	struct audit_verify *verify = reading->verify;
	const struct crawl_listing *listing = verify->at.crawl;
	struct page_record whole;
	struct err err;
	int rc = 0;

	if (listing != NULL)
		rc = page_read_record(&verify->page,
		    verify->plans[listing->resource->index], record.at,
		    record.len, &err);
	if (rc == -1) {
		if (reading->by_line)
			find(reading, AUDIT_DAMAGED, "line %" PRIu64 ": %s",
			    reading->lines, err.text);
		else
			find(reading, AUDIT_DAMAGED, "%s", err.text);
		return;
	}
	if (reading->record == NULL || listing == NULL)
		return;
	whole = page_record(&verify->page, 0);
	reading->record(verify, reading->receipt->path, reading->lines,
	    &whole);
}

/* Take the lines that are whole out of the buffer. */
static void
take_lines(struct reading *reading)
{
	struct text *buffer = &reading->verify->buffer;
	size_t at = 0;
	char *end;

	while ((end = memchr(&buffer->at[at], '\n', buffer->len - at)) !=
	    NULL) {
		reading->lines++;
		take_record(reading, (struct span){ &buffer->at[at],
		    (size_t)(end - &buffer->at[at]) });
		at = (size_t)(end + 1 - buffer->at);
	}
	buffer->len -= at;
	memmove(buffer->at, &buffer->at[at], buffer->len);
}

/* Read up to what counts.  Return 1, 0 at the end, or -1. */
static int
read_piece(struct reading *reading, uint64_t most, struct err *err)
{
	struct text *buffer = &reading->verify->buffer;
	size_t want = most - reading->bytes < PIECE ?
	    (size_t)(most - reading->bytes) : PIECE;
	ssize_t n;

	buffer->at = mem_need(buffer->at, buffer->len + want + 1,
	    &buffer->room, 1);
	do
		n = read(reading->fd, &buffer->at[buffer->len], want);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return err_errno(err, ERR_DISK, "read %s",
		    reading->receipt->path);
	if (reading->hash != NULL)
		sha256_add(reading->hash, &buffer->at[buffer->len],
		    (size_t)n);
	buffer->len += (size_t)n;
	reading->bytes += (uint64_t)n;
	return n > 0;
}

static void
check_hash(struct reading *reading)
{
	/* Of what is known to be damaged, more need not be said. */
	if (reading->verify->manifest == NULL || reading->hash == NULL ||
	    !reading->is_whole)
		return;
	if (memcmp(reading->verify->at.sha256, reading->receipt->sha256,
	    SHA256_BYTES) != 0)
		find(reading, AUDIT_DAMAGED, "its SHA-256 is not the "
		    "manifest's");
}

static int
read_all(struct reading *reading, uint64_t most, struct err *err)
{
	struct text *buffer = &reading->verify->buffer;
	int rc;

	text_clear(buffer);
	while ((rc = read_piece(reading, most, err)) == 1)
		if (reading->by_line)
			take_lines(reading);
	if (rc == -1)
		return -1;
	if (!reading->by_line)
		take_record(reading, (struct span){ buffer->at,
		    buffer->len });
	else if (buffer->len > 0)
		find(reading, AUDIT_DAMAGED, "its last line (line %" PRIu64
		    ") has no end", reading->lines + 1);
	if (reading->hash != NULL)
		sha256_peek(reading->hash, reading->verify->at.sha256);
	reading->verify->at.bytes = reading->bytes;
	if (reading->is_whole && reading->receipt->lines > 0 &&
	    reading->lines != reading->receipt->lines)
		find(reading, AUDIT_DAMAGED, "it has %" PRIu64 " lines; the "
		    "manifest says %" PRIu64, reading->lines,
		    reading->receipt->lines);
	check_hash(reading);
	reading->verify->progress.read += reading->bytes;
	reading->verify->at.lines = reading->lines;
	return 0;
}

/* Is it there, a plain file, and as large as it should be? */
static int
check_size(struct reading *reading, uint64_t *most, struct err *err)
{
	const struct tree_receipt *receipt = reading->receipt;
	struct audit_verify *verify = reading->verify;
	bool grows = verify->manifest != NULL && !verify->progress.sealed &&
	    receipt->lines > 0;
	struct stat st;

	if (fstat(reading->fd, &st) == -1)
		return err_errno(err, ERR_DISK, "look at %s", receipt->path);
	if (!S_ISREG(st.st_mode)) {
		find(reading, AUDIT_DAMAGED, "it is not a plain file");
		return 0;
	}
	*most = UINT64_MAX;
	if (verify->manifest == NULL)
		return 1;
	if ((uint64_t)st.st_size < receipt->bytes ||
	    (!grows && (uint64_t)st.st_size > receipt->bytes))
		find(reading, AUDIT_DAMAGED, "it has %lld bytes; the "
		    "manifest says %" PRIu64, (long long)st.st_size,
		    receipt->bytes);
	/* What stands behind the bytes that count is no damage. */
	if (grows)
		*most = receipt->bytes;
	return 1;
}

/* Is the whole of it to be read? */
static bool
is_read(const struct audit_verify *verify, const struct tree_receipt *receipt,
    bool wanted)
{
	if (wanted)
		return true;
	if (verify->settings.fast)
		return false;
	return verify->settings.sample >= 100 ||
	    ((unsigned)receipt->sha256[0] << 8 | receipt->sha256[1]) % 100 <
	    verify->settings.sample;
}

int
audit_read(struct audit_verify *verify, const struct tree_receipt *receipt,
    bool json, audit_record *record, struct err *err)
{
	const struct crawl_listing *listing = verify->at.crawl;
	bool shard = listing != NULL &&
	    listing->resource->store == SOURCE_KEEP_SHARDS;
	struct reading reading = { .verify = verify, .receipt = receipt,
	    .json = json, .is_whole = true, .record = record,
	    .by_line = shard || receipt->lines > 0 };
	bool wanted = listing != NULL && (listing->resource->has_children ||
	    listing->resource->n_fields > 0);
	uint64_t most = 0;
	int rc;

	set_add(verify->checked, receipt->path, strlen(receipt->path));
	verify->progress.files++;
	verify->progress.bytes += receipt->bytes;
	reading.fd = file_open(tree_dir(verify->tree), receipt->path,
	    O_RDONLY | O_NONBLOCK, err);
	if (reading.fd == -1) {
		/* A link, or something else that is no plain file. */
		if (errno == ELOOP || errno == ENOTDIR || errno == EISDIR)
			find(&reading, AUDIT_DAMAGED, "it is not a plain "
			    "file");
		else if (errno == ENOENT)
			find(&reading, AUDIT_MISSING, "it is not there");
		else
			find(&reading, AUDIT_DAMAGED, "it can't be read: %s",
			    err->text);
		return 0;
	}
	rc = check_size(&reading, &most, err);
	if (rc == 1 && is_read(verify, receipt, wanted)) {
		if (verify->manifest != NULL || verify->adopted != NULL)
			reading.hash = sha256_new();
		if (read_all(&reading, most, err) == -1) {
			find(&reading, AUDIT_DAMAGED, "it can't be read: %s",
			    err->text);
		}
		sha256_free(reading.hash);
	} else if (rc == 1) {
		verify->at.unread = true;
	}
	close(reading.fd);
	return rc == -1 ? -1 : reading.is_whole;
}
