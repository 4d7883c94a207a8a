/*
 * A member of an archive that is verified.  It is read but never unpacked, so
 * its name matters only in findings.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pack/pack_verify.h"

/* Would unpacking it write outside the target directory? */
static bool
leads_out(const char *name)
{
	const char *pos = name;
	size_t n;

	if (*name == '/' || *name == '\\' || (name[1] == ':' &&
	    (name[2] == '\\' || name[2] == '/')))
		return true;
	for (;; pos += n + 1) {
		n = strcspn(pos, "/\\");
		if (n == 2 && memcmp(pos, "..", 2) == 0)
			return true;
		if (pos[n] == '\0')
			return false;
	}
}

/* Can the member be checked?  If not, report why. */
static bool
check_member(struct pack_verify *verify,
    const struct archive_member *member)
{
	const char *name = member->name, *plain = archive_plain_name(name);

	if (*name == '\0')
		pack_say(verify, AUDIT_EXTRA, NULL, "a member of the archive "
		    "has no readable name");
	else if (leads_out(name))
		pack_say(verify, AUDIT_EXTRA, name, "its name points outside "
		    "the directory that the archive is unpacked to; don't "
		    "unpack it");
	else if (member->is_dir)
		;
	else if (!member->is_file)
		pack_say(verify, AUDIT_EXTRA, name, "it is a link or a special "
		    "file; don't unpack it");
	else if (!set_add(verify->names, plain, strlen(plain)))
		pack_say(verify, AUDIT_EXTRA, name, "it is in the archive "
		    "twice; there is no way to tell which one is right");
	else
		return true;
	return false;
}

void
pack_member_begin(struct pack_verify *verify,
    const struct archive_member *member)
{
	const char *top = verify->found.top != NULL ? verify->found.top : "";
	const char *name = archive_plain_name(member->name);
	size_t len = strlen(top);

	if (!check_member(verify, member))
		return;
	if (strncmp(name, top, len) != 0) {
		pack_say(verify, litter_is(name) ? AUDIT_NOTE : AUDIT_EXTRA,
		    name, "it is outside the export's directory");
		return;
	}
	name += len;
	if (member->doubt != NULL)
		pack_say(verify, AUDIT_DAMAGED, name, "%.*s",
		    (int)strcspn(member->doubt, "\n"), member->doubt);
	verify->it = pack_bookkeeping_of(name);
	if (verify->it == PACK_BOOKKEEPING)
		audit_member_begin(verify->audit, name);
	verify->is_open = true;
	verify->name = mem_text(name);
	pack_check_begin(&verify->check);
}

/* End the member; ${why}: the rest of it can't be read. */
static void
end_member(struct pack_verify *verify, const char *why)
{
	if (verify->it == PACK_BOOKKEEPING)
		audit_member_end(verify->audit, why);
	else if (why != NULL)
		pack_say(verify, AUDIT_DAMAGED, verify->name, "%s", why);
	else
		pack_bookkeeping_member(verify);
	verify->is_open = false;
}

int
pack_member_step(struct pack_verify *verify, struct err *err)
{
	struct err why;
	ssize_t n = archive_reader_get(&verify->reader, verify->buffer,
	    ARCHIVE_CHUNK, &why);

	if (n == -1 && why.kind == ERR_DISK) {
		*err = why;
		return err_wrap(err, "%s", verify->path);
	}
	if (n == -1) {
		end_member(verify, why.text);
		(void)archive_reader_again(&verify->reader);
	} else if (n == 0) {
		end_member(verify, NULL);
	} else if (verify->it != PACK_BOOKKEEPING) {
		return pack_bookkeeping_add(verify, (size_t)n, err) == -1 ? -1
									  : 1;
	} else if (!audit_member_add(verify->audit, verify->buffer,
	    (size_t)n)) {
		end_member(verify, NULL);
	}
	return 1;
}
