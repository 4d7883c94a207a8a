#ifndef PACK_VERIFY_H
#define PACK_VERIFY_H

#include "pack/pack_internal.h"

/* The files around those that count, by what is asked of them. */
enum pack_bookkeeping {
	PACK_MANIFEST,
	PACK_COPY,
	PACK_SUMS,
	PACK_LOG,
	PACK_ACCEPTED,
	PACK_BOOKKEEPING	/* how many there are */
};

/* An archive that is verified. */
struct pack_verify {
	char *path;
	int fd;
	struct pack_found found;
	struct pack_reader reader;
	struct source *source;
	struct audit_verify *audit;	/* of the files in it; it has all that
					 * is found */
	bool has_manifest, is_sealed;
	unsigned char sums[SHA256_BYTES];	/* what SHA256SUMS should be */
	struct set *names;	/* of members */
	struct {
		bool is_there;
		unsigned char sha256[SHA256_BYTES];
	} bookkeeping[PACK_BOOKKEEPING];
	struct text accepted;	/* accepted.json */
	int log_fd;		/* a nameless copy of export.log, or -1 */
	/* The member that is read. */
	bool is_open;
	char *name;		/* in the export */
	enum pack_bookkeeping it;	/* PACK_BOOKKEEPING: one for ${audit} */
	struct pack_check check;	/* of one of those around */
	uint64_t bookkeeping_bytes;	/* read of those */
	char *buffer;
	bool is_marked, is_read;	/* what was looked at */
};

/** pack_say(verify, kind, path, format, ...): Add a finding. */
void pack_say(struct pack_verify *, enum audit_problem, const char *,
    const char *, ...) __attribute__((format(printf, 4, 5)));

/** pack_member_begin(verify, member): Come to ${member}: what is it? */
void pack_member_begin(struct pack_verify *,
    const struct pack_member *);

/** pack_member_step(verify, err): Read a piece of it.  1, or -1. */
int pack_member_step(struct pack_verify *, struct err *);

/** pack_bookkeeping_of(name): Which of those around is it?  PACK_BOOKKEEPING:
 * none. */
enum pack_bookkeeping pack_bookkeeping_of(const char *);

/** pack_bookkeeping_add(verify, n, err): ${n} bytes more of one of them. */
int pack_bookkeeping_add(struct pack_verify *, size_t, struct err *);

/** pack_bookkeeping_member(verify): It is read. */
void pack_bookkeeping_member(struct pack_verify *);

/** pack_bookkeeping_end(verify): Are those around as they should be? */
void pack_bookkeeping_end(struct pack_verify *);

#endif
