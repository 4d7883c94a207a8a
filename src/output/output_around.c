/*
 * What is around the files that count, in an archive: the manifest, its copy,
 * the sums, the log.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output/output_verify.h"

static const char *const names[OUTPUT_AROUND] = {
	[OUTPUT_MANIFEST] = MANIFEST_NAME,
	[OUTPUT_COPY] = MANIFEST_COPY,
	[OUTPUT_SUMS] = TREE_SUMS,
	[OUTPUT_LOG] = TREE_LOG,
};

/* Which of them is it?  OUTPUT_AROUND: none. */
static enum output_around
which(const char *name)
{
	size_t i;

	for (i = 0; i < OUTPUT_AROUND; i++)
		if (strcmp(name, names[i]) == 0)
			break;
	return (enum output_around)i;
}

bool
output_around_knows(const char *name)
{
	return which(name) != OUTPUT_AROUND;
}

/* Lines "<hex>  <path>"; what is none is told. */
void
output_sums(struct output_verify *verify)
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
		output_say(verify, AUDIT_DAMAGED, TREE_SUMS, "a line of it "
		    "is no line of sums");
	}
}

/* What could not be had. */
static void
say_gaps(struct output_verify *verify,
    const struct manifest_listing *listing, bool is_adopted)
{
	const struct manifest_gap *gap;
	char where[96];

	for (gap = listing->gaps; gap != NULL; gap = gap->next) {
		manifest_gap_where(gap, where);
		output_say(verify, AUDIT_MISSING, NULL, "%s%s%s",
		    where + (*where == ' '), *where != '\0' ? ": " : "",
		    gap->why != NULL ? gap->why : "it could not be had");
		verify->findings[verify->n_findings - 1].listing =
		    mem_text(listing->key);
	}
	if (listing->ended || listing->gaps != NULL || is_adopted)
		return;
	output_say(verify, AUDIT_MISSING, NULL, "the export has not got to "
	    "its end");
	verify->findings[verify->n_findings - 1].listing =
	    mem_text(listing->key);
}

void
output_around_begin(struct output_verify *verify)
{
	struct manifest *manifest = verify->found.manifest;
	struct manifest_listing listing = { .key = NULL };
	bool is_adopted = json_is_true(json_object_get(manifest_header(
	    manifest), "adopted"));

	verify->progress.ours = true;
	verify->progress.sealed = manifest_sealed(manifest) != NULL;
	if (verify->found.why != NULL)
		output_say(verify, AUDIT_DAMAGED, MANIFEST_NAME, "%s",
		    verify->found.why);
	if (!verify->progress.sealed && !is_adopted)
		output_say(verify, AUDIT_MISSING, NULL, "the export is not "
		    "finished");
	while (manifest_each(manifest, listing.key, &listing)) {
		verify->progress.records += listing.records;
		say_gaps(verify, &listing, is_adopted);
	}
}

/* The log goes into a file without a name, to be looked at as a whole. */
static int
open_log(struct output_verify *verify, struct err *err)
{
	char *dir = output_temp_dir(err);
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
output_around_add(struct output_verify *verify, size_t n, struct err *err)
{
	struct iovec piece = { verify->buffer, n };

	if (n == 0 || !verify->progress.sealed || verify->receipt != NULL ||
	    which(verify->name) != OUTPUT_LOG ||
	    verify->check.bytes > verify->reader.most_out)
		return 0;
	if (verify->log_fd == -1 && open_log(verify, err) == -1)
		return -1;
	return file_write(verify->log_fd, &piece, 1, err) == 0 ? 0 :
	    err_wrap(err, "a copy of " TREE_LOG);
}

void
output_around_member(struct output_verify *verify)
{
	enum output_around it = which(verify->name);

	if (it == OUTPUT_AROUND)
		return;
	verify->around[it].is_there = true;
	sha256_peek(verify->check.hash, verify->around[it].sha256);
}

/* Is the one that should have this hash there, and has it? */
static void
check(struct output_verify *verify, enum output_around it,
    const unsigned char sha256[SHA256_BYTES], const char *what)
{
	if (!verify->around[it].is_there)
		output_say(verify, AUDIT_MISSING, names[it], "it is not "
		    "there");
	else if (memcmp(verify->around[it].sha256, sha256,
	    SHA256_BYTES) != 0)
		output_say(verify, AUDIT_DAMAGED, names[it], "%s", what);
}

void
output_around_end(struct output_verify *verify)
{
	unsigned char sums[SHA256_BYTES];

	if (!verify->progress.sealed)
		return;
	sha256_of(verify->sums.at, verify->sums.len, sums);
	check(verify, OUTPUT_SUMS, sums, "it does not say what the manifest "
	    "says");
	if (verify->found.why == NULL)
		check(verify, OUTPUT_COPY, verify->around[
		    OUTPUT_MANIFEST].sha256, "it is not a copy of "
		    MANIFEST_NAME);
	if (!verify->around[OUTPUT_LOG].is_there)
		output_say(verify, AUDIT_MISSING, TREE_LOG, "it is not "
		    "there");
	else if (verify->log_fd == -1 || !log_is_marked(verify->log_fd))
		output_say(verify, AUDIT_DAMAGED, TREE_LOG, "it was changed "
		    "or cut off after the last run, or that run was killed");
}
