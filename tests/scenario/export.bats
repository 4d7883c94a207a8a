# What is exported, and what is asked for it.

load helper

@test "the sample workspace: everything, and the checksums agree" {
	start_fixture
	run hlexport --logs
	assert_status 0
	assert_contains "$output" "Export complete: exports/20251124-160000"
	assert_truth "$(the_export)"
	assert_sums "$(the_export)"
}

@test "a workspace with every border case equals the truth" {
	start_fixture --workspace full
	run hlexport --logs
	assert_status 0
	assert_truth "$(the_export)"
	assert_sums "$(the_export)"
}

@test "two exports are the same bytes, however many requests at a time" {
	start_fixture --workspace full
	hlexport --logs -q -o a
	hlexport --logs -q -o b --jobs 3
	hlexport --logs -q -o c --jobs 1
	assert_same_export a/* b/*
	assert_same_export a/* c/*
}

@test "what is exported can be served and exported again, byte for byte" {
	start_fixture --workspace full
	hlexport --logs -q -o a
	stop_fixture
	start_fixture --data a/*/
	hlexport --logs -q -o b
	# What the fixture makes itself (pages, the order of files) may differ;
	# the records may not.
	(cd a/*/files && find . -name '*.jsonl' -o -path '*/versions/*' |
	    sort | xargs sha256sum) >a.sums
	(cd b/*/files && sha256sum --quiet -c "$BATS_TEST_TMPDIR/a.sums")
}

# A total may be capped, so behind a last page that is full one more is asked
# for: see "a total that is capped".
@test "no page is asked for twice, and none beyond the end" {
	start_fixture --workspace full
	hlexport --logs -q
	assert_equal "$(asked | sort | uniq -d)" ""
	for n in 0:1 1:1 99:1 100:2 101:2 999:10 1000:11 1001:11 2001:21; do
		id=$(jq -r "select(.name == \"logs ${n%:*}\") | .id" \
		    "$(the_export)"/files/*/file.json)
		assert_equal "${n%:*} logs: $(asked_count "^logs $id ")" \
		    "${n%:*} logs: ${n#*:}"
	done
}

@test "as many requests at a time as --jobs says" {
	start_fixture --workspace full --latency 5
	hlexport --logs -q --jobs 4
	assert_equal "$(fixture asked | jq .max_in_flight)" 4
}

@test "without --logs, all but the logs; EXPORT_LOGS=true is --logs" {
	start_fixture
	hlexport -q -o a
	[ -z "$(compgen -G 'a/*/files/*/logs')" ]
	assert_equal "$(asked_count '^logs ')" 0
	EXPORT_LOGS=true hlexport -q -o b
	[ -n "$(compgen -G 'b/*/files/*/logs')" ]
}

@test "the tree is the old tool's, with its additions" {
	start_fixture
	hlexport --logs -q
	cd "$(the_export)"
	file=$(dirname "$(grep -l '"name": "Triage"' files/*/file.json)")
	[ -f export.log ] && [ -f directories.json ] && [ -f SHA256SUMS ]
	for name in file.json deployments.json environments.json .done \
	    logs/1.jsonl; do
		[ -f "$file/$name" ]
	done
	[ ! -s "$file/.done" ]
	# Deployments are as Python's json.dumps() writes them.
	run cat "$file/deployments.json"
	[[ $output == '[{"version_id": "prv_'*'", "environment_id": "env_'*'", "environment_name": "production", "environment_tag": "default"}'* ]]
	# Directories 0700, files 0600.
	[ -z "$(find . -type d ! -perm 700)" ]
	[ -z "$(find . -type f ! -perm 600)" ]
}

@test "versions with null environments and files without versions" {
	start_fixture --workspace full
	hlexport -q
	cd "$(the_export)"/files
	file=$(dirname "$(grep -l '"name": "no versions"' -- */file.json)")
	assert_equal "$(cat "$file/deployments.json")" "[]"
	[ ! -e "$file/versions" ]
	[ -f "$file/.done" ]
	file=$(dirname "$(grep -l '"name": "six versions"' -- */file.json)")
	[ "$(ls "$file/versions" | wc -l)" = 6 ]
	grep -q '"environments": null' "$file"/versions/*
}

@test "flow logs come with their children, evaluation logs too" {
	start_fixture
	hlexport --logs -q
	cd "$(the_export)"
	# Of the listing, nested.
	grep -q '"trace_children": \[{' files/fl_*/logs/1.jsonl
	# Evaluation logs come without; each trace is asked for by itself.
	grep -q '"trace_children": \[\]' files/fl_*/evaluations/*/logs/1.jsonl
	assert_equal "$(grep -l '"trace_children": \[{' \
	    files/fl_*/evaluations/*/traces/*/* | wc -l)" 2
}

