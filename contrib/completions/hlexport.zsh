#compdef hlexport
# zsh completion for hlexport; made by 'hlexport completion zsh'
_arguments \
  '--source=[the platform to export from\: a name that '\''hlexport sources'\'' lists, or a definition of your own]:NAME|FILE:_files' \
  '--output=[where the export'\''s directory YYYYMMDD-HHMMSS is made, and where --resume looks]:DIR:_files -/' \
  '--force[replace an archive that is there, if all that it holds is in the new one]' \
  '--remove[then remove the directory, if the export is complete and the archive verifies]' \
  '--resume=[go on with the export in DIR; without DIR, with the newest one that is not finished]:DIR:_files -/' \
  '--server-moved[resume although the server'\''s address is another one than when the export began]' \
  '--dry-run[count what would be exported and guess how long it takes; write nothing]' \
  '--stdout[print the records of one list as JSON lines on standard output, and make no export]' \
  '--repair[with --resume DIR\: verify the export, and ask again for what is damaged or missing; the same as '\''hlexport repair DIR'\'']' \
  '--online[then ask the server what has come or gone since]' \
  '--accept[accept what is found\: from now on verify names it, and exits with 0 as long as nothing else is found and nothing changes]' \
  '--fast[look at sizes and counts only]' \
  '--sample=[read only N percent of the files, and of the others look at the size]:N%:' \
  '--remove-extra[when all else is repaired, also move files that are no part of the export out of it, to a directory beside it]' \
  '--partial[bring back what can be had, even if not all of it can be fetched; else nothing is changed then]' \
  '--undo[remove what adopt wrote\: the manifest and SHA256SUMS]' \
  '--jobs=[requests under way at the same time, at most]:N:' \
  '--retries=[how often a request is tried before it becomes a gap]:N:' \
  '--max-wait=[how long to wait when the server asks for it; if it asks for more, stop so that the export can be resumed]:TIME:' \
  '--max-body=[refuse a reply larger than this]:SIZE:' \
  '--buffer=[memory for pages that wait for an earlier one]:SIZE:' \
  '--stall=[try again when no byte of a reply has come for so long, or hardly any for a minute (for TIME, if that is longer)]:TIME:' \
  '--first-byte=[how long a reply may take to begin; if not given, what the source says (60s, logs 300s)]:TIME:' \
  '--ca-file=[certificates to trust, in place of the system'\''s]:FILE:_files' \
  '--allow-host=[follow addresses of next pages to HOST (or HOST\:PORT) as well, and send it the key; can be given again]:HOST:' \
  '--env-file=[read variables from FILE, not from .env]:FILE:_files' \
  '--progress=[how to show what is going on\: a live display, a line every ten seconds, a JSON line every ten seconds, or not; auto is bar on a terminal and plain elsewhere]:HOW:(auto bar plain json none)' \
  '--log-format=[how export.log is written]:FORMAT:(text json)' \
  '--output-file=[with --format json or csv\: write one table to FILE and nothing else\: the records as they are in an array, or the columns that the platform'\''s own tools have]:FILE:_files' \
  '--format=[what to make; xlsx is Excel, duckdb is Parquet with a database of views over it]:FORMAT:(parquet csv json jsonl xlsx duckdb)' \
  '--file=[read the SQL from FILE; - is standard input]:FILE:_files' \
  '--allow-external[let the SQL read and write files; else it has the export'\''s tables only]' \
  '--tables=[only these tables; if not given, all]:A,B:' \
  '--from=[only what is from DATE (2025-06-01, or with a time as in RFC 3339) on, in tables that have a time]:DATE:' \
  '--to=[only what is up to DATE, the whole day included]:DATE:' \
  '--tz=[the time zone of days, like Europe/Berlin]:ZONE:' \
  '--where=[only rows for which this SQL condition holds]:SQL:' \
  '--filter=[only rows whose column KEY is VALUE; of several with the same KEY one must hold, of different ones all]:KEY=VALUE:' \
  '--partition-by=[Parquet in folders day=2025-06-01 or file=pr_..., of tables that have that]:KEY:(day file)' \
  '--zip[put all files into one ZIP file]' \
  '--compress=[compress CSV, JSON and JSON lines files; for Parquet, in place of zstd]:HOW:(gzip zstd)' \
  '--bom[begin CSV files with a byte order mark, as Excel wants it]' \
  '--guard-formulas[put '\'' before CSV cells that a spreadsheet would take for a formula]' \
  '--metadata[begin JSON lines files with a line that says what they are]' \
  '--embed[with --format duckdb\: copy the rows into the database]' \
  '--by=[what to add up the events by]:WHAT:(hourly daily weekly monthly session user model file version tool agent evaluator project)' \
  '--all-formats[make the folder --output with the events, all sums and the report in every format; with --zip, in one file there]' \
  '--skip-damaged[exit with 0 although records that can'\''t be read were left out]' \
  '--memory-limit=[memory for DuckDB; what needs more goes to a temporary directory]:SIZE:' \
  '--threads=[threads that work at it (verify\: 8 at most); if not given, one a processor]:N:' \
  '--temp-dir=[where that temporary directory is made; if not given, beside what is written, or in $TMPDIR]:DIR:_files -/' \
  '--yes[don'\''t ask]' \
  '--json[print the result as JSON on standard output]' \
  '--quiet[say nothing but errors]' \
  '--verbose[say more\: each request, each file]' \
  '--help[show help, of a command if one is named]' \
  '--version[show the version, and those of the libraries]' \
  '--server=[where the platform'\''s API is]:URL:' \
  '--directory=[export only the directory ID (dir_...) and all below it]:ID:' \
  '--type=[export only files of these types]:LIST:(prompt tool dataset evaluator flow agent)' \
  '--logs[export the logs too]' \
  '--start-date=[only logs created after DATE]:DATE:' \
  '--end-date=[only logs created before DATE; the start of the export if not given]:DATE:' \
  '--include=[also take\: raw, the .prompt and .agent text of every version; aggregates, the evaluator aggregates in every version; secrets, the environment variables of tools]:LIST:(raw aggregates secrets)' \
  '1:command:((export\:"export a workspace, or go on with an export" summary\:"tell what is in an export" verify\:"prove that an export is whole, or name what is damaged or missing" repair\:"verify an export, and ask again for what is damaged or missing, and nothing else" adopt\:"make a manifest for an export of the old Python tool, so that all commands take it" pack\:"put an export into one file, and read it back" query\:"ask an export with SQL; without SQL, list its tables and columns" convert\:"make files of an export'\''s tables: Parquet, CSV, JSON, Excel, DuckDB" report\:"tell how much was used, how fast it was, what it cost and what failed" sources\:"list the platforms that can be exported from, print the definition of one, or check one of your own" help\:"show help" ))' \
  '*:directory:_files -/'
