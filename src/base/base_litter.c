/*
 * Files that nobody put anywhere: of the Finder and the Explorer, and what
 * editors keep beside the file that they have open.
 */

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/base_litter.h"

/* How such names begin and end; without an end, that is the whole name. */
static const struct {
	const char *begin, *end;
} names[] = {
	{ ".DS_Store", NULL },		/* macOS: how a folder is shown */
	{ "._", "" },			/* macOS: what other disks can't hold */
	{ "Thumbs.db", NULL },		/* Windows */
	{ "desktop.ini", NULL },
	{ "", "~" },			/* editors: as the file was before */
	{ ".", ".swp" },		/* vi: as it is in the editor */
	{ "#", "#" },			/* Emacs: likewise */
	{ ".#", "" },			/* Emacs: who has it open */
};

bool
litter_is(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	size_t len = strlen(name), i, n, m;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].end == NULL) {
			/* Windows tells no case apart. */
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
