/*
 * DuckDB's library, loaded when it is needed: from where it was when the
 * program was built, from beside the installed program (both are in the
 * program's search path), or from where the system finds it.
 */

#include <dlfcn.h>
#include <stdlib.h>

#include "table/table_duckdb.h"

#define GET "contrib/get-duckdb gets the right one, HLEXPORT_DUCKDB names " \
    "another"

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
		return err_set(err, ERR_USAGE, "DuckDB's library can't be "
		    "loaded: %s; " GET, dlerror());
	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		if ((pos = dlsym(library, functions[i].name)) == NULL) {
			dlclose(library);
			library = NULL;
			return err_set(err, ERR_USAGE, "%s is another "
			    "DuckDB than the program was built for: it has "
			    "no %s; " GET, path, functions[i].name);
		}
		*(void **)((char *)&duck + functions[i].call_offset) = pos;
	}
	*(void **)&duck.arrow_scan = dlsym(library, "duckdb_arrow_scan");
	return 0;
}
