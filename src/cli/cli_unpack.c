/*
 * Archives for the commands that read directories: the export is unpacked
 * into a temporary directory, which is removed when the command ends.
 */

#include <sys/stat.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_table.h"

struct unpacking {
	struct cli_meter meter;
	const char *path;
};

static bool
tick(void *cookie, uint64_t bytes)
{
	struct unpacking *unpacking = cookie;
	char size[16];
	int64_t ms;

	if (cli_meter_is_due(&unpacking->meter, &ms)) {
		text_human_bytes(bytes, size);
		cli_meter_show(&unpacking->meter, mem_format("Unpacking %s: "
		    "%s", unpacking->path, size));
	}
	return cli_signalled() != 0;
}

char *
cli_unpack(struct cli *cli, const char *path, struct log *log,
    struct cli_unpacked *unpacked, struct err *err)
{
	struct unpacking unpacking = { .path = path };
	struct pack_unpacked done;
	struct stat st;
	char *dir;
	int rc;

	*unpacked = (struct cli_unpacked){ .scratch = NULL };
	if (stat(path, &st) == -1 || !S_ISREG(st.st_mode)) {
		if ((dir = realpath(path, NULL)) == NULL)
			err_errno(err, ERR_USAGE, "open %s", path);
		return dir;
	}
	if (cli_check_temporary(cli, err) == -1 || (unpacked->scratch =
	    scratch_new(cli_scratch_parent(cli, NULL), err)) == NULL)
		return NULL;
	cli_meter_init(cli, &unpacking.meter);
	rc = pack_unpack(path, scratch_path(unpacked->scratch), log, tick,
	    &unpacking, &done, err);
	cli_meter_release(&unpacking.meter);
	unpacked->damaged = done.damaged;
	unpacked->first = done.first;
	if (rc == -1 && err->kind == ERR_DISK)
		err_wrap(err, "unpack %s to a temporary directory in %s "
		    "(choose another with --temp-dir)", path,
		    cli_scratch_parent(cli, NULL));
	return done.dir;
}

void
cli_unpacked_tell(const struct cli_unpacked *unpacked, const char *name)
{
	if (unpacked->damaged > 0)
		fprintf(stderr, "%s is damaged: %" PRIu64 " of its files %s "
		    "changed since %s packed; first: %s; 'hlexport verify %s' "
		    "lists all\n", name, unpacked->damaged,
		    unpacked->damaged == 1 ? "has" : "have",
		    unpacked->damaged == 1 ? "it was" : "they were",
		    unpacked->first, cli_word(name));
}

void
cli_unpacked_release(struct cli_unpacked *unpacked)
{
	scratch_free(unpacked->scratch);
	free(unpacked->first);
	*unpacked = (struct cli_unpacked){ .scratch = NULL };
}
