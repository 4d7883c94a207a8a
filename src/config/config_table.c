/*
 * The program's own options.  The help, the manual's option list and the
 * completions are generated from these rows.
 */

#include "config/config.h"

static const struct config_option rows[] = {
	{ "source", 0, "HLEXPORT_SOURCE", CONFIG_TEXT, "NAME|FILE",
	    "humanloop", NULL, 0, 0, "export repair verify adopt help",
	    "the platform to export from: a name listed by 'hlexport "
	    "sources', or your own definition file" },
	{ "output", 'o', "HLEXPORT_OUTPUT", CONFIG_TEXT, "DIR", "exports",
	    NULL, 0, 0, "export",
	    "directory in which to create the export YYYYMMDD-HHMMSS, and in "
	    "which --resume looks for one" },
	{ "output", 'o', NULL, CONFIG_TEXT, "FILE", NULL, NULL, 0, 0, "pack",
	    "archive to write; the suffix sets the type: .zip, .tar.zst, "
	    ".tar.gz or .tar" },
	{ "force", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, "pack",
	    "replace an existing archive if the new one contains everything "
	    "in it" },
	{ "remove", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, "pack",
	    "remove the directory afterwards, if the export is complete and "
	    "the archive verifies" },
	{ "resume", 'r', NULL, CONFIG_RESUME, "DIR", NULL, NULL, 0, 0,
	    "export",
	    "resume the export in DIR; without DIR, the newest unfinished "
	    "one" },
	{ "server-moved", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "export repair verify",
	    "resume even if the server's address differs from the one the "
	    "export began with" },
	{ "dry-run", 'n', NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "export",
	    "count what would be exported and estimate the time; write "
	    "nothing" },
	{ "stdout", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, "export",
	    "print the records of one list to standard output as JSON lines "
	    "instead of exporting" },
	{ "repair", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, "export",
	    "with --resume DIR: verify the export and fetch what is damaged "
	    "or missing; same as 'hlexport repair DIR'" },
	{ "online", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, "verify",
	    "also compare the export with the server: list records added or "
	    "removed since" },
	{ "accept", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, "verify",
	    "accept the current findings: verify still lists them, but exits "
	    "with 0 until it finds anything new or changed" },
	{ "fast", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, "verify",
	    "check sizes and counts only" },
	{ "sample", 0, NULL, CONFIG_NUMBER, "N%", "100%", NULL, 1, 100,
	    "verify", "read N percent of the files, and check only the size "
	    "of the others" },
	{ "remove-extra", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "repair", "after the repair, also move files that do not belong "
	    "to the export into a directory beside it" },
	{ "partial", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "repair", "restore what can be fetched even if some of it cannot; "
	    "without this option, a failed fetch leaves the export unchanged" },
	{ "undo", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, "adopt",
	    "remove the files that adopt wrote: the manifest and SHA256SUMS" },
	{ "jobs", 'j', "HLEXPORT_JOBS", CONFIG_NUMBER, "N", "16", NULL,
	    1, 256, "export repair verify",
	    "maximum number of concurrent requests" },
	{ "retries", 0, "HLEXPORT_RETRIES", CONFIG_NUMBER, "N", "5", NULL,
	    1, 100, "export repair verify",
	    "attempts per request before it is recorded as a gap" },
	{ "max-wait", 0, "HLEXPORT_MAX_WAIT", CONFIG_TIME, "TIME", "10m",
	    NULL, 0, 7 * 86400, "export repair verify",
	    "longest wait to accept from the server (Retry-After); if it asks "
	    "for more, stop and leave the export resumable" },
	{ "max-body", 0, "HLEXPORT_MAX_BODY", CONFIG_SIZE, "SIZE", "1GiB",
	    NULL, 1024, UINT64_C(1) << 40, "export repair verify",
	    "reject replies larger than this" },
	{ "buffer", 0, "HLEXPORT_BUFFER", CONFIG_SIZE, "SIZE", "8MiB", NULL,
	    UINT64_C(1) << 20, UINT64_C(1) << 40, "export repair verify",
	    "memory for pages that arrived before an earlier one" },
	{ "stall", 0, "HLEXPORT_STALL", CONFIG_TIME, "TIME", "60s", NULL,
	    1, 86400, "export repair verify",
	    "retry a request when its reply stalls for TIME, or trickles in "
	    "for a minute (or TIME, if longer)" },
	{ "first-byte", 0, "HLEXPORT_FIRST_BYTE", CONFIG_TIME, "TIME", NULL,
	    NULL, 1, 86400, "export repair verify",
	    "longest wait for a reply to begin; the default depends on the "
	    "source (60s, logs 300s)" },
	{ "ca-file", 0, "HLEXPORT_CA_FILE", CONFIG_TEXT, "FILE", NULL, NULL,
	    0, 0, "export repair verify",
	    "CA certificates to trust instead of the system's" },
	{ "allow-host", 0, NULL, CONFIG_EACH, "HOST", NULL, NULL, 0, 0,
	    "export repair verify",
	    "also follow next-page URLs to HOST (or HOST:PORT), and send it "
	    "the key; repeatable" },
	{ "no-lock", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "export repair adopt verify", "run on a file system without "
	    "locks; make sure that no other process uses the export" },
	{ "env-file", 0, NULL, CONFIG_TEXT, "FILE", NULL, NULL, 0, 0,
	    "export repair verify",
	    "read variables from FILE instead of .env" },
	{ "progress", 'p', "HLEXPORT_PROGRESS", CONFIG_CHOICE, "HOW", "auto",
	    "auto|bar|plain|json|none", 0, 0,
	    "export verify repair adopt pack convert",
	    "progress display: a live display, periodic lines of text or of "
	    "JSON, or none; auto means bar on a terminal, plain otherwise" },
	{ "progress-every", 0, "HLEXPORT_PROGRESS_EVERY", CONFIG_TIME, "TIME",
	    "10s", NULL, 1, 86400, "export verify repair adopt pack convert",
	    "interval between progress lines" },
	{ "log-format", 0, "HLEXPORT_LOG_FORMAT", CONFIG_CHOICE, "FORMAT",
	    "text", "text|json", 0, 0, "export repair verify",
	    "format of export.log" },
	{ "output", 'o', NULL, CONFIG_TEXT, "DIR", NULL, NULL, 0, 0,
	    "convert", "directory to write; the default is NAME-FORMAT in the "
	    "current directory, named after the export" },
	{ "output", 'o', NULL, CONFIG_TEXT, "FILE", NULL, NULL, 0, 0,
	    "report query", "write to FILE instead of standard output" },
	{ "output-file", 0, NULL, CONFIG_TEXT, "FILE", NULL, NULL, 0, 0,
	    "convert", "with --format json or csv: write a single table to "
	    "FILE: an array of the original records, or the columns that the "
	    "platform's own tools use" },
	{ "format", 0, NULL, CONFIG_CHOICE, "FORMAT", NULL,
	    "parquet|csv|json|jsonl|xlsx|duckdb", 0, 0, "convert",
	    "output format; xlsx is Excel, duckdb is Parquet files plus a "
	    "database of views over them" },
	{ "format", 0, NULL, CONFIG_CHOICE, "FORMAT", "table",
	    "table|csv|json|jsonl|markdown|parquet", 0, 0, "query",
	    "output format of the rows" },
	{ "format", 0, NULL, CONFIG_CHOICE, "FORMAT", "markdown",
	    "markdown|html|json|csv|text", 0, 0, "report",
	    "output format of the report" },
	{ "expanded", 'x', NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "query", "print each row as a block, one line per column, with "
	    "full values" },
	{ "wide", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, "query",
	    "do not fit tables to the width of the terminal" },
	{ "file", 'f', NULL, CONFIG_TEXT, "FILE", NULL, NULL, 0, 0, "query",
	    "read the SQL from FILE, or from standard input if FILE is -; a "
	    "pipe or file on standard input is read by default" },
	{ "allow-external", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "query", "allow the SQL to read and write files; by default it "
	    "can use only the export's tables" },
	{ "tables", 't', NULL, CONFIG_LIST, "A,B", NULL, NULL, 0, 0,
	    "convert", "only these tables; the default is all" },
	{ "columns", 'c', NULL, CONFIG_LIST, "A,B", NULL, NULL, 0, 0,
	    "convert", "only these columns, in this order, and only tables "
	    "that have any of them; the default is all" },
	{ "no-raw", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, "convert",
	    "omit the column raw, which contains the original record" },
	{ "from", 0, NULL, CONFIG_DATE, "DATE", NULL, NULL, 0, 0,
	    "convert report", "only rows from DATE on (2025-06-01 or RFC "
	    "3339), in tables that have a time" },
	{ "to", 0, NULL, CONFIG_DATE, "DATE", NULL, NULL, 0, 0,
	    "convert report", "only rows up to DATE; a date includes the full "
	    "day" },
	{ "tz", 0, NULL, CONFIG_TEXT, "ZONE", "UTC", NULL, 0, 0,
	    "convert report", "time zone for dates and days, such as "
	    "Europe/Berlin" },
	{ "where", 0, NULL, CONFIG_TEXT, "SQL", NULL, NULL, 0, 0, "convert",
	    "only rows that match this SQL condition" },
	{ "filter", 0, NULL, CONFIG_EACH, "KEY=VALUE", NULL, NULL, 0, 0,
	    "convert report", "only rows whose column KEY equals VALUE; "
	    "repeatable: the same KEY means OR, different KEYs mean AND" },
	{ "partition-by", 0, NULL, CONFIG_CHOICE, "KEY", NULL, "day|file",
	    0, 0, "convert", "partition Parquet into directories "
	    "day=2025-06-01 or file=pr_..., for tables that have the column" },
	{ "zip", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "convert report", "combine all files into one ZIP file" },
	{ "compress", 0, NULL, CONFIG_CHOICE, "HOW", NULL, "gzip|zstd", 0, 0,
	    "convert", "compress CSV, JSON and JSON lines files; for Parquet, "
	    "the codec to use instead of zstd" },
	{ "bom", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, "convert",
	    "start CSV files with a byte order mark, for Excel" },
	{ "guard-formulas", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "convert", "prefix CSV cells that a spreadsheet would evaluate as "
	    "a formula with '" },
	{ "metadata", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "convert", "start JSON lines files with a line of metadata" },
	{ "embed", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, "convert",
	    "with --format duckdb: copy the rows into the database" },
	{ "by", 0, NULL, CONFIG_CHOICE, "WHAT", "daily",
	    "hourly|daily|weekly|monthly|session|user|model|file|version|"
	    "tool|agent|evaluator|project", 0, 0, "report",
	    "group the events by this" },
	{ "all-formats", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "report", "write the events, all totals and the report in every "
	    "format to the directory --output; with --zip, to one file in it" },
	{ "skip-damaged", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "query convert report", "exit with 0 even if unreadable records "
	    "were skipped" },
	{ "memory-limit", 0, "HLEXPORT_MEMORY_LIMIT", CONFIG_SIZE, "SIZE",
	    "512MiB", NULL, UINT64_C(64) << 20, UINT64_C(1) << 45,
	    "query convert report", "memory limit for DuckDB; it spills to a "
	    "temporary directory beyond that" },
	{ "threads", 0, "HLEXPORT_THREADS", CONFIG_NUMBER, "N", NULL, NULL,
	    1, 256, "verify query convert report",
	    "number of threads (verify: at most 8); the default is one per "
	    "processor" },
	{ "timeout", 0, NULL, CONFIG_TIME, "TIME", NULL, NULL, 1,
	    365 * 86400, "query convert report", "stop after TIME, and write "
	    "no output" },
	{ "temp-dir", 0, "HLEXPORT_TEMP_DIR", CONFIG_TEXT, "DIR", NULL, NULL,
	    0, 0, "query convert report summary", "directory for temporary "
	    "files, such as spilled data and unpacked archives; the default "
	    "is beside the output, or $TMPDIR" },
	{ "dry-run", 'n', NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "convert", "show what would be written; write nothing" },
	{ "yes", 'y', NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "convert repair",
	    "do not ask for confirmation" },
	{ "force", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "convert report query", "replace the output of an earlier run" },
	{ "json", 0, NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "export summary list verify repair adopt pack sources convert",
	    "print the result to standard output as JSON" },
	{ "quiet", 'q', NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "export verify repair adopt pack convert query report",
	    "print nothing but errors" },
	{ "verbose", 'v', NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0,
	    "export repair", "print each request and each file" },
	{ "help", 'h', NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, NULL,
	    "show help, or the help of a command" },
	{ "version", 'V', NULL, CONFIG_FLAG, NULL, NULL, NULL, 0, 0, NULL,
	    "show the version, and the versions of the libraries" },
};

struct config_table
config_own(void)
{
	return (struct config_table){ rows, sizeof(rows) / sizeof(rows[0]) };
}
