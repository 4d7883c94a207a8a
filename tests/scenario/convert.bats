# From an export to files of every format, read back by other programs.

bats_require_minimum_version 1.5.0
load helper
load tables
load convert

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
