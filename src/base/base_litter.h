#ifndef BASE_LITTER_H
#define BASE_LITTER_H

#include <stdbool.h>

/**
 * litter_is(path):
 * Is the last name of ${path} that of a file which systems and editors leave
 * behind (".DS_Store", "Thumbs.db", "notes~")?  In an export, such a file is
 * worth a note but is not damage.  An export's own files may look like this
 * too: check the manifest first.
 */
bool litter_is(const char *);

#endif