@test "a directory and all below it" {
	start_fixture
	dir=$(curl -sS -H "X-API-KEY: $key" "$url/directories" |
	    jq -r '.[] | select(.path == "Shared") | .id')
	hlexport -q -o a --directory "$dir"
	assert_equal "$(cat a/*/files/*/file.json | jq -r .path)" \
	    "Shared/Label match"
	# The directory tree is whole.
	assert_equal "$(jq length a/*/directories.json)" 4
	HUMANLOOP_DIRECTORY_ID=$dir hlexport -q -o b
	diff -r a/*/files b/*/files
}

@test "files of some types only" {
	start_fixture
	hlexport -q --type prompt,flow
	assert_equal "$(cat "$(the_export)"/files/*/file.json |
	    jq -r .type | sort | paste -sd ,)" "flow,prompt"
}

@test "logs between two dates; the end is sent, and is the start of the run" {
	start_fixture --workspace full
	hlexport --logs -q -o a --start-date 2025-01-02T00:05:00Z \
	    --end-date 2025-01-02T00:07:30Z
	assert_equal "$(ls a/*/files/*/logs/*.jsonl | wc -l)" 1
	assert_equal "$(cat a/*/files/*/logs/1.jsonl | wc -l)" 3
	# Before the first of them: none.
	SOURCE_DATE_EPOCH=1700000000 hlexport --logs -q -o b
	[ -z "$(compgen -G 'b/*/files/*/logs')" ]
}

@test "--include raw: the text of each version of prompts and agents" {
	start_fixture
	hlexport -q --include raw
	cd "$(the_export)"/files
	assert_equal "$(find . -name '*.prompt' | wc -l)" 3
	assert_equal "$(find . -name '*.agent' | wc -l)" 1
	assert_equal "$(head -n 1 pr_*/versions/*.prompt | grep -c -- ---)" 3
	grep -q 'version 2 of Triage' pr_*/versions/*.prompt
}

@test "--include aggregates" {
	start_fixture
	hlexport -q -o a
	! grep -rq '"evaluator_aggregates": \[{' a/*/files
	hlexport -q -o b --include aggregates
	grep -q '"evaluator_aggregates": \[{"value": 0.75' b/*/files/pr_*/versions/*
	assert_equal "$(asked_count '^versions ds_.*aggregates')" 0
}

@test "a tool's secrets only if they are asked for" {
	start_fixture
	hlexport -q -o a --logs --include raw,aggregates
	! grep -rq a-secret-of-a-tool a
	assert_equal "$(asked_count environment-variables)" 0
	hlexport -q -o b --include secrets
	grep -q a-secret-of-a-tool b/*/files/tl_*/environment-variables.json
}

@test "ids of all kinds, and nothing is written outside the export" {
	start_fixture --workspace hostile
	mkdir in
	cd in
	run hlexport --logs
	assert_status 0
	assert_sums "$(the_export)"
	assert_equal "$(cd "$(the_export)/files" && ls | wc -l)" 13
	assert_equal "$(jq -r .id "$(the_export)"/files/*/file.json |
	    LC_ALL=C sort)" "$(fixture truth/files)"
	# No two names that a disk without case would take for one.
	[ -z "$(find exports | tr A-Z a-z | sort | uniq -d)" ]
	cd ..
	assert_equal "$(ls -A in)" "exports
files.have"
}

@test "a server that gives fewer records a page than it is asked for" {
	start_fixture --workspace full --clamp 37
	run hlexport --logs
	assert_status 0
	assert_truth "$(the_export)"
}

@test "a proxy's password is in no message and no file" {
	local proxy
	for proxy in "http://user:geheim7#x@127.0.0.1:1" \
	    "http://user:geheim7@127.0.0.1:99999" \
	    "socks9://user:geheim7@127.0.0.1:1" "user:geheim7 @127.0.0.1:x"; do
		run env HUMANLOOP_API_URL=http://api.example.test/v5 \
		    HUMANLOOP_API_KEY=k http_proxy="$proxy" \
		    "$HLEXPORT" -o out --retries 1
		[ "$status" != 0 ]
		[[ $output == *127.0.0.1* ]]
		[[ $output != *geheim7* ]]
		run grep -rl geheim7 out
		assert_status 1
	done
}

@test "through a proxy, from the usual variables" {
	start_fixture
	HUMANLOOP_API_URL=http://api.example.test/v5 http_proxy=$base \
	    run hlexport --logs
	assert_status 0
	assert_truth "$(the_export)"
	grep -q '"server":"http://api.example.test/v5"' \
	    "$(the_export)/manifest.jsonl"
}

@test "a definition of one's own, kept with what it made" {
	start_fixture
	hlexport sources humanloop | sed 's/^name: .*/name: mine/' >mine.yaml
	hlexport -q --source ./mine.yaml
	rm mine.yaml
	run hlexport summary "$(the_export)"
	assert_status 0
	assert_contains "$output" "complete"
	run hlexport --resume "$(the_export)"
	assert_status 0
	assert_contains "$output" "already complete before this run"
}
