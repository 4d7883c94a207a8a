/*
 * What is around the files that count, in an archive: the manifest, its copy,
 * the sums, the log.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pack/pack_verify.h"

static const char *const names[PACK_AROUND] = {
	[PACK_MANIFEST] = MANIFEST_NAME,
	[PACK_COPY] = MANIFEST_COPY,
	[PACK_SUMS] = TREE_SUMS,
	[PACK_LOG] = TREE_LOG,
};

/* Which of them is it?  PACK_AROUND: none. */
static enum pack_around
which(const char *name)
{
	size_t i;

	for (i = 0; i < PACK_AROUND; i++)
		if (strcmp(name, names[i]) == 0)
			break;
	return (enum pack_around)i;
}

bool
pack_around_knows(const char *name)
{
	return which(name) != PACK_AROUND;
}

/* Lines "<hex>  <path>"; what is none is told. */
void
pack_sums(struct pack_verify *verify)
{
	struct tree_receipt receipt = { .path = NULL };
	char *line = verify->found.sums.at, *next;

	for (; line != NULL && *line != '\0'; line = next) {
		next = line + strcspn(line, "\n");
		if (*next != '\0')
			*next++ = '\0';
		if (strlen(line) > SHA256_HEX + 1 &&
		    line[SHA256_HEX - 1] == ' ') {
			line[SHA256_HEX - 1] = '\0';
			receipt.path = &line[SHA256_HEX + 1];
			if (sha256_from_hex(line, receipt.sha256) == 0) {
				tree_receipts_add(&verify->receipts,
				    &receipt);
				continue;
			}
		}
		pack_say(verify, AUDIT_DAMAGED, TREE_SUMS, "a line of it "
		    "is no line of sums");
	}
}

/* What could not be had. */
static void
say_gaps(struct pack_verify *verify,
    const struct manifest_listing *listing, bool is_adopted)
{
	const struct manifest_gap *gap;
	char where[96];

	for (gap = listing->gaps; gap != NULL; gap = gap->next) {
		manifest_gap_where(gap, where);
		pack_say(verify, AUDIT_MISSING, NULL, "%s%s%s",
		    where + (*where == ' '), *where != '\0' ? ": " : "",
		    gap->why != NULL ? gap->why : "it could not be had");
		verify->findings[verify->n_findings - 1].listing =
		    mem_text(listing->key);
	}
	if (listing->ended || listing->gaps != NULL || is_adopted)
		return;
	pack_say(verify, AUDIT_MISSING, NULL, "the export has not got to "
	    "its end");
	verify->findings[verify->n_findings - 1].listing =
	    mem_text(listing->key);
}

void
pack_around_begin(struct pack_verify *verify)
{
	struct manifest *manifest = verify->found.manifest;
	struct manifest_listing listing = { .key = NULL };
	bool is_adopted = json_is_true(json_object_get(manifest_header(
	    manifest), "adopted"));

	verify->progress.ours = true;
	verify->progress.sealed = manifest_sealed(manifest) != NULL;
	if (verify->found.why != NULL)
		pack_say(verify, AUDIT_DAMAGED, MANIFEST_NAME, "%s",
		    verify->found.why);
	if (!verify->progress.sealed && !is_adopted)
		pack_say(verify, AUDIT_MISSING, NULL, "the export is not "
		    "finished");
	while (manifest_each(manifest, listing.key, &listing)) {
		verify->progress.records += listing.records;
		say_gaps(verify, &listing, is_adopted);
	}
}

/* The log goes into a file without a name, to be looked at as a whole. */
static int
open_log(struct pack_verify *verify, struct err *err)
{
	char *dir = pack_temp_dir(err);
	int in;

	if (dir == NULL)
		return -1;
	in = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (in != -1) {
		verify->log_fd = file_open(in, TREE_LOG, O_RDWR | O_CREAT |
		    O_EXCL, err);
		unlinkat(in, TREE_LOG, 0);
		close(in);
	}
	rmdir(dir);
	free(dir);
	return verify->log_fd != -1 ? 0 : -1;
}

int
pack_around_add(struct pack_verify *verify, size_t n, struct err *err)
{
	struct iovec piece = { verify->buffer, n };

	if (n == 0 || !verify->progress.sealed || verify->receipt != NULL ||
	    which(verify->name) != PACK_LOG ||
	    verify->check.bytes > verify->reader.most_out)
		return 0;
	if (verify->log_fd == -1 && open_log(verify, err) == -1)
		return -1;
	return file_write(verify->log_fd, &piece, 1, err) == 0 ? 0 :
	    err_wrap(err, "a copy of " TREE_LOG);
}

void
pack_around_member(struct pack_verify *verify)
{
	enum pack_around it = which(verify->name);

	if (it == PACK_AROUND)
		return;
	verify->around[it].is_there = true;
	sha256_peek(verify->check.hash, verify->around[it].sha256);
}

/* Is the one that should have this hash there, and has it? */
static void
check(struct pack_verify *verify, enum pack_around it,
    const unsigned char sha256[SHA256_BYTES], const char *what)
{
	if (!verify->around[it].is_there)
		pack_say(verify, AUDIT_MISSING, names[it], "it is not "
		    "there");
	else if (memcmp(verify->around[it].sha256, sha256,
	    SHA256_BYTES) != 0)
		pack_say(verify, AUDIT_DAMAGED, names[it], "%s", what);
}

void
pack_around_end(struct pack_verify *verify)
{
	unsigned char sums[SHA256_BYTES];

	if (!verify->progress.sealed)
		return;
	sha256_of(verify->sums.at, verify->sums.len, sums);
	check(verify, PACK_SUMS, sums, "it does not say what the manifest "
	    "says");
	if (verify->found.why == NULL)
		check(verify, PACK_COPY, verify->around[
		    PACK_MANIFEST].sha256, "it is not a copy of "
		    MANIFEST_NAME);
	if (!verify->around[PACK_LOG].is_there)
		pack_say(verify, AUDIT_MISSING, TREE_LOG, "it is not "
		    "there");
	else if (verify->log_fd == -1 || !log_is_marked(verify->log_fd))
		pack_say(verify, AUDIT_DAMAGED, TREE_LOG, "it was changed "
		    "or cut off after the last run, or that run was killed");
}
