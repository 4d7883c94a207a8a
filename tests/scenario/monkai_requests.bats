# What is sent to the platform, and what its answers mean.

bats_require_minimum_version 1.5.0
load helper
load tables
load monkai

@test "the request: method, body, headers; empty values are not sent" {
	start_trace
	cat >echo.py <<'END'
import http.server, json, sys
class H(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        with open('sent', 'a') as f:
            print(self.path, self.headers['Content-Type'],
                self.headers['Authorization'], self.headers['tracer_token'],
                body.decode(), file=f)
        name = 'logs' if 'logs' in self.path else 'records'
        out = json.dumps({name: [], 'count': 0}).encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(out)))
        self.end_headers()
        self.wfile.write(out)
    def log_message(self, *args):
        pass
server = http.server.HTTPServer(('127.0.0.1', 0), H)
print(server.server_port, flush=True)
server.serve_forever()
END
	python3 echo.py >port 7>&- 3>&- &
	echo_pid=$!
	wait_until test -s port
	export MONKAI_TRACE_BASE_URL=http://127.0.0.1:$(cat port)/
	status=0
	monkai -q || status=1
	monkai -q --agent 'Jo"sé' --session-id s --level error \
	    --resource-id r --start-date 2025-01-02 \
	    --end-date 2025-02-03T04:05:06+01:00 || status=1
	monkai -q --via export --stream logs || status=1
	kill $echo_pid
	assert_equal $status 0
	head='application/json Bearer '$key' None '
	LC_ALL=C sort sent >sent.sorted
	LC_ALL=C sort <<END | diff - sent.sorted
/record_query $head{"namespace":"customer-support","query":{"limit":1000,"offset":0,"end_date":"2025-11-24T16:00:00Z"}}
/logs/query $head{"namespace":"customer-support","limit":1000,"offset":0,"end_date":"2025-11-24T16:00:00Z"}
/record_query $head{"namespace":"customer-support","query":{"limit":1000,"offset":0,"agent":"Jo\"sé","session_id":"s","start_date":"2025-01-02T00:00:00Z","end_date":"2025-02-03T03:05:06Z"}}
/logs/query $head{"namespace":"customer-support","limit":1000,"offset":0,"level":"error","resource_id":"r","start_date":"2025-01-02T00:00:00Z","end_date":"2025-02-03T03:05:06Z"}
/logs/export $head{"namespace":"customer-support","format":"json","end_date":"2025-11-24T16:00:00Z"}
/logs/query $head{"namespace":"customer-support","limit":1,"offset":0,"end_date":"2025-11-24T16:00:00Z"}
END
}

