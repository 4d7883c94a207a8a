# From an export to files.

bats_require_minimum_version 1.5.0
load helper
load tables

sample="$TOP/exports.example/20250606-120000"

convert()
{
	hlexport convert "$@" --yes -q
}

# Does manifest.json have the sums of all files that are there?
assert_manifest()
{
	(cd "$1" && jq -r '.files[] | .sha256 + "  " + .path' manifest.json |
	    sha256sum --quiet -c -) || return 1
	diff <(cd "$1" && find . -type f | sed 's|^\./||' |
	    grep -vx manifest.json | sort) \
	    <(jq -r '.files[].path' "$1/manifest.json" | sort)
}

# Nothing hidden is left in the directory.
assert_clean()
{
	assert_equal "$(find "$1" -maxdepth 1 -name '.hlexport-*')" ""
}

needs_xlsx()
{
	"$HLEXPORT" convert "$sample" --format xlsx --dry-run 2>&1 |
	    grep -q 'without libxlsxwriter' && skip "no libxlsxwriter"
	return 0
}

# With --force, only what an earlier conversion made is replaced.
@test "a file of the user's in an earlier output is never removed" {
	needs_tables
	local place
	for place in notes.txt files/notes.txt "files/a/b.csv"; do
		rm -rf out
		hlexport convert "$sample" --format parquet --yes -q -o out \
		    --partition-by day -t logs
		mkdir -p "out/$(dirname "$place")"
		echo mine >"out/$place"
		run -2 hlexport convert "$sample" --format csv --yes --force \
		    -q -o out
		assert_contains "$output" "refusing to replace it"
		assert_equal "$(cat "out/$place")" mine
	done
	rm "out/$place"
	rm -r out/files
	hlexport convert "$sample" --format csv --yes --force -q -o out
	# Nor waits it for a pipe, or follows a link.
	rm out/manifest.json
	mkfifo out/manifest.json
	run -2 timeout 20 "$HLEXPORT" convert "$sample" --format csv --yes \
	    --force -q -o out
}

@test "CSV, read by Python: the values are the tree's" {
	needs_tables
	export_workspace --workspace full
	convert "$export" --format csv -o out
	assert_tables csv out
	assert_manifest out
	assert_clean .
}

@test "JSON and JSON lines, read by Python: the values are the tree's" {
	needs_tables
	export_workspace --workspace full
	convert "$export" --format json -o array
	assert_tables json array
	convert "$export" --format jsonl -o lines
	assert_tables jsonl lines
	assert_manifest lines
	convert "$export" --format jsonl --compress gzip -o packed
	convert "$export" --format jsonl --compress zstd -o packed2
	zstd -dqc packed2/logs.jsonl.zst | cmp - lines/logs.jsonl
	gzip -dc packed/logs.jsonl.gz | cmp - lines/logs.jsonl
}

@test "Parquet, read by another reader: the values are the tree's" {
	needs_tables
	parquet_reader
	export_workspace --workspace full
	convert "$export" --format parquet -o out
	# shellcheck disable=SC2086 # a command and its argument
	assert_tables parquet out $parquet
	assert_manifest out
	export=$sample
	convert "$export" --format parquet --compress gzip -o out2
	# shellcheck disable=SC2086
	assert_tables parquet out2 $parquet
}

