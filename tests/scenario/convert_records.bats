# Unusual records and options of formats, and what a conversion says of itself.

bats_require_minimum_version 1.5.0
load helper
load tables
load convert

@test "an export with gaps: a warning, also in the conversion's manifest" {
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
			assert_contains "$output" "1 record is nested too deeply"
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

@test "rows without a valid time: date ranges exclude them, with a warning" {
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
	assert_contains "$output" "logs: 1 row has no valid time"
	assert_equal "$(jq -c '.tables[0] | [.rows, .without_time]' \
	    two/manifest.json)" "[1,1]"
	# Also where nothing else is there; and not where no date is given.
	run -0 hlexport convert old --format csv -t logs --yes -o three \
	    --from 2026-01-01
	assert_contains "$output" "logs: 2 rows have no valid time"
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

@test "verify reports what changed in a conversion" {
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
