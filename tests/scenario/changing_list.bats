# Records come and go while they are read; and a limit on requests a second.

bats_require_minimum_version 1.5.0
load helper

start_bulk()
{
	start_fixture --workspace bulk --files 1 --logs 2050
	id=$(curl -sS -H "X-API-KEY: $key" "$url/files?type=prompt" |
	    jq -r '.records[0].id')
	fixture truth/logs | cut -d ' ' -f 2 >before
}

# Is every log that was there throughout in the export, each once, and none
# that never was?
assert_survivors()
{
	fixture truth/logs | cut -d ' ' -f 2 | LC_ALL=C sort >after
	LC_ALL=C sort before >before.sorted
	cat "$1"/files/"$id"/logs/*.jsonl | jq -r .id | LC_ALL=C sort >have
	assert_equal "$(uniq -d have)" ""
	LC_ALL=C comm -12 before.sorted after >survivors
	assert_equal "$(LC_ALL=C comm -23 survivors have)" ""
	LC_ALL=C sort -u before.sorted after >ever
	# What came and went within the run may be there or not.
	assert_equal "$(LC_ALL=C comm -23 have ever | grep -v ^new_)" ""
}

# export_moving SPEC: an export while the logs move as the fault says.
export_moving()
{
	start_bulk
	add_fault "logs id=$id $1"
	run hlexport --logs -o "out-$1"
	echo "$1: $output"
	assert_status 0
	assert_survivors "$(echo "out-$1"/*)"
	run -0 hlexport verify "$(echo "out-$1"/*)"
	stop_fixture
}

@test "records that go between the requests, at several rates" {
	local spec
	for spec in "delete=1 page=2 times=1" "delete=3 page=10 times=1" \
	    "delete=1 times=5" "delete=1 times=15" "delete=2 times=40" \
	    "delete=1 page=21 times=2" "delete=100 page=5 times=1"; do
		export_moving "$spec"
	done
}

@test "records that come between the requests, at several rates" {
	local spec
	for spec in "insert=1 page=2 times=1" "insert=3 page=10 times=1" \
	    "insert=1 times=5" "insert=1 times=15" "insert=2 times=40" \
	    "insert=100 page=5 times=1"; do
		export_moving "$spec"
		# Those that came are there too.
		grep ^new_ after >came
		assert_equal "$(grep ^new_ have | diff came -)" ""
	done
}

@test "both at once, and without end" {
	start_bulk
	add_fault "logs id=$id page=3 delete=2 times=3"
	add_fault "logs id=$id page=7 insert=2 times=3"
	run hlexport --logs
	assert_status 0
	assert_survivors "$(the_export)"
	rm -rf exports
	stop_fixture
	# More and more, with every request: it is never caught up with.
	start_bulk
	add_fault "logs id=$id insert=1"
	run hlexport --logs
	assert_status 3
	assert_contains "$output" "read 8 times"
	assert_survivors "$(the_export)"
}

@test "without a sign of it, no request more than there are pages" {
	start_bulk
	run -0 hlexport --logs
	assert_equal "$(asked '^logs' | wc -l)" 21
	assert_equal "$(asked | sort | uniq -d)" ""
}

@test "records that moved are reported, in the log and on the terminal" {
	start_bulk
	add_fault "logs id=$id page=10 delete=3 times=1"
	run -0 hlexport --logs
	assert_contains "$output" "the listing changed while it was read: 3 records were removed"
	grep -q "the listing changed while it was read" "$(the_export)/export.log"
	grep -q '"moved":true,"gone":3' "$(the_export)/manifest.jsonl"
}

# Real time: the server counts seconds.
@test "a limit on requests a second is found and kept" {
	unset HLEXPORT_SKIP_WAITS
	start_fixture --workspace bulk --files 4 --logs 10000 --log-bytes 10 \
	    --rate 60
	run -0 hlexport --logs
	asked=$(fixture asked | jq .requests)
	refused=$(fixture asked | jq .too_fast)
	echo "$refused of $asked refused: $output"
	# It has to be found first: that costs one round.
	[ "$refused" -le 24 ]
	seconds=$(sed -n 's/.*received, \([0-9]*\)\.*[0-9]* s$/\1/p' \
	    <<<"$output")
	[ "$seconds" -le $((asked / 60 * 2 + 4)) ]
}