@test "Excel, read by openpyxl: the values are the tree's" {
	needs_tables
	needs_xlsx
	export_workspace --workspace full
	convert "$export" --format xlsx -o out
	assert_equal "$(jq '.files[0].rows' out/manifest.json)" \
	    "$(jq '[.tables[].rows] | add' out/manifest.json)"
	assert_tables xlsx out
	old_tree '{"id":"=1+1","output":"a\u0001b","error":"@SUM(A1)"}' \
	    "{\"id\":\"long\",\"output\":\"$(printf 'x%.0s' \
	    $(seq 40000))\"}" '{"id":"big","prompt_tokens":9007199254740993}' \
	    '{"id":"_x0041_","output":"\uffff, \ufffe and \ufffd"}' \
	    "{\"id\":\"wide\",\"output\":\"$(printf '😀%.0s' \
	    $(seq 16384))\"}" "{\"id\":\"full\",\"output\":\"x$(printf '😀%.0s' \
	    $(seq 16383))\"}"
	run -0 hlexport convert old --format xlsx -o odd --yes
	assert_contains "$output" "2 texts were truncated"
	assert_contains "$output" "2 texts had characters that Excel rejects"
	"$(python_with_openpyxl)" - odd/*.xlsx <<'END'
import sys, openpyxl
book = openpyxl.load_workbook(sys.argv[1])
for sheet in book.worksheets[2:]:
    assert sheet.freeze_panes == "A2", sheet.title
    assert sheet.auto_filter.ref.startswith("A1:"), sheet.title
rows = list(book["logs"].iter_rows())
column = {cell.value: i for i, cell in enumerate(rows[0])}
cell = rows[1][column["id"]]
assert (cell.value, cell.data_type) == ("=1+1", "s"), cell.data_type
assert rows[1][column["output"]].value == "a\ufffdb"
assert len(rows[2][column["output"]].value) == 32767
assert rows[3][column["prompt_tokens"]].value == "9007199254740993"
# Excel takes _x0041_ for an A; openpyxl leaves such in place here.
assert rows[4][column["id"]].value == "_x005F_x0041_"
assert rows[4][column["output"]].value == "\ufffd, \ufffd and \ufffd"
# It counts in UTF-16, where these are two each.
assert rows[5][column["output"]].value == "\U0001f600" * 16383 + "\u2026"
assert rows[6][column["output"]].value == "x" + "\U0001f600" * 16383
assert "Metadata" in book and "Summary" in book
END
}

# The names of a workbook's sheets, a line each.
sheets()
{
	unzip -p "$1" xl/workbook.xml | grep -o '<sheet name="[^"]*"' |
	    cut -d '"' -f 2
}

@test "Excel: texts of all kinds are read back, and sheets have names" {
	needs_tables
	needs_xlsx
	# Rows without a cell, texts with what XML escapes or Excel does.
	old_tree '{"id":"a","output":" <b> & \"c\"\r\n\td \u0027 "}' '{}' \
	    '{"id":"_x000D_","output":"\r"}' '{"id":"","output":"]]>"}' \
	    "{\"id\":\"e\",\"output\":\"$(printf '&%.0s' $(seq 9000))\"}"
	convert old --format xlsx -o odd
	unzip -tq odd/*.xlsx
	{
		cat "$TOP/src/sources/humanloop.yaml"
		echo "tables:"
		for name in summary metadata history logs_2 \
		    a_name_of_more_than_31_letters_1 \
		    a_name_of_more_than_31_letters_2; do
			cat <<-END
			  $name:
			    about: logs
			    from: records('logs')
			    columns: {id: its id}
			END
		done
	} >mine.yaml
	start_fixture
	hlexport --source ./mine.yaml -o mine --logs -q
	convert mine/2* --format xlsx -o named
	sheets named/*.xlsx | diff - <(printf '%s\n' Summary Metadata \
	    'summary (2)' 'metadata (2)' 'history (2)' logs_2 \
	    'a_name_of_more_than_31_letters_' \
	    'a_name_of_more_than_31_lett (2)')
}

@test "a database of views, and one with the rows in it" {
	needs_tables
	local n
	convert "$sample" --format duckdb -o views
	convert "$sample" --format duckdb --embed -o whole
	assert_manifest views
	assert_manifest whole
	[ ! -e whole/logs.parquet ]
	assert_equal "$(jq '.files[0].rows' whole/manifest.json)" \
	    "$(jq '[.tables[].rows] | add' whole/manifest.json)"
	n=$(hlexport query "$sample" -q --format csv \
	    "SELECT count(*) FROM logs" | tail -n 1)
	for dir in views whole; do
		# Attached as open.sql does it, from elsewhere.
		sed "s|'\.'|'$PWD/$dir'|; s|ATTACH '|ATTACH '$PWD/$dir/|" \
		    $dir/open.sql >$dir.sql
		echo "SELECT count(*) FROM logs" >>$dir.sql
		run -0 hlexport query "$sample" --allow-external -q \
		    --format csv -f $dir.sql
		assert_equal "$(tail -n 1 <<<"$output")" "$n"
	done
}

@test "folders by day and by file are one table again" {
	needs_tables
	export_workspace --workspace full
	for by in day file; do
		convert "$export" --format parquet --partition-by $by -o $by
		assert_manifest $by
		run -0 hlexport query "$export" --allow-external -q \
		    --format csv "SELECT count(*) = (SELECT count(*) FROM logs)
		    AND count(DISTINCT $by) > 3 AS same
		    FROM read_parquet('$by/logs/**/*.parquet',
		    hive_partitioning = true)"
		assert_contains "$output" true
	done
	ls day/logs | head -n 1 | grep -qE '^day=2025-[0-9][0-9]-[0-9][0-9]$'
}

