#ifndef PACK_STATE_H
#define PACK_STATE_H

#include "pack/pack_held.h"

/* How far it is, in order. */
enum pack_phase { PACK_WRITE, PACK_SYNC, PACK_TRAILER, PACK_READ, PACK_NAME,
    PACK_DONE };

struct pack {
	struct pack_settings settings;
	int dir;		/* of the files */
	struct pack_files files;
	struct pack_staged staged;
	struct pack_held held;	/* what stands there, and is to be replaced */
	struct pack_writer writer;
	struct pack_reader reader;
	struct pack_trailer trailer;
	enum pack_phase phase;
	size_t next;		/* the file that is written or read */
	int fd;			/* it, while it is written; or -1 */
	bool is_open;		/* a member is being read back */
	struct pack_check check;	/* of its bytes */
	char *buffer;
	unsigned char sha256[SHA256_BYTES];	/* of the archive */
	struct pack_progress progress;
};

/*
 * Each of these does a piece of its act, and goes on to the next act at its
 * end.  They return 0, or -1 with ${err} set.
 */

/** pack_write(pack, err): Files into the archive. */
int pack_write(struct pack *, struct err *);

/** pack_sync(pack, err): The archive onto the disk. */
int pack_sync(struct pack *, struct err *);

/** pack_trailer(pack, err): All of its bytes, read back. */
int pack_trailer(struct pack *, struct err *);

/** pack_read(pack, err): All of its members, read back. */
int pack_read(struct pack *, struct err *);

#endif
