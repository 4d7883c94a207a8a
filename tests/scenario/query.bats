# SQL over an export.

bats_require_minimum_version 1.5.0
load helper
load tables

sample="$TOP/exports.example/20250606-120000"

@test "without SQL: the tables and their columns" {
	needs_tables
	run -0 hlexport query "$sample"
	for table in directories files versions environments deployments \
	    datasets datapoints evaluations runs evaluation_stats \
	    evaluation_logs judgments logs trace_spans messages; do
		grep -q "^$table " <<<"$output" || {
			echo "no $table"
			return 1
		}
	done
	assert_contains "$output" "TIMESTAMPTZ"
	run -0 hlexport query "$sample" --format json
	assert_equal "$(jq -r '.[] | select(.name == "logs") |
	    .columns[] | select(.name == "created_at") | .type' \
	    <<<"$output")" TIMESTAMPTZ
}

@test "without SQL there are no rows for --output" {
	run -2 hlexport query "$sample" --output rows.csv
	assert_contains "$output" "--output requires SQL"
	[ ! -e rows.csv ]
}

@test "what is declared is what the columns are" {
	needs_tables
	local table
	hlexport query "$sample" --format json >tables.json
	for table in $(jq -r '.[].name' tables.json); do
		jq -r ".[] | select(.name == \"$table\") | .columns[] |
		    .name + \" \" + .type" tables.json |
		    sed 's/TIMESTAMPTZ/TIMESTAMP WITH TIME ZONE/' >declared
		hlexport query "$sample" --format jsonl "DESCRIBE $table" |
		    jq -r '.column_name + " " + .column_type' |
		    grep -v '^raw ' >found
		diff declared found || return 1
	done
}

@test "every form of rows is what its readers take" {
	needs_tables
	sql="SELECT id, created_at, cost, metadata FROM logs ORDER BY id LIMIT 3"
	hlexport query "$sample" "$sql" --format csv |
	    python3 -c 'import csv, sys
rows = list(csv.reader(sys.stdin))
assert len(rows) == 4 and len(rows[1]) == 4, rows'
	assert_equal "$(hlexport query "$sample" "$sql" --format json |
	    jq length)" 3
	assert_equal "$(hlexport query "$sample" "$sql" --format jsonl |
	    jq -s 'map(.metadata | type) | unique | .[0]')" '"object"'
	run -0 hlexport query "$sample" "$sql" --format markdown
	assert_contains "$output" "| id | created_at | cost | metadata |"
	run -0 hlexport query "$sample" "SELECT 1 AS one, 'x|y' AS two"
	assert_equal "${lines[0]}" "one  two"
	assert_equal "${lines[1]}" "  1  x|y"
	hlexport query "$sample" "$sql" --format parquet -o rows.parquet
	assert_equal "$(head -c 4 rows.parquet)" PAR1
	run -2 hlexport query "$sample" "$sql" -o rows.parquet
	assert_contains "$output" "--force"
	# What is there stays, if its successor can't be made.
	run -2 hlexport query "$sample" "SELECT nothing" -o rows.parquet \
	    --force
	assert_equal "$(head -c 4 rows.parquet)" PAR1
	cp -r "$sample" x
	run -2 hlexport query x "SELECT 1" -o x/manifest.jsonl --force
	assert_contains "$output" "inside the export"
	run -2 hlexport report x -o x/files/report.md
	assert_contains "$output" "inside the export"
	echo "$sql" >rows.sql
	assert_equal "$(hlexport query "$sample" -f rows.sql --format csv |
	    wc -l)" 4
	echo "$sql" | hlexport query "$sample" -f - --format csv >/dev/null
}

@test "values of all kinds come out whole" {
	needs_tables
	run -0 hlexport query "$sample" --format jsonl "SELECT
	    9223372036854775807 AS a, 170141183460469231731687303715884105727
	    AS b, 0.1 AS c, 1e300 AS d, [1, 2] AS e, {'x': 'y\"'} AS f,
	    'a' || chr(0) || 'b' AS g, NULL AS h, true AS i, DATE '2025-01-02'
	    AS j, TIMESTAMPTZ '1969-12-31 23:59:59.5Z' AS k, 'nan'::DOUBLE AS l"
	assert_equal "$output" '{"a":9223372036854775807,"b":170141183460469231731687303715884105727,"c":0.1,"d":1e+300,"e":[1,2],"f":{"x":"y\""},"g":"a\u0000b","h":null,"i":true,"j":"2025-01-02","k":"1969-12-31T23:59:59.500Z","l":null}'
}