@test "more folders than DuckDB has memory for" {
	needs_tables
	local by
	export_workspace --workspace bulk --files 150 --versions 1 --logs 3 \
	    --log-bytes 100 --datasets 0 --evaluations 0
	for by in day file; do
		for threads in 1 3; do
			convert "$export" --format parquet --tables logs \
			    --partition-by $by --memory-limit 64MiB \
			    --threads $threads -o $by-$threads
			assert_manifest $by-$threads
		done
		diff -r $by-1 $by-3
		# One file a folder, and all rows, in the order they had.
		assert_equal "$(find $by-1/logs -name '.*')" ""
		assert_equal "$(find $by-1/logs -type f | wc -l)" \
		    "$(find $by-1/logs -mindepth 1 -type d | wc -l)"
		[ "$(find $by-1/logs -type f | wc -l)" -gt 100 ]
		run -0 hlexport query "$export" --allow-external -q \
		    --format csv "SELECT (SELECT md5(string_agg(id, ' ' ORDER
		    BY $by, n)) FROM (SELECT id, $by, row_number() OVER () AS n
		    FROM read_parquet('$by-1/logs/**/*.parquet',
		    hive_partitioning = true, hive_types_autocast = false))) =
		    (SELECT md5(string_agg(id, ' ' ORDER BY $by, n)) FROM
		    (SELECT id, file_id AS file, strftime(created_at,
		    '%Y-%m-%d') AS day, row_number() OVER () AS n FROM logs))
		    AS same"
		assert_contains "$output" true
	done
}

@test "the same export gives the same bytes" {
	needs_tables
	export_workspace --workspace full
	for format in parquet csv jsonl duckdb xlsx; do
		convert "$export" --format $format -o one-$format || continue
		convert "$export" --format $format -o two-$format
		diff -r one-$format two-$format
	done
}

# The ids in a file, in order, as one sum.
ids()
{
	hlexport query "$export" --allow-external --format csv --threads 1 \
	    "SELECT md5(string_agg(id, ' ')), count(*) FROM '$1'"
}

@test "with one thread or three: the same rows in the same order" {
	needs_tables
	export_workspace --workspace bulk --files 3 --logs 3000 \
	    --log-bytes 300
	for format in parquet csv jsonl; do
		for threads in 1 3; do
			convert "$export" --format $format --threads $threads \
			    -o all-$format-$threads
			convert "$export" --format $format --threads $threads \
			    --where "id NOT IN (SELECT id FROM logs WHERE id LIKE '%7')" \
			    --tables logs -o sub-$format-$threads
			# DuckDB makes a join of a longer list.
			convert "$export" --format $format --threads $threads \
			    --where "substr(id, 5, 1) IN ('a', 'b', 'c', 'd', 'e', 'f')" \
			    --tables logs -o list-$format-$threads
		done
		for what in all sub list; do
			diff -r $what-$format-1 $what-$format-3
		done
	done
	for what in all sub list; do
		assert_equal "$(ids $what-parquet-3/logs.parquet)" \
		    "$(ids $what-jsonl-3/logs.jsonl)"
	done
	assert_equal "$(jq -s 'map(.id | endswith("7") | not) | all' \
	    sub-jsonl-3/logs.jsonl)" true
	# What records() tells of itself can be asked for, too.
	{
		cat "$TOP/src/sources/humanloop.yaml"
		cat <<-'END'

		tables:
		  both:
		    about: two resources, one after the other
		    from: records('versions, logs')
		    columns:
		      id: its id
		      item: {type: BIGINT, sql: item, about: always 0}
		      odd: {type: BOOLEAN, sql: "substr(keys[1], 4, 1) IN ('a', 'b', 'c', 'd', 'e', 'f') OR line IN (SELECT unnest(range(1, 2000, 2)))", about: what SQL makes a join of}
		  lines:
		    about: where a log stands
		    from: records('logs')
		    columns:
		      file: {sql: file, about: its file}
		      line: {type: BIGINT, sql: line, about: its line}
		      log: {path: id, about: its id}
		END
	} >mine.yaml
	start_fixture --workspace bulk --files 3 --logs 3000 --log-bytes 300
	hlexport --source ./mine.yaml -o mine --logs -q
	for threads in 1 3; do
		convert mine/2* --format csv --tables lines \
		    --threads $threads -o mine-$threads --where \
		    "line BETWEEN 998 AND 2051 AND file LIKE '%2.jsonl'"
	done
	diff -r mine-1 mine-3
	for format in parquet jsonl; do
		convert mine/2* --format $format --tables both --threads 3 \
		    --memory-limit 100MiB -o both-$format
	done
	convert mine/2* --format parquet --tables both --threads 1 \
	    --memory-limit 100MiB -o both-1
	diff -r both-1 both-parquet
	assert_equal "$(wc -l <both-jsonl/both.jsonl)" "$(hlexport query \
	    mine/2* --format csv "SELECT (SELECT count(*) FROM
	    records('versions')) + (SELECT count(*) FROM records('logs'))" |
	    tail -n 1 | tr -d '\r')"
	assert_equal "$(ids both-parquet/both.parquet)" \
	    "$(ids both-jsonl/both.jsonl)"
	assert_equal "$(head -n 1 both-jsonl/both.jsonl | jq -c '.item')" 0
	assert_equal "$(wc -l <mine-3/lines.csv)" 10
}

