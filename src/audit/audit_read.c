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

#define PIECE (1 << 18)
#define LARGE (1 << 19)	/* from here on, a thread reads it and hashes it */

/* A file while it is read. */
struct reading {
	struct audit_content content;
	int fd;
	uint64_t size;
};

/* Read up to what counts.  Return 1, 0 at the end, or -1. */
static int
read_piece(struct reading *reading, struct err *err)
{
	struct audit_content *content = &reading->content;
	uint64_t left = content->most - content->bytes;
	char *piece = content->verify->piece;
	ssize_t n;

	do
		n = read(reading->fd, piece, left < PIECE ? (size_t)left :
		    PIECE);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return err_errno(err, ERR_DISK, "read %s",
		    content->receipt->path);
	audit_content_add(content, piece, (size_t)n);
	return n > 0;
}

/* Is a thread to read it? */
static bool
is_for_reader(const struct reading *reading)
{
	struct audit_verify *verify = reading->content.verify;

	if (reading->content.hash == NULL || reading->size < LARGE ||
	    verify->has_no_reader)
		return false;
	if (verify->reader == NULL)
		verify->reader = audit_reader_new();
	verify->has_no_reader = verify->reader == NULL;
	return !verify->has_no_reader;
}

static int
read_beside(struct reading *reading, struct err *err)
{
	struct audit_content *content = &reading->content;
	struct audit_reader *reader = content->verify->reader;
	const char *at;
	ssize_t n;

	content->is_hashed = true;
	audit_reader_begin(reader, reading->fd, content->most,
	    content->hash);
	while ((n = audit_reader_next(reader, &at)) > 0) {
		audit_content_add(content, at, (size_t)n);
		audit_reader_took(reader);
	}
	if (n == -1)
		err_errno(err, ERR_DISK, "read %s", content->receipt->path);
	audit_reader_end(reader);
	return n == -1 ? -1 : 0;
}

static int
read_here(struct reading *reading, struct err *err)
{
	struct audit_verify *verify = reading->content.verify;
	int rc;

	if (verify->piece == NULL)
		verify->piece = mem_alloc(PIECE);
	while ((rc = read_piece(reading, err)) == 1)
		;
	return rc;
}

static int
read_all(struct reading *reading, struct err *err)
{
	struct audit_content *content = &reading->content;
	struct audit_verify *verify = content->verify;
	struct tree_receipt hashed = { .lines = 0 };

	audit_content_begin(content);
	if ((is_for_reader(reading) ? read_beside(reading, err) :
	    read_here(reading, err)) == -1)
		return -1;
	audit_content_end(content);
	if (verify->adopted != NULL) {
		hashed.path = content->receipt->path;
		memcpy(hashed.sha256, content->sha256, SHA256_BYTES);
		tree_receipts_add(&verify->hashed, &hashed);
	}
	memcpy(verify->at.sha256, content->sha256, SHA256_BYTES);
	verify->at.bytes = content->bytes;
	verify->at.lines = content->lines;
	verify->progress.read += content->bytes;
	return 0;
}

/* Is it there, a plain file, and as large as it should be? */
static int
check_size(struct reading *reading, struct err *err)
{
	struct audit_content *content = &reading->content;
	const struct tree_receipt *receipt = content->receipt;
	struct audit_verify *verify = content->verify;
	/* One that has ended grows no more, though the export goes on. */
	bool has_ended = verify->at.crawl != NULL &&
	    verify->at.known.ended && !verify->at.known.replaces;
	bool grows = verify->manifest != NULL && !verify->progress.sealed &&
	    receipt->lines > 0 && !has_ended;
	struct stat st;

	if (fstat(reading->fd, &st) == -1)
		return err_errno(err, ERR_DISK, "look at %s", receipt->path);
	if (!S_ISREG(st.st_mode)) {
		audit_content_find(content, AUDIT_DAMAGED, "it is not a "
		    "plain file");
		return 0;
	}
	reading->size = (uint64_t)st.st_size;
	if (verify->manifest == NULL)
		return 1;
	if ((uint64_t)st.st_size < receipt->bytes ||
	    (!grows && (uint64_t)st.st_size > receipt->bytes))
		audit_content_find(content, AUDIT_DAMAGED, "it has %lld "
		    "bytes; the manifest says %" PRIu64,
		    (long long)st.st_size, receipt->bytes);
	/* What stands behind the bytes that count is no damage. */
	if (grows)
		content->most = receipt->bytes;
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

/* Whose records are in a file of the listing ${key}; NULL: there are none. */
static const struct source_resource *
resource_of(const struct audit_verify *verify, const char *key)
{
	return key != NULL ? source_find(verify->settings.source, key,
	    strcspn(key, "/")) : NULL;
}

int
audit_read(struct audit_verify *verify, const struct tree_receipt *receipt,
    audit_record *record, struct err *err)
{
	const struct crawl_listing *listing = verify->at.crawl;
	const char *key = listing != NULL ? listing->key : verify->rest_key;
	const struct source_resource *resource = resource_of(verify, key);
	struct reading reading = { .content = { .verify = verify,
	    .receipt = receipt, .listing = key, .record = record,
	    .plan = resource != NULL ? verify->plans[resource->index] : NULL,
	    .most = UINT64_MAX, .is_whole = true,
	    .by_line = receipt->lines > 0 || (resource != NULL &&
	    resource->store == SOURCE_KEEP_SHARDS) } };
	struct audit_content *content = &reading.content;
	bool wanted = listing != NULL && (listing->resource->has_children ||
	    listing->resource->n_fields > 0);
	int rc;

	set_add(verify->checked, receipt->path, strlen(receipt->path));
	if (verify->members != NULL)
		return audit_members_read(verify, receipt);
	verify->progress.files++;
	verify->progress.bytes += receipt->bytes;
	reading.fd = file_open(tree_dir(verify->tree), receipt->path,
	    O_RDONLY, err);
	if (reading.fd == -1) {
		/* A link, or something else that is no plain file. */
		if (errno == ELOOP || errno == ENOTDIR || errno == EISDIR)
			audit_content_find(content, AUDIT_DAMAGED, "it is "
			    "not a plain file");
		else if (errno == ENOENT)
			audit_content_find(content, AUDIT_MISSING, "it is "
			    "not there");
		else
			audit_content_find(content, AUDIT_DAMAGED, "it can't "
			    "be read: %s", err->text);
		return 0;
	}
	rc = check_size(&reading, err);
	if (rc == 1 && is_read(verify, receipt, wanted)) {
		if (verify->manifest != NULL || verify->adopted != NULL ||
		    verify->has_sums)
			content->hash = sha256_new();
		if (read_all(&reading, err) == -1)
			audit_content_find(content, AUDIT_DAMAGED, "it can't "
			    "be read: %s", err->text);
		sha256_free(content->hash);
	} else if (rc == 1) {
		verify->at.unread = true;
	}
	close(reading.fd);
	return rc == -1 ? -1 : content->is_whole;
}
