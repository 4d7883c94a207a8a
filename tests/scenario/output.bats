# What a person, a machine and an auditor see.

bats_require_minimum_version 1.5.0
load helper

@test "people's words on standard error, the result as JSON on standard output" {
	start_fixture
	hlexport --logs --json >out 2>err
	assert_equal "$(jq -r .status out)" complete
	assert_equal "$(jq -r .directory out)" exports/20251124-160000
	assert_equal "$(jq .records.logs out)" 26
	assert_equal "$(jq .kinds.prompt out)" 1
	assert_equal "$(jq .exit out)" 0
	assert_equal "$(jq '.gaps | length' out)" 0
	assert_equal "$(jq .requests out)" "$(asked_count)"
	grep -q 'Export complete' err
	hlexport -o b >out 2>/dev/null
	[ ! -s out ]
}

@test "JSON of an export with gaps" {
	start_fixture
	add_fault "logs covers=2-2 status=500 id=$(curl -sS -H "X-API-KEY: $key" \
	    "$url/files" | jq -r '.records[0].id')"
	run bash -c "'$HLEXPORT' --logs --json 2>/dev/null >out"
	assert_status 3
	assert_equal "$(jq -r .status out)" gaps
	assert_equal "$(jq .exit out)" 3
	assert_equal "$(jq -c '.gaps[0] | [.first, .count, .page]' out)" \
	    "[1,1,null]"
	assert_equal "$(jq '.gaps[0].status' out)" 500
	assert_contains "$(jq -r '.gaps[0].url' out)" "/logs?file_id="
}

@test "-q says nothing, unless something is wrong; -v says more" {
	start_fixture
	run hlexport -q -o a
	assert_equal "$output" ""
	add_fault "stats status=500 times=1"
	run hlexport -v -o b
	assert_contains "$output" "retry stats/"
	assert_contains "$output" "versions/"
	heal
	HUMANLOOP_API_KEY=wrong run hlexport -q -o c
	assert_status 4
	assert_contains "$output" "refuses the key"
}

@test "plain progress: a line every ten seconds" {
	start_fixture --latency 40
	add_fault "logs status=429 text=25 times=1"
	run hlexport --logs --progress plain
	assert_status 0
	n=$(grep -c '^files [0-9]*/[0-9?]*  \[[#-]*\] .* records, .* in flight' \
	    <<<"$output")
	[ "$n" -ge 1 ] && [ "$n" -le 4 ]
	! grep -q "$(printf '\033')" <<<"$output"
}

@test "how often a line of progress comes" {
	start_fixture --workspace bulk --files 8 --versions 2 --logs 400
	add_fault "logs delay=1200 times=3"
	HLEXPORT_SKIP_WAITS=0 run hlexport --logs --progress plain \
	    --progress-every 1s -j 1
	[ "$(grep -cE '[0-9] requests|records' <<<"$output")" -ge 1 ]
	run -2 hlexport --progress-every 0s
	run -2 hlexport --progress-every 1x
}

@test "percent done never falls" {
	start_fixture --workspace bulk --files 6 --versions 8 --logs 1500 \
	    --latency 60
	HLEXPORT_SKIP_WAITS=0 run hlexport --logs --progress plain \
	    --progress-every 1s -j 2
	assert_status 0
	grep -o '[0-9]*%' <<<"$output" | tr -d % >percents
	[ "$(wc -l <percents)" -ge 2 ]
	sort -n percents | cmp - percents
}

@test "progress as JSON" {
	start_fixture
	add_fault "logs status=429 text=25 times=1"
	hlexport --logs --progress json 2>err
	grep '^{' err >lines
	[ -s lines ]
	jq -e '.unit == "files" and .units_total == 6 and .gaps == 0' \
	    <<<"$(head -n 1 lines)"
}

@test "no progress" {
	start_fixture
	add_fault "logs status=429 text=25 times=1"
	run hlexport --logs --progress none
	! grep -q 'in flight' <<<"$output"
}