@test "large records want no more memory than small ones" {
	needs_tables
	export_workspace --workspace bulk --files 2 --logs 800 \
	    --log-bytes 100000
	for format in parquet jsonl; do
		convert "$export" --format $format --tables logs \
		    --memory-limit 200MiB --threads 2 -o $format
		assert_equal "$(jq '.files[0].rows' $format/manifest.json)" \
		    1600
	done
	hlexport query "$export" --memory-limit 200MiB \
	    "SELECT count(*) FROM trace_spans"
	convert "$export" --format parquet --tables logs \
	    --memory-limit 300MiB --partition-by file -o folders
	assert_equal "$(jq '[.files[].rows] | add' folders/manifest.json)" \
	    1600
}

@test "huge records among small ones are converted, too" {
	needs_tables
	mkdir -p old/files/pr_1/logs
	python3 - old/files/pr_1 <<'END'
import json, sys
json.dump({"id": "pr_1", "type": "prompt", "path": "p", "name": "p"},
          open(sys.argv[1] + "/file.json", "w"))
with open(sys.argv[1] + "/logs/1.jsonl", "w") as file:
    for i in range(3000):
        text = f"{i * 7919:08} " * (330000 if 1500 <= i < 1510 else 20)
        file.write(json.dumps({"id": f"log_{i}", "output": text}) + "\n")
END
	for threads in 1 2; do
		convert old --format parquet --tables logs --threads $threads \
		    -o $threads
	done
	diff -r 1 2
}

@test "a preview, a question, and nothing without a yes" {
	needs_tables
	run -2 hlexport convert "$sample" --format csv -o out </dev/null
	assert_contains "$output" "Export Preview"
	assert_contains "$output" "logs                         26 rows"
	assert_contains "$output" "without a terminal"
	[ ! -e out ]
	run -0 hlexport convert "$sample" --format csv -o out --dry-run
	assert_contains "$output" "Dry run - no files created."
	[ ! -e out ]
	run -1 script -qec "'$HLEXPORT' convert '$sample' --format csv -o out" \
	    /dev/null <<<"n"
	assert_contains "$output" "Continue? [y/N]"
	assert_contains "$output" "Aborted."
	[ ! -e out ]
	run -0 script -qec "'$HLEXPORT' convert '$sample' --format csv -o out" \
	    /dev/null <<<"y"
	assert_contains "$output" "Export complete!"
	[ -s out/logs.csv ]
	run -0 --separate-stderr hlexport convert "$sample" --format csv \
	    -o other --yes --json
	assert_equal "$(jq -r .output <<<"$output")" other
}

@test "Ctrl-C at the question: nothing is made, nothing is left" {
	needs_tables
	# Typed as soon as the question is seen; with one processor that is
	# often before the program waits for an answer.
	run python3 - "$HLEXPORT" "$sample" <<'END'
import os, pty, signal, sys
signal.alarm(60)
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
for i in range(20):
    child, terminal = pty.fork()
    if child == 0:
        os.nice(19)
        os.execv(sys.argv[1], [sys.argv[1], "convert", sys.argv[2],
                               "--format", "csv", "--tables", "versions",
                               "-o", "out"])
    seen = b""
    while b"[y/N]" not in seen:
        seen += os.read(terminal, 4096)
    os.write(terminal, b"\x03")
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    print(os.waitstatus_to_exitcode(status))
END
	assert_status 0
	assert_equal "$(sort -u <<<"$output")" 130
	[ ! -e out ]
	assert_clean .
}

