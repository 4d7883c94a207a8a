# Interrupted and resumed.

load helper

# A workspace that takes a while, for kills to fall into.
start_large()
{
	start_fixture --workspace bulk --files 10 --logs 1200 --log-bytes 900 \
	    --datasets 2 --datapoints 1500 --evaluations 2 \
	    --evaluation-logs 150 --latency 20
}

# wait_for FILE PATTERN: until there is such a line in it.
wait_for()
{
	local i
	for ((i = 0; i < 1000; i++)); do
		grep -qs -- "$2" $1 && return
		sleep 0.01
	done
	return 1
}

@test "kill -9 at 20 random moments, then equal to an uninterrupted one" {
	start_large
	hlexport --logs -q -o whole
	"$HLEXPORT" --logs -q & pid=$!
	wait_for "exports/*/manifest.jsonl" "^{"
	kill -9 $pid
	wait $pid || true
	kills=1
	RANDOM=4711
	while [ $kills -lt 20 ]; do
		"$HLEXPORT" --resume exports/* -q & pid=$!
		sleep 0.$(printf %03d $((RANDOM % 150 + 5)))
		kill -9 $pid 2>/dev/null || true
		wait $pid && break
		kills=$((kills + 1))
	done
	echo "killed $kills times"
	[ $kills -ge 10 ]
	run hlexport --resume exports/*
	assert_status 0
	assert_same_export exports/* whole/*
	assert_truth exports/*
	assert_sums exports/*
}

@test "nothing that is in the manifest is asked for again" {
	start_large
	"$HLEXPORT" --logs -q & pid=$!
	wait_for "exports/*/manifest.jsonl" '^{"page":"logs/.*"first":[5-9]00'
	kill -9 $pid
	wait $pid || true
	# What the manifest has, as the fixture names requests.
	grep -o '^{"page":"logs/[^"]*".*"files"' "$(the_export)/manifest.jsonl" |
	    sed 's|^{"page":"logs/\([^"]*\)","first":\([0-9]*\),.*|\1 \2|' |
	    awk '{print "logs", $1, $2 / 100 + 1, 100}' | sort >noted
	[ -s noted ]
	forget_asked
	hlexport --resume -q
	asked '^logs' | sort >again
	[ -s again ]
	assert_equal "$(comm -12 noted again)" ""
	assert_truth "$(the_export)"
}

@test "--resume alone takes the newest that is not finished" {
	start_fixture
	add_fault "stats status=500"
	SOURCE_DATE_EPOCH=1700000000 run hlexport
	assert_status 3
	SOURCE_DATE_EPOCH=1700000001 run hlexport
	assert_status 3
	heal
	SOURCE_DATE_EPOCH=1700000002 hlexport -q
	SOURCE_DATE_EPOCH=1700000003 run hlexport --resume
	assert_status 0
	assert_contains "$output" "Export complete: exports/20231114-221321"
	run hlexport --resume
	assert_status 0
	assert_contains "$output" "Export complete: exports/20231114-221320"
	run hlexport --resume
	assert_status 0
	assert_contains "$output" "Nothing to resume: exports/20231114-221322 is complete"
}

@test "a finished export says so, asks for nothing, and exits 0" {
	start_fixture
	hlexport -q
	cp -a "$(the_export)" before
	forget_asked
	run hlexport --resume "$(the_export)"
	assert_status 0
	assert_contains "$output" "Export already complete before this run"
	assert_equal "$(asked_count)" 0
	assert_same_export before "$(the_export)"
	# Even with the server gone.
	stop_fixture
	run hlexport --resume "$(the_export)"
	assert_status 0
}