@test "nothing outside the export is read, and nothing at all is written" {
	needs_tables
	local sql before
	cp -r "$sample" x
	before=$(find x -type f -exec sha256sum {} + | sort)
	for sql in "SELECT * FROM read_text('/etc/passwd')" \
	    "SELECT * FROM '/etc/passwd'" \
	    "SELECT * FROM glob('/etc/*')" \
	    "COPY (SELECT 1) TO 'x/new.csv'" \
	    "COPY (SELECT 1) TO '$PWD/x/new.csv'" \
	    "EXPLAIN ANALYZE COPY (SELECT 1) TO '$PWD/x/new.csv'" \
	    "PREPARE p AS COPY (SELECT 1) TO '$PWD/x/new.csv'; EXECUTE p" \
	    "ATTACH '$PWD/x/new.db'" "INSTALL httpfs" "LOAD httpfs" \
	    "SET enable_external_access = true" \
	    "EXPORT DATABASE '$PWD/x/new'"; do
		run hlexport query x "$sql"
		[ "$status" = 2 ] || [ "$status" = 1 ] || {
			echo "status $status of $sql: $output"
			return 1
		}
	done
	assert_equal "$(find x -type f -exec sha256sum {} + | sort)" "$before"
	assert_equal "$(find x -type d | wc -l)" \
	    "$(find "$sample" -type d | wc -l)"
	run -2 hlexport query x "SELECT nosuch FROM
	    read_csv('/etc/os-release', delim = '#')"
	[[ $output != *NAME=* ]]
	run -0 hlexport query x --allow-external "SELECT length(content) > 0
	    AS yes FROM read_text('$PWD/x/directories.json')"
	assert_contains "$output" true
	run -0 hlexport query x --allow-external \
	    "COPY (SELECT 1) TO '$PWD/out.csv'"
	[ -s out.csv ]
}

@test "an error in SQL is reported with its position" {
	needs_tables
	run -2 hlexport query "$sample" "SELECT cost FRM logs"
	assert_contains "$output" "Parser Error"
	run -2 hlexport query "$sample" "SELECT kost FROM logs"
	assert_contains "$output" 'kost'
	assert_contains "$output" 'cost'
	run -2 hlexport query "$sample" "SELECT * FROM nothing"
	assert_contains "$output" "nothing"
	run -2 hlexport query "$sample" ""
	run -2 hlexport query nowhere "SELECT 1"
	assert_contains "$output" "nowhere"
	mkdir empty
	run -2 hlexport query empty "SELECT 1"
	assert_contains "$output" "not an export"
	run -2 hlexport query "$sample" "SELECT * FROM records('lags')"
	assert_contains "$output" "no JSON resource of this name"
}

@test "a record that DuckDB refuses loses no row and no byte" {
	needs_tables
	local deep
	deep=$(printf '[%.0s' $(seq 20000))$(printf ']%.0s' $(seq 20000))
	old_tree '{"id":"a","output":"half \ud800 a pair","prompt_tokens":1}' \
	    '{"id":"b","id":"twice","prompt_tokens":2}' \
	    '{"id":"c","prompt_tokens":123456789012345678901234567890,"output_tokens":3}' \
	    "{\"id\":\"d\",\"metadata\":$deep,\"prompt_tokens\":4}" \
	    '{"id":"e","output":"\ud83d\ude00 \u0000 \\ud800","prompt_tokens":5}' \
	    '{"id":"f","latency":1e400,"prompt_tokens":6}'
	run -0 --separate-stderr hlexport query old --format jsonl \
	    "SELECT id, prompt_tokens FROM logs"
	assert_equal "$(jq -sc 'map([.id, .prompt_tokens])' <<<"$output")" \
	    '[["a",1],["b",2],["c",null],["d",4],["e",5],["f",6]]'
	assert_contains "$stderr" "1 of 6 rows"
	# The column "raw" is the lines as they are.
	hlexport query old --format csv "SELECT raw FROM logs" 2>/dev/null |
	    python3 -c '
import csv, sys
csv.field_size_limit(1 << 30)
have = [row[0] for row in csv.reader(sys.stdin)][1:]
want = open("old/files/pr_1/logs/1.jsonl").read().split("\n")[:-1]
assert have == want'
	run -0 hlexport query old --format jsonl -q \
	    "SELECT output FROM logs WHERE id IN ('a', 'e')"
	assert_equal "$(jq -r .output <<<"${lines[0]}")" "half � a pair"
	assert_equal "$(jq -c .output <<<"${lines[1]}")" \
	    '"😀 \u0000 \\ud800"'
}