@test "dates, filters and conditions choose rows" {
	needs_tables
	count()
	{
		hlexport convert "$sample" --format jsonl --tables logs \
		    -o "chosen$n" --yes -q "$@" 2>/dev/null || return
		if [ -e "chosen$n/logs.jsonl" ]; then
			wc -l <"chosen$n/logs.jsonl"
		else
			echo 0
		fi
	}
	sql()
	{
		hlexport query "$sample" -q --format csv \
		    "SELECT count(*) FROM logs WHERE $1" | tail -n 1 |
		    tr -d '\r'
	}
	n=1
	assert_equal "$(count --from 2025-01-05 --to 2025-01-05)" \
	    "$(sql "created_at::DATE = DATE '2025-01-05'")"
	n=2
	assert_equal "$(count --to 2025-01-05T00:01:00Z)" \
	    "$(sql "created_at <= TIMESTAMPTZ '2025-01-05 00:01:00Z'")"
	# A leap second is the second after it.
	assert_equal "$(n=2b; count --to 2025-01-05T00:00:60Z)" \
	    "$(sql "created_at <= TIMESTAMPTZ '2025-01-05 00:01:00Z'")"
	assert_equal "$(n=2c; count --to 2025-01-04T19:00:60 \
	    --tz America/New_York)" \
	    "$(sql "created_at <= TIMESTAMPTZ '2025-01-05 00:01:00Z'")"
	n=3
	assert_equal "$(count --from 2025-01-05 --to 2025-01-05 \
	    --tz America/New_York)" "$(sql "timezone('America/New_York',
	    created_at)::DATE = DATE '2025-01-05'")"
	n=4
	assert_equal "$(count --filter type=tool --filter type=flow \
	    --filter environment=production)" "$(sql "type IN ('tool', 'flow')
	    AND environment = 'production'")"
	n=5
	assert_equal "$(count --where 'cost > 0.0001')" \
	    "$(sql 'cost > 0.0001')"
	n=6
	assert_equal "$(count --from 1999-01-01 --to 1999-01-02)" 0
	[ ! -e chosen6 ]
	# Tables that it does not apply to are there, whole.
	run -0 hlexport convert "$sample" --format csv --from 2025-01-05 \
	    -o all --yes
	assert_contains "$output" "Time range: 2025-01-05 to now (UTC)"
	assert_contains "$output" "no filter applies"
	assert_equal "$(jq -r '.from' all/manifest.json)" 2025-01-05
}

@test "what is wrong is told, with what was meant" {
	needs_tables
	refused()
	{
		local says=$1
		shift
		run -2 hlexport convert "$sample" --yes "$@"
		assert_contains "$output" "$says"
		[ ! -e out ]
	}
	mkdir 'what?'
	refused 'a path with "?"' --format duckdb -o 'what?/out'
	convert "$sample" --format parquet -o 'what?/out[1]*'
	assert_manifest 'what?/out[1]*'
	refused "did you mean logs?" --format csv -o out --tables lgos
	refused "did you mean model?" --format csv -o out --filter modle=x
	refused "KEY=VALUE" --format csv -o out --filter model
	refused "is after" --format csv -o out --from 2025-02-02 \
	    --to 2025-01-01
	refused "parquet" --format parket -o out
	refused "goes with --format csv" --format json --bom -o out
	refused "goes with --format parquet" --format csv --partition-by day \
	    -o out
	refused "table directories" --format csv -o out --where 'cost > 1'
	refused "Parser Error" --format csv -o out --tables logs \
	    --where 'cost >'
	refused "cannot be used with" --format csv -o out --output-file x.csv
	refused "name the file x.csv.gz" --format csv --compress gzip \
	    --output-file x.csv --tables logs
	refused "is not a date" --format csv -o out --from 2025-02-30
	refused "inside the export" --format csv -o "$sample/out"
	refused "inside the export" --format csv -o "$sample"
	refused "Unknown TimeZone" --format csv -o out --tz Mars/Crater \
	    --from 2025-01-01
	run -2 hlexport convert nowhere --format csv --yes
	run -2 hlexport convert "$sample"
	assert_contains "$output" "usage: hlexport convert"
}

@test "nothing is replaced unasked, and nothing that is not ours" {
	needs_tables
	convert "$sample" --format csv -o out
	run -2 hlexport convert "$sample" --format csv -o out --yes
	assert_contains "$output" "--force"
	convert "$sample" --format json -o out --force
	[ -s out/logs.json ]
	[ ! -e out/logs.csv ]
	mkdir mine
	echo precious >mine/file
	run -2 hlexport convert "$sample" --format csv -o mine --yes --force
	assert_contains "$output" "refusing to replace it"
	assert_equal "$(cat mine/file)" precious
	echo precious >out/file
	run -2 hlexport convert "$sample" --format csv -o out --yes --force
	assert_equal "$(cat out/file)" precious
	mkdir empty
	convert "$sample" --format csv -o empty
}

place_has_something()
{
	[ -n "$(ls -A place)" ]
}