@test "the live display on a terminal goes away and leaves the summary" {
	command -v script >/dev/null || skip "no script(1)"
	start_fixture --latency 30
	TERM=xterm script -qec "'$HLEXPORT' --logs" typescript >/dev/null
	grep -q 'in flight' typescript
	grep -q "$(printf '\033\\[J')" typescript
	grep -q 'Export complete' typescript
	# Lines don't wrap while it is drawn, and do afterwards.
	assert_equal "$(grep -o "$(printf '\033')\[?7l" typescript | wc -l)" \
	    "$(grep -o "$(printf '\033')\[?7h" typescript | wc -l)"
	rm -rf exports
	NO_COLOR=1 TERM=xterm script -qec "'$HLEXPORT' --logs" typescript \
	    >/dev/null
	! grep -q "$(printf '\033')\[3" typescript
	rm -rf exports
	TERM=dumb script -qec "'$HLEXPORT' --logs" typescript >/dev/null
	! grep -q "$(printf '\033')" typescript
}

@test "export.log: how it was begun, what happened, how it ended" {
	start_fixture
	add_fault "stats status=500"
	run hlexport --logs --type prompt
	heal
	hlexport --resume -q
	log=$(the_export)/export.log
	# Level, time in UTC with milliseconds, area, message.
	! grep -qvE '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z (ERROR|WARN |INFO |DEBUG) [a-z]+ +[^ ]' \
	    "$log"
	assert_equal "$(grep -c ' hlexport [0-9.]* (libcurl/' "$log")" 2
	assert_equal "$(grep -c ' begun command=".*--logs --type prompt" source=humanloop server=http' "$log")" 1
	assert_equal "$(grep -c ' resumed command=".*--resume -q"' "$log")" 1
	assert_equal "$(grep -c ' ended status=gaps exit=3 records=' "$log")" 1
	assert_equal "$(grep -c ' ended status=complete exit=0 records=' "$log")" 1
}

@test "export.log as JSON" {
	start_fixture
	add_fault "stats status=500 times=1"
	hlexport -q --log-format json
	jq -es 'all(.time and .level and .area and .message) and
	    (map(select(.message | startswith("retry"))) | length == 1) and
	    .[-2].message == "ended" and .[-2].status == "complete" and
	    (.[-1].sha256 | length) == 64' \
	    "$(the_export)/export.log"
}

@test "the key is nowhere" {
	start_fixture --workspace full
	for fault in "logs status=500 times=3" "versions reset=1 times=2" \
	    "stats redirect=302 text=$elsewhere/x times=1" \
	    "evaluations body=200 text=<html> times=1" \
	    "environments status=404"; do
		add_fault "$fault"
	done
	run hlexport --logs -v
	! grep -q "${key#hl_sk_}" <<<"$output"
	! grep -rq "${key#hl_sk_}" exports
	assert_equal "$(fixture asked | jq .elsewhere_with_key)" 0
	HUMANLOOP_API_URL="http://x:${key}@127.0.0.1/" run hlexport
	! grep -q "${key#hl_sk_}" <<<"$output"
}

@test "--dry-run counts, guesses, and writes nothing at all" {
	start_fixture --workspace full
	mkdir in
	cd in
	hlexport --logs --dry-run >out 2>err
	assert_equal "$(ls -A)" "err
out"
	grep -q 'Dry run: nothing was written' out
	grep -qE '^  files +28 ' out
	grep -qE '^    prompt +11$' out
	grep -qE '^  versions +37 ' out
	grep -qE '^  datapoints +5,307 ' out
	grep -qE '^  evaluations +3 ' out
	grep -qE '^  evaluation_logs +8 ' out
	grep -qE '^  logs +5,346 ' out
	# Of each listing of logs, the first page.
	assert_equal "$(asked '^logs ' | awk '$3 > 1' | wc -l)" 0
	guessed=$(hlexport --logs --dry-run --json 2>/dev/null | jq .requests)
	forget_asked
	hlexport --logs -q
	assert_equal "$guessed" "$(asked_count)"
}

@test "what a dry run counts is what an export then takes" {
	start_fixture --workspace full
	local option
	for option in "" "--type prompt" "--include raw,secrets"; do
		# shellcheck disable=SC2086 # several words, or none
		hlexport --logs $option --dry-run --json 2>/dev/null >dry
		forget_asked
		# shellcheck disable=SC2086 # the same
		hlexport --logs $option --json -q -o "out$option" >all
		jq -c '[.estimates[] | select(.kind == null) |
		    {key: .resource, value: .records}] | from_entries |
		    with_entries(select(.value > 0))' dry | jq -S . >counted
		jq '.records | with_entries(select(.value > 0))' all |
		    jq -S 'del(.traces, .scope)' >taken
		jq 'del(.traces, .scope)' counted | diff - taken
	done
	hlexport --dry-run >said
	grep -qE 'this dry run made [0-9]+ requests' said
}

@test "summary DIR reports the same from disk" {
	start_fixture --workspace full
	hlexport --logs --json 2>/dev/null >out
	run hlexport summary "$(the_export)"
	assert_status 0
	assert_contains "$output" "Export from $url, begun 2025-11-24T16:00:00.000Z: complete"
	assert_contains "$output" "(agent 1, dataset 10, evaluator 2, flow 2, prompt 11, tool 2)"
	for name in records kinds files bytes status; do
		assert_equal "$(hlexport summary "$(the_export)" --json |
		    jq -cS .$name)" "$(jq -cS .$name out)"
	done
}