@test "what Python takes for JSON, and a byte order mark" {
	needs_tables
	old_tree '{"id":"a","x":NaN,"y":[Infinity,-Infinity,"NaN"]}' \
	    '{"id":"b"}'
	sed -i '1s/^/\xef\xbb\xbf/' old/files/pr_1/logs/1.jsonl
	run -0 --separate-stderr hlexport query old --format jsonl \
	    "SELECT id, raw FROM logs"
	assert_equal "$(jq -r .id <<<"$output" | paste -sd,)" a,b
	assert_equal "$(jq -r 'select(.id == "a") | .raw' <<<"$output")" \
	    '{"id":"a","x":NaN,"y":[Infinity,-Infinity,"NaN"]}'
	assert_contains "$stderr" "1 of 2 rows"
	# Numbers that JSON does not have are numbers all the same.
	old_tree '{"id":"a","prompt":{},"provider_latency":Infinity}' \
	    '{"id":"b","prompt":{},"provider_latency":NaN}'
	run -0 --separate-stderr hlexport query old --format csv \
	    "SELECT id, latency, isinf(latency), isnan(latency) FROM logs"
	assert_equal "$(tr -d '\r' <<<"$output" | paste -sd' ')" \
	    "id,latency,isinf(latency),isnan(latency) a,inf,true,false b,nan,false,true"
}

@test "a file that is not there, or a link, is damage" {
	needs_tables
	cp -r "$sample" x
	rm "$(ls -d x/files/*/logs/1.jsonl | head -n 1)"
	run -6 hlexport query x "SELECT count(id) FROM logs"
	run -6 hlexport query x "SELECT count(*) FROM logs"
	assert_contains "$output" "logs: 1 file is missing; first:"
	old_tree '{"id":"a"}'
	mv old/files/pr_1/logs/1.jsonl elsewhere
	ln -s "$PWD/elsewhere" old/files/pr_1/logs/1.jsonl
	run -6 hlexport query old "SELECT count(id) FROM logs"
	run -6 hlexport query old "SELECT count(*) FROM logs"
	assert_contains "$output" "logs: 1 file is missing"
	# A pipe is not waited for.
	rm old/files/pr_1/logs/1.jsonl
	mkfifo old/files/pr_1/logs/1.jsonl
	run -6 timeout 20 "$HLEXPORT" query old "SELECT count(id) FROM logs"
}

@test "traces: a root that comes twice, without an id, with odd ids" {
	needs_tables
	old_tree '{"id":"r","flow":{},"trace_children":[{"id":"c1","tool":{}}]}' \
	    '{"id":"r","flow":{},"trace_children":[{"id":"c1","tool":{}}]}' \
	    '{"flow":{},"trace_children":[{"id":"c2"}]}' \
	    '{"id":"o\u00e9\"q","flow":{},"trace_children":[{"id":"o\u00e9\"q"},{"id":"c3"}]}'
	run -0 hlexport query old -q --format jsonl \
	    "SELECT id, root_id, parent_id, depth FROM trace_spans"
	assert_equal "$(jq -c '[.id, .root_id, .parent_id, .depth]' \
	    <<<"$output" | paste -sd' ')" \
	    '["r","r",null,0] ["c1","r","r",1] [null,null,null,0] ["c2",null,null,1] ["oé\"q","oé\"q",null,0] ["oé\"q","oé\"q","oé\"q",1] ["c3","oé\"q","oé\"q",1]'
}

