# The source monkai: records and logs, by POST, page by page.

bats_require_minimum_version 1.5.0
load helper
load tables
load monkai

@test "120,000 records and 30,000 logs, byte for byte" {
	start_trace --records 120000 --rows 30000
	run -0 monkai
	assert_contains "$output" "120,000"
	assert_contains "$output" "30,000"
	assert_contains "$output" "All counts agree with the server's totals"
	assert_rows "$(the_export)"
	assert_equal "$(asked_count)" 150
	assert_equal "$(ls "$(the_export)"/records | wc -l)" 120
	run -0 monkai --resume "$(the_export)"
	run -0 hlexport summary --json "$(the_export)"
	assert_equal "$(echo "$output" | jq -c .records)" \
	    '{"records":120000,"logs":30000,"records_total":0,"exported_records":0,"logs_total":0,"exported_logs":0}'
}

@test "as many, with rows arriving, with faults, killed and resumed" {
	start_trace --records 120000 --rows 30000 --no-dates \
	    --fault "record_query insert=20 times=9" \
	    --fault "record_query page=30 status=500 times=2" \
	    --fault "logs_query page=11 cut=5000 times=2" \
	    --fault "record_query page=50 stall=99 times=1"
	"$HLEXPORT" --source monkai -q 7>&- & pid=$!
	wait_until was_asked 1 "record_query.* 50 1000"
	wait_until grep -q '"page":"records","first":30000,' \
	    exports/*/manifest.jsonl
	kill -9 $pid
	wait $pid || true
	add_fault "record_query insert=20 times=9"
	add_fault "record_query page=70 status=503 times=2"
	run -0 monkai --resume exports/*
	assert_contains "$output" "120,3"
	assert_rows "$(the_export)"
}

@test "the three shapes of an answer, and a server that gives less a page" {
	local shape
	for shape in rich total page bare; do
		start_trace --shape $shape
		run -0 monkai -o $shape
		assert_rows "$(echo $shape/*)"
		[ $shape = rich ] || assert_same_export rich/*/records \
		    $shape/*/records
		stop_fixture
		start_trace --shape $shape --clamp 300
		run -0 monkai -o $shape-clamped
		assert_rows "$(echo $shape-clamped/*)"
		stop_fixture
	done
}

@test "a server that gives one record a page" {
	local shape
	for shape in bare rich total page; do
		start_trace --shape $shape --clamp 1 --records 40 --rows 30
		run -0 monkai -o one-$shape
		assert_rows "$(echo one-$shape/*)"
		stop_fixture
	done
}

@test "rows that come during the crawl: outside the window, and inside it" {
	start_trace --records 4300 --rows 0 --fault "record_query insert=7"
	fixture truth/records >before
	run -0 monkai --stream records -o fixed
	rows fixed/* records | cmp - before
	assert_equal "$(asked_count)" 5
	stop_fixture
	local shape
	for shape in rich total bare; do
		start_trace --records 4300 --rows 0 --no-dates --shape $shape \
		    --fault "record_query insert=7 times=5"
		run -0 monkai --stream records -o moved-$shape
		fixture truth/records | cmp - <(rows moved-$shape/* records)
		run -0 hlexport verify moved-$shape/*
		stop_fixture
	done
}

@test "rows that go during the crawl: what was there throughout is there" {
	local shape page
	for shape in rich total bare; do
		for page in 2 3 5; do
			start_trace --records 4300 --rows 0 --shape $shape \
			    --fault "record_query delete=3 page=$page times=1"
			run -0 monkai --stream records -o $shape-$page
			fixture truth/records | LC_ALL=C sort >after
			rows $shape-$page/* records | LC_ALL=C sort >have
			assert_equal "$(LC_ALL=C comm -13 have after)" ""
			assert_equal "$(uniq -d have)" ""
			stop_fixture
		done
	done
}

@test "faults of every kind, and the same bytes" {
	start_trace --records 6000 --rows 3000
	run -0 monkai -o plain
	for fault in "record_query page=2 status=500 times=2" \
	    "record_query page=3 status=502 form=html times=1" \
	    "logs_query status=503 form=flat times=1" \
	    "logs_query page=2 status=504 times=1" \
	    "record_query page=4 cut=3000 times=1" \
	    "record_query page=5 badjson=900 times=1" \
	    "record_query page=6 body=200 text={\"rows\":[]} times=2" \
	    "logs_query page=3 reset=1 times=2" \
	    "logs_query page=1 gzip=1 times=1"; do
		add_fault "$fault"
	done
	run -0 monkai -o faulty
	assert_rows "$(echo faulty/*)"
	assert_same_export plain/* faulty/*
	run -0 grep -c 'no "records" in the reply' faulty/*/export.log
}

@test "an answer without the promised key is a gap, and never an empty list" {
	start_trace
	add_fault 'record_query page=2 body=200 text={"count":0}'
	run -3 monkai
	assert_contains "$output" 'no "records" in the reply'
	assert_contains "$output" "(request req-"
	run -6 hlexport verify "$(the_export)"
	heal
	# The export knows its source and its namespace.
	unset MONKAI_TRACE_NAMESPACE
	run -0 hlexport --resume "$(the_export)"
	assert_rows "$(the_export)"
}

@test "a server that fails for good is given up, with its last words" {
	start_trace
	add_fault "any status=500"
	run -1 monkai
	assert_contains "$output" "internal_error: scripted fault"
	[ "$(asked_count)" -le 60 ]
}

@test "killed at any page and resumed: the same bytes, nothing asked twice" {
	start_trace --records 9000 --rows 100
	local page
	run -0 monkai -o plain
	for page in 1 4 9; do
		forget_asked
		add_fault "record_query page=$page stall=50 times=1"
		"$HLEXPORT" --source monkai -q -o killed-$page 7>&- &
		pid=$!
		wait_until was_asked 1 "record_query.* $page 1000"
		# What came before is on disk by then.
		wait_until grep -q '"listing":"logs"' \
		    killed-$page/*/manifest.jsonl
		[ $page = 1 ] || wait_until grep -q \
		    "\"page\":\"records\",\"first\":$((page * 1000 - 2000))," \
		    killed-$page/*/manifest.jsonl
		kill -9 $pid
		wait $pid || true
		forget_asked
		heal
		run -0 monkai --resume killed-$page/*
		assert_rows "$(echo killed-$page/*)"
		assert_same_export plain/* killed-$page/*
		[ $page = 1 ] ||
		    assert_equal "$(asked_count 'record_query.* 1 1000')" 0
	done
}
