# What goes wrong on the way, and what comes of it.

bats_require_minimum_version 1.5.0
load helper

# fault_passes SPEC...: with these faults the export is whole all the same.
fault_passes()
{
	local spec
	heal
	forget_asked
	for spec in "$@"; do
		add_fault "$spec"
	done
	rm -rf exports
	run hlexport --logs --stall 1s --first-byte 1s
	assert_status 0 || return 1
	assert_truth "$(the_export)"
}

@test "what passes is tried again: statuses" {
	start_fixture
	for status in 408 409 425 429 500 502 503 504 599; do
		fault_passes "logs status=$status times=2"
	done
	for form in html empty; do
		fault_passes "versions status=500 times=3 form=$form"
	done
}

@test "what passes is tried again: a proxy's 401 and 403" {
	start_fixture
	fault_passes "any status=401 times=2 form=html"
	fault_passes "logs status=403 times=2 form=empty"
}

@test "what passes is tried again: broken answers" {
	start_fixture
	fault_passes "logs cut=100 times=2"
	fault_passes "logs chunkcut=100 times=2"
	fault_passes "logs cut=0 times=2"
	fault_passes "versions badjson=200 times=2"
	fault_passes "logs badjson=0 times=1"
	fault_passes "any reset=1 times=3"
	fault_passes "any close=1 times=8"
	fault_passes "logs badgzip=1 times=2"
	fault_passes "logs body=200 text=<html></html> form=html times=2"
	fault_passes "stats body=200 text=[] times=2"
	fault_passes "directories body=200 text={} times=2"
	fault_passes "logs body=200 text={\"records\":null} times=2"
	fault_passes "logs body=200 text={\"detail\":\"busy\"} times=2"
	fault_passes "logs body=200 text={\"records\":[],\"page\":1,\"size\":100} times=2"
	fault_passes "logs body=200 text={\"records\":[],\"page\":2,\"size\":100,\"total\":0} times=2"
}

@test "what passes is tried again: silence" {
	start_fixture
	fault_passes "logs delay=1500 times=1"
	fault_passes "versions stall=50 times=1"
}

@test "what is slow but flows is waited for" {
	start_fixture
	# A tenth of a second each, longer in all than the stall is long.
	fault_passes "directories trickle=60 times=1"
	assert_equal "$(asked_count '^directories')" 1
}

@test "compressed answers" {
	start_fixture
	fault_passes "any gzip=1"
	assert_equal "$(asked | sort | uniq -d)" ""
}

@test "a Content-Encoding that nobody knows: JSON is read as it is" {
	local coding
	start_fixture
	for coding in utf-8 aws-chunked identity,x; do
		fault_passes "any coded=1 text=$coding"
		assert_equal "$(grep -c "Content-Encoding is unknown" \
		    exports/*/export.log)" 1
		# Only what was under way until it was known, and no gaps.
		[ "$(asked | sort | uniq -d | wc -l)" -le 16 ]
	done
	# One reply only, among others that are compressed.
	fault_passes "logs coded=1 text=none times=1" "any gzip=1"
	# What is known, and wrong, is an error, and not read as it is.
	heal
	add_fault "stats coded=1 text=gzip"
	rm -rf exports
	run hlexport --logs
	assert_status 3
	assert_contains "$output" "3 gaps"
}

@test "each retry is a line in export.log" {
	start_fixture
	add_fault "versions status=503 times=1"
	hlexport -q
	line=$(grep ' retry ' "$(the_export)/export.log")
	for part in "resource=versions/" "url=$url/" "status=503" \
	    "attempt=1/5" "wait_s="; do
		assert_contains "$line" "$part"
	done
}

