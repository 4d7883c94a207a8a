# What is asked before a conversion, which rows it takes, what it replaces.

bats_require_minimum_version 1.5.0
load helper
load tables
load convert

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

@test "mistakes are reported, with the likely intention" {
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