@test "killed at any moment: nothing half-made, and nothing left for long" {
	needs_tables
	local i
	start_fixture --workspace bulk --files 4 --logs 1000
	hlexport --logs -q
	stop_fixture
	export=$(the_export)
	mkdir place
	for ((i = 1; i <= 6; i++)); do
		"$HLEXPORT" convert "$export" --format jsonl --yes -q \
		    -o place/out &
		pid=$!
		# As far as it gets while so many others are counted.
		wait_until place_has_something
		seq $((i * 20000)) | wc -l >/dev/null
		kill -9 $pid 2>/dev/null || true
		wait $pid || true
		[ ! -e place/out ] || {
			(cd place/out && jq -r '.files[] | .sha256 + "  " +
			    .path' manifest.json | sha256sum --quiet -c -)
			rm -r place/out
		}
	done
	convert "$export" --format jsonl -o place/out
	assert_clean place
	assert_manifest place/out
}

@test "a full disk: a clear message, and nothing half-made" {
	needs_tables
	export_workspace --workspace full
	mkdir disk
	mount -t tmpfs -o size=3m none disk 2>/dev/null ||
	    skip "no leave to mount"
	for format in parquet csv jsonl xlsx duckdb; do
		run hlexport convert "$export" --format $format --yes -q \
		    -o disk/out
		[ "$status" = 1 ] || {
			[ $format = parquet ] || [ $format = duckdb ] ||
			    [ $format = xlsx ] || {
				umount disk
				echo "$format: status $status: $output"
				return 1
			}
		}
		[ "$status" != 1 ] || [ ! -e disk/out ]
		# The file that did not fit is named, not one that came later.
		[ $format != csv ] && [ $format != jsonl ] ||
		    grep -q "\.$format: .*space" <<<"$output" || {
			umount disk
			echo "$format: $output"
			return 1
		}
		rm -rf disk/out
		assert_clean disk
	done
	umount disk
}

@test "an export with gaps: said loudly, and kept in the manifest" {
	needs_tables
	start_fixture
	add_fault "stats status=404"
	run -3 hlexport --logs
	stop_fixture
	run -0 hlexport convert "$(the_export)" --format csv -o out --yes
	assert_contains "$output" "NOT COMPLETE"
	assert_equal "$(jq -c '[.complete, .gaps > 0]' out/manifest.json)" \
	    '[false,true]'
}

@test "a torn shard: all that can be read is taken, and what can't is counted" {
	needs_tables
	old_tree '{"id":"a"}' '{"id":"b"'
	run -6 hlexport convert old --format csv -o out --yes
	assert_contains "$output" "first: files/pr_1/logs/1.jsonl:2"
	assert_equal "$(jq -c '.troubles[0] | [.resource, .left_out]' \
	    out/manifest.json)" '["logs",1]'
	run -6 hlexport convert old --format parquet -o par --yes --threads 3
	assert_equal "$(hlexport query old -q --skip-damaged --allow-external \
	    --format csv "SELECT count(*) FROM 'par/logs.parquet'" |
	    tr -d '\r' | paste -sd,)" "count_star(),1"
	rm -r out
	run -0 hlexport convert old --format csv -o out --yes --skip-damaged
	assert_equal "$(jq -c '.troubles[0] | [.resource, .left_out]' \
	    out/manifest.json)" '["logs",1]'
}

# A log in a log in a log: twice as many take about twice as long.
@test "records that are nested deeper than any platform has them" {
	needs_tables
	for n in 1000 1001 10000; do
		rm -rf old
		old_tree "$(python3 -c "
n = $n
print(''.join('{\"id\":\"%d\",\"trace_children\":[' % i for i in range(n)) +
    '{\"id\":\"last\",\"trace_children\":[]}' + ']}' * n)")"
		run timeout 60 "$HLEXPORT" query old --format csv \
		    "SELECT count(*), max(depth) FROM records('logs',
		    nested := 'trace_children', id := 'id')"
		if [ $n = 1000 ]; then
			assert_status 0
		else
			assert_status 6
			assert_contains "$output" "1 record is nested so deeply"
			assert_contains "$output" "logs/1.jsonl:1"
		fi
		run timeout 60 "$HLEXPORT" query old -q --format csv \
		    --skip-damaged "SELECT count(*), max(depth),
		    max(raw LIKE '%last%') FROM records('logs',
		    nested := 'trace_children', id := 'id')"
		assert_contains "$output" "1001,1000,true"
	done
}

# Where the list separator is ";", what is behind one is a cell of its own.
@test "cells with a semicolon, and signs of full width" {
	needs_tables
	old_tree '{"id":"a;=1+1","output":"＝1+1","error":"＋1"}' \
	    '{"id":"b","output":"－1","error":"＠x"}'
	run -0 hlexport convert old --format csv --tables logs -o out --yes \
	    --guard-formulas
	assert_contains "$output" "4 cells that look like formulas"
	grep -q '"a;=1+1"' out/logs.csv
	grep -q "\"'＝1+1\"" out/logs.csv
	run -0 hlexport query old --format csv "SELECT id FROM logs ORDER BY 1"
	assert_contains "$output" '"a;=1+1"'
}

