#ifndef OUTPUT_VERIFY_H
#define OUTPUT_VERIFY_H

#include "output/output_internal.h"

/* The files around those that count, by what is asked of them. */
enum output_around {
	OUTPUT_MANIFEST,
	OUTPUT_COPY,
	OUTPUT_SUMS,
	OUTPUT_LOG,
	OUTPUT_AROUND	/* how many there are */
};

/* An archive that is verified. */
struct output_verify {
	char *path;
	int fd;
	struct output_found found;
	struct output_reader reader;
	struct tree_receipts receipts;	/* by path */
	bool *seen;		/* of each, whether it was there */
	struct text sums;	/* what SHA256SUMS should say */
	struct set *names;	/* of members */
	struct {
		bool is_there;
		unsigned char sha256[SHA256_BYTES];
	} around[OUTPUT_AROUND];
	int log_fd;		/* a nameless copy of export.log, or -1 */
	/* The member that is read. */
	bool is_open;
	char *name;		/* in the export */
	struct tree_receipt *receipt;	/* borrowed, or NULL */
	struct output_check check;
	char *buffer;
	bool is_marked, is_torn, is_over;	/* what was looked at */
	struct audit_finding *findings;
	size_t n_findings, findings_room;
	uint64_t wrong;
	struct audit_progress progress;
};

/** output_say(verify, kind, path, format, ...): Add a finding. */
void output_say(struct output_verify *, enum audit_trouble, const char *,
    const char *, ...) __attribute__((format(printf, 4, 5)));

/** output_member_begin(verify, member): Come to ${member}: what is it? */
void output_member_begin(struct output_verify *,
    const struct output_member *);

/** output_member_step(verify, err): Read a piece of it.  1, or -1. */
int output_member_step(struct output_verify *, struct err *);

/** output_sums(verify): Make receipts of SHA256SUMS. */
void output_sums(struct output_verify *);

/** output_around_begin(verify): Say what the manifest itself says. */
void output_around_begin(struct output_verify *);

/** output_around_add(verify, n, err): ${n} bytes more of a member. */
int output_around_add(struct output_verify *, size_t, struct err *);

/** output_around_member(verify): A member without receipt is read. */
void output_around_member(struct output_verify *);

/** output_around_end(verify): Are those around as they should be? */
void output_around_end(struct output_verify *);

#endif
