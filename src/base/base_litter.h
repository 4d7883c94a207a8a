#ifndef BASE_LITTER_H
#define BASE_LITTER_H

#include <stdbool.h>

/**
 * litter_is(path):
 * Is the last name of ${path} one that a system or an editor gives to a file
 * that it leaves wherever it has been (".DS_Store", "Thumbs.db", "notes~")?
 * Such a file in an export is worth a note, and is no damage.  Names that an
 * export gives itself may look like this too: ask its manifest first.
 */
bool litter_is(const char *);

#endif