@test "cells that a spreadsheet would run, a byte order mark, a first line" {
	needs_tables
	old_tree '{"id":"=1+1","output":"a,\"b\"\r\nc","error":"-2"}' \
	    '{"id":"@x","output":"","error":null}'
	run -0 hlexport convert old --format csv --tables logs -o out --yes \
	    --guard-formulas --bom
	assert_contains "$output" "3 cells that look like formulas"
	python3 - <<'END'
import csv
with open("out/logs.csv", "rb") as file:
    assert file.read(3) == b"\xef\xbb\xbf"
with open("out/logs.csv", encoding="utf-8-sig", newline="") as file:
    rows = list(csv.DictReader(file))
assert rows[0]["id"] == "'=1+1" and rows[0]["error"] == "'-2", rows
assert rows[0]["output"] == 'a,"b"\r\nc'
assert rows[1]["id"] == "'@x"
END
	# A text that is empty is not the same as none.
	grep -q ',"",' out/logs.csv
	convert old --format jsonl --tables logs --metadata -o lines \
	    --filter id=@x --where true
	assert_equal "$(head -n 1 lines/logs.jsonl |
	    jq -c '[._metadata, .table, .rows, .filters, .where, .complete]')" \
	    '[true,"logs",1,{"id":["@x"]},"true",false]'
}

@test "rows without a time that can be read: dates leave them out, aloud" {
	needs_tables
	old_tree '{"id":"a","created_at":"2025-03-01T00:00:00Z"}' \
	    '{"id":"b","created_at":"yesterday"}' '{"id":"c"}' \
	    '{"id":"d","created_at":"2023-03-01T00:00:00Z"}'
	run -0 hlexport convert old --format csv -t logs --yes -o one \
	    --from 2025-01-01
	assert_contains "$output" "logs: 2 rows have no valid time"
	assert_equal "$(jq -c '.tables[0] | [.rows, .without_time]' \
	    one/manifest.json)" "[1,2]"
	run -0 hlexport convert old --format csv -t logs --yes -o two \
	    --to 2024-01-01 --filter id=b --filter id=d
	assert_contains "$output" "logs: 1 row has no time"
	assert_equal "$(jq -c '.tables[0] | [.rows, .without_time]' \
	    two/manifest.json)" "[1,1]"
	# Also where nothing else is there; and not where no date is given.
	run -0 hlexport convert old --format csv -t logs --yes -o three \
	    --from 2026-01-01
	assert_contains "$output" "logs: 2 rows have no time"
	assert_contains "$output" "No data found"
	run -0 hlexport convert old --format csv -t logs --yes -o four
	[[ $output != *"no time"* ]]
	assert_equal "$(jq -c '.tables[0] | [.rows, .without_time]' \
	    four/manifest.json)" "[4,0]"
	run -0 hlexport report old -q --from 2025-01-01 --format json
	assert_equal "$(jq -c '[.total_metrics, (.notes | map(select(
	    contains("2 events have no readable"))) | length)]' <<<"$output")" \
	    "[1,1]"
	run -0 hlexport report old -q --format json
	assert_equal "$(jq .total_metrics <<<"$output")" 4
}

