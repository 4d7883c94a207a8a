/*
 * Files that nobody put there on purpose: those of file managers, and editors'
 * backup and swap files.
 */

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/base_litter.h"

/* How such names begin and end; with no end, ${begin} is the entire name. */
static const struct {
	const char *begin, *end;
} names[] = {
	{ ".DS_Store", NULL },		/* macOS: how a folder is shown */
	{ "._", "" },			/* macOS: extended attributes */
	{ "Thumbs.db", NULL },		/* Windows */
	{ "desktop.ini", NULL },
	{ "", "~" },			/* editors: backup */
	{ ".", ".swp" },		/* vi: swap file */
	{ "#", "#" },			/* Emacs: auto-save */
	{ ".#", "" },			/* Emacs: lock */
};

bool
litter_is(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	size_t len = strlen(name), i, n, m;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].end == NULL) {
			/* Windows ignores case. */
			if (strcasecmp(name, names[i].begin) == 0)
				return true;
			continue;
		}
		n = strlen(names[i].begin);
		m = strlen(names[i].end);
		if (len > n + m && strncmp(name, names[i].begin, n) == 0 &&
		    strcmp(&name[len - m], names[i].end) == 0)
			return true;
	}
	return false;
}
