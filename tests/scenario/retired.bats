# A platform's server that was shut down: each message says so first.

bats_require_minimum_version 1.5.0
load helper

make_old="$TOP/tests/legacy/make-old-tree"
gone="https://api.humanloop.com/v5 was shut down on 2025-09-08"

@test "without another server, what needs it says that it is gone" {
	start_fixture --workspace bulk --files 1 --logs 20
	hlexport -q --logs -o source
	"$make_old" source/* old torn-version
	unset HUMANLOOP_API_URL HUMANLOOP_API_KEY
	run -2 hlexport -o new
	assert_contains "$output" "$gone: no key"
	run -6 hlexport verify old
	run -0 hlexport adopt old
	assert_contains "$output" "$gone; what is missing can no longer be fetched"
	[[ $output != *--resume* ]]
	run -6 hlexport verify old
	assert_contains "$output" "hlexport verify --accept old"
	[[ $output != *--resume* ]]
	run -3 hlexport summary old
	assert_contains "$output" "hlexport verify old"
	[[ $output != *--resume* ]]
	rm "$(find old/files -name stats.json | head -n 1)"
	run -6 hlexport summary old
	assert_contains "$output" "stats.json"
	run -0 hlexport verify --accept old
	run -0 hlexport verify old
	run -2 hlexport --resume old
	assert_contains "$output" "$gone: no key"
	# What was accepted needs no server, so the rest can be put in order.
	echo new >old/new.txt
	run -0 hlexport repair --remove-extra --yes old
	assert_contains "$output" "Nothing wrong found, except for"
	[ ! -e old/new.txt ]
	run -0 hlexport verify old
	sed -i 1d "$(find old -name '*.jsonl' -size +1k -path '*/logs/*' |
	    head -n 1)"
	run -2 hlexport repair old
	assert_contains "$output" "$gone: no key"
}
