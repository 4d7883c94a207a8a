#ifndef PACK_STATE_H
#define PACK_STATE_H

#include "pack/pack_held.h"

/* The phases of packing, in order. */
enum pack_phase { PACK_WRITE, PACK_SYNC, PACK_TRAILER, PACK_READ, PACK_NAME,
    PACK_DONE };

struct pack {
	struct pack_settings settings;
	struct archive_settings archive;
	int dir;		/* of the files */
	struct archive_files files;
	struct archive_staged staged;
	struct pack_held held;	/* the archive that is to be replaced */
	struct archive_writer writer;
	struct archive_reader reader;
	struct archive_trailer trailer;
	enum pack_phase phase;
	size_t next;		/* index of the current file */
	int fd;			/* the current file, during PACK_WRITE; or -1 */
	bool is_open;		/* a member is being read back */
	struct pack_check check;	/* of its bytes */
	char *buffer;
	unsigned char sha256[SHA256_BYTES];	/* of the archive */
	struct pack_progress progress;
};

/*
 * Each of these does one step of its phase, and enters the next phase at its
 * end.  They return 0; or -1 with ${err} set.
 */

/** pack_write(pack, err): Write files to the archive. */
int pack_write(struct pack *, struct err *);

/** pack_sync(pack, err): Sync the archive. */
int pack_sync(struct pack *, struct err *);

/** pack_trailer(pack, err): Read its bytes back, for the trailer's SHA-256. */
int pack_trailer(struct pack *, struct err *);

/** pack_read(pack, err): Read its members back. */
int pack_read(struct pack *, struct err *);

#endif