@test "filters: only what was asked for" {
	start_trace
	fixture truth/records >truth.records
	fixture truth/logs >truth.logs
	run -0 monkai --agent Orders --level error -o some
	grep '"agent": "Orders"' truth.records | cmp - <(rows some/* records)
	grep '"level":"error"' truth.logs | cmp - <(rows some/* logs)
	run -0 monkai --session-id s-7 --resource-id res_3 -o other
	grep '"session_id": "s-7"' truth.records | cmp - <(rows other/* records)
	grep '"resource_id":"res_3"' truth.logs | cmp - <(rows other/* logs)
	run -0 monkai --stream logs --via export --level error -o bulk
	grep '"level":"error"' truth.logs | cmp - <(rows bulk/* logs)
	assert_equal "$(ls bulk/*)" "$(printf '%s\n' SHA256SUMS export.log \
	    logs manifest.copy.jsonl manifest.jsonl)"
}

@test "the help lists the options and their values" {
	start_trace
	run -0 hlexport help export --source monkai
	local option
	for option in namespace stream agent session-id level resource-id \
	    start-date end-date via limit offset server; do
		assert_contains "$output" "--$option"
	done
	assert_contains "$output" "(required)"
	assert_contains "$output" "(debug|info|warn|error)"
	[[ $output != *--directory* ]]
	run -0 hlexport sources
	assert_contains "$output" "MonkAI Trace"
}

# wrong TEXT OPTION...: refused before anything is sent.
wrong()
{
	local text=$1
	shift
	run -2 monkai "$@"
	assert_contains "$output" "$text"
	assert_equal "$(asked_count)" 0
}

@test "options are checked before anything is sent" {
	start_trace
	wrong "is not one of debug|info|warn|error" --level warning
	wrong "is not between 1 and 1000" --limit 1001
	wrong "is not between 1 and 1000" --limit 0
	wrong "is not a whole number" --offset -1
	wrong "is not a date" --start-date yesterday
	wrong "is not before --end-date" --start-date 2025-02-01 \
	    --end-date 2025-01-01
	wrong "--agent goes only with --stream records" --stream logs \
	    --agent x
	wrong "--limit goes only with --via query" --via export --limit 5
	wrong "is not one of records|logs" --stream record
	wrong "several: records, logs" --stdout --limit 1
	wrong "cannot be used with" --stdout --stream logs --json
	wrong "--agent: the value is not valid UTF-8" --agent $'caf\xe9'
	unset MONKAI_TRACE_NAMESPACE
	wrong "--namespace is missing"
	wrong "or set MONKAI_TRACE_NAMESPACE"
}

@test "the token: its variables, its file, what it begins with" {
	start_trace
	unset MONKAI_TRACER_TOKEN
	wrong "MONKAI_TRACER_TOKEN or MONKAI_TRACE_TOKEN, or the file that"
	export MONKAI_TRACE_TOKEN=hl_sk_secret
	wrong 'begin with "tk_"'
	[[ $output != *secret* ]]
	MONKAI_TRACE_TOKEN=$key run -0 monkai -o one
	unset MONKAI_TRACE_TOKEN
	printf '\n %s \n\n' "$key" >token
	MONKAI_TRACE_TOKEN_FILE=token run -0 monkai -o two
	MONKAI_TRACE_TOKEN_FILE=nowhere wrong_file "nowhere"
	printf '\n' >empty
	MONKAI_TRACE_TOKEN_FILE=empty wrong_file "the file has no key"
	printf '%s\n' "$key" >.monkai_trace_token
	run -0 monkai -o three
	rm .monkai_trace_token
	printf 'MONKAI_TRACER_TOKEN=%s\n' "$key" >.env
	run -0 monkai -o four
	printf 'MONKAI_TRACER_TOKEN=tk_other\n' >.env
	run -4 monkai -o five
	assert_contains "$output" "invalid_token: the token is not valid"
	assert_contains "$output" "check MONKAI_TRACER_TOKEN"
	! grep -r "$key\|tk_other" one two three four five
}

wrong_file()
{
	run -2 monkai
	assert_contains "$output" "$1"
}

@test "a slice, and a slice as JSON lines" {
	start_trace
	run -0 monkai --limit 10 --offset 20
	fixture truth/records | sed -n 21,30p | cmp - <(rows exports/* records)
	fixture truth/logs | sed -n 21,30p | cmp - <(rows exports/* logs)
	run -0 hlexport verify exports/*
	assert_equal "$(asked_count)" 2
	monkai --stream logs --limit 5 --stdout >lines 2>said
	fixture truth/logs | head -n 5 | cmp - lines
	assert_contains "$(cat said)" "5 records"
	monkai --stream logs --limit 9 --offset 695 --stdout -q >lines
	fixture truth/logs | tail -n 5 | cmp - lines
	monkai --stream logs --offset 9000 --stdout -q | cmp - /dev/null
	monkai --stream records --stdout -q | cmp - <(fixture truth/records)
	add_fault "logs_query status=500"
	run -1 --separate-stderr monkai --stream logs --stdout
	assert_equal "$output" ""
	assert_contains "$stderr" "but not all of them"
	# Nothing was written.
	assert_equal "$(find . -name manifest.jsonl | wc -l)" 1
}

@test "every status, with what the server says and its request id" {
	start_trace --rows 0
	local code
	for code in 400 403 404 409; do
		add_fault "record_query page=2 status=$code"
		run -3 monkai -o out-$code
		assert_contains "$output" \
		    "HTTP $code: bad_request: scripted fault (request req-"
		heal
	done
	# What a retry won't change was tried once; a conflict may pass.
	assert_equal "$(asked_count 'record_query.* 2 1000')" 8
	for code in 500 502 503 504; do
		forget_asked
		add_fault "record_query covers=1001-1003 status=$code form=html"
		run -3 monkai -o out-$code
		assert_contains "$output" "HTTP $code: a page of HTML"
		[ "$(asked_count 'record_query.* 2 1000')" -ge 2 ]
		heal
		add_fault "record_query status=$code form=flat times=1"
		run -0 monkai --resume out-$code/*
		run -0 grep -c "HTTP $code: scripted fault.*request_id=req-" \
		    out-$code/*/export.log
		assert_rows "$(echo out-$code/*)"
		heal
	done
	# In the manifest and as JSON, the id stands by itself.
	add_fault "record_query page=2 status=400"
	run -3 --separate-stderr monkai --json -o json
	assert_contains "$(echo "$output" | jq -r '.gaps[0].request_id')" req-
	run -0 grep -c '"request_id":"req-' json/*/manifest.jsonl
	MONKAI_TRACE_NAMESPACE=other run -4 monkai -o none
	assert_contains "$output" "not bound to the token"
}

@test "a POST goes nowhere else" {
	start_trace --records 3000 --rows 0
	add_fault "record_query page=2 redirect=307 text=$url/record_query times=1"
	run -0 monkai -o same
	assert_rows "$(echo same/*)"
	add_fault "record_query page=2 redirect=307 text=$elsewhere/x"
	run -3 monkai -o other
	assert_contains "$output" "refusing to redirect a POST"
	heal
	add_fault "record_query page=2 redirect=302 text=$url/record_query"
	run -3 monkai -o get
	assert_contains "$output" "refusing to redirect a POST"
	assert_equal "$(fixture asked | jq .elsewhere)" 0
}

@test "the pace is what the headers say, and no request is refused" {
	# In real time: 45 requests where 20 a second are allowed.
	unset HLEXPORT_SKIP_WAITS
	start_trace --records 31000 --rows 13000 --limit 20 --window 1
	local before=$(date +%s%N)
	run -0 monkai
	local took=$((($(date +%s%N) - before) / 1000000))
	assert_equal "$(fixture asked | jq .too_fast)" 0
	assert_rows "$(the_export)"
	echo "took $took ms"
	[ $took -ge 2000 ]
	[ $took -le 20000 ]
}

@test "dry run, online, repair" {
	start_trace
	run -0 monkai --dry-run
	assert_contains "$output" "2,500"
	run -0 monkai --dry-run --limit 10
	[[ $output != *2,500* ]]
	run -0 monkai --dry-run --via export --export-cap 500
	assert_contains "$output" "2,500"
	[[ $output != *does\ not\ say* ]]
	run -0 monkai
	run -0 hlexport verify --online exports/*
	before=$(cat exports/*/records/2.jsonl | sha256sum)
	sed -i 5s/namespace/namespacf/ exports/*/records/2.jsonl
	run -6 hlexport verify exports/*
	forget_asked
	run -0 hlexport repair exports/*
	assert_equal "$(cat exports/*/records/2.jsonl | sha256sum)" "$before"
	assert_equal "$(asked_count record_query)" 1
	# A row that has gone since, in a list that tells its total and in one
	# that doesn't.
	add_fault "logs_query delete=2 times=1"
	run -0 hlexport verify --online exports/*
	assert_contains "$output" "gone"
	stop_fixture
	start_trace --shape bare
	add_fault "logs_query delete=2 times=1"
	run -0 hlexport verify --online exports/* --server-moved
	assert_contains "$output" "gone"
	# Read to the end, and once.
	assert_equal "$(asked_count)" 8
}

@test "whose export it is counts, however the command is written" {
	start_trace
	# As in the .env of someone who has both.
	export HUMANLOOP_API_URL=$url/other HUMANLOOP_API_KEY=other
	add_fault "logs_query status=500"
	run -3 monkai --retries 1
	export=$(the_export)
	heal
	for words in "-r $export" "--resume" "-qr $export" "--resu=$export" \
	    "repair -q $export" "repair --remove-extra --yes $export" \
	    "repair --jobs 2 $export" "verify --online $export" \
	    "verify $export --online"; do
		forget_asked
		# shellcheck disable=SC2086 # words
		run hlexport $words
		[ "$status" = 0 ] || [ "$words" = --resume ] || {
			echo "hlexport $words: $output"
			return 1
		}
		[[ $output != *HUMANLOOP* ]]
	done
	# The key goes to no other server without a word.
	server=$url
	stop_fixture
	start_trace
	[ "$url" != "$server" ]
	for words in "verify --online" repair; do
		[ "$words" != repair ] || sed -i 5s/namespace/namespacf/ \
		    "$export"/records/2.jsonl
		# shellcheck disable=SC2086
		run -2 hlexport $words "$export"
		assert_contains "$output" "use --server-moved"
	done
	assert_equal "$(asked_count)" 0
	run -0 hlexport repair --server-moved "$export"
	run -0 hlexport verify --server-moved --online "$export"
	assert_contains "$output" ": none"
}

@test "no line of C outside of the definitions names a platform" {
	cd "$TOP"
	run -1 grep -ril monkai src --include='*.[ch]'
}
