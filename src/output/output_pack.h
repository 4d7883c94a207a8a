#ifndef OUTPUT_PACK_H
#define OUTPUT_PACK_H

#include "output/output_internal.h"

/* How far it is, in order. */
enum output_act { PACK_WRITE, PACK_SYNC, PACK_MARK, PACK_READ, PACK_NAME,
    PACK_DONE };

struct output_pack {
	struct output_settings settings;
	int dir;		/* of the files */
	struct output_files files;
	struct output_place place;
	struct output_writer writer;
	struct output_reader reader;
	struct output_mark mark;
	enum output_act act;
	size_t next;		/* the file that is written or read */
	int fd;			/* it, while it is written; or -1 */
	bool is_open;		/* a member is being read back */
	struct output_check check;	/* of its bytes */
	char *buffer;
	unsigned char sha256[SHA256_BYTES];	/* of the archive */
	struct output_progress progress;
};

/*
 * Each of these does a piece of its act, and goes on to the next act at its
 * end.  They return 0, or -1 with ${err} set.
 */

/** output_pack_write(pack, err): Files into the archive. */
int output_pack_write(struct output_pack *, struct err *);

/** output_pack_sync(pack, err): The archive onto the disk. */
int output_pack_sync(struct output_pack *, struct err *);

/** output_pack_mark(pack, err): All of its bytes, read back. */
int output_pack_mark(struct output_pack *, struct err *);

/** output_pack_read(pack, err): All of its members, read back. */
int output_pack_read(struct output_pack *, struct err *);

#endif