@test "summary of an export with gaps, and of one under way" {
	start_fixture
	add_fault "stats status=500"
	run hlexport
	run hlexport summary "$(the_export)"
	assert_status 3
	assert_contains "$output" "not complete"
	assert_contains "$output" "missing  stats/"
	assert_contains "$output" "hlexport --resume $(the_export)"
}

@test "summary of an export that the old tool made" {
	start_fixture --workspace full
	hlexport --logs -q
	old=old
	cp -a "$(the_export)" $old
	rm $old/manifest*.jsonl $old/export.log $old/SHA256SUMS $old/directories.json \
	    $old/files/*/environments.json
	rm -r $old/files/*/evaluations/*/traces
	rm "$(find $old -name .done | head -n 1)"
	run hlexport summary $old
	assert_status 0
	assert_contains "$output" "Export without a manifest (made by another tool)"
	for line in "files                        28   (agent 1, dataset 10, evaluator 2, flow 2, prompt 11, tool 2)" \
	    "versions                     37" "deployments                  41" \
	    "datapoints                5,307" "evaluations                   3" \
	    "stats                         3" "runs                          4" \
	    "evaluation_logs               8" "logs                      5,346" \
	    "1 file has no .done"; do
		assert_contains "$output" "$line"
	done
}

@test "what summary can't read" {
	run hlexport summary
	assert_status 2
	run hlexport summary a b
	assert_status 2
	run hlexport summary nowhere
	assert_status 2
	assert_contains "$output" "nowhere"
	mkdir empty
	run hlexport summary empty
	assert_status 2
	assert_contains "$output" "empty is not an export"
}

@test "sources" {
	run hlexport sources
	assert_status 0
	assert_contains "$output" "humanloop    Humanloop (v5 API)"
	hlexport sources humanloop | diff - "$TOP/src/sources/humanloop.yaml"
	run hlexport sources humanlop
	assert_status 2
	hlexport sources --json | jq -e '.sources[0].name == "humanloop"'
}

@test "help, in every form" {
	run hlexport --help
	assert_status 0
	assert_contains "$output" "Usage: hlexport [COMMAND] [OPTION...]"
	assert_equal "$(hlexport help)" "$output"
	run hlexport help export
	assert_status 0
	assert_contains "$output" "--jobs"
	assert_contains "$output" "--directory ID"
	assert_equal "$(hlexport export --help)" "$output"
	run hlexport summary -h
	assert_contains "$output" "Usage: hlexport summary DIR"
	[[ $output != *--jobs* ]]
	run hlexport help exprot
	assert_status 2
	assert_contains "$output" "did you mean export?"
	# Lines fit a terminal.
	! hlexport help export | grep -qE '^.{81}'
	run hlexport --version
	assert_status 0
	for part in "hlexport [0-9]" libcurl/ OpenSSL jansson libyaml; do
		grep -q "$part" <<<"$output"
	done
	# It can be told even where nothing else can be done.
	printf 'broken\n' >.env
	hlexport --version
}

# told PREFIX: the command that the last "run" told, on a line of its own.
told()
{
	grep -m 1 "^ *$1" <<<"$output"
}

@test "printed commands can be copied, whatever the paths are called" {
	local where command odd=$'a b/it\'s $HOME; (x) & "y" *?~#\\z'
	hlexport()
	{
		"$HLEXPORT" "$@"
	}
	export -f hlexport
	export HLEXPORT
	start_fixture
	mkdir -p "$odd" -- -q
	for where in "$odd" ./-q ~+/-q; do
		rm -rf "$where"
		run -0 hlexport -o "$where" --progress none
		bash -c "$(told cd)"
		export=$(ls -d "$where"/2*)
		run -0 hlexport pack "$export" -o "$where/x y.zip"
		bash -c "$(told 'hlexport verify')" >out
		grep -q 'Whole: ' out
		find "$export" -name file.json -exec rm {} +
		run -6 hlexport verify "$export"
		bash -c "$(told 'hlexport repair')" >out
		run -0 hlexport verify "$export"
		touch "$export/more"
		run -6 hlexport verify "$export"
		bash -c "$(told 'hlexport repair --remove-extra') --yes" >out
		[ ! -e "$export/more" ]
		rm -rf "$where"
		add_fault "stats status=500"
		run -3 hlexport -o "$where" --progress none
		heal
		bash -c "$(told 'hlexport --resume')" >out 2>&1
		grep -q 'Export complete' out
	done
	# An archive whose name begins as an option does.
	cd -- -q
	run -0 hlexport pack 2* -o -x.zip
	bash -c "$(told 'hlexport verify')"
}
