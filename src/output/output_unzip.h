#ifndef OUTPUT_UNZIP_H
#define OUTPUT_UNZIP_H

#include <stddef.h>

#include "base/base.h"

/* Receives the files of a ZIP file, one after the other. */
struct output_unzip {
	/* Each returns 0, or -1 with the error set. */
	int (*begin)(void *, const char *, struct err *);
	int (*add)(void *, const char *, size_t, struct err *);
	int (*end)(void *, struct err *);
	void *cookie;
};

/**
 * output_unzip(path, unzip, err):
 * Read the ZIP file ${path} in the order of its directory, pass its files to
 * ${unzip}, and check sizes and CRCs.  Return 0; or -1 with ${err} set
 * (ERR_DISK if it is incomplete).
 */
int output_unzip(const char *, const struct output_unzip *, struct err *);

#endif
