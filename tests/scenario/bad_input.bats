# What people and servers get wrong.

load helper

# refused MESSAGE ARGUMENT...: exit 2, this message, and nothing was written.
refused()
{
	local message=$1
	shift
	run hlexport "$@"
	assert_status 2 || return 1
	assert_contains "$output" "$message" || return 1
	[ ! -e exports ]
}

@test "no key, a blank key, a key that can't be one" {
	export HUMANLOOP_API_URL=http://127.0.0.1:9/v5
	refused "no key: set HUMANLOOP_API_KEY in the environment or in .env"
	HUMANLOOP_API_KEY= refused "no key: set HUMANLOOP_API_KEY"
	printf 'HUMANLOOP_API_KEY=\n' >.env
	refused "no key: set HUMANLOOP_API_KEY"
	HUMANLOOP_API_KEY="hl sk" \
	    refused "HUMANLOOP_API_KEY (the environment): has a space in it"
	printf 'X=1\nHUMANLOOP_API_KEY="hl_sk\\nx"\n' >.env
	refused "HUMANLOOP_API_KEY (.env:2): has a line break in it"
	[[ $output != *hl_sk* ]]
}

@test ".env: used, missing where named, malformed" {
	start_fixture
	printf '# mine\nHUMANLOOP_API_KEY=%s\nHUMANLOOP_API_URL=%s\n' \
	    "$key" "$url" >.env
	unset HUMANLOOP_API_KEY HUMANLOOP_API_URL
	hlexport -q
	rm -rf exports
	mv .env mine
	hlexport -q --env-file mine
	rm -rf exports
	refused "open other: No such file or directory" --env-file other
	# It is not ours alone: what is not for us is no error.
	printf 'HUMANLOOP_API_KEY\nspring.profile=x\nOTHER="x\n' >.env
	refused "no key: set HUMANLOOP_API_KEY"
	printf '\n\nHUMANLOOP_API_KEY="x\n' >.env
	refused "HUMANLOOP_API_KEY (.env:3): the quote is not closed"
	hlexport sources >sources
	rm .env
	mkdir .env
	hlexport sources | diff sources -
	rmdir .env
	mkdir dir
	refused "dir" --env-file dir
}

@test "the environment counts before .env, the command line before both" {
	start_fixture
	printf 'HUMANLOOP_API_URL=http://127.0.0.1:9/v5\nEXPORT_LOGS=true\n' \
	    >.env
	hlexport -q
	grep -q '"logs":"true"' exports/*/manifest.jsonl
	rm -rf exports
	EXPORT_LOGS=false hlexport -q --logs
	grep -q '"logs":"true"' exports/*/manifest.jsonl
	rm -rf exports
	EXPORT_LOGS=maybe refused "EXPORT_LOGS (the environment): --logs: \"maybe\" is neither true nor false"
}

