/*
 * Resources by their name.
 */

#include <string.h>

#include "source/source_internal.h"

struct source_resource *
source_find(const struct source *source, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < source->n_resources; i++)
		if (strlen(source->resources[i].name) == len &&
		    memcmp(source->resources[i].name, name, len) == 0)
			return &source->resources[i];
	return NULL;
}
