/* Archives of every kind, verified without a trace on the disk. */

#include "fuzz.h"
#include "output/output.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct audit_finding *findings;
	struct output_verify *verify;
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
	verify = output_verify_new("archive", log, &err);
	if (verify == NULL) {
		MUST(err.kind == ERR_DATA || err.kind == ERR_USAGE);
	} else {
		while ((rc = output_verify_step(verify, &err)) == 1)
			;
		MUST(rc == 0);
		findings = output_findings(verify, &n);
		for (i = 0; i < n; i++)
			MUST(findings[i].what[0] != '\0');
		output_verify_progress(verify, &progress);
		MUST(n > 0 || output_is_whole(verify));
		output_verify_free(verify);
	}
	MUST(rmdir("temp") == 0);
	MUST(mkdir("temp", 0700) == 0);
	log_free(log);
	return 0;
}
