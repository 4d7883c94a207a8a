#ifndef FUZZ_H
#define FUZZ_H

/*
 * What the fuzz targets share.  Each is one LLVMFuzzerTestOneInput(); built
 * with clang's fuzzer it searches, built without it runs the files it is
 * given (see replay.c).
 */

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static char fuzz_dir[64] __attribute__((unused));

static inline void
fuzz_leave(void)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf '%s'", fuzz_dir);
	if (chdir("/") == -1 || system(command) != 0)
		fprintf(stderr, "can't remove %s\n", fuzz_dir);
}

/* A folder of our own, in memory if that can be; we are in it then. */
static inline void
fuzz_enter(void)
{
	char *path = fuzz_dir;

	if (*path != '\0')
		return;
	atexit(fuzz_leave);
	snprintf(path, sizeof(fuzz_dir), "%s/hlexport-fuzz-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(path) == NULL || chdir(path) == -1)
		abort();
}

static inline void
fuzz_write(const char *path, const uint8_t *data, size_t len)
{
	FILE *file = fopen(path, "w");

	if (file == NULL || fwrite(data, 1, len, file) != len ||
	    fclose(file) == EOF)
		abort();
}

/* What must hold, whatever comes. */
#define MUST(condition) do { \
	if (!(condition)) { \
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, \
		    #condition); \
		abort(); \
	} \
} while (0)

#endif
