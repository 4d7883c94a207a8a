/*
 * DuckDB's library, loaded on first use: from its place at build time, from
 * beside the installed program (both are in the program's search path), or
 * through the system's search path.
 */

#include <dlfcn.h>
#include <stdlib.h>

#include "table/table_duckdb.h"

#define GET "get the right version with contrib/get-duckdb, or set " \
    "HLEXPORT_DUCKDB to the path of another"

struct table_duckdb duck;
static void *library;

static const struct {
	const char *name;
	size_t call_offset;
} functions[] = {
#define X(name) { "duckdb_" #name, offsetof(struct table_duckdb, name) },
	TABLE_DUCKDB(X)
#undef X
};

int
table_load(struct err *err)
{
	const char *path = getenv("HLEXPORT_DUCKDB");
	size_t i;
	void *pos;

	if (library != NULL)
		return 0;
	if (path == NULL || *path == '\0')
		path = "libduckdb.so";
	if ((library = dlopen(path, RTLD_NOW | RTLD_LOCAL)) == NULL)
		return err_set(err, ERR_USAGE, "cannot load DuckDB's "
		    "library: %s; " GET, dlerror());
	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		if ((pos = dlsym(library, functions[i].name)) == NULL) {
			dlclose(library);
			library = NULL;
			return err_set(err, ERR_USAGE, "%s is a different "
			    "version of DuckDB than this program was built "
			    "for: it lacks %s; " GET, path,
			    functions[i].name);
		}
		*(void **)((char *)&duck + functions[i].call_offset) = pos;
	}
	*(void **)&duck.arrow_scan = dlsym(library, "duckdb_arrow_scan");
	return 0;
}
