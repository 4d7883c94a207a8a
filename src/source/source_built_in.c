/*
 * The definitions that are built in.
 */

#include "source/source_internal.h"

struct span
source_built_in(size_t i, const char **name)
{
	*name = embedded_sources[i].name;
	return (struct span){ embedded_sources[i].at,
	    embedded_sources[i].len };
}
