/*
 * The program's own options.  Help, manual and completions are made from
 * these rows.
 */

#include "config/config.h"

static const struct config_option rows[] = {
	{ "source", 0, "HLEXPORT_SOURCE", CONFIG_TEXT, "NAME|FILE",
	    "humanloop", NULL, 0, 0, "export help",
	    "the platform to export from: a name that 'hlexport sources' "
	    "lists, or a definition of your own" },
	{ "output", 'o', "HLEXPORT_OUTPUT", CONFIG_TEXT, "DIR", "exports",
	    NULL, 0, 0, "export",
	    "where the export's directory YYYYMMDD-HHMMSS is made, and where "
	    "--resume looks" },
	{ "resume", 'r', NULL, CONFIG_RESUME, "DIR", NULL, NULL, 0, 0,
	    "export",
	    "go on with the export in DIR; without DIR, with the newest one "
	    "that is not finished" },
	{ "server-moved", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "export repair verify",
	    "resume although the server's address is another one than when "
	    "the export began" },
	{ "dry-run", 'n', NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "export",
	    "count what would be exported and guess how long it takes; write "
	    "nothing" },
	{ "stdout", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, "export",
	    "print the records of one list as JSON lines on standard output, "
	    "and make no export" },
	{ "repair", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, "export",
	    "with --resume DIR: verify the export, and ask again for what is "
	    "damaged or missing; the same as 'hlexport repair DIR'" },
	{ "online", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, "verify",
	    "then ask the server what has come or gone since" },
	{ "fast", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, "verify",
	    "look at sizes and counts only" },
	{ "sample", 0, NULL, CONFIG_NUMBER, "N%", "100%", NULL, 1, 100,
	    "verify", "read only N percent of the files, and of the others "
	    "look at the size" },
	{ "remove-extra", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "repair", "also remove the files that are no part of the export" },
	{ "jobs", 'j', "HLEXPORT_JOBS", CONFIG_NUMBER, "N", "16", NULL,
	    1, 256, "export repair verify",
	    "requests under way at the same time, at most" },
	{ "retries", 0, "HLEXPORT_RETRIES", CONFIG_NUMBER, "N", "5", NULL,
	    1, 100, "export repair verify",
	    "how often a request is tried before it becomes a gap" },
	{ "max-wait", 0, "HLEXPORT_MAX_WAIT", CONFIG_TIME, "TIME", "10m",
	    NULL, 0, 7 * 86400, "export repair verify",
	    "how long to wait when the server asks for it; if it asks for "
	    "more, stop so that the export can be resumed" },
	{ "max-body", 0, "HLEXPORT_MAX_BODY", CONFIG_SIZE, "SIZE", "1GiB",
	    NULL, 1024, UINT64_C(1) << 40, "export repair verify",
	    "refuse a reply larger than this" },
	{ "buffer", 0, "HLEXPORT_BUFFER", CONFIG_SIZE, "SIZE", "8MiB", NULL,
	    UINT64_C(1) << 20, UINT64_C(1) << 40, "export repair verify",
	    "memory for pages that wait for an earlier one" },
	{ "stall", 0, "HLEXPORT_STALL", CONFIG_TIME, "TIME", "60s", NULL,
	    1, 86400, "export repair verify",
	    "try again when no byte of a reply has come for so long" },
	{ "first-byte", 0, "HLEXPORT_FIRST_BYTE", CONFIG_TIME, "TIME", NULL,
	    NULL, 1, 86400, "export repair verify",
	    "how long a reply may take to begin; if not given, what the "
	    "source says (60s, logs 300s)" },
	{ "ca-file", 0, "HLEXPORT_CA_FILE", CONFIG_TEXT, "FILE", NULL, NULL,
	    0, 0, "export repair verify",
	    "certificates to trust, in place of the system's" },
	{ "env-file", 0, NULL, CONFIG_TEXT, "FILE", NULL, NULL, 0, 0,
	    "export repair verify",
	    "read variables from FILE, not from .env" },
	{ "progress", 'p', "HLEXPORT_PROGRESS", CONFIG_CHOICE, "HOW", "auto",
	    "auto|bar|plain|json|none", 0, 0, "export verify repair adopt",
	    "how to show what is going on: a live display, a line every ten "
	    "seconds, a JSON line every ten seconds, or not; auto is bar on a "
	    "terminal and plain elsewhere" },
	{ "log-format", 0, "HLEXPORT_LOG_FORMAT", CONFIG_CHOICE, "FORMAT",
	    "text", "text|json", 0, 0, "export repair verify",
	    "how export.log is written" },
	{ "json", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "export summary verify repair adopt sources",
	    "print the result as JSON on standard output" },
	{ "quiet", 'q', NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "export verify repair adopt", "say nothing but errors" },
	{ "verbose", 'v', NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "export repair", "say more: each request, each file" },
	{ "help", 'h', NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, NULL,
	    "show help, of a command if one is named" },
	{ "version", 'V', NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, NULL,
	    "show the version, and those of the libraries" },
};

struct config_table
config_own(void)
{
	return (struct config_table){ rows, sizeof(rows) / sizeof(rows[0]) };
}