@test "PIVOT, which is several statements for DuckDB" {
	needs_tables
	run -0 hlexport query "$sample" -q --format csv \
	    "PIVOT logs ON type USING count(*) GROUP BY environment"
	assert_contains "$output" "prompt"
}

@test "a line that is no JSON is left out and counted" {
	needs_tables
	old_tree '{"id":"a"}' '{"id":"b"' '{"id":"c"}'
	printf '{"id":"d","outp' >>old/files/pr_1/logs/1.jsonl
	run -6 hlexport query old "SELECT count(id) FROM logs"
	run -6 hlexport query old "SELECT count(*) FROM logs"
	assert_contains "$output" "logs: 2 unreadable records were skipped"
	assert_contains "$output" "first: files/pr_1/logs/1.jsonl:2"
	run -0 --separate-stderr hlexport query old --skip-damaged \
	    --format csv "SELECT id FROM logs"
	assert_equal "$(tr -d '\r' <<<"$output" | paste -sd,)" "id,a,c"
	assert_contains "$stderr" "2 unreadable records were skipped"
}

@test "an export that is not complete counts as far as its manifest says" {
	needs_tables
	start_fixture --workspace bulk --files 2 --logs 2500
	add_fault "logs page=12 status=404"
	run -3 hlexport --logs
	stop_fixture
	export=$(the_export)
	echo '{"id": "torn' >>"$(ls -d "$export"/files/*/logs/2.jsonl |
	    head -n 1)"
	run -0 --separate-stderr hlexport query "$export" --format csv \
	    "SELECT count(*) < 5000 AND count(*) > 4000 AS some FROM logs"
	assert_contains "$output" true
	assert_contains "$stderr" "is NOT COMPLETE: it has 2 gaps"
}

@test "tables of a stream without records are empty and typed" {
	needs_tables
	start_fixture
	hlexport -q
	stop_fixture
	export=$(the_export)
	run -0 hlexport query "$export" --format jsonl \
	    "SELECT count(*) AS n, typeof(any_value(created_at)) AS t FROM logs"
	assert_equal "$output" \
	    '{"n":0,"t":"TIMESTAMP WITH TIME ZONE"}'
}

@test "an export of the old tool has the same tables" {
	needs_tables
	export_workspace --workspace full
	"$TOP/tests/legacy/make-old-tree" "$export" old
	for table in files versions datapoints logs evaluation_logs messages; do
		sql="SELECT * EXCLUDE (raw) FROM $table ORDER BY ALL"
		hlexport query "$export" -q --format csv "$sql" >ours
		hlexport query old -q --format csv "$sql" >theirs
		cmp ours theirs
	done
}

# Is there a file with something in it that DuckDB made for want of memory?
has_spilled()
{
	[ -n "$(find temp -name 'duckdb_temp_*' -size +100k)" ]
}

