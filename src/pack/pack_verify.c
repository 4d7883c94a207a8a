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

#include "pack/pack_verify.h"

/* What comes out of an archive may be any bytes: new, and fit to be shown. */
static char *
visible(const char *foreign)
{
	struct text text;

	if (foreign == NULL)
		return NULL;
	text_init(&text, 1 << 16);
	(void)text_add_visible(&text, foreign, strlen(foreign));
	return text.len > 0 ? text_take(&text) : mem_text("");
}

void
pack_say(struct pack_verify *verify, enum audit_trouble kind,
    const char *path, const char *format, ...)
{
	struct audit_finding finding = { .kind = kind,
	    .path = visible(path) };
	char what[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	finding.what = visible(what);
	verify->findings = mem_need(verify->findings, verify->n_findings + 1,
	    &verify->findings_room, sizeof(*verify->findings));
	verify->findings[verify->n_findings++] = finding;
	verify->wrong += kind != AUDIT_NOTE;
}

/* The manifest's receipts, or those that can be made of SHA256SUMS. */
static int
take_receipts(struct pack_verify *verify, struct err *err)
{
	struct pack_found *found = &verify->found;
	size_t i;

	if (found->manifest != NULL) {
		if (manifest_all_files(found->manifest, &verify->receipts,
		    err) == -1)
			return -1;
		pack_around_begin(verify);
	} else if (found->has_sums) {
		pack_sums(verify);
	} else {
		pack_say(verify, AUDIT_NOTE, NULL, "there is neither "
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

struct pack_verify *
pack_verify_new(const char *path, struct log *log, struct err *err)
{
	struct pack_verify *verify = mem_zero(1, sizeof(*verify));
	struct stat st;

	verify->log_fd = -1;
	verify->names = set_new();
	verify->path = mem_text(path);
	verify->buffer = mem_alloc(PACK_PIECE);
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
	if (pack_find(verify->fd, path, log, &verify->found, err) == -1 ||
	    take_receipts(verify, err) == -1)
		goto err_free;
	if (pack_reader_open(&verify->reader, verify->fd,
	    verify->found.mark.end, err) == -1) {
		err_wrap(err, "%s", path);
		goto err_free;
	}
	/* What its manifest promises, it may unpack to. */
	if (__builtin_add_overflow(verify->reader.most,
	    verify->progress.bytes_total, &verify->reader.most))
		verify->reader.most = UINT64_MAX;
	return verify;

err_free:
	pack_verify_free(verify);
	return NULL;
}

/* What has a receipt and is not there. */
static void
find_missing(struct pack_verify *verify)
{
	size_t i;

	for (i = 0; i < verify->receipts.n; i++)
		if (!verify->seen[i])
			pack_say(verify, AUDIT_MISSING,
			    verify->receipts.at[i].path, verify->is_torn ?
			    "it is not there, or behind what can't be read" :
			    "it is not there");
}

/* The archive's own bytes, whatever is in it. */
static int
step_mark(struct pack_verify *verify, struct err *err)
{
	struct pack_mark *mark = &verify->found.mark;
	int rc = pack_mark_step(verify->fd, mark, verify->buffer, err);

	if (rc == -1)
		return err_wrap(err, "%s", verify->path);
	if (rc == 1)
		return 1;
	verify->is_marked = true;
	if (!mark->is_there)
		pack_say(verify, AUDIT_NOTE, NULL, "'hlexport pack' has "
		    "not made it, or its end was cut off: what is around "
		    "its files can't be checked");
	else if (!mark->is_sound)
		pack_say(verify, AUDIT_DAMAGED, NULL, "its bytes are not "
		    "those that were written: the SHA-256 at its end is "
		    "another");
	return 1;
}

int
pack_verify_step(struct pack_verify *verify, struct err *err)
{
	struct pack_member member;
	struct err why;
	int rc;

	if (verify->is_over)
		return 0;
	if (!verify->is_marked)
		return step_mark(verify, err);
	if (verify->is_open)
		return pack_member_step(verify, err);
	rc = pack_reader_next(&verify->reader, &member, &why);
	if (rc == -1 && why.kind == ERR_DISK) {
		*err = why;
		return err_wrap(err, "%s", verify->path);
	}
	if (rc == 1) {
		pack_member_begin(verify, &member);
		return 1;
	}
	if (rc == -1) {
		verify->is_torn = true;
		pack_say(verify, AUDIT_DAMAGED, NULL, "the archive can't "
		    "be read on behind what was read so far: %s", why.text);
	}
	verify->is_over = true;
	find_missing(verify);
	pack_around_end(verify);
	return 1;
}

const struct audit_finding *
pack_findings(const struct pack_verify *verify, size_t *n)
{
	*n = verify->n_findings;
	return verify->findings;
}

void
pack_verify_progress(const struct pack_verify *verify,
    struct audit_progress *progress)
{
	*progress = verify->progress;
}

bool
pack_is_whole(const struct pack_verify *verify)
{
	return verify->wrong == 0;
}

void
pack_verify_free(struct pack_verify *verify)
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
	pack_reader_release(&verify->reader);
	pack_found_release(&verify->found);
	pack_check_release(&verify->check);
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