@test "one page that always fails is a gap, and its neighbours are kept" {
	start_fixture --workspace full
	id=$(curl -sS -H "X-API-KEY: $key" "$url/files?size=100" |
	    jq -r '.records[] | select(.name == "logs 2001") | .id')
	add_fault "logs id=$id covers=601-700 status=500"
	run hlexport --logs
	assert_status 3
	assert_contains "$output" "Export finished, 1 gap"
	assert_contains "$output" "missing  logs/$id page 7 (records 601 to 700): HTTP 500: scripted fault"
	assert_contains "$output" "hlexport --resume exports/20251124-160000"
	# It was tried five times, and then some pieces of it.
	assert_equal "$(asked_count "^logs $id 7 100")" 5
	[ "$(asked_count "^logs $id .* 10?\$")" -le $((3 * 31)) ]
	export=$(the_export)
	assert_equal "$(cat "$export/files/$id"/logs/*.jsonl | wc -l)" 1901
	# No mark of completion, and no seal.
	[ ! -e "$export/files/$id/.done" ]
	assert_equal "$(find "$export" -name .done | wc -l)" 27
	grep -q "^{\"gap\":\"logs/$id\",\"first\":600,\"count\":100," \
	    "$export/manifest.jsonl"
	! grep -q '"seal"' "$export/manifest.jsonl"
	(cd "$export" && sha256sum --quiet -c SHA256SUMS)
	# Mended: only that page is asked for; the tree is as if nothing had
	# been.
	heal
	forget_asked
	run hlexport --resume "$export"
	assert_status 0
	assert_equal "$(asked | paste -sd ,)" "directories -,logs $id 7 100"
	hlexport --logs -q -o whole
	assert_same_export "$export" whole/*
}

@test "ten pages in a row that fail are not taken for the end" {
	start_fixture --workspace full
	id=$(curl -sS -H "X-API-KEY: $key" "$url/files?size=100" |
	    jq -r '.records[] | select(.name == "logs 2001") | .id')
	for page in 2 3 4 5 6 7 8 9 10 11; do
		add_fault "logs id=$id covers=$((page * 100 - 99))-$((page * 100)) status=500"
	done
	run hlexport --logs
	assert_status 3
	assert_contains "$output" "10 gaps"
	assert_equal "$(cat "$(the_export)/files/$id"/logs/*.jsonl | wc -l)" \
	    1001
	heal
	run hlexport --resume "$(the_export)"
	assert_status 0
	assert_truth "$(the_export)"
	hlexport --logs -q -o whole
	assert_same_export "$(the_export)" whole/*
}

@test "the list of files: a page that fails costs those files" {
	start_fixture --workspace bulk --files 250 --logs 1 --versions 1 \
	    --datasets 0 --evaluations 0
	add_fault "files covers=101-200 status=500"
	run hlexport
	assert_status 3
	assert_contains "$output" "missing  files page 2 (records 101 to 200)"
	assert_equal "$(ls "$(the_export)/files" | wc -l)" 150
	heal
	run hlexport --resume
	assert_status 0
	assert_truth_but_logs "$(the_export)"
}

assert_truth_but_logs()
{
	python3 "$TOP/tests/scenario/keys.py" "$1"
	fixture truth/files | diff - have.files
	fixture truth/versions | diff - have.versions
}

@test "a page that is refused for ever costs itself" {
	local id status
	start_fixture --workspace bulk --files 1 --logs 3000
	id=$(curl -sS -H "X-API-KEY: $key" "$url/files" |
	    jq -r '[.records[] | select(.type == "prompt")][0].id')
	for status in "429" "429 text=1" "503 text=1"; do
		rm -rf exports
		add_fault "logs id=$id covers=601-700 status=$status"
		run hlexport --logs
		heal
		assert_status 3
		assert_contains "$output" "Export finished, 1 gap"
		assert_equal "$(cat exports/*/files/$id/logs/*.jsonl |
		    wc -l)" 2900
		run hlexport -q --resume
		assert_status 0
	done
}

@test "401, 403 and 404 on one thing are gaps, and the run goes on" {
	start_fixture
	add_fault "versions id=$(curl -sS -H "X-API-KEY: $key" "$url/files" |
	    jq -r '.records[] | select(.type == "tool") | .id') status=404"
	add_fault "stats status=403"
	add_fault "environments status=401 times=1"
	run hlexport --logs
	assert_status 3
	# Three stats; the versions, and the deployments made from them; one.
	assert_contains "$output" "6 gaps"
	assert_contains "$output" "HTTP 403"
	assert_contains "$output" \
	    '"versions", which it is derived from, is incomplete'
	# Not one of them was tried again.
	assert_equal "$(asked '^(versions|stats|environments) ' | sort |
	    uniq -d)" ""
	heal
	run hlexport --resume
	assert_status 0
	assert_truth "$(the_export)"
}

@test "400, 405, 410 and 422 are not tried again" {
	start_fixture
	for status in 400 405 410 422; do
		heal
		forget_asked
		rm -rf exports
		add_fault "stats status=$status"
		run hlexport
		assert_status 3
		assert_equal "$(asked '^stats ' | sort | uniq -d)" ""
	done
}

@test "a key that is refused on the first call: exit 4" {
	start_fixture
	HUMANLOOP_API_KEY=hl_sk_wrong run hlexport
	assert_status 4
	assert_contains "$output" "the server refuses the key (HTTP 401: Invalid API key); check HUMANLOOP_API_KEY"
	! grep -rq hl_sk_wrong exports
	[[ $output != *hl_sk_wrong* ]]
}

@test "a key that is refused later stops the run, which can be resumed" {
	start_fixture --workspace full
	add_fault "logs status=401"
	add_fault "evaluations status=401"
	add_fault "versions status=401"
	add_fault "environments status=401"
	run hlexport --logs
	assert_status 4
	assert_contains "$output" "check HUMANLOOP_API_KEY"
	heal
	run hlexport --resume
	assert_status 0
	assert_truth "$(the_export)"
}

@test "on resuming, a refusal is not taken for a bad key" {
	start_fixture
	add_fault "stats status=401"
	run hlexport
	assert_status 3
	run hlexport --resume
	assert_status 3
	assert_contains "$output" "3 gaps"
	HUMANLOOP_API_KEY=hl_sk_wrong run hlexport --resume
	assert_status 4
	heal
	run hlexport --resume
	assert_status 0
}

@test "Retry-After is obeyed, in seconds and as a date" {
	start_fixture
	unset HLEXPORT_SKIP_WAITS
	add_fault "logs status=429 text=2 times=1"
	begin=$(date +%s%N)
	hlexport --logs -q -o a
	[ $((($(date +%s%N) - begin) / 1000000)) -ge 2000 ]
	heal
	add_fault "versions status=503 text=1 times=1"
	begin=$(date +%s%N)
	hlexport -q -o b
	[ $((($(date +%s%N) - begin) / 1000000)) -ge 1000 ]
}

@test "a server that asks to wait too long: stopped, resumable" {
	start_fixture
	add_fault "versions status=429 text=3600 times=1"
	run hlexport --logs
	assert_status 1
	assert_contains "$output" "the server says \"Retry-After: 3600\" (HTTP 429): a wait of 1h00m, and --max-wait allows 10m00s"
	assert_contains "$output" "hlexport --resume exports/"
	run hlexport --resume
	assert_status 0
	assert_truth "$(the_export)"
	# And with leave, it waits.
	rm -rf exports
	add_fault "versions status=429 text=3600 times=1"
	run hlexport --logs --max-wait 2h
	assert_status 0
	# Where the server asks for nothing, our own waits are shorter.
	add_fault "versions status=500"
	run hlexport --max-wait 1s -o short
	assert_status 3
	heal
	run hlexport --max-wait 0s --resume short/*
	assert_status 0
}

@test "429 lowers the number of requests at a time, and all wait" {
	start_fixture --workspace full
	add_fault "logs status=429 times=3"
	run hlexport --logs
	assert_status 0
	assert_truth "$(the_export)"
}

@test "a dead host is given up soon, and the export can be resumed" {
	start_fixture --workspace full
	add_fault "logs reset=1"
	add_fault "versions reset=1"
	add_fault "evaluations reset=1"
	add_fault "environments reset=1"
	forget_asked
	run hlexport --logs
	assert_status 1
	assert_contains "$output" "hlexport --resume"
	# Not each of 28 files' four things five times.
	[ "$(asked_count)" -lt 120 ]
	heal
	run hlexport --resume
	assert_status 0
	assert_truth "$(the_export)"
}

@test "a host that isn't there" {
	export HUMANLOOP_API_URL=http://127.0.0.1:9/v5 HUMANLOOP_API_KEY=k
	run hlexport
	[ "$status" -ne 0 ]
	[[ $output == *"127.0.0.1"* ]]
}

@test "--retries" {
	start_fixture
	add_fault "stats status=500"
	run hlexport --retries 2
	assert_status 3
	assert_equal "$(asked '^stats' | sort | uniq -c | awk '{print $1}' |
	    sort -u)" 2
}

@test "a server that can't be reached: one message, and nothing is left" {
	local quiet
	start_fixture
	stop_fixture
	for quiet in "" -q; do
		# shellcheck disable=SC2086 # none, or one
		run -1 hlexport $quiet --progress none -o out
		assert_contains "$output" "the server can't be reached ("
		assert_contains "$output" "the address: $url"
		[ "$(wc -l <<<"$output")" = 1 ]
		[ -z "$(ls -A out)" ]
	done
	run -1 hlexport --server http://no-such-host.invalid/v5 -o out
	[ -z "$(ls -A out)" ]
	run -1 env http_proxy="$url" "$HLEXPORT" --server http://192.0.2.1/v5
	# Nor where the key is no good.
	start_fixture
	HUMANLOOP_API_KEY=hl_sk_other run -4 hlexport -o out
	[ -z "$(ls -A out)" ]
}

# Quiet is about progress, never about what is missing.
@test "with -q, gaps are reported in one line" {
	start_fixture
	add_fault "stats status=404"
	run -3 hlexport -q
	assert_contains "$output" "gap"
	assert_contains "$output" "hlexport summary exports/"
	[ "$(wc -l <<<"$output")" = 1 ]
}

@test "redirects of the same origin are followed, with the key" {
	start_fixture
	add_fault "versions redirect=307 text=$url/directories times=0"
	heal
	# Slashless: the same path again, which answers the second time.
	id=$(curl -sS -H "X-API-KEY: $key" "$url/files" |
	    jq -r '.records[0].id')
	add_fault "versions id=$id redirect=307 text=/v5/tools/none/versions times=1"
	run hlexport
	assert_status 3
	assert_contains "$output" "HTTP 404"
	heal
	add_fault "versions redirect=302 text=?x=1 times=4"
	rm -rf exports
	run hlexport --logs
	assert_status 0
	assert_truth "$(the_export)"
}

@test "redirects to another origin are followed without the key" {
	start_fixture
	add_fault "logs redirect=302 text=$elsewhere/steal"
	run hlexport --logs
	assert_equal "$(fixture asked | jq '.elsewhere > 0')" true
	assert_equal "$(fixture asked | jq .elsewhere_with_key)" 0
	# What is refused there is not blamed on the key.
	heal
	add_fault "directories redirect=302 text=${url/127.0.0.1/localhost}/files"
	run hlexport -o other
	assert_contains "$output" "from ${base/127.0.0.1/localhost}, where a"
	assert_contains "$output" "redirect leads and no key is sent"
}

@test "redirects to no web address, and in circles" {
	start_fixture
	for where in file:///etc/passwd gopher://127.0.0.1/ javascript:1; do
		heal
		rm -rf exports
		add_fault "stats redirect=302 text=$where"
		run hlexport
		assert_status 3
		assert_contains "$output" "redirected to an invalid URL"
		! grep -rq root: exports
	done
	heal
	rm -rf exports
	forget_asked
	add_fault "directories redirect=302 text=/v5/directories"
	run hlexport
	assert_status 3
	assert_contains "$output" "too many redirects"
	assert_equal "$(asked_count '^directories')" 6
}

@test "a body that is too large is a gap, and memory stays bounded" {
	start_fixture
	add_fault "stats big=300"
	# AddressSanitizer reserves terabytes of addresses: no limit there.
	[ -n "${SANITIZE:-}" ] || ulimit -v 600000
	run hlexport --max-body 10MB
	assert_status 3
	assert_contains "$output" "the reply is larger than --max-body (10000000 bytes)"
	# Not tried again.
	assert_equal "$(asked '^stats' | sort | uniq -d)" ""
}

@test "headers without end" {
	start_fixture
	add_fault "stats headers=400 times=1"
	run hlexport
	assert_status 0
	assert_equal "$(asked '^stats' | sort | uniq -d | wc -l)" 1
}

@test "a total that is too high: read again, then a gap with both figures" {
	start_fixture
	id=$(curl -sS -H "X-API-KEY: $key" "$url/files" |
	    jq -r '.records[] | select(.type == "agent") | .id')
	add_fault "logs id=$id total=3"
	run hlexport --logs
	assert_status 3
	assert_contains "$output" "missing  logs/$id: 2 different records; the listing's total is 3; read 2 times"
	grep -q "{\"gap\":\"logs/$id\",\"have\":2,\"total\":3," \
	    "$(the_export)/manifest.jsonl"
	heal
	run hlexport --resume
	assert_status 0
	hlexport --logs -q -o whole
	assert_same_export "$(the_export)" whole/*
}

@test "a short page before the end is noticed, and the list read again" {
	start_fixture --workspace full
	id=$(curl -sS -H "X-API-KEY: $key" "$url/files?size=100" |
	    jq -r '.records[] | select(.name == "logs 1001") | .id')
	add_fault "logs id=$id page=4 short=3 times=1"
	run hlexport --logs
	assert_status 0
	assert_truth "$(the_export)"
}

@test "a page served twice in place of another is noticed" {
	start_fixture --workspace full
	id=$(curl -sS -H "X-API-KEY: $key" "$url/files?size=100" |
	    jq -r '.records[] | select(.name == "logs 1001") | .id')
	add_fault "logs id=$id page=4 same=3 times=1"
	run hlexport --logs
	assert_status 0
	assert_truth "$(the_export)"
}

@test "evaluation logs against the stats' num_logs" {
	start_fixture
	id=$(curl -sS -H "X-API-KEY: $key" "$url/files" |
	    jq -r '.records[] | select(.type == "flow") | .id')
	evaluation=$(curl -sS -H "X-API-KEY: $key" \
	    "$url/evaluations?file_id=$id" | jq -r '.records[0].id')
	add_fault "evaluation_logs id=$evaluation body=200 text={\"records\":[],\"page\":1,\"size\":100,\"total\":0}"
	run hlexport
	assert_status 3
	assert_contains "$output" "0 different records; the listing's total is 0; stats.num_logs says 2; read 2 times"
}

@test "datapoints against the version's datapoints_count" {
	start_fixture
	add_fault "datapoints body=200 text={\"records\":[],\"page\":1,\"size\":1000,\"total\":0}"
	run hlexport
	assert_status 3
	assert_contains "$output" "versions.datapoints_count says 5"
}
