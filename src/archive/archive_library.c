/*
 * libarchive, loaded on first use: it pulls in libxml2 and ICU, which would add
 * 2 ms to every start of the program.
 */

#include <config.h>

#include <dlfcn.h>
#include <locale.h>
#include <stdlib.h>
#include <time.h>

#include "archive/archive_internal.h"

static const struct {
	const char *name;
	size_t offset;		/* in struct archive_calls */
} rows[] = {
#define ARCHIVE_CALL(name) { #name, offsetof(struct archive_calls, name) },
	ARCHIVE_CALLS(ARCHIVE_CALL)
#undef ARCHIVE_CALL
};

/*
 * Names in archives are UTF-8 in any locale.  A ZIP has local times, so without
 * a fixed time zone its bytes would depend on the user's.
 */
static void
resolve_words(void)
{
	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		setlocale(LC_CTYPE, "en_US.UTF-8");
	setenv("TZ", "UTC0", 1);
	tzset();
}

static int
load(struct archive_calls *calls, struct err *err)
{
	void *library = dlopen(ARCHIVE_SONAME, RTLD_NOW | RTLD_LOCAL), *found;
	size_t i;

	if (library == NULL)
		return err_set(err, ERR_USAGE, "archives need libarchive, "
		    "which can't be loaded: %s; install it (Debian: "
		    "libarchive13)", dlerror());
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if ((found = dlsym(library, rows[i].name)) == NULL)
			return err_set(err, ERR_USAGE, "this libarchive is too "
			    "old: it lacks %s", rows[i].name);
		*(void **)((char *)calls + rows[i].offset) = found;
	}
	resolve_words();
	return 0;
}

const struct archive_calls *
archive_calls(struct err *err)
{
	static struct archive_calls calls;
	static bool is_loaded;

	if (!is_loaded && load(&calls, err) == -1)
		return NULL;
	is_loaded = true;
	return &calls;
}

const char *
archive_library(void)
{
	return ARCHIVE_VERSION_STRING;
}
