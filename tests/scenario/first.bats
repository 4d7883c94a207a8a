# The first minutes of somebody who has never used it, and what an export says
# that it took.

bats_require_minimum_version 1.5.0
load helper

nothing_is_left()
{
	assert_equal "$(find exports -mindepth 1 2>/dev/null)" ""
}

@test "a directory that is not there, a wrong address: a word, and no export" {
	start_fixture
	run -2 hlexport --directory dir_nope
	assert_contains "$output" "there is no such directory"
	refute_contains "$output" "To resume it"
	nothing_is_left
	HUMANLOOP_API_URL=$base run -1 hlexport
	assert_contains "$output" "check its address, $base"
	assert_contains "$output" "as in https://api.humanloop.com/v5"
	nothing_is_left
	HUMANLOOP_API_URL=$base/v5/prompts run -1 hlexport --dry-run
	assert_contains "$output" "check its address"
	HUMANLOOP_API_URL="$url/prompts?page=1" run -2 hlexport
	assert_contains "$output" 'has a "?"'
	# What fails in another way is said as it is.
	add_fault "any status=500 times=always"
	run -1 hlexport --retries 1 -q
	assert_contains "$output" "every request to the server failed"
	assert_contains "$output" "500"
	nothing_is_left
}

@test "a key in quotes, of another service, with a line break, in a file" {
	start_fixture
	HUMANLOOP_API_KEY="'$key'" run -2 hlexport -q
	assert_contains "$output" "begins with a quotation mark"
	HUMANLOOP_API_KEY="$key
	" run -2 hlexport -q
	assert_contains "$output" "line break"
	HUMANLOOP_API_KEY=sk-proj-1234 run -4 hlexport
	assert_contains "$output" 'does not begin with "hl_sk_"'
	assert_contains "$output" "the server refuses the key"
	refute_contains "$output" sk-proj-1234
	nothing_is_left
	unset HUMANLOOP_API_KEY
	mkdir home
	echo "$key" >home/key
	HOME=$PWD/home HUMANLOOP_API_KEY_FILE='~/key' \
	    HLEXPORT_OUTPUT='~/mine' run -0 hlexport -q
	assert_equal "$output" ""
	assert_equal "$(find home/mine -mindepth 1 -maxdepth 1 | wc -l)" 1
}

@test "a .env that others can read is warned of, if it has the key" {
	start_fixture
	unset HUMANLOOP_API_KEY
	(umask 077; echo "HUMANLOOP_API_KEY=$key" >.env)
	run -0 hlexport --dry-run
	refute_contains "$output" "other users can read"
	chmod 644 .env
	run -0 hlexport --dry-run
	assert_contains "$output" "other users can read it; run 'chmod 600 .env'"
	HUMANLOOP_API_KEY=$key run -0 hlexport --dry-run
	refute_contains "$output" "other users can read"
}

@test "--resume takes what has begun, and says when there is nothing to do" {
	start_fixture
	run -2 hlexport --resume
	assert_contains "$output" "no export to resume in exports"
	add_fault "stats status=500 times=always"
	run -3 hlexport -q
	one=$(the_export)
	# A later one that was ended before anything came.
	mkdir exports/20990101-000000
	head -n 1 "$one/manifest.jsonl" >exports/20990101-000000/manifest.jsonl
	touch exports/20990101-000000/export.log
	heal
	run -0 hlexport --resume
	assert_contains "$output" "Export complete: $one"
	run -0 hlexport --resume
	assert_contains "$output" "Nothing to resume: $one is complete"
	run -0 hlexport --resume -q
	assert_equal "$output" ""
}

@test "every result states what was exported and what was not" {
	start_fixture --workspace full
	run -0 hlexport --type prompt,dataset --start-date 2024-01-01 --json
	assert_contains "$output" \
	    "only this:    --type prompt,dataset --start-date 2024-01-01"
	assert_contains "$output" "not exported: logs (--logs), raw, aggregates, secrets (--include)"
	one=$(the_export)
	run -0 hlexport summary "$one"
	assert_contains "$output" "not exported: logs (--logs)"
	hlexport summary --json "$one" >summary.json
	assert_equal "$(jq -c .scope.only summary.json)" \
	    '{"type":"prompt,dataset","start-date":"2024-01-01"}'
	assert_equal "$(jq -r '.scope.without[].what' summary.json | xargs)" \
	    "logs raw aggregates secrets"
	if ! hlexport --version | grep -q '^no DuckDB'; then
		run -0 hlexport convert "$one" --format csv -t logs --yes -o made
		assert_contains "$output" "not exported: logs (--logs)"
	fi
	run -0 hlexport --logs --include raw,aggregates,secrets -o all
	refute_contains "$output" "not exported"
	refute_contains "$output" "only this"
}

@test "logs and more are added to an export made without them" {
	start_fixture --workspace full
	hlexport -q
	one=$(the_export)
	forget_asked
	run -0 hlexport --resume "$one" --logs
	assert_contains "$output" "Export complete: $one"
	refute_contains "$output" "logs (--logs)"
	# Nothing was asked for again but the check of the key.
	assert_equal "$(asked | grep -cv '^logs\|^traces\|^directories')" 0
	hlexport verify -q "$one"
	assert_equal "$(find "$one" -name .done | wc -l)" 28
	# The server fails in the middle of it, and it goes on.
	add_fault "any status=500 after=3 times=always"
	run -3 hlexport --resume "$one" --include raw,secrets --retries 1
	# Of no file all is there now, and none is marked so.
	[ "$(find "$one" -name .done | wc -l)" -lt 28 ]
	heal
	run -0 hlexport --resume "$one"
	hlexport verify -q "$one"
	hlexport -q --logs --include raw,secrets -o other
	# The same but for when it was begun.
	diff -r --exclude export.log --exclude 'manifest*' "$one" other/*
	sed 1d "$one/manifest.jsonl" | grep -v '"seal"' >one.lines
	sed 1d other/*/manifest.jsonl | grep -v '"seal"' | diff one.lines -
	assert_equal "$(head -n 1 "$one/manifest.jsonl" | jq -c .options)" \
	    "$(head -n 1 other/*/manifest.jsonl | jq -c .options)"
}

