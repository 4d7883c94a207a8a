/*
 * The archive formats.
 */

#include <string.h>
#include <strings.h>

#include "archive/archive_internal.h"

static const struct {
	const char *end;
	enum archive_format format;
} ends[] = {
	{ ".zip", ARCHIVE_ZIP },
	{ ".tar.zst", ARCHIVE_TAR_ZST },
	{ ".tar.gz", ARCHIVE_TAR_GZ },
	{ ".tar", ARCHIVE_TAR },
};

/* Does the file name in ${path} end in ${end}, but not consist of it? */
static bool
has_end(const char *path, const char *end)
{
	size_t len = strlen(path), n = strlen(end);

	return len > n && path[len - n - 1] != '/' &&
	    strcasecmp(&path[len - n], end) == 0;
}

int
archive_format_of(const char *path, enum archive_format *format,
    struct err *err)
{
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (has_end(path, ends[i].end)) {
			*format = ends[i].format;
			return 0;
		}
	}
	return err_set(err, ERR_USAGE, "unknown archive type \"%s\"; the name "
	    "must end in .zip, .tar.zst, .tar.gz or .tar", path);
}

bool
archive_is_compressed(const char *name)
{
	static const char *const known[] = { ".gz", ".zst", ".zip", ".xz",
	    ".bz2", ".7z", ".br", ".lz4", ".tgz", ".parquet", ".xlsx",
	    ".docx", ".pdf", ".png", ".jpg", ".jpeg", ".gif", ".webp",
	    ".mp3", ".mp4", ".woff2" };
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (has_end(name, known[i]))
			return true;
	return false;
}
