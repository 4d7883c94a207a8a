/*
 * The program's own options.  Help, manual and completions are made from
 * these rows.
 */

#include "config/config.h"

static const struct config_option rows[] = {
	{ "source", 0, "HLEXPORT_SOURCE", CONFIG_TEXT, "NAME|FILE",
	    "humanloop", NULL, 0, 0, "export repair verify adopt help",
	    "the platform to export from: a name that 'hlexport sources' "
	    "lists, or a definition of your own" },
	{ "output", 'o', "HLEXPORT_OUTPUT", CONFIG_TEXT, "DIR", "exports",
	    NULL, 0, 0, "export",
	    "where the export's directory YYYYMMDD-HHMMSS is made, and where "
	    "--resume looks" },
	{ "output", 'o', NULL, CONFIG_TEXT, "FILE", NULL, NULL, 0, 0, "pack",
	    "the archive to make; its end says of which kind: .zip, "
	    ".tar.zst, .tar.gz or .tar" },
	{ "force", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, "pack",
	    "replace an archive that is there, if all that it holds is in "
	    "the new one" },
	{ "remove", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, "pack",
	    "then remove the directory, if the export is complete and the "
	    "archive verifies" },
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
	{ "accept", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, "verify",
	    "accept what is found: from now on verify names it, and exits "
	    "with 0 as long as nothing else is found and nothing changes" },
	{ "fast", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, "verify",
	    "look at sizes and counts only" },
	{ "sample", 0, NULL, CONFIG_NUMBER, "N%", "100%", NULL, 1, 100,
	    "verify", "read only N percent of the files, and of the others "
	    "look at the size" },
	{ "remove-extra", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "repair", "when all else is repaired, also move files that are no "
	    "part of the export out of it, to a directory beside it" },
	{ "partial", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "repair", "bring back what can be had, even if not all of it "
	    "can be fetched; else nothing is changed then" },
	{ "undo", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, "adopt",
	    "remove what adopt wrote: the manifest and SHA256SUMS" },
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
	    "try again when no byte of a reply has come for so long, or "
	    "hardly any for a minute (for TIME, if that is longer)" },
	{ "first-byte", 0, "HLEXPORT_FIRST_BYTE", CONFIG_TIME, "TIME", NULL,
	    NULL, 1, 86400, "export repair verify",
	    "how long a reply may take to begin; if not given, what the "
	    "source says (60s, logs 300s)" },
	{ "ca-file", 0, "HLEXPORT_CA_FILE", CONFIG_TEXT, "FILE", NULL, NULL,
	    0, 0, "export repair verify",
	    "certificates to trust, in place of the system's" },
	{ "allow-host", 0, NULL, CONFIG_EACH, "HOST", NULL, NULL, 0, 0,
	    "export repair verify",
	    "follow addresses of next pages to HOST (or HOST:PORT) as well, "
	    "and send it the key; can be given again" },
	{ "no-lock", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "export repair adopt verify", "go on where the disk has no locks; "
	    "see to it that nothing else works on the export" },
	{ "env-file", 0, NULL, CONFIG_TEXT, "FILE", NULL, NULL, 0, 0,
	    "export repair verify",
	    "read variables from FILE, not from .env" },
	{ "progress", 'p', "HLEXPORT_PROGRESS", CONFIG_CHOICE, "HOW", "auto",
	    "auto|bar|plain|json|none", 0, 0,
	    "export verify repair adopt pack convert",
	    "how to show what is going on: a live display, a line now and "
	    "then, a JSON line now and then, or not; auto is bar on a "
	    "terminal and plain elsewhere" },
	{ "progress-every", 0, "HLEXPORT_PROGRESS_EVERY", CONFIG_TIME, "TIME",
	    "10s", NULL, 1, 86400, "export verify repair adopt pack convert",
	    "how long from one such line to the next" },
	{ "log-format", 0, "HLEXPORT_LOG_FORMAT", CONFIG_CHOICE, "FORMAT",
	    "text", "text|json", 0, 0, "export repair verify",
	    "how export.log is written" },
	{ "output", 'o', NULL, CONFIG_TEXT, "DIR", NULL, NULL, 0, 0,
	    "convert", "where the files go; if not given, here: "
	    "NAME-FORMAT, after the export" },
	{ "output", 'o', NULL, CONFIG_TEXT, "FILE", NULL, NULL, 0, 0,
	    "report query", "write to FILE, not to standard output" },
	{ "output-file", 0, NULL, CONFIG_TEXT, "FILE", NULL, NULL, 0, 0,
	    "convert", "with --format json or csv: write one table to FILE "
	    "and nothing else: the records as they are in an array, or the "
	    "columns that the platform's own tools have" },
	{ "format", 0, NULL, CONFIG_CHOICE, "FORMAT", NULL,
	    "parquet|csv|json|jsonl|xlsx|duckdb", 0, 0, "convert",
	    "what to make; xlsx is Excel, duckdb is Parquet with a database "
	    "of views over it" },
	{ "format", 0, NULL, CONFIG_CHOICE, "FORMAT", "table",
	    "table|csv|json|jsonl|markdown|parquet", 0, 0, "query",
	    "how to print the rows" },
	{ "format", 0, NULL, CONFIG_CHOICE, "FORMAT", "markdown",
	    "markdown|html|json|csv|text", 0, 0, "report",
	    "how to write the report" },
	{ "expanded", 'x', NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "query", "a block for each row, with a line for each column and "
	    "the whole value" },
	{ "wide", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, "query",
	    "let a table be wider than the terminal" },
	{ "file", 'f', NULL, CONFIG_TEXT, "FILE", NULL, NULL, 0, 0, "query",
	    "read the SQL from FILE; - is standard input, as without SQL "
	    "where that is a pipe or a file" },
	{ "allow-external", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "query", "let the SQL read and write files; else it has the "
	    "export's tables only" },
	{ "tables", 't', NULL, CONFIG_LIST, "A,B", NULL, NULL, 0, 0,
	    "convert", "only these tables; if not given, all" },
	{ "columns", 'c', NULL, CONFIG_LIST, "A,B", NULL, NULL, 0, 0,
	    "convert", "only these columns, in this order, of tables that "
	    "have one of them; if not given, all" },
	{ "no-raw", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, "convert",
	    "leave out the column raw, which has the whole record" },
	{ "from", 0, NULL, CONFIG_DATE, "DATE", NULL, NULL, 0, 0,
	    "convert report", "only what is from DATE (2025-06-01, or with a "
	    "time as in RFC 3339) on, in tables that have a time" },
	{ "to", 0, NULL, CONFIG_DATE, "DATE", NULL, NULL, 0, 0,
	    "convert report", "only what is up to DATE, the whole day "
	    "included" },
	{ "tz", 0, NULL, CONFIG_TEXT, "ZONE", "UTC", NULL, 0, 0,
	    "convert report", "the time zone of days, like Europe/Berlin" },
	{ "where", 0, NULL, CONFIG_TEXT, "SQL", NULL, NULL, 0, 0, "convert",
	    "only rows for which this SQL condition holds" },
	{ "filter", 0, NULL, CONFIG_EACH, "KEY=VALUE", NULL, NULL, 0, 0,
	    "convert report", "only rows whose column KEY is VALUE; of "
	    "several with the same KEY one must hold, of different ones all" },
	{ "partition-by", 0, NULL, CONFIG_CHOICE, "KEY", NULL, "day|file",
	    0, 0, "convert", "Parquet in folders day=2025-06-01 or "
	    "file=pr_..., of tables that have that" },
	{ "zip", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "convert report", "put all files into one ZIP file" },
	{ "compress", 0, NULL, CONFIG_CHOICE, "HOW", NULL, "gzip|zstd", 0, 0,
	    "convert", "compress CSV, JSON and JSON lines files; for Parquet, "
	    "in place of zstd" },
	{ "bom", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, "convert",
	    "begin CSV files with a byte order mark, as Excel wants it" },
	{ "guard-formulas", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "convert", "put ' before CSV cells that a spreadsheet would take "
	    "for a formula" },
	{ "metadata", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "convert", "begin JSON lines files with a line that says what "
	    "they are" },
	{ "embed", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, "convert",
	    "with --format duckdb: copy the rows into the database" },
	{ "by", 0, NULL, CONFIG_CHOICE, "WHAT", "daily",
	    "hourly|daily|weekly|monthly|session|user|model|file|version|"
	    "tool|agent|evaluator|project", 0, 0, "report",
	    "what to add up the events by" },
	{ "all-formats", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "report", "make the folder --output with the events, all sums "
	    "and the report in every format; with --zip, in one file there" },
	{ "skip-damaged", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "query convert report", "exit with 0 although records that can't "
	    "be read were left out" },
	{ "memory-limit", 0, "HLEXPORT_MEMORY_LIMIT", CONFIG_SIZE, "SIZE",
	    "512MiB", NULL, UINT64_C(64) << 20, UINT64_C(1) << 45,
	    "query convert report", "memory for DuckDB; what needs more goes "
	    "to a temporary directory" },
	{ "threads", 0, "HLEXPORT_THREADS", CONFIG_NUMBER, "N", NULL, NULL,
	    1, 256, "verify query convert report",
	    "threads that work at it (verify: 8 at most); if not given, one a "
	    "processor" },
	{ "timeout", 0, NULL, CONFIG_TIME, "TIME", NULL, NULL, 1,
	    365 * 86400, "query convert report", "stop if it takes longer; "
	    "nothing is made then" },
	{ "temp-dir", 0, "HLEXPORT_TEMP_DIR", CONFIG_TEXT, "DIR", NULL, NULL,
	    0, 0, "query convert report summary", "where temporary "
	    "directories are made: for what memory can't hold, and for an "
	    "archive's files; if not given, beside what is written, or in "
	    "$TMPDIR" },
	{ "dry-run", 'n', NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "convert", "show what would be made, and make nothing" },
	{ "yes", 'y', NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "convert repair",
	    "don't ask" },
	{ "force", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "convert report query", "replace what an earlier run made" },
	{ "json", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "export summary list verify repair adopt pack sources convert",
	    "print the result as JSON on standard output" },
	{ "quiet", 'q', NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "export verify repair adopt pack convert query report",
	    "say nothing but errors" },
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