@test "an export keeps its options; a flag that says otherwise is an error" {
	start_fixture
	add_fault "stats status=500"
	run hlexport --logs --type prompt,tool
	assert_status 3
	heal
	run hlexport --resume --type prompt
	assert_status 2
	assert_contains "$output" "was begun with --type=prompt,tool, and an export keeps its options; omit --type, or start a new export"
	run hlexport --resume --start-date 2025-01-01
	assert_status 2
	assert_contains "$output" "was begun without --start-date"
	# What only the environment says doesn't count, and the same is fine.
	EXPORT_LOGS=false run hlexport --resume --type prompt,tool
	assert_status 0
	[ -n "$(compgen -G "$(the_export)/files/*/logs/1.jsonl")" ]
}

@test "the end of the logs is the start of the first run" {
	start_fixture
	add_fault "logs status=500"
	SOURCE_DATE_EPOCH=1740000000 run hlexport --logs
	assert_status 3
	heal
	forget_asked
	SOURCE_DATE_EPOCH=1750000000 hlexport --resume -q
	run grep -o 'end_date=[^&]*' "$(the_export)/export.log"
	assert_equal "$(echo "$output" | sort -u)" \
	    "end_date=2025-02-19T21:20:00.000Z"
	grep -q '"started":"2025-02-19T21:20:00.000Z"' \
	    "$(the_export)/manifest.jsonl"
}

@test "another server's address must be meant" {
	start_fixture
	add_fault "stats status=500"
	run hlexport
	stop_fixture
	start_fixture
	run hlexport --resume
	assert_status 2
	assert_contains "$output" "if both have the same data, use --server-moved"
	run hlexport --resume --server-moved
	assert_status 0
}

@test "two at a time: the second says who has it, and exits 5" {
	start_fixture --latency 50
	"$HLEXPORT" -q & pid=$!
	wait_for "exports/*/manifest.jsonl" "^{"
	run hlexport --resume exports/*
	assert_status 5
	assert_contains "$output" "process $pid is working on exports/"
	wait $pid
	# The lock of one that was killed is gone with it.
	run hlexport --resume exports/*
	assert_status 0
}

@test "two runs in one second get two directories" {
	start_fixture
	hlexport -q
	hlexport -q
	assert_equal "$(ls exports | paste -sd ,)" \
	    "20251124-160000,20251124-160000-2"
	assert_same_export exports/*
}

@test "a torn last line of the manifest is cut off" {
	start_fixture
	add_fault "stats status=500"
	run hlexport
	heal
	printf '{"listing":"stats/pr_x/ev' >>"$(the_export)/manifest.jsonl"
	run hlexport --resume
	assert_status 0
	assert_truth_of_files
	grep -q 'removed an incomplete last line' "$(the_export)/export.log"
}

assert_truth_of_files()
{
	python3 "$TOP/tests/scenario/keys.py" "$(the_export)"
	fixture truth/files | diff - have.files
}

@test "a damaged line of the manifest is an error that names it" {
	start_fixture
	add_fault "stats status=500"
	run hlexport
	heal
	sed -i '3s/listing/\x01/' "$(the_export)/manifest.jsonl"
	run hlexport --resume
	assert_status 6
	assert_contains "$output" "manifest.jsonl, line 3:"
}

@test "what can't be resumed" {
	start_fixture
	run hlexport --resume nowhere
	assert_status 2
	assert_contains "$output" "nowhere does not exist"
	mkdir empty
	run hlexport --resume empty
	assert_status 2
	assert_contains "$output" "empty is not an export: it has no manifest.jsonl"
	touch file
	run hlexport --resume file
	assert_status 2
	add_fault "stats status=500"
	run hlexport -o a
	sed -i '1s/"format":1/"format":9/' a/*/manifest.jsonl
	run hlexport --resume a/*
	assert_status 2
	assert_contains "$output" "its format is 9, but this version supports format 1"
	sed -i '1s/"format":9/"format":1/; 1s/"source":"humanloop"/"source":"other"/' \
	    a/*/manifest.jsonl
	run hlexport --resume a/*
	assert_status 2
	assert_contains "$output" 'is an export from "other", not from "humanloop"'
	echo '{"x":1}' >a/*/manifest.jsonl
	run hlexport --resume a/*
	assert_status 2
	assert_contains "$output" "was not written by hlexport"
	run hlexport --resume --dry-run
	assert_status 2
	assert_contains "$output" "--dry-run and --resume cannot be used together"
}

@test "shards that no one noted are removed" {
	start_fixture
	add_fault "stats status=500"
	run hlexport --logs
	heal
	file=$(dirname "$(ls "$(the_export)"/files/pr_*/file.json)")
	cp "$file/logs/1.jsonl" "$file/logs/2.jsonl"
	# The listing is whole, so its stray shard is none of the manifest's.
	run hlexport --resume
	assert_status 0
	hlexport --logs -q -o whole
	rm -f "$file/logs/2.jsonl"
	assert_same_export "$(the_export)" whole/*
}

@test "an export that is resumed on another day reads the list a second time" {
	start_fixture
	add_fault "stats status=500 times=5"
	run hlexport --logs --retries 1
	assert_status 3
	run hlexport --resume
	assert_status 0
	assert_truth "$(the_export)"
}
