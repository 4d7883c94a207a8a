# The source monkai: records and logs, by POST, in pages and in spans of time.

bats_require_minimum_version 1.5.0
load helper
load tables

# start_trace OPTION...: the fixture, and the variables that the source reads.
start_trace()
{
	unset "${!MONKAI_@}"
	start_fixture --workspace trace "$@"
	unset HUMANLOOP_API_URL HUMANLOOP_API_KEY
	base=${url%/trace/v1}
	export HOME=$PWD
	export MONKAI_TRACE_BASE_URL=$url MONKAI_TRACER_TOKEN=$key
	export MONKAI_TRACE_NAMESPACE=customer-support
}

monkai()
{
	hlexport --source monkai "$@"
}

# rows DIR records|logs: the lines of a stream, in their order.
rows()
{
	cat $(ls "$1/$2"/*.jsonl 2>/dev/null | sort -V) </dev/null
}

# was_asked N [PATTERN]: so often at least?
was_asked()
{
	[ "$(asked_count "${@:2}")" -ge "$1" ]
}

# Is the export what is true, byte for byte and in the server's order?
assert_rows()
{
	local stream
	for stream in records logs; do
		fixture truth/$stream >truth.$stream
		rows "$1" $stream | cmp - truth.$stream
	done
	assert_sums "$1"
	run -0 hlexport verify "$1"
}

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
	mend
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
		mend
		run -0 monkai --resume killed-$page/*
		assert_rows "$(echo killed-$page/*)"
		assert_same_export plain/* killed-$page/*
		[ $page = 1 ] ||
		    assert_equal "$(asked_count 'record_query.* 1 1000')" 0
	done
}

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
	assert_contains "$output" "2 lists have no total of their own"
	run -0 hlexport verify spans/*
	# A call that was cut, or one that is kept: no more than three a kept one.
	[ "$(asked_count)" -le 120 ]
	# The pages' endpoints were asked for their total only.
	assert_equal "$(asked_count query)" 2
	assert_equal "$(asked_count 'query .* 1 1$')" 2
	# Windows overlap: what is in two of them counts once.
	run -0 hlexport verify --online spans/*
	assert_contains "$output" "nothing has come or gone"
	add_fault "logs_export delete=2 times=1"
	run -1 hlexport verify --online spans/*
	assert_contains "$output" "missing: exported_logs: 2998 different"
	# Where they tell none, all the same.
	stop_fixture
	start_trace --shape bare --cap 500
	run -0 monkai -o bare --via export --export-cap 500
	fixture truth/records | cmp - <(rows bare/* records)
	run -0 hlexport verify --online bare/*
	assert_contains "$output" "nothing has come or gone"
}

@test "a server that does not look at dates is given up soon" {
	start_trace --no-dates --cap 500
	run -3 monkai --via export --export-cap 500
	assert_contains "$output" "the same records come whatever time"
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

@test "the help tells the options, and what they may be" {
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
	wrong "none of debug|info|warn|error" --level warning
	wrong "is not between 1 and 1000" --limit 1001
	wrong "is not between 1 and 1000" --limit 0
	wrong "no whole number" --offset -1
	wrong "is no date" --start-date yesterday
	wrong "is not before --end-date" --start-date 2025-02-01 \
	    --end-date 2025-01-01
	wrong "--agent goes only with --stream records" --stream logs \
	    --agent x
	wrong "--limit goes only with --via query" --via export --limit 5
	wrong "none of records|logs" --stream record
	wrong "several: records, logs" --stdout --limit 1
	wrong "doesn't go together" --stdout --stream logs --json
	wrong "--agent: the value is not UTF-8" --agent $'caf\xe9'
	unset MONKAI_TRACE_NAMESPACE
	wrong "--namespace is missing"
	wrong "or set MONKAI_TRACE_NAMESPACE"
}

@test "the token: its variables, its file, what it begins with" {
	start_trace
	unset MONKAI_TRACER_TOKEN
	wrong "MONKAI_TRACER_TOKEN or MONKAI_TRACE_TOKEN, or the file that"
	export MONKAI_TRACE_TOKEN=hl_sk_secret
	wrong 'begins with "tk_"'
	[[ $output != *secret* ]]
	MONKAI_TRACE_TOKEN=$key run -0 monkai -o one
	unset MONKAI_TRACE_TOKEN
	printf '\n %s \n\n' "$key" >token
	MONKAI_TRACE_TOKEN_FILE=token run -0 monkai -o two
	MONKAI_TRACE_TOKEN_FILE=nowhere wrong_file "nowhere"
	printf '\n' >empty
	MONKAI_TRACE_TOKEN_FILE=empty wrong_file "there is no key in this file"
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
	assert_contains "$stderr" "and not all that there are"
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
		mend
	done
	# What a retry won't change was tried once; a conflict may pass.
	assert_equal "$(asked_count 'record_query.* 2 1000')" 8
	for code in 500 502 503 504; do
		forget_asked
		add_fault "record_query covers=1001-1003 status=$code form=html"
		run -3 monkai -o out-$code
		assert_contains "$output" "HTTP $code: a page of HTML"
		[ "$(asked_count 'record_query.* 2 1000')" -ge 2 ]
		mend
		add_fault "record_query status=$code form=flat times=1"
		run -0 monkai --resume out-$code/*
		run -0 grep -c "HTTP $code: scripted fault.*request_id=req-" \
		    out-$code/*/export.log
		assert_rows "$(echo out-$code/*)"
		mend
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
	assert_contains "$output" "a POST is not sent to another place"
	mend
	add_fault "record_query page=2 redirect=302 text=$url/record_query"
	run -3 monkai -o get
	assert_contains "$output" "a POST is not sent to another place"
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
	mend
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
		assert_contains "$output" "say --server-moved"
	done
	assert_equal "$(asked_count)" 0
	run -0 hlexport repair --server-moved "$export"
	run -0 hlexport verify --server-moved --online "$export"
	assert_contains "$output" "nothing has come or gone"
}

@test "no line of C outside of the definitions names a platform" {
	cd "$TOP"
	run -1 grep -ril monkai src --include='*.[ch]'
}

@test "the files that the platform's own tools make, byte for byte" {
	needs_tables
	start_trace --records 2300 --rows 700
	run -0 monkai
	export=$(the_export)
	for stream in records logs; do
		run -0 hlexport convert "$export" --format json --yes \
		    --tables $stream --output-file $stream.json
		run -0 hlexport convert "$export" --format csv --yes \
		    --tables $stream --output-file $stream.csv
		assert_contains "$output" "CSV is lossy"
		rows "$export" $stream >$stream.lines
	done
	assert_contains "$(hlexport convert "$export" --format csv --yes \
	    --force --tables records --output-file records.csv 2>&1)" \
	    "it has no source, model, user_id, user_whatsapp, wam_id"
	python3 - <<'END'
import csv, io, json

COLUMNS = {
    "records": "id namespace agent session_id inserted_at created_at "
    "input_tokens output_tokens process_tokens memory_tokens total_tokens "
    "external_user_id external_user_name external_user_channel msg "
    "transfers".split(),
    "logs": "id namespace level message resource_id timestamp created_at "
    "custom_object".split(),
}


def cell(value):
    if value is None:
        return ""
    if isinstance(value, str):
        text = value
    else:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if any(c in text for c in ',"\r\n') or text != text.strip(" "):
        return '"' + text.replace('"', '""') + '"'
    return text


for stream, columns in COLUMNS.items():
    with open(f"{stream}.lines", encoding="utf-8", newline="\n") as file:
        lines = file.read().split("\n")[:-1]
    with open(f"{stream}.json", encoding="utf-8", newline="\n") as file:
        have = file.read()
    assert have == "[\n" + ",\n".join(lines) + "\n]\n"
    rows = json.loads(have)
    want = ",".join(columns) + "\n" + "".join(
        ",".join(cell(row.get(name)) for name in columns) + "\n"
        for row in rows)
    with open(f"{stream}.csv", encoding="utf-8", newline="") as file:
        text = file.read()
    if text != want:
        for one, other in zip(text.split("\n"), want.split("\n")):
            if one != other:
                raise SystemExit(f"{one[:600]}\n{other[:600]}")
    read = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(read) == len(rows)
    assert list(read[0]) == columns
    for have, row in zip(read, rows):
        assert json.loads(have[columns[-1]] or "null") == row.get(
            columns[-1])
END
	run -2 hlexport convert "$export" --format csv --yes \
	    --output-file both.csv
	assert_contains "$output" "--tables records or --tables logs"
	# What is asked for is not what there is most of, but a mistake.
	run -2 hlexport convert "$export" --format json --yes \
	    --tables records,logs --from 2035-01-01 --output-file both.json
	run -2 hlexport convert "$export" --format parquet --tables logs \
	    --dry-run --output-file logs.parquet
	assert_contains "$output" "--format json or csv"
	# Of one stream, nothing has to be chosen.
	monkai -q --stream logs -o one
	hlexport convert one/* --format json --yes -q --output-file one.json
	cmp one.json logs.json
	run -2 hlexport convert "$export" --format json --yes \
	    --tables logs --output-file logs.json
	assert_contains "$output" "--force"
}

@test "a CSV file has what the records say, to the letter" {
	needs_tables
	start_trace --records 3 --rows 3
	monkai -q --stream records
	stop_fixture
	export=$(the_export)
	cat >line <<'END'
{"id":1.50,"namespace":true,"agent":"-1, \u00e9\ud83d\ude00\/\"","session_id":-0.0e+10,"inserted_at":"2025-01-01","input_tokens":12345678901234567890123,"output_tokens":2e2,"process_tokens":1.5,"memory_tokens":"","total_tokens":null,"external_user_id":"\ud800","msg":[ {"a" : 1.50, "\u00e9":"\u000a\u0001\ud800 \u0022"} ,[ ] ],"transfers":"=1+1"}
END
	# In place of the records, as long as these: damage, but for the test.
	python3 - line "$export/records/1.jsonl" <<'END'
import os, sys
line = open(sys.argv[1], "rb").read().strip()
size = os.path.getsize(sys.argv[2])
assert len(line) < size
open(sys.argv[2], "wb").write((b"  " + line).ljust(size - 1) + b"\n")
END
	hlexport convert "$export" --format csv --yes -q --guard-formulas \
	    --skip-damaged --output-file out.csv
	assert_equal "$(sed -n 2p out.csv)" \
	    '1.50,true,"'"'"'-1, é😀/""",-0.0e+10,2025-01-01,,12345678901234567890123,2e2,1.5,,,�,,,"[{""a"":1.50,""é"":""\n\u0001\ud800 \""""},[]]","'"'"'=1+1"'
}

# The ids in a file, in order, as one sum.
ids()
{
	hlexport query "$1" --allow-external --format csv --threads 1 \
	    "SELECT md5(string_agg(id, ' ')), count(*) FROM '$2'"
}

@test "query, convert and report, as for any export, however it was asked for" {
	needs_tables
	start_trace --records 1200 --rows 300
	monkai -q -o pages
	monkai -q --via export --export-cap 500 -o spans
	for dir in pages/* spans/*; do
		run -0 hlexport query "$dir" --format csv "SELECT
		    (SELECT count(*) FROM records), (SELECT count(*) FROM logs),
		    (SELECT count(*) >= 1200 FROM messages),
		    (SELECT count(inserted_at) FROM records)"
		assert_equal "$(tail -n 1 <<<"$output" | tr -d '\r')" \
		    "1200,300,true,1200"
		run -0 hlexport report "$dir"
		assert_contains "$output" "## Agents"
		hlexport convert "$dir" --format jsonl --yes -q -o "$dir-made"
		for threads in 1 3; do
			hlexport convert "$dir" --format parquet --yes -q \
			    --threads $threads -o "$dir-$threads"
		done
		diff -r "$dir-1" "$dir-3"
		for table in records logs; do
			assert_equal "$(ids "$dir" "$dir-3/$table.parquet")" \
			    "$(ids "$dir" "$dir-made/$table.jsonl")"
		done
	done
	diff <(sort pages/*-made/records.jsonl) <(sort spans/*-made/records.jsonl)
}
