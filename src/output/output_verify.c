/*
 * Is the export in an archive whole?  Its members are read in their order,
 * each held against its receipt as it comes; what is missing is told at the
 * end.  Nothing of them is written anywhere.
 */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output/output_verify.h"

void
output_say(struct output_verify *verify, enum audit_trouble kind,
    const char *path, const char *format, ...)
{
	struct audit_finding finding = { .kind = kind,
	    .path = mem_text(path) };
	char what[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	finding.what = mem_text(what);
	verify->findings = mem_need(verify->findings, verify->n_findings + 1,
	    &verify->findings_room, sizeof(*verify->findings));
	verify->findings[verify->n_findings++] = finding;
	verify->wrong += kind != AUDIT_NOTE;
}

/* The manifest's receipts, or those that can be made of SHA256SUMS. */
static int
take_receipts(struct output_verify *verify, struct err *err)
{
	struct output_found *found = &verify->found;
	size_t i;

	if (found->manifest != NULL) {
		if (manifest_all_files(found->manifest, &verify->receipts,
		    err) == -1)
			return -1;
		output_around_begin(verify);
	} else if (found->has_sums) {
		output_sums(verify);
	} else {
		output_say(verify, AUDIT_NOTE, NULL, "there is neither "
		    MANIFEST_NAME " nor " TREE_SUMS " in it: only the "
		    "archive's own checksums could be checked");
	}
	/* This puts them in order. */
	tree_sums(&verify->receipts, &verify->sums);
	verify->seen = mem_zero(verify->receipts.n + 1,
	    sizeof(*verify->seen));
	for (i = 0; found->manifest != NULL && i < verify->receipts.n; i++)
		verify->progress.bytes_total += verify->receipts.at[i].bytes;
	verify->progress.files_total = verify->receipts.n;
	return 0;
}

struct output_verify *
output_verify_new(const char *path, struct log *log, struct err *err)
{
	struct output_verify *verify = mem_zero(1, sizeof(*verify));
	struct stat st;

	verify->log_fd = -1;
	verify->names = set_new();
	verify->path = mem_text(path);
	verify->buffer = mem_alloc(OUTPUT_PIECE);
	text_init(&verify->sums, SIZE_MAX / 4);
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
	if (output_find(verify->fd, path, log, &verify->found, err) == -1 ||
	    take_receipts(verify, err) == -1)
		goto err_free;
	if (output_reader_open(&verify->reader, verify->fd,
	    verify->found.mark.end, err) == -1) {
		err_wrap(err, "%s", path);
		goto err_free;
	}
	return verify;

err_free:
	output_verify_free(verify);
	return NULL;
}

/* Would unpacking it write outside of the folder that it is unpacked in? */
static bool
leads_out(const char *name)
{
	const char *at = name;
	size_t n;

	if (*name == '/' || *name == '\\' || *name == '\0' ||
	    (name[1] == ':' && (name[2] == '\\' || name[2] == '/')))
		return true;
	for (;; at += n + 1) {
		n = strcspn(at, "/\\");
		if (n == 2 && memcmp(at, "..", 2) == 0)
			return true;
		if (at[n] == '\0')
			return false;
	}
}

/* Is the member one that can be looked at?  If not, say why. */
static bool
check_member(struct output_verify *verify,
    const struct output_member *member)
{
	const char *name = member->name;

	if (leads_out(name))
		output_say(verify, AUDIT_EXTRA, name, "its name leads out of "
		    "the folder that the archive is unpacked in; don't "
		    "unpack it");
	else if (member->is_dir)
		;
	else if (!member->is_file)
		output_say(verify, AUDIT_EXTRA, name, "it is no file, but a "
		    "link or something else; don't unpack it");
	else if (!set_add(verify->names, name, strlen(name)))
		output_say(verify, AUDIT_EXTRA, name, "it is in the archive "
		    "twice; which of the two counts, no one can tell");
	else
		return true;
	return false;
}

/* What the member is, by its path in the export. */
static void
begin_member(struct output_verify *verify,
    const struct output_member *member)
{
	const char *top = verify->found.top != NULL ? verify->found.top : "";
	const char *name = output_plain_name(member->name);
	size_t len = strlen(top);
	struct tree_receipt *receipt;

	if (!check_member(verify, member))
		return;
	if (strncmp(name, top, len) != 0) {
		output_say(verify, AUDIT_EXTRA, name, "it is beside the "
		    "export, not in it");
		return;
	}
	name += len;
	if (member->doubt != NULL)
		output_say(verify, AUDIT_DAMAGED, name, "%s", member->doubt);
	receipt = output_receipt(&verify->receipts, name);
	if (receipt == NULL && !output_around_knows(name)) {
		if (verify->receipts.n > 0 || verify->found.manifest != NULL)
			output_say(verify, AUDIT_EXTRA, name, verify->found.
			    manifest != NULL ? "the manifest does not know "
			    "it" : TREE_SUMS " does not know it");
		/* Where checksums are all there is, all is read. */
		if (verify->found.manifest != NULL)
			return;
	}
	verify->is_open = true;
	verify->receipt = receipt;
	verify->name = mem_text(name);
	output_check_begin(&verify->check);
}

/* A receipt made of SHA256SUMS knows the hash only. */
static int
check_sum(struct output_verify *verify, struct err *err)
{
	unsigned char sha256[SHA256_BYTES];

	if (verify->found.manifest != NULL)
		return output_check_end(&verify->check, verify->receipt,
		    !verify->progress.sealed, err);
	sha256_peek(verify->check.hash, sha256);
	if (memcmp(sha256, verify->receipt->sha256, SHA256_BYTES) == 0)
		return 0;
	return err_set(err, ERR_DATA, "its SHA-256 is not that of "
	    TREE_SUMS);
}

static void
end_member(struct output_verify *verify, bool is_read)
{
	struct tree_receipt *receipt = verify->receipt;
	struct err err;

	if (receipt != NULL) {
		verify->seen[receipt - verify->receipts.at] = true;
		verify->progress.files++;
		if (is_read && check_sum(verify, &err) == -1)
			output_say(verify, AUDIT_DAMAGED, receipt->path,
			    "%s", err.text);
	} else if (is_read) {
		output_around_member(verify);
		verify->progress.files += verify->found.manifest == NULL;
	}
	verify->is_open = false;
	free(verify->name);
	verify->name = NULL;
}

/* Bytes of a member that should have ended: no more of it is read. */
static bool
is_too_long(const struct output_verify *verify)
{
	const struct tree_receipt *receipt = verify->receipt;

	return receipt != NULL && verify->found.manifest != NULL &&
	    verify->check.bytes > receipt->bytes &&
	    (verify->progress.sealed || receipt->lines == 0);
}

/* Read a piece of a member. */
static int
step_member(struct output_verify *verify, struct err *err)
{
	struct err why;
	ssize_t n = output_reader_get(&verify->reader, verify->buffer,
	    OUTPUT_PIECE, &why);

	if (n == -1 && why.kind == ERR_DISK) {
		*err = why;
		return err_wrap(err, "%s", verify->path);
	}
	if (n == -1) {
		output_say(verify, AUDIT_DAMAGED, verify->name, "%s",
		    why.text);
		end_member(verify, false);
		(void)output_reader_again(&verify->reader);
		return 1;
	}
	output_check_add(&verify->check, verify->found.manifest != NULL ?
	    verify->receipt : NULL, verify->buffer, (size_t)n);
	verify->progress.read += (uint64_t)n;
	if (output_around_add(verify, (size_t)n, err) == -1)
		return -1;
	if (is_too_long(verify)) {
		output_say(verify, AUDIT_DAMAGED, verify->name, "it has more "
		    "bytes than the manifest says: %" PRIu64,
		    verify->receipt->bytes);
		end_member(verify, false);
	} else if (n == 0) {
		end_member(verify, true);
	}
	return 1;
}

/* What has a receipt and is not there. */
static void
find_missing(struct output_verify *verify)
{
	size_t i;

	for (i = 0; i < verify->receipts.n; i++)
		if (!verify->seen[i])
			output_say(verify, AUDIT_MISSING,
			    verify->receipts.at[i].path, verify->is_torn ?
			    "it is not there, or behind what can't be read" :
			    "it is not there");
}

/* The archive's own bytes, whatever is in it. */
static int
step_mark(struct output_verify *verify, struct err *err)
{
	struct output_mark *mark = &verify->found.mark;
	int rc = output_mark_step(verify->fd, mark, verify->buffer, err);

	if (rc == -1)
		return err_wrap(err, "%s", verify->path);
	if (rc == 1)
		return 1;
	verify->is_marked = true;
	if (!mark->is_there)
		output_say(verify, AUDIT_NOTE, NULL, "'hlexport pack' has "
		    "not made it, or its end was cut off: what is around "
		    "its files can't be checked");
	else if (!mark->is_sound)
		output_say(verify, AUDIT_DAMAGED, NULL, "its bytes are not "
		    "those that were written: the SHA-256 at its end is "
		    "another");
	return 1;
}

int
output_verify_step(struct output_verify *verify, struct err *err)
{
	struct output_member member;
	struct err why;
	int rc;

	if (verify->is_over)
		return 0;
	if (!verify->is_marked)
		return step_mark(verify, err);
	if (verify->is_open)
		return step_member(verify, err);
	rc = output_reader_next(&verify->reader, &member, &why);
	if (rc == -1 && why.kind == ERR_DISK) {
		*err = why;
		return err_wrap(err, "%s", verify->path);
	}
	if (rc == 1) {
		begin_member(verify, &member);
		return 1;
	}
	if (rc == -1) {
		verify->is_torn = true;
		output_say(verify, AUDIT_DAMAGED, NULL, "the archive can't "
		    "be read on behind what was read so far: %s", why.text);
	}
	verify->is_over = true;
	find_missing(verify);
	output_around_end(verify);
	return 1;
}

const struct audit_finding *
output_findings(const struct output_verify *verify, size_t *n)
{
	*n = verify->n_findings;
	return verify->findings;
}

void
output_verify_progress(const struct output_verify *verify,
    struct audit_progress *progress)
{
	*progress = verify->progress;
}

bool
output_is_whole(const struct output_verify *verify)
{
	return verify->wrong == 0;
}

void
output_verify_free(struct output_verify *verify)
{
	size_t i;

	if (verify == NULL)
		return;
	for (i = 0; i < verify->n_findings; i++) {
		free(verify->findings[i].path);
		free(verify->findings[i].listing);
		free(verify->findings[i].what);
	}
	free(verify->findings);
	output_reader_release(&verify->reader);
	output_found_release(&verify->found);
	output_check_release(&verify->check);
	tree_receipts_release(&verify->receipts);
	set_free(verify->names);
	text_release(&verify->sums);
	if (verify->fd != -1)
		close(verify->fd);
	if (verify->log_fd != -1)
		close(verify->log_fd);
	free(verify->seen);
	free(verify->name);
	free(verify->buffer);
	free(verify->path);
	free(verify);
}
