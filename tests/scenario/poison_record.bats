# A page that fails is asked for in sub-ranges, down to single records.

bats_require_minimum_version 1.5.0
load helper

start_bulk()
{
	start_fixture --workspace bulk --files 1 --logs 1234 --datasets 1 \
	    --datapoints 1500
	id=$(curl -sS -H "X-API-KEY: $key" "$url/files?type=prompt" |
	    jq -r '.records[0].id')
}

# An export that nothing disturbed.
make_whole()
{
	hlexport -q --logs -o whole
	forget_asked
}

@test "one poisoned record costs that record, and is named by its position" {
	local kind
	start_bulk
	make_whole
	for kind in status=500 badjson=1 cut=500; do
		rm -rf exports
		add_fault "logs id=$id holds=538 $kind"
		run -3 hlexport --logs
		heal
		assert_equal "$(grep -c '^  missing' <<<"$output")" 1
		assert_contains "$output" "missing  logs/$id record 538: "
		assert_contains "$output" "logs                      1,233"
		# A page five times, a tenth and a record three times; and what is good.
		[ "$(asked "^logs $id" | wc -l)" -le $((13 + 10 + 10 + 15)) ]
		run -0 hlexport --resume
		assert_same_export whole/* exports/*
		forget_asked
	done
}

@test "several poisoned records, the first and the last among them" {
	start_bulk
	make_whole
	for n in 1 3 97 100 101 640 1200 1201 1234; do
		add_fault "logs id=$id holds=$n status=500"
	done
	run -3 hlexport --logs
	for n in 1 3 97 100 101 640 1200 1201 1234; do
		assert_contains "$output" "logs/$id record $n: HTTP 500"
	done
	assert_contains "$output" "logs                      1,225"
	heal
	run -0 hlexport --resume
	assert_same_export whole/* exports/*
}

@test "a record that is too large costs itself only" {
	start_bulk
	add_fault "logs id=$id holds=55 big=300"
	run -3 hlexport --logs --max-body 5MB
	assert_equal "$(grep -c '^  missing' <<<"$output")" 1
	assert_contains "$output" "logs/$id record 55: the reply is larger than --max-body"
}

@test "a server that takes too long for large pages gets small ones" {
	start_bulk
	make_whole
	add_fault "logs over=10 stall=10"
	run -0 hlexport --logs --stall 1s
	assert_same_export whole/* exports/*
	# Twice is enough to see that it takes too long.
	assert_equal "$(asked "^logs $id .* 100\$" | sort | uniq -c |
	    awk '$1 > 2' | wc -l)" 0
	# And larger ones are tried again.
	[ "$(asked "^logs $id .* 10\$" | wc -l)" -gt 10 ]
	[ "$(asked "^logs $id .* 20\$" | wc -l)" -ge 1 ]
}

@test "a server that recovers gets large pages again" {
	start_bulk
	make_whole
	add_fault "logs over=10 status=504 times=2"
	run -0 hlexport --logs
	assert_same_export whole/* exports/*
	[ "$(asked "^logs $id .* 100\$" | wc -l)" -ge 2 ]
}

@test "a server that refuses the size of a page" {
	start_fixture --workspace bulk --files 1 --logs 300 --datasets 1 \
	    --datapoints 1500 --reject 100
	run -0 hlexport --logs
	assert_truth "$(the_export)"
}

@test "where small pieces don't come either, it is left at that" {
	start_bulk
	add_fault "logs id=$id status=500"
	run -3 hlexport --logs
	assert_contains "$output" "missing  logs/$id"
	# The page, a tenth, the first record, and the second.
	[ "$(asked "^logs $id" | wc -l)" -le 20 ]
	assert_contains "$output" "missing  logs/$id: HTTP 500"
	rm -rf exports
	heal
	forget_asked
	# All but the first page.
	add_fault "logs id=$id covers=101-1234 status=500"
	run hlexport --logs -j 4 --retries 2
	assert_status 3
	assert_contains "$output" "missing  logs/$id page 2 (records 101 to 200)"
	[ "$(asked "^logs $id" | wc -l)" -le $((2 * (13 + 31) + 20)) ]
}
