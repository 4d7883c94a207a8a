/*
 * The built-in definitions.
 */

#include <string.h>

#include "source/source_internal.h"

struct span
source_built_in(size_t i, const char **name)
{
	*name = embedded_sources[i].name;
	return (struct span){ embedded_sources[i].data,
	    embedded_sources[i].len };
}

struct span
source_built_in_tables(const char *name)
{
	const struct embedded *tables = embedded_tables;

	while (tables->name != NULL && strcmp(tables->name, name) != 0)
		tables++;
	return (struct span){ tables->data, tables->len };
}
