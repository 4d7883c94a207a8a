#ifndef BASE_EMBED_H
#define BASE_EMBED_H

#include <stddef.h>

/* A file built into the program; src/embed.sh generates the tables. */
struct embedded {
	const char *name;	/* NULL ends a table */
	const char *data;
	size_t len;
};

extern const struct embedded embedded_sources[];
extern const struct embedded embedded_tables[];
extern const struct embedded embedded_completions[];
extern const struct embedded embedded_assets[];

#endif
