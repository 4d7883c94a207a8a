#ifndef PACK_VERIFY_H
#define PACK_VERIFY_H

#include "pack/pack_internal.h"

/* The bookkeeping files. */
enum pack_bookkeeping {
	PACK_MANIFEST,
	PACK_COPY,
	PACK_SUMS,
	PACK_LOG,
	PACK_ACCEPTED,
	PACK_BOOKKEEPING	/* their number */
};

/* The audit of an archive. */
struct pack_verify {
	char *path;
	int fd;
	struct pack_found found;
	struct archive_reader reader;
	struct source *source;
	struct audit_verify *audit;	/* of the files; it has all findings */
	bool has_manifest, is_sealed;
	unsigned char sums[SHA256_BYTES];	/* expected hash of
						 * SHA256SUMS */
	struct set *names;	/* of members */
	struct {
		bool is_there;
		unsigned char sha256[SHA256_BYTES];
	} bookkeeping[PACK_BOOKKEEPING];
	struct text accepted;	/* accepted.json */
	int log_fd;		/* an unlinked copy of export.log, or -1 */
	/* The current member. */
	bool is_open;
	char *name;		/* in the export */
	enum pack_bookkeeping it;	/* PACK_BOOKKEEPING: a file for
					 * ${audit} */
	struct pack_check check;	/* of a bookkeeping file */
	uint64_t bookkeeping_bytes;	/* of bookkeeping files, read */
	char *buffer;
	bool is_marked, is_read;	/* the trailer, the members */
};

/** pack_say(verify, kind, path, format, ...): Add a finding. */
void pack_say(struct pack_verify *, enum audit_problem, const char *,
    const char *, ...) __attribute__((format(printf, 4, 5)));

/** pack_member_begin(verify, member): Start a member, and classify it. */
void pack_member_begin(struct pack_verify *,
    const struct archive_member *);

/**
 * pack_member_step(verify, err):
 * Read a chunk of the member.  Return 1, or -1 with ${err} set.
 */
int pack_member_step(struct pack_verify *, struct err *);

/**
 * pack_bookkeeping_of(name):
 * Return which bookkeeping file it is; PACK_BOOKKEEPING: none.
 */
enum pack_bookkeeping pack_bookkeeping_of(const char *);

/**
 * pack_bookkeeping_add(verify, n, err):
 * Add ${n} bytes of the current one.  Return 0; or -1 with ${err} set.
 */
int pack_bookkeeping_add(struct pack_verify *, size_t, struct err *);

/** pack_bookkeeping_member(verify): End the current one. */
void pack_bookkeeping_member(struct pack_verify *);

/** pack_bookkeeping_end(verify): Check the bookkeeping files. */
void pack_bookkeeping_end(struct pack_verify *);

#endif