@test "what memory can't hold goes to a temporary directory, and not for long" {
	needs_tables
	local pid
	spill=(query "$sample" --temp-dir temp --memory-limit 128MiB
	    --threads 1 --format csv -q "SELECT repeat(md5(i::VARCHAR), 20) AS t
	    FROM range(400000) r(i) ORDER BY 1")
	mkdir temp
	hlexport "${spill[@]}" | tail -n +2 | tr -d '\r' >rows
	LC_ALL=C sort -c rows
	assert_equal "$(wc -l <rows)" 400000
	assert_equal "$(ls -A temp)" ""
	# No one reads, so that it can't come to its end.
	mkfifo unread
	exec 8<>unread
	"$HLEXPORT" "${spill[@]}" >unread 8>&- &
	pid=$!
	wait_until has_spilled
	kill -9 $pid
	wait $pid || true
	exec 8>&-
	has_spilled
	hlexport query "$sample" --temp-dir temp -q "SELECT 1"
	assert_equal "$(ls -A temp)" ""
}

@test "the format is what the output's name says" {
	needs_tables
	for end in csv json jsonl md parquet; do
		hlexport query "$sample" -q "SELECT 1 AS n" -o "out.$end"
	done
	assert_equal "$(cat out.csv)" $'n\r\n1\r'
	assert_equal "$(jq -c . out.json)" '[{"n":1}]'
	assert_equal "$(cat out.jsonl)" '{"n":1}'
	assert_equal "$(head -n 1 out.md)" '| n |'
	assert_equal "$(head -c 4 out.parquet)" PAR1
	run -2 hlexport query "$sample" "SELECT 1" -o out.xlsx
	assert_contains "$output" "query cannot write xlsx"
	hlexport query "$sample" -q "SELECT 1 AS n" -o out.xlsx --format csv
	hlexport report "$sample" -q -o out.html
	grep -q "<!DOCTYPE html>" out.html
	run -2 hlexport report "$sample" -o out2.jsonl
	assert_contains "$output" "report cannot write jsonl"
	run -2 hlexport report "$sample" --all-formats --format csv -o all
	assert_contains "$output" "omit --format"
}

@test "a path that is not an export is reported immediately" {
	needs_tables
	run -2 hlexport query /usr "SELECT 1"
	assert_contains "$output" "/usr is not an export"
	run -2 hlexport summary /usr
	run -2 hlexport verify /usr
	hlexport pack "$sample" -o x.zip
	for words in "repair x.zip" "adopt x.zip" "pack x.zip -o y.zip" \
	    "--resume x.zip"; do
		# shellcheck disable=SC2086 # words
		run -2 hlexport $words
		assert_contains "$output" "x.zip is a file"
	done
	run -2 hlexport query "$sample" "SELECT 1" --temp-dir nowhere
	assert_contains "$output" "--temp-dir nowhere: not a directory"
	[ ! -e nowhere ]
	run -2 hlexport query "$sample" "SELECT 1" -f x
	assert_contains "$output" "given twice"
}

@test "without DuckDB the commands say how to get it" {
	"$HLEXPORT" --version | grep -q '^no DuckDB' ||
	    skip "built with DuckDB"
	for command in "query $sample SELECT" "report $sample" \
	    "convert $sample --format csv --yes"; do
		# shellcheck disable=SC2086 # words
		run -2 hlexport $command
		assert_contains "$output" "contrib/get-duckdb"
	done
}

@test "a wrong or missing DuckDB is reported" {
	needs_tables
	HLEXPORT_DUCKDB=/nowhere/libduckdb.so run -2 hlexport query "$sample"
	assert_contains "$output" "/nowhere/libduckdb.so"
	HLEXPORT_DUCKDB=libz.so.1 run -2 hlexport query "$sample"
	assert_contains "$output" "contrib/get-duckdb"
}

# on_terminal COLUMNS COMMAND...: run it where it is a terminal's.
on_terminal()
{
	python3 - "$@" <<-'END'
	import fcntl, os, pty, struct, sys, termios
	child, fd = pty.fork()
	if child == 0:
	    fcntl.ioctl(1, termios.TIOCSWINSZ,
	                struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
	    os.environ["TERM"] = "xterm"
	    os.execv(sys.argv[2], sys.argv[2:])
	said = b""
	while True:
	    try:
	        piece = os.read(fd, 65536)
	    except OSError:
	        break
	    if not piece:
	        break
	    said += piece
	os.waitpid(child, 0)
	sys.stdout.buffer.write(said.replace(b"\r\n", b"\n"))
	END
}

@test "on a terminal: as wide as that, NULL is a word, rows are counted" {
	needs_tables
	sql="SELECT 'a' AS id, 0.1::DOUBLE + 0.2::DOUBLE AS x, NULL AS n,
	    '' AS e, repeat('long ', 40) AS t, repeat('x', 30) AS u"
	on_terminal 70 "$HLEXPORT" query "$sample" "$sql" >have
	[ "$(wc -L <have)" -le 70 ]
	run -0 cat have
	assert_contains "$output" "0.3  NULL"
	assert_contains "$output" "(1 row)"
	assert_contains "$output" "…"
	on_terminal 70 "$HLEXPORT" query "$sample" --wide "$sql" >have
	[ "$(wc -L <have)" -gt 70 ]
	on_terminal 70 "$HLEXPORT" query "$sample" -x "$sql" >have
	assert_equal "$(grep -c '^t   *long long' have)" 1
	assert_equal "$(grep -c '^n   *NULL' have)" 1
	# Files and pipes get it as it is, and no count.
	hlexport query "$sample" "$sql" >have 2>said
	assert_equal "$(grep -c NULL have)" 0
	assert_equal "$(cat said)" ""
	grep -q 0.30000000000000004 have
}

@test "one table by its name; a reader that has seen enough" {
	needs_tables
	run -0 hlexport query "$sample" logs
	assert_contains "$output" "created_at"
	assert_contains "$output" "  26 rows"
	hlexport query "$sample" "FROM range(1000000)" 2>said | head -n 1 >have
	assert_equal "${PIPESTATUS[0]}" 0
	assert_equal "$(cat have)" range
	assert_equal "$(cat said)" ""
	hlexport summary "$sample" 2>said | true
	assert_equal "$(cat said)" ""
}

@test "on a terminal, rows go through a pager, and no further than it reads" {
	needs_tables
	sql="SELECT 'row ' || i AS r, chr(27) || '[31m' AS c
	    FROM range(3) t(i)"
	PAGER="tee paged" on_terminal 70 "$HLEXPORT" query "$sample" "$sql" >have
	grep -q "row 2" have
	grep -q "row 2" paged
	grep -q "(3 rows)" have
	refute_contains "$(cat paged)" "(3 rows)"
	refute_contains "$(cat paged)" $'\e'
	# One for each statement; and none for what has no rows to show.
	PAGER="cat >>pages; echo end >>pages" on_terminal 70 "$HLEXPORT" \
	    query "$sample" "SELECT 1 AS one; SELECT 2 AS two" >have
	assert_equal "$(grep -c end pages)" 2
	PAGER="touch begun; cat" on_terminal 70 "$HLEXPORT" query "$sample" \
	    "SELECT nothing" >have
	[ ! -e begun ]
	PAGER="head -n 2" on_terminal 70 "$HLEXPORT" query "$sample" -x \
	    "SELECT i FROM range(10000000) t(i)" >have
	refute_contains "$(cat have)" "hlexport:"
	PAGER=/nowhere/pager on_terminal 70 "$HLEXPORT" query "$sample" \
	    "$sql" >have
	grep -q 'the pager "/nowhere/pager" cannot be run' have
	for none in "" cat; do
		PAGER=$none on_terminal 70 "$HLEXPORT" query "$sample" "$sql" \
		    >have
		grep -q "row 2" have
	done
	# Files and pipes get the rows as they are.
	PAGER="touch begun" hlexport query "$sample" "$sql" >have
	[ ! -e begun ]
}

@test "SQL from standard input, where that is a pipe or a file" {
	needs_tables
	assert_equal "$(echo "SELECT count(*) AS n FROM logs" | "$HLEXPORT" \
	    query "$sample" --format jsonl)" '{"n":26}'
	echo "SELECT 5 AS five" >five.sql
	assert_equal "$(hlexport query "$sample" --format jsonl <five.sql)" \
	    '{"five":5}'
	echo "SELECT 6 AS six" | hlexport query "$sample" -o six.jsonl
	assert_equal "$(cat six.jsonl)" '{"six":6}'
	# Nothing is no SQL; and what is typed comes first.
	hlexport query "$sample" </dev/null >tables
	grep -q ^logs tables
	printf ' \n' | hlexport query "$sample" | diff tables -
	assert_equal "$(echo "nonsense" | "$HLEXPORT" query "$sample" \
	    --format jsonl "SELECT 7 AS seven")" '{"seven":7}'
}

@test "on a terminal, a long query shows its progress until the first rows" {
	needs_tables
	# Long enough that there is something to tell, on whatever machine.
	rows=200000000
	until on_terminal 70 "$HLEXPORT" query "$sample" "SELECT count(*) AS n
	    FROM range($rows) t(i) WHERE i % 8 = 3" >have &&
	    grep -q "records read" have; do
		[ "$rows" -lt 30000000000 ]
		rows=$((rows * 4))
	done
	# What was drawn is taken away before the rows.
	tail -n 4 have | grep -q "$((rows / 8))"
	on_terminal 70 "$HLEXPORT" query "$sample" -q "SELECT 1" >have
	run -1 grep -q "records read" have
}
