/*
 * Verifying an export in an archive.  The members are read in their order and
 * passed to the room audit, which verifies directories too; only the
 * bookkeeping files and the archive itself are checked here.
 */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "pack/pack_verify.h"

#define ACCEPTED_MAX (256u << 20)

/* Compute what SHA256SUMS should be. */
static int
take_sums(struct pack_verify *verify, struct err *err)
{
	struct tree_receipts files = { NULL, 0, 0 };
	struct text sums;
	int rc = manifest_all_files(verify->found.manifest, &files, err);

	text_init(&sums, SIZE_MAX / 4);
	if (rc == 0) {
		tree_sums(&files, &sums);
		sha256_of(sums.data, sums.len, verify->sums);
	}
	text_release(&sums);
	tree_receipts_release(&files);
	return rc;
}

/* Start the audit of the files, which is that of a directory. */
static int
begin_audit(struct pack_verify *verify, struct log *log, struct err *err)
{
	struct pack_found *found = &verify->found;
	struct audit_archive archive = { .tree = found->tree,
	    .manifest = found->manifest, .state = found->state,
	    .why = found->why, .paths = found->paths,
	    .n_paths = found->n_paths,
	    .sums = found->has_sums ? &found->sums : NULL,
	    .largest = verify->reader.max_out };
	struct audit_settings settings = { .path = verify->path,
	    .archive = &archive, .sample = 100, .log = log };
	struct audit_progress now;

	verify->has_manifest = found->manifest != NULL;
	if (verify->has_manifest && take_sums(verify, err) == -1)
		return -1;
	verify->source = audit_source_in(verify->has_manifest ?
	    manifest_header(found->manifest) : NULL, err);
	if (verify->source == NULL)
		return -1;
	settings.source = verify->source;
	found->tree = NULL;
	found->manifest = NULL;
	if ((verify->audit = audit_verify_new(&settings, err)) == NULL)
		return -1;
	audit_verify_progress(verify->audit, &now);
	verify->is_sealed = now.sealed;
	/* Allow the unpacked size that the manifest gives. */
	if (__builtin_add_overflow(verify->reader.max, now.bytes_total,
	    &verify->reader.max))
		verify->reader.max = UINT64_MAX;
	return 0;
}

struct pack_verify *
pack_verify_new(const char *path, struct log *log, struct err *err)
{
	struct pack_verify *verify = mem_zero(1, sizeof(*verify));
	struct stat st;

	verify->log_fd = -1;
	verify->names = set_new();
	text_init(&verify->accepted, ACCEPTED_MAX);
	verify->path = mem_text(path);
	verify->buffer = mem_alloc(ARCHIVE_CHUNK);
	verify->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (verify->fd == -1 || fstat(verify->fd, &st) == -1) {
		err_errno(err, ERR_USAGE, "open %s", path);
		goto err_free;
	}
	if (!S_ISREG(st.st_mode)) {
		err_set(err, ERR_USAGE, "%s is neither a directory nor a "
		    "file", path);
		goto err_free;
	}
	if (pack_find(verify->fd, path, log, &verify->found, err) == -1)
		goto err_free;
	if (archive_reader_open(&verify->reader, verify->fd,
	    verify->found.trailer.end, err) == -1) {
		err_wrap(err, "%s", path);
		goto err_free;
	}
	if (begin_audit(verify, log, err) == -1)
		goto err_free;
	return verify;

err_free:
	pack_verify_free(verify);
	return NULL;
}

/* Check the archive's own bytes. */
static int
step_trailer(struct pack_verify *verify, struct err *err)
{
	struct archive_trailer *trailer = &verify->found.trailer;
	int rc = archive_trailer_step(verify->fd, trailer, verify->buffer, err);

	if (rc == -1)
		return err_wrap(err, "%s", verify->path);
	if (rc == 1)
		return 1;
	verify->is_marked = true;
	if (trailer->is_misplaced)
		pack_say(verify, AUDIT_DAMAGED, NULL, "the end of the archive "
		    "was cut off, or data was appended to it: the SHA-256 that "
		    "'hlexport pack' wrote is not at its end");
	else if (!trailer->is_there)
		pack_say(verify, AUDIT_NOTE, NULL, "the archive was not made "
		    "by 'hlexport pack', or its end was cut off: the bytes "
		    "outside its files can't be checked");
	else if (!trailer->is_valid)
		pack_say(verify, AUDIT_DAMAGED, NULL, "the archive was changed "
		    "after it was written: the SHA-256 at its end does not "
		    "match");
	return 1;
}

/* Read on in the current member or go to the next.  Return 1, or -1. */
static int
step_member(struct pack_verify *verify, struct err *err)
{
	struct archive_member member;
	struct err why;
	int rc;

	if (verify->is_open)
		return pack_member_step(verify, err);
	free(verify->name);
	verify->name = NULL;
	rc = archive_reader_next(&verify->reader, &member, &why);
	if (rc == -1 && why.kind == ERR_DISK) {
		*err = why;
		return err_wrap(err, "%s", verify->path);
	}
	if (rc == 1) {
		pack_member_begin(verify, &member);
		return 1;
	}
	if (rc == -1) {
		audit_member_lost(verify->audit);
		pack_say(verify, AUDIT_DAMAGED, NULL, "the rest of the archive "
		    "can't be read: %s", why.text);
	}
	verify->is_read = true;
	pack_bookkeeping_end(verify);
	return 1;
}

int
pack_verify_step(struct pack_verify *verify, struct err *err)
{
	int rc;

	if (!verify->is_marked)
		return step_trailer(verify, err);
	if (!verify->is_read)
		return step_member(verify, err);
	rc = audit_verify_step(verify->audit, err);
	return rc == -1 ? err_wrap(err, "%s", verify->path) : rc;
}

const struct audit_finding *
pack_findings(const struct pack_verify *verify, size_t *n)
{
	return audit_findings(verify->audit, n);
}

void
pack_verify_progress(const struct pack_verify *verify,
    struct audit_progress *progress)
{
	audit_verify_progress(verify->audit, progress);
	progress->read += verify->bookkeeping_bytes;
}

bool
pack_is_whole(const struct pack_verify *verify)
{
	return audit_is_whole(verify->audit);
}

const char *
pack_accepted(const struct pack_verify *verify)
{
	return audit_accepted(verify->audit);
}

bool
pack_holds_all(const struct pack_verify *verify)
{
	const struct audit_finding *findings;
	size_t n, i;

	findings = audit_findings(verify->audit, &n);
	for (i = 0; i < n; i++)
		if ((findings[i].kind == AUDIT_DAMAGED ||
		    findings[i].kind == AUDIT_MISSING) &&
		    !findings[i].is_accepted)
			return false;
	return verify->is_sealed;
}

void
pack_verify_free(struct pack_verify *verify)
{
	if (verify == NULL)
		return;
	archive_reader_release(&verify->reader);
	audit_verify_free(verify->audit);
	source_free(verify->source);
	pack_found_release(&verify->found);
	pack_check_release(&verify->check);
	set_free(verify->names);
	if (verify->fd != -1)
		close(verify->fd);
	if (verify->log_fd != -1)
		close(verify->log_fd);
	text_release(&verify->accepted);
	free(verify->name);
	free(verify->buffer);
	free(verify->path);
	free(verify);
}
