# --via export: a list by intervals of time, from an endpoint with a cap.

bats_require_minimum_version 1.5.0
load helper
load tables
load monkai

@test "--via export, with a cap of 500: the same rows as by pages" {
	start_trace --records 12000 --rows 3000 --cap 500
	run -0 monkai -o paged
	forget_asked
	run -0 monkai -o spans --via export --export-cap 500
	local stream
	# In the same order, even.
	for stream in records logs; do
		assert_same_export paged/*/$stream spans/*/$stream
	done
	assert_contains "$output" "2 lists have no server total"
	run -0 hlexport verify spans/*
	# A call that was cut, or one that is kept: no more than three a kept one.
	[ "$(asked_count)" -le 120 ]
	# The pages' endpoints were asked for their total only.
	assert_equal "$(asked_count query)" 2
	assert_equal "$(asked_count 'query .* 1 1$')" 2
	# Windows overlap: what is in two of them counts once.
	run -0 hlexport verify --online spans/*
	assert_contains "$output" ": none"
	add_fault "logs_export delete=2 times=1"
	run -1 hlexport verify --online spans/*
	assert_contains "$output" "missing: exported_logs: 2998 different"
	# Where they tell none, all the same.
	stop_fixture
	start_trace --shape bare --cap 500
	run -0 monkai -o bare --via export --export-cap 500
	fixture truth/records | cmp - <(rows bare/* records)
	run -0 hlexport verify --online bare/*
	assert_contains "$output" ": none"
}

@test "a server that does not look at dates is given up soon" {
	start_trace --no-dates --cap 500
	run -3 monkai --via export --export-cap 500
	assert_contains "$output" "the same full reply for every time range"
	[ "$(asked_count)" -le 400 ]
	run -6 hlexport verify "$(the_export)"
	run -0 monkai -o pages
}

@test "a cap that is lower than --export-cap is found out by the total" {
	start_trace --cap 500
	run -3 monkai --via export
	assert_contains "$output" \
	    "500 different records; records_total.rows says 2500"
	run -6 hlexport verify "$(the_export)"
}
