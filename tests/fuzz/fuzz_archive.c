/* Archives of every kind, verified without a trace on the disk. */

#include "fuzz.h"
#include "pack/pack.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct audit_finding *findings;
	struct pack_verify *verify;
	struct audit_progress progress;
	struct log *log;
	struct err err = { .kind = ERR_NONE };
	size_t i, n;
	int rc;

	fuzz_enter();
	if (mkdir("temp", 0700) == 0)
		setenv("TMPDIR", "temp", 1);
	fuzz_write("archive", data, size);
	log = log_new(LOG_ERROR, LOG_ERROR);
	verify = pack_verify_new("archive", log, &err);
	if (verify == NULL) {
		MUST(err.kind == ERR_DATA || err.kind == ERR_USAGE);
	} else {
		while ((rc = pack_verify_step(verify, &err)) == 1)
			;
		MUST(rc == 0);
		findings = pack_findings(verify, &n);
		for (i = 0; i < n; i++)
			MUST(findings[i].what[0] != '\0');
		pack_verify_progress(verify, &progress);
		MUST(n > 0 || pack_is_whole(verify));
		pack_verify_free(verify);
	}
	MUST(rmdir("temp") == 0);
	MUST(mkdir("temp", 0700) == 0);
	log_free(log);
	return 0;
}