@test "the server's address" {
	export HUMANLOOP_API_KEY=k
	HUMANLOOP_API_URL=api.humanloop.com \
	    refused "HUMANLOOP_API_URL (the environment): the server's address \"api.humanloop.com\" has no scheme"
	refused "must begin with https:// or http://" --server ftp://h/
	refused "has a user or password in it" --server https://u:geheim@h/v5
	[[ $output != *geheim* ]]
	refused "has a \"?\" or \"#\" in it" --server "https://h/v5?x"
	start_fixture
	run hlexport -q --server "$url/"
	assert_status 0
	! grep -q '//directories\|v5//' exports/*/export.log
}

@test "options, commands and words that there aren't" {
	start_fixture
	refused "unknown option --log; did you mean --logs?" --log=x
	refused "unknown option --jops; did you mean --jobs?" --jops 3
	refused "unknown command \"exprot\"; did you mean export?" exprot
	refused "unknown command \"xyzzy\"" xyzzy
	refused "--jobs: \"0\" is not between" --jobs 0 || true
	refused "--type: \"prompts\" is not one of prompt|tool|dataset|evaluator|flow|agent; did you mean prompt?" --type prompts
	refused "--include: \"all\" is not one of" --include all
	refused "--start-date: \"yesterday\" is not a date" --start-date yesterday
	refused "unexpected argument \"word\"" export word
	refused "no source \"humanlop\", did you mean humanloop?" \
	    --source humanlop
	refused "open ./none.yaml: No such file" --source ./none.yaml
	refused "--json is an option of" completion bash --json
}

@test "a definition with a mistake in it" {
	start_fixture
	hlexport sources humanloop | sed '0,/    after: scope/s//    aftr: scope/' \
	    >mine.yaml
	line=$(grep -n aftr mine.yaml | cut -d : -f 1)
	refused "./mine.yaml:$line: a resource has no key \"aftr\"; did you mean \"after\"?" \
	    --source ./mine.yaml
}

@test "a directory that there isn't" {
	start_fixture
	run hlexport --directory dir_none
	assert_status 2
	assert_contains "$output" "HTTP 404"
	assert_contains "$output" "there is no such directory; check --directory and HUMANLOOP_DIRECTORY_ID"
}

@test "a server that answers HTML, nothing, or something else, always" {
	start_fixture
	for fault in \
	    "files body=200 text=<html></html> form=html" \
	    "files body=200" \
	    "files body=200 text=[]" \
	    "files body=200 text={\"files\":[]}" \
	    "files body=200 text=\"x\"" \
	    "files body=200 text={\"records\":[{}],\"page\":1,\"size\":0,\"total\":9}"; do
		heal
		rm -rf exports
		add_fault "$fault"
		run hlexport
		assert_status 3
		assert_contains "$output" "missing  files page 1"
	done
	assert_contains "$output" "the reply has an invalid page size: 0"
	# Each was tried five times, and no more.
	assert_equal "$(asked '^files' | sort | uniq -c | awk '{print $1}')" 30
}

@test "a record without id: kept, named, and not gone below" {
	start_fixture
	add_fault "files body=200 text={\"records\":[{\"type\":\"prompt\",\"x\":1},{\"id\":null,\"type\":\"prompt\"}],\"page\":1,\"size\":100,\"total\":2}"
	run hlexport
	assert_status 3
	assert_contains "$output" "missing  files record 1: the record has no key, so the listings below it can't be fetched"
	assert_contains "$output" "missing  files record 2"
	grep -qx '{"id":null,"type":"prompt"}' exports/*/files/~*/file.json
	grep -qx '{"type":"prompt","x":1}' exports/*/files/~*/file.json
	# With a server that knows better, the rest comes.
	heal
	run hlexport --resume
	assert_status 0
	[ "$(ls exports/*/files | grep -vc '^~')" = 6 ]
	assert_sums exports/*
}

@test "the same id twice is one record; the count does not hide it" {
	start_fixture
	id=$(curl -sS -H "X-API-KEY: $key" "$url/files" |
	    jq -r '.records[] | select(.type == "agent") | .id')
	add_fault "logs id=$id body=200 text={\"records\":[{\"id\":\"a\"},{\"id\":\"a\"}],\"page\":1,\"size\":100,\"total\":2}"
	run hlexport --logs
	assert_status 3
	assert_contains "$output" "1 different records; the listing's total is 2; read 2 times"
	assert_equal "$(cat exports/*/files/$id/logs/1.jsonl)" '{"id":"a"}'
}

@test "a listing that never ends" {
	start_fixture
	id=$(curl -sS -H "X-API-KEY: $key" "$url/files" |
	    jq -r '.records[] | select(.type == "agent") | .id')
	# It always says that there is more, and gives page 1 for each.
	add_fault "logs id=$id total=100000000"
	run hlexport --logs
	assert_status 3
	# Which of the two is seen first depends on the order of the replies.
	[[ $output == *"2 different records; the listing's total is 100000000"* ||
	    $output == *"the last 20 pages had no new record; 2 records were received"* ]]
	[ "$(asked_count "^logs $id")" -lt 100 ]
}

@test "an unknown type of file is asked for all the same, and named" {
	start_fixture
	add_fault "files body=200 text={\"records\":[{\"id\":\"wf_1\",\"type\":\"workflow\"}],\"page\":1,\"size\":100,\"total\":1}"
	run hlexport --logs
	assert_status 3
	assert_contains "$output" "missing  versions/wf_1: HTTP 404"
	[ -f exports/*/files/wf_1/file.json ]
}

@test "a file without a type" {
	start_fixture
	add_fault "files body=200 text={\"records\":[{\"id\":\"x_1\"}],\"page\":1,\"size\":100,\"total\":1}"
	run hlexport
	assert_status 3
	assert_contains "$output" "the request needs {files.type}, which the parent record lacks"
}

@test "control characters from a server never reach the terminal" {
	start_fixture
	add_fault "stats status=500 form=json"
	add_fault "files body=200 text={\"records\":[{\"id\":\"\\u001b[31mx\",\"type\":\"\\u001b]0;owned\\u0007\"}],\"page\":1,\"size\":100,\"total\":1}"
	run hlexport
	assert_status 3
	! grep -q "$(printf '\033')\|$(printf '\007')" <<<"$output"
	! grep -q "$(printf '\033')" exports/*/export.log
	! grep -q "$(printf '\033')" exports/*/manifest.jsonl
}
