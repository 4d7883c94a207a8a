/*
 * A member of an archive that is verified.  It is read, and never unpacked:
 * what it is called matters only for what is told of it.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pack/pack_verify.h"

/* Would unpacking it write outside of the folder that it is unpacked in? */
static bool
leads_out(const char *name)
{
	const char *at = name;
	size_t n;

	if (*name == '/' || *name == '\\' || (name[1] == ':' &&
	    (name[2] == '\\' || name[2] == '/')))
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
check_member(struct pack_verify *verify,
    const struct pack_member *member)
{
	const char *name = member->name;

	if (*name == '\0')
		pack_say(verify, AUDIT_EXTRA, NULL, "a member of the "
		    "archive has no name that can be read");
	else if (leads_out(name))
		pack_say(verify, AUDIT_EXTRA, name, "its name leads out of "
		    "the folder that the archive is unpacked in; don't "
		    "unpack it");
	else if (member->is_dir)
		;
	else if (!member->is_file)
		pack_say(verify, AUDIT_EXTRA, name, "it is no file, but a "
		    "link or something else; don't unpack it");
	else if (!set_add(verify->names, name, strlen(name)))
		pack_say(verify, AUDIT_EXTRA, name, "it is in the archive "
		    "twice; which of the two counts, no one can tell");
	else
		return true;
	return false;
}

void
pack_member_begin(struct pack_verify *verify,
    const struct pack_member *member)
{
	const char *top = verify->found.top != NULL ? verify->found.top : "";
	const char *name = pack_plain_name(member->name);
	size_t len = strlen(top);
	struct tree_receipt *receipt;

	if (!check_member(verify, member))
		return;
	if (strncmp(name, top, len) != 0) {
		pack_say(verify, AUDIT_EXTRA, name, "it is beside the "
		    "export, not in it");
		return;
	}
	name += len;
	if (member->doubt != NULL)
		pack_say(verify, AUDIT_DAMAGED, name, "%.*s",
		    (int)strcspn(member->doubt, "\n"), member->doubt);
	receipt = pack_receipt(&verify->receipts, name);
	if (receipt == NULL && !pack_around_knows(name)) {
		if (verify->receipts.n > 0 || verify->found.manifest != NULL)
			pack_say(verify, AUDIT_EXTRA, name, verify->found.
			    manifest != NULL ? "the manifest does not know "
			    "it" : TREE_SUMS " does not know it");
		/* Where checksums are all there is, all is read. */
		if (verify->found.manifest != NULL)
			return;
	}
	verify->is_open = true;
	verify->receipt = receipt;
	verify->name = mem_text(name);
	pack_check_begin(&verify->check);
}

/* A receipt made of SHA256SUMS knows the hash only. */
static int
check_sum(struct pack_verify *verify, struct err *err)
{
	unsigned char sha256[SHA256_BYTES];

	if (verify->found.manifest != NULL)
		return pack_check_end(&verify->check, verify->receipt,
		    !verify->progress.sealed, err);
	sha256_peek(verify->check.hash, sha256);
	if (memcmp(sha256, verify->receipt->sha256, SHA256_BYTES) == 0)
		return 0;
	return err_set(err, ERR_DATA, "its SHA-256 is not that of "
	    TREE_SUMS);
}

static void
end_member(struct pack_verify *verify, bool is_read)
{
	struct tree_receipt *receipt = verify->receipt;
	struct err err;

	if (receipt != NULL) {
		verify->seen[receipt - verify->receipts.at] = true;
		verify->progress.files++;
		if (is_read && check_sum(verify, &err) == -1)
			pack_say(verify, AUDIT_DAMAGED, receipt->path,
			    "%s", err.text);
	} else if (is_read) {
		pack_around_member(verify);
		verify->progress.files += verify->found.manifest == NULL;
	}
	verify->is_open = false;
	free(verify->name);
	verify->name = NULL;
}

/* Bytes of a member that should have ended: no more of it is read. */
static bool
is_too_long(const struct pack_verify *verify)
{
	const struct tree_receipt *receipt = verify->receipt;

	return receipt != NULL && verify->found.manifest != NULL &&
	    verify->check.bytes > receipt->bytes &&
	    (verify->progress.sealed || receipt->lines == 0);
}

int
pack_member_step(struct pack_verify *verify, struct err *err)
{
	struct err why;
	ssize_t n = pack_reader_get(&verify->reader, verify->buffer,
	    PACK_PIECE, &why);

	if (n == -1 && why.kind == ERR_DISK) {
		*err = why;
		return err_wrap(err, "%s", verify->path);
	}
	if (n == -1) {
		pack_say(verify, AUDIT_DAMAGED, verify->name, "%s",
		    why.text);
		end_member(verify, false);
		(void)pack_reader_again(&verify->reader);
		return 1;
	}
	pack_check_add(&verify->check, verify->found.manifest != NULL ?
	    verify->receipt : NULL, verify->buffer, (size_t)n);
	verify->progress.read += (uint64_t)n;
	if (pack_around_add(verify, (size_t)n, err) == -1)
		return -1;
	if (is_too_long(verify)) {
		pack_say(verify, AUDIT_DAMAGED, verify->name, "it has more "
		    "bytes than the manifest says: %" PRIu64,
		    verify->receipt->bytes);
		end_member(verify, false);
	} else if (n == 0) {
		end_member(verify, true);
	}
	return 1;
}