@test "one ZIP file, which others read" {
	needs_tables
	export_workspace --workspace full
	convert "$export" --format csv -o out
	convert "$export" --format csv --zip -o zipped
	assert_equal "$(ls zipped | paste -sd' ')" \
	    "hlexport-humanloop-all.zip manifest.json"
	unzip -tq zipped/*.zip
	python3 - zipped/*.zip out <<'END'
import os, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    assert archive.testzip() is None
    assert sorted(archive.namelist()) == sorted(os.listdir(sys.argv[2]))
    for name in archive.namelist():
        with open(os.path.join(sys.argv[2], name), "rb") as file:
            assert archive.read(name) == file.read(), name
END
	convert "$export" --format parquet --zip -o zipped --force
	python3 - zipped/*.zip <<'END'
import sys, zipfile
for info in zipfile.ZipFile(sys.argv[1]).infolist():
    if info.filename.endswith(".parquet"):
        assert info.compress_type == zipfile.ZIP_STORED, info
END
	assert_clean .
}

@test "chosen columns, in every format; and all but the records" {
	needs_tables
	local format
	for format in csv json jsonl parquet; do
		convert "$sample" --format $format -c cost,id,cost -o some-$format
		# Tables that have neither are left out.
		assert_equal "$(jq -c '[.tables[].name] | index("directories"),
		    index("logs") | . != null' some-$format/manifest.json |
		    xargs)" "true true"
		[ ! -e some-$format/deployments.$format ]
		assert_equal "$(jq -c .columns some-$format/manifest.json)" \
		    '["cost","id","cost"]'
	done
	assert_equal "$(head -n 1 some-csv/logs.csv | tr -d '\r')" cost,id
	assert_equal "$(head -n 1 some-csv/files.csv | tr -d '\r')" id
	assert_equal "$(head -n 1 some-jsonl/logs.jsonl | jq -c keys_unsorted)" \
	    '["cost","id"]'
	hlexport query "$sample" --format csv "SELECT cost, id FROM logs" |
	    diff - some-csv/logs.csv
	parquet_columns()
	{
		hlexport query "$sample" --allow-external --format csv \
		    "SELECT string_agg(name, ' ') FROM
		    parquet_schema('$1') WHERE type IS NOT NULL" | tail -n 1
	}
	assert_contains "$(parquet_columns some-parquet/logs.parquet)" "cost id"
	convert "$sample" --format parquet --no-raw -o bare
	refute_contains "$(parquet_columns bare/logs.parquet)" raw
	# A time is not needed to divide by it.
	convert "$sample" --format parquet -c id -t logs --partition-by day \
	    -o days
	[ -n "$(find days/logs -name '*.parquet')" ]
	convert "$sample" --format csv -c id,raw -t logs --output-file some.csv
	assert_equal "$(head -n 1 some.csv)" id,raw
	run -2 hlexport convert "$sample" --format csv -c id,csot -y
	assert_contains "$output" "did you mean cost?"
	run -2 hlexport convert "$sample" --format csv -c raw --no-raw -y
	run -2 hlexport convert "$sample" --format json -c id -t logs -y \
	    --output-file x.json
	assert_contains "$output" "use --columns with --output DIR"
	[ ! -e x.json ]
}

@test "verify tells of a conversion what is not as it was made" {
	needs_tables
	local made
	convert "$sample" --format csv -o files
	convert "$sample" --format jsonl --zip -o zipped
	convert "$sample" --format parquet --partition-by day -o days
	hlexport report "$sample" --all-formats -q -o bundle
	hlexport report "$sample" --all-formats --zip -q -o bundle-zipped
	for made in files zipped days bundle bundle-zipped; do
		run -0 hlexport verify $made
		assert_contains "$output" "Whole: $made"
		# Each kind of damage, to each kind of file.
		find $made -type f ! -name manifest.json | sort | head -n 3 |
		    while read -r file; do
			cp "$file" kept
			for harm in change cut add lose; do
				case $harm in
				change) printf X | dd of="$file" bs=1 seek=$((
				    $(stat -c %s kept) / 2)) conv=notrunc \
				    status=none ;;
				cut) head -c -1 kept >"$file" ;;
				add) echo >>"$file" ;;
				lose) rm "$file" ;;
				esac
				run hlexport verify $made 3>&-
				cmp -s "$file" kept ||
				    assert_equal "$harm $file $status" \
				    "$harm $file 6"
				cp kept "$file"
			done
		done
		run -0 hlexport verify --json $made
		assert_equal "$(jq -r .status <<<"$output")" whole
		touch $made/more
		ln -s /etc/hostname $made/link
		run -6 hlexport verify $made
		assert_contains "$output" "extra    more"
		assert_contains "$output" "extra    link"
	done
	touch files/.DS_Store
	rm files/more files/link
	run -0 hlexport verify files
	assert_contains "$output" "note     .DS_Store"
	# Its manifest has a SHA-256 of its own.
	cp files/manifest.json kept
	for harm in 's/"rows": 26/"rows": 27/' '1s/$/ /' 's/complete/kompleet/' \
	    's/conversion/x/' '3,$d' '1,$d'; do
		sed "$harm" kept >files/manifest.json
		run -6 hlexport verify files
		assert_contains "$output" "damaged  manifest.json"
	done
	echo '{"hlexport": "conversion", "files": [{"path": "../x"}]}' \
	    >files/manifest.json
	run -6 hlexport verify files
	assert_contains "$output" "its list of files is invalid"
	rm files/manifest.json
	run -2 hlexport verify files
	run -2 hlexport verify --accept days
}

@test "what is made has the modes that umask gives; an archive stays private" {
	needs_tables
	local mask
	for mask in 022 027 077 002; do
		(umask $mask; mkdir d-$mask; touch f-$mask
		hlexport convert "$sample" --format parquet --partition-by day \
		    -y -q -t logs -o days-$mask
		hlexport convert "$sample" --format csv --zip -y -q \
		    -o zip-$mask
		hlexport convert "$sample" --format csv -t logs -y -q \
		    --output-file logs-$mask.csv
		hlexport report "$sample" -q -o report-$mask.md
		hlexport query "$sample" -q -o rows-$mask.csv "SELECT 1"
		hlexport pack "$sample" -q -o archive-$mask.zip)
		assert_equal "$(find days-$mask zip-$mask -type d -printf \
		    '%m\n' | sort -u)" "$(stat -c %a d-$mask)"
		assert_equal "$(find days-$mask zip-$mask logs-$mask.csv \
		    report-$mask.md rows-$mask.csv -type f -printf '%m\n' |
		    sort -u)" "$(stat -c %a f-$mask)"
		assert_equal "$(stat -c %a archive-$mask.zip)" 600
	done
}
