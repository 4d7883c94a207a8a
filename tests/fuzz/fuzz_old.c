/* Trees of the old tool: parts of the input become its files. */

#include "audit/audit.h"
#include "fuzz.h"

static const char *const paths[] = {
	"old/files/f/file.json",
	"old/files/f/versions/v",
	"old/files/f/deployments.json",
	"old/files/f/logs/1.jsonl",
	"old/files/f/evaluations/e/evaluation.json",
	"old/files/f/evaluations/e/stats.json",
	"old/files/f/evaluations/e/logs/1.jsonl",
	"old/files/f/datapoints/v/1.jsonl",
};

static void
make_dirs(void)
{
	static const char *const dirs[] = { "old", "old/files",
	    "old/files/f", "old/files/f/versions", "old/files/f/logs",
	    "old/files/f/evaluations", "old/files/f/evaluations/e",
	    "old/files/f/evaluations/e/logs", "old/files/f/datapoints",
	    "old/files/f/datapoints/v" };
	size_t i;

	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		mkdir(dirs[i], 0700);
}

/* The parts are separated by a byte 0. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct audit_settings settings = { .path = "old", .sample = 100 };
	struct audit_verify *verify;
	struct audit_summary summary;
	struct source *source;
	struct err err;
	size_t i, n;

	fuzz_enter();
	make_dirs();
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		const uint8_t *end = memchr(data, 0, size);

		n = end != NULL ? (size_t)(end - data) : size;
		fuzz_write(paths[i], data, n);
		data += n + (end != NULL);
		size -= n + (end != NULL);
	}
	source = source_open("humanloop", &err);
	settings.source = source;
	settings.log = log_new(LOG_ERROR, LOG_ERROR);
	verify = audit_verify_new(&settings, &err);
	MUST(verify != NULL);
	while (audit_verify_step(verify, &err) == 1)
		;
	audit_verify_free(verify);
	if (audit_summary("old", source, settings.log, &summary, &err) == -1)
		MUST(err.text[0] != '\0');
	audit_release(&summary);
	log_free(settings.log);
	source_free(source);
	return 0;
}