@test "--resume --logs adds to the newest; latest is looked for where -o says" {
	start_fixture
	hlexport -q
	hlexport -q -o other
	one=$(the_export)
	run -0 hlexport --resume --logs
	assert_contains "$output" "Export complete: $one"
	refute_contains "$output" "logs (--logs)"
	run -0 hlexport --resume --logs
	assert_contains "$output" "already complete before this run: $one"
	run -0 hlexport --resume latest -o other --include raw
	assert_contains "$output" "Export complete: other/"
	without()
	{
		hlexport summary --json "$1" | jq -r '.scope.without[].what'
	}
	refute_contains "$(without other/*)" raw
	assert_contains "$(without "$one")" raw
	run -0 --separate-stderr hlexport --resume --json
	jq -e '.status == "complete" and .requests == 0' <<<"$output"
	run -2 hlexport --start-date 2025-06-01 --end-date 2025-01-01 --logs
	assert_contains "$output" "start-date"
}

@test "what would change an export is not added to it" {
	start_fixture
	hlexport -q --logs
	one=$(the_export)
	cp -r "$one" before
	for option in "--include aggregates" "--type prompt" \
	    "--start-date 2024-01-01"; do
		# shellcheck disable=SC2086 # two words
		run -2 hlexport --resume "$one" $option
		assert_contains "$output" "an export keeps its options"
	done
	diff -r before "$one"
	# Nor is more begun where the key is refused, or a file is damaged.
	HUMANLOOP_API_KEY=${key}0 run -4 hlexport --resume "$one" \
	    --include raw
	diff -r --exclude export.log before "$one"
	file=$(find "$one" -name file.json | head -n 1)
	: >"$file"
	run -6 hlexport --resume "$one" --include raw
	assert_contains "$output" "repair it before you export more"
	hlexport repair -q "$one" || true
	hlexport verify -q "$one"
}

@test "list shows all exports; latest is the newest that has begun" {
	start_fixture
	run -2 hlexport verify latest
	assert_contains "$output" "latest: no exports in exports"
	SOURCE_DATE_EPOCH=1700000000 hlexport -q --logs
	add_fault "stats status=500 times=always"
	SOURCE_DATE_EPOCH=1700000001 run -3 hlexport -q --type prompt
	heal
	mkdir exports/other exports/20990101-000000
	head -n 1 exports/20231114-221320/manifest.jsonl \
	    >exports/20990101-000000/manifest.jsonl
	run -0 hlexport list
	assert_equal "$(grep -c . <<<"$output")" 4
	grep -qE '^exports/20231114-221320 +humanloop +complete +[0-9.]+ kB +0 +2023-11-14 +without raw' <<<"$output"
	grep -qE '^exports/20231114-221321 +humanloop +gaps .* --type prompt, without logs' <<<"$output"
	hlexport list --json exports | jq -e '.exports | length == 3 and
	    .[1].status == "gaps" and .[0].scope.without[0].what == "raw"'
	run -0 hlexport --resume latest
	assert_contains "$output" "Export complete: exports/20231114-221321"
	run -0 hlexport verify --fast latest
	assert_contains "$output" "exports/20231114-221321"
	# A file of that name is what it is.
	mkdir latest
	run -2 hlexport summary latest
	assert_contains "$output" "latest"
	rmdir latest
	mkdir empty
	run -0 hlexport list empty
	assert_equal "$output" "No exports in empty"
	run -2 hlexport list nowhere
}

@test "an export in progress is reported as running" {
	start_fixture --latency 300
	"$HLEXPORT" -q --logs -j 1 3>&- &
	pid=$!
	wait_until eval 'grep -qs listing exports/*/manifest.jsonl'
	run -0 hlexport list
	assert_contains "$output" " running "
	run -3 hlexport summary latest
	assert_contains "$output" "Another process is working on this export."
	assert_contains "$output" "Export running"
	run -5 hlexport verify latest
	assert_contains "$output" "another process is working on"
	refute_contains "$output" "--resume"
	kill -9 $pid
	wait $pid || true
	run -0 hlexport list
	assert_contains "$output" " stopped "
}

@test "a manifest that names no options: nothing is added by a resume" {
	start_fixture
	hlexport -q
	one=$(the_export)
	python3 - "$TOP/tests/fault" "$one" <<-'END'
	import json, pathlib, sys
	sys.path.append(sys.argv[1])
	import world
	root = pathlib.Path(sys.argv[2])
	lines = [json.loads(line) for line in
	         (root / "manifest.jsonl").read_text().splitlines()]
	del lines[0]["options"]
	world.write_manifest(root, lines, True)
	END
	cp -r "$one" before
	forget_asked
	run -0 hlexport --resume "$one"
	assert_contains "$output" "already complete before this run"
	assert_equal "$(asked_count)" 0
	diff -r --exclude export.log before "$one"
}
