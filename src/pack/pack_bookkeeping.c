/*
 * The bookkeeping files in an archive: the manifest, its copy, sums, log and
 * accepted findings.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pack/pack_verify.h"

static const char *const names[PACK_BOOKKEEPING] = {
	[PACK_MANIFEST] = MANIFEST_NAME,
	[PACK_COPY] = MANIFEST_COPY,
	[PACK_SUMS] = TREE_SUMS,
	[PACK_LOG] = TREE_LOG,
	[PACK_ACCEPTED] = AUDIT_ACCEPTED,
};

enum pack_bookkeeping
pack_bookkeeping_of(const char *name)
{
	size_t i;

	for (i = 0; i < PACK_BOOKKEEPING; i++)
		if (strcmp(name, names[i]) == 0)
			break;
	return (enum pack_bookkeeping)i;
}

bool
pack_bookkeeping_knows(const char *name)
{
	return pack_bookkeeping_of(name) != PACK_BOOKKEEPING;
}

/* Copy the log to an unlinked file, for audit_log(). */
static int
open_log(struct pack_verify *verify, struct err *err)
{
	struct scratch *scratch = pack_scratch(err);
	int in;

	if (scratch == NULL)
		return -1;
	in = open(scratch_path(scratch), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (in == -1) {
		err_errno(err, ERR_DISK, "open %s", scratch_path(scratch));
	} else {
		verify->log_fd = file_open(in, TREE_LOG, O_RDWR | O_CREAT |
		    O_EXCL, err);
		close(in);
	}
	scratch_free(scratch);
	return verify->log_fd != -1 ? 0 : -1;
}

int
pack_bookkeeping_add(struct pack_verify *verify, size_t n, struct err *err)
{
	struct iovec part = { verify->buffer, n };

	pack_check_add(&verify->check, NULL, verify->buffer, n);
	verify->bookkeeping_bytes += n;
	if (verify->it == PACK_ACCEPTED)
		(void)text_add(&verify->accepted, verify->buffer, n);
	if (n == 0 || !verify->is_sealed || verify->it != PACK_LOG ||
	    verify->check.bytes > verify->reader.max_out)
		return 0;
	if (verify->log_fd == -1 && open_log(verify, err) == -1)
		return -1;
	return file_write(verify->log_fd, &part, 1, err) == 0 ? 0 :
	    err_wrap(err, "a copy of " TREE_LOG);
}

void
pack_bookkeeping_member(struct pack_verify *verify)
{
	verify->bookkeeping[verify->it].is_there = true;
	sha256_peek(verify->check.hash, verify->bookkeeping[verify->it].sha256);
}

/* Does the file exist, and has it this hash? */
static void
check(struct pack_verify *verify, enum pack_bookkeeping it,
    const unsigned char sha256[SHA256_BYTES], const char *what)
{
	if (!verify->bookkeeping[it].is_there)
		pack_say(verify, AUDIT_MISSING, names[it], "it does not exist");
	else if (memcmp(verify->bookkeeping[it].sha256, sha256,
	    SHA256_BYTES) != 0)
		pack_say(verify, AUDIT_DAMAGED, names[it], "%s", what);
}

/* The SHA-256 of a bookkeeping file, or NULL. */
static const unsigned char *
digest(void *cookie, const char *path)
{
	struct pack_verify *verify = cookie;
	enum pack_bookkeeping it = pack_bookkeeping_of(path);

	return it != PACK_BOOKKEEPING && verify->bookkeeping[it].is_there ?
	    verify->bookkeeping[it].sha256 : NULL;
}

void
pack_bookkeeping_end(struct pack_verify *verify)
{
	if (verify->bookkeeping[PACK_ACCEPTED].is_there)
		audit_accept_archive(verify->audit, text_take(
		    &verify->accepted), digest, verify);
	if (!verify->is_sealed)
		return;
	check(verify, PACK_SUMS, verify->sums, "it does not match the "
	    "manifest");
	if (verify->found.why == NULL)
		check(verify, PACK_COPY, verify->bookkeeping[
		    PACK_MANIFEST].sha256, "it is not a copy of "
		    MANIFEST_NAME);
	if (!verify->bookkeeping[PACK_LOG].is_there)
		pack_say(verify, AUDIT_MISSING, TREE_LOG, "it does not exist");
	else
		audit_log(verify->audit, verify->log_fd);
}
