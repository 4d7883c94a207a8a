# Reports.

bats_require_minimum_version 1.5.0
load helper
load tables

sample="$TOP/exports.example/20250606-120000"

# Serve the file "metrics" as /metrics; set $port.
serve_metrics()
{
	python3 - >port 3>&- <<'END' &
import http.server, threading

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = open("metrics", "rb").read()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
threading.Timer(60, server.shutdown).start()
server.serve_forever()
END
	server_pid=$!
	wait_until test -s port
	port=$(cat port)
}

teardown()
{
	[ -z "${server_pid:-}" ] || kill "$server_pid" 2>/dev/null || true
	stop_fixture
}

# Export the worked example: $export.
export_usage()
{
	python3 - >metrics <<'END'
import json
rows = []

def add(name, when, kind, session, user, **data):
    rows.append({"id": name, "timestamp": when, "type": kind,
                 "session_id": session, "user_id": user, "data": data,
                 "metadata": {}})

add("m1", "2025-03-03T09:00:00+00:00", "session_start", "s1", "u1",
    project_path="/p/a")
add("m2", "2025-03-03T09:00:05+00:00", "tool_use", "s1", None,
    tool_name="Read, file", success=True, duration_ms=12.5)
add("m3", "2025-03-03T09:10:05+00:00", "tool_use", "s1", None,
    tool_name="Bash", success=False, duration_ms=100)
add("m4", "2025-03-03T10:00:00+00:00", "tool_use", "s2", None,
    tool_name="Bash", success=None, duration_ms=0)
add("m5", "2025-03-04T10:00:00+00:00", "error_occurred", "s2", "u2",
    error_type="TimeoutError")
add("m6", "2025-03-04T11:00:00+00:00", "token_usage", "s2", "u2",
    token_count=900)
add("m7", "2025-03-10T11:00:00+00:00", "session_end", "s1", "u1",
    duration_seconds=125.5, token_count=1500)
add("m8", "2025-03-10T12:00:00+00:00", "agent_execution", "s1", "u1",
    agent_id="ag|1", duration_ms=2000, success=True)
add("m9", "2025-03-10T12:00:01", "command_executed", "s1", "u1",
    command_name="/y")
add("m10", "2025-03-10T12:00:02Z", "command_executed", "s1", "u1",
    command_name="/x")
add("m11", "2025-03-10T12:00:03Z", "bogus", "s1", "u1")
add("m12", "2025-03-10T12:00:04Z", "performance", None, None,
    operation="x", duration_ms=7, success=True)
print(json.dumps({"metrics": rows}))
END
	serve_metrics
	hlexport --source "$TOP/tests/scenario/usage.yaml" \
	    --server "http://127.0.0.1:$port" -q
	export=$(the_export)
}

report()
{
	hlexport report "$export" --from 2025-03-01 --to 2025-03-31 "$@"
}

@test "the worked example gives its numbers" {
	needs_tables
	export_usage
	report --format json >all.json
	assert_equal "$(jq -c '[.total_metrics, .total_sessions, .total_users,
	    .total_errors, .duration_stats.total_ms, .duration_stats.min_ms,
	    .duration_stats.max_ms, .duration_stats.p50_ms,
	    .duration_stats.p95_ms, .duration_stats.p99_ms,
	    .token_stats.total, .token_stats.avg_per_session,
	    .success_metrics.success_count, .success_metrics.failure_count]' \
	    all.json)" \
	    '[10,2,2,1,127619.5,0,125500,100,125500,125500,1500,750,4,2]'
	assert_equal "$(jq '(.duration_stats.avg_ms * 10 | round) / 10,
	    (.success_metrics.success_rate * 10000 | round)' all.json |
	    paste -sd' ')" "21269.9 6667"
	assert_equal "$(jq -c '.breakdowns.tools | map_values([.count,
	    .success, .failure, .total_duration_ms, .avg_duration_ms])' \
	    all.json)" '{"Read, file":[1,1,0,12.5,12.5],"Bash":[2,0,2,100,50]}'
	assert_equal "$(jq -c '[.time_series[] | [.timestamp[:10],
	    .metrics_count, .sessions, .errors, .total_duration_ms,
	    .tokens]]' all.json)" \
	    '[["2025-03-03",4,2,0,112.5,0],["2025-03-04",2,1,1,0,0],["2025-03-10",4,1,0,127507,1500]]'
	assert_equal "$(report --format json --by weekly | jq -c '[
	    .time_series[] | [.week_start[:10], .metrics_count, .sessions,
	    .users, .errors, .total_duration_ms, .tokens]]')" \
	    '[["2025-03-03",6,2,2,1,112.5,0],["2025-03-10",4,1,1,0,127507,1500]]'
	assert_equal "$(report --format json --by monthly | jq -c '[
	    .time_series[] | [.month[:10], .metrics_count, .sessions, .users,
	    .errors, .total_duration_ms, .tokens]]')" \
	    '[["2025-03-01",10,2,2,1,127619.5,1500]]'
	assert_equal "$(report --format json --by hourly |
	    jq -c '[.time_series[].metrics_count]')" '[3,1,1,1,1,3]'
	assert_equal "$(report --format json --by session | jq -c '[
	    .time_series[] | [.session_id, .metrics_count, .duration_seconds,
	    .tool_uses, .errors, .total_duration_ms, .tokens]]')" \
	    '[["s1",6,615602,{"Read, file":1,"Bash":1},0,127612.5,1500],["s2",3,90000,{"Bash":1},1,0,0]]'
	assert_equal "$(report --format json --by project | jq -c '[
	    .time_series[] | [.project_path, .sessions, .users,
	    .metrics_count, .errors, .tool_uses]]')" \
	    '[["/p/a",1,1,1,0,{}]]'
	report --all-formats -o bundle -q
	grep -q '^"Read, file",1,1,0,12.5,12.5' bundle/csv/tool.csv
}

@test "filters, and what is wrong with them" {
	needs_tables
	export_usage
	assert_equal "$(report --format json --filter session=s2 |
	    jq .total_metrics)" 3
	assert_equal "$(report --format json --filter kind=tool_use \
	    --filter kind=session_start | jq .total_metrics)" 4
	run -2 report --filter sesion=s2
	assert_contains "$output" "did you mean session?"
	run -2 hlexport report "$export" --from 2025-04-01 --to 2025-03-01
	run -2 report --by dayly
	assert_contains "$output" "daily"
	run -2 hlexport report nowhere
	# Nothing matches, and nothing has a duration: no crash, no NaN.
	for format in markdown html csv text json; do
		report --format $format --filter session=none >empty
		report --format $format --filter kind=error_occurred >few
		! grep -qiE '\bnan\b|\binf\b' empty few
	done
}

@test "all formats at once, in a folder with a manifest" {
	needs_tables
	export_usage
	run -0 report --all-formats -o bundle
	(cd bundle && jq -r '.files[] | .sha256 + "  " + .path' \
	    manifest.json | sha256sum --quiet -c -)
	assert_equal "$(jq '.metrics | length' bundle/data.json)" 10
	assert_equal "$(jq '.aggregations.daily | length' bundle/data.json)" 3
	assert_equal "$(wc -l <bundle/data.jsonl)" 11
	assert_equal "$(jq -c ._metadata bundle/data.jsonl | head -n 1)" true
	python3 -c 'import csv
rows = list(csv.DictReader(open("bundle/csv/events.csv", newline="")))
assert len(rows) == 10, rows'
	for file in report.md report.html report.json report.csv report.txt; do
		[ -s bundle/reports/$file ]
	done
	run -2 report --all-formats -o bundle
	assert_contains "$output" "--force"
	report --all-formats -o bundle --force -q
	run -2 report --all-formats
	assert_contains "$output" "--output DIR"
}

@test "an export's report: cost by version, results by evaluator" {
	needs_tables
	run -0 hlexport report "$sample"
	assert_contains "$output" "## Cost and latency by prompt version"
	assert_contains "$output" \
	    "## Evaluation results by version and evaluator"
	hlexport report "$sample" --format html -o report.html
	python3 - report.html <<'END'
import html.parser, sys
text = open(sys.argv[1]).read()

class Check(html.parser.HTMLParser):
    void = {"meta", "br", "hr", "img", "link", "input"}
    stack, seen, stacked = [], set(), False

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        # On a phone each cell of a wide table stands with its column's name.
        if tag == "table":
            self.stacked = ("class", "stack") in attrs
            self.seen.add(f"stacked {self.stacked}")
        if tag == "td":
            assert ("data-name" in dict(attrs)) == self.stacked, attrs
        if tag not in self.void:
            self.stack.append(tag)
        for name, value in attrs:
            assert name != "src" and not name.startswith("on"), (tag, name)

    def handle_startendtag(self, tag, attrs):
        self.seen.add(tag)

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag, tag

check = Check()
check.feed(text)
assert not check.stack, check.stack
assert {"table", "svg", "h1", "h2", "stacked True", "stacked False"} <= \
    check.seen, check.seen
assert "script" not in check.seen
assert "http" not in text.replace("http://www.w3.org", "").replace(
    "http-equiv", ""), "a link to elsewhere"
END
	run -2 hlexport report "$sample" --format html -o report.html
	for by in hourly daily weekly monthly session user model file \
	    version tool agent evaluator project; do
		for format in markdown html json csv text; do
			hlexport report "$sample" --by $by \
			    --format $format >out
			[ -s out ]
		done
	done
}

@test "the same export gives the same report" {
	needs_tables
	for format in markdown html json csv text; do
		hlexport report "$sample" --format $format >one
		hlexport report "$sample" --format $format >two
		cmp one two
	done
}

@test "what is left out or sanitized is reported; days are of the zone" {
	needs_tables
	old_tree '{"id":"a","prompt":{},"created_at":"2025-03-29T20:00:00Z"}' \
	    '{"id":"b","prompt":{},"output":"\ud800"}' '{"id":"c"'
	run -6 hlexport report old
	run -0 --separate-stderr hlexport report old --skip-damaged \
	    --tz Asia/Kolkata
	assert_contains "$stderr" "logs: 1 unreadable record was skipped"
	assert_contains "$output" "1 records of logs cannot be read"
	assert_contains "$output" "1 events have no time"
	assert_contains "$output" "2025-03-30 "
	assert_equal "$(hlexport report old --skip-damaged -q --format json \
	    --tz Asia/Kolkata | jq -r '.time_series[].timestamp')" \
	    "2025-03-30T00:00:00+05:30"
	run -2 hlexport report old --skip-damaged --tz Nowhere/X
	assert_contains "$output" "--tz Nowhere/X"
	run -2 hlexport report old --zip -o out
}

@test "percentiles are the same everywhere" {
	needs_tables
	local i lines=()
	for i in $(seq 20); do
		lines+=("{\"id\":\"l$i\",\"prompt\":{\"path\":\"p\"},\"provider_latency\":$i}")
	done
	old_tree "${lines[@]}"
	hlexport report old -q --format json >all.json
	assert_equal "$(jq '.duration_stats.p95_ms, .sections[0].rows[0][7]' \
	    all.json | paste -sd' ')" "20000 20000"
}

@test "records with values at the ends of what there is: no report fails" {
	needs_tables
	old_tree '{"id":"a","created_at":"2025-01-01T00:00:00Z","prompt_tokens":9223372036854775807,"output_tokens":9223372036854775807,"trace_id":"t","user":"u","error":"e","prompt":{"id":"pr_1"}}' \
	    '{"id":"b","created_at":"infinity","prompt_tokens":9223372036854775807,"prompt_cost":1e308,"output_cost":1e308,"provider_latency":1e308,"trace_id":"t","prompt":{"id":"pr_1"}}' \
	    '{"id":"c","created_at":"-infinity","start_time":"-infinity","end_time":"infinity","prompt_tokens":9223372036854775807,"prompt_cost":1e308,"trace_id":"t","user":"u","prompt":{"id":"pr_1"}}' \
	    '{"id":"d","created_at":"294246-12-31T23:59:59Z","prompt_cost":-1e308,"prompt_tokens":-9223372036854775808,"trace_id":"t","tool":{"id":"pr_1"}}' \
	    '{"id":"e","created_at":"0001-01-01T00:00:00Z","start_time":"0001-01-01T00:00:00Z","end_time":"9999-12-31T23:59:59Z","trace_id":"","user":"","agent":{"id":"pr_1"}}' \
	    '{"id":"f","created_at":"290309-12-22 (BC) 00:00:00+00","prompt_tokens":1e18,"provider_latency":-1e308,"evaluator":{"id":"pr_1"}}'
	for by in hourly daily weekly monthly session user model file version \
	    tool agent evaluator project; do
		for format in markdown html json csv text; do
			run -0 hlexport report old --by $by --format $format \
			    --tz America/New_York
			[[ $output != *[Ee]rror:* ]]
		done
	done
	hlexport convert old --format parquet --partition-by day -y -q \
	    --tz America/New_York -o days
	hlexport report old --all-formats -o bundle -q
	for format in csv jsonl xlsx parquet; do
		hlexport convert old --format $format --yes -q -o $format ||
		    [ $format = xlsx ]
	done
}

@test "an export without logs" {
	needs_tables
	start_fixture
	hlexport -q
	stop_fixture
	for format in markdown html json csv text; do
		hlexport report "$(the_export)" --format $format >out
		[ -s out ]
	done
}

@test "the source's word for what it counts; the model's latency before the duration" {
	needs_tables
	sample=$(echo "$TOP"/exports.example/2*)
	hlexport report "$sample" --format text >said
	grep -qE '^Total Logs +26$' said
	grep -q '^LOGS BY TYPE' said
	run -1 grep -q Metrics said
	mean=$(hlexport query "$sample" --format csv \
	    "SELECT round(avg(coalesce(latency, duration)) * 1000) FROM logs" |
	    tail -n 1 | tr -d '\r' | cut -d . -f 1)
	grep -qE "^Average Duration +$mean ms" said
}

@test "names before ids; errors of a kind; nothing of what no record has" {
	needs_tables
	sample=$(echo "$TOP"/exports.example/2*)
	hlexport report "$sample" -q >said
	grep -qF '| Shared/Label match evv' said
	grep -q '^- \*\*Success Rate of 26 Logs:' said
	hlexport report "$sample" --filter kind=evaluator -q >said
	run -1 grep -i session said
	# A tree with logs that failed, in some spellings.
	"$TOP/tests/legacy/make-old-tree" "$sample" old
	rm -f old/SHA256SUMS
	python3 - old <<'END'
import glob, json, sys
path = sorted(glob.glob(sys.argv[1] + "/files/pr_*/logs/1.jsonl"))[0]
rows = [json.loads(line) for line in open(path)][:6]
errors = ["timeout after 30.5 s", "timeout after 1,200 s", "no pods 7",
          "no pods 12", "run 123e4567-e89b-12d3-a456-426614174000 died",
          "run 00000000-e89b-12d3-a456-426614174fff died"]
for row, error in zip(rows, errors):
    row["error"] = error
with open(path, "w") as out:
    out.writelines(json.dumps(row) + "\n" for row in rows)
END
	hlexport report old -q --skip-damaged --format json >said
	assert_equal "$(jq -c '.errors // .breakdowns.errors' said)" \
	    '{"no pods #":2,"run # died":2,"timeout after # s":2}'
}

@test "the zone of days is that of all; sums are of what they say" {
	needs_tables
	sample=$(echo "$TOP"/exports.example/2*)
	hlexport report "$sample" -q --tz America/Los_Angeles --format json \
	    >said
	assert_equal "$(jq -c '[.start_time, .end_time, .title]' said)" \
	    '["2024-12-31T16:00:00-08:00","2025-03-01T16:02:00-08:00","Daily Usage Report - 2024-12-31 to 2025-03-01"]'
	# Tokens of records without a session are in no session.
	wanted=$(hlexport query "$sample" -q --format jsonl "SELECT
	    sum(coalesce(prompt_tokens, 0) + coalesce(output_tokens, 0))
	    / count(DISTINCT trace_id) AS n FROM logs
	    WHERE trace_id <> ''" | jq .n)
	assert_equal "$(jq .token_stats.avg_per_session said)" "$wanted"
	# The notes count the rows that a breakdown leaves out.
	for by in user model file session; do
		hlexport report "$sample" -q --by $by --format json >said
		assert_equal "$(jq '[.time_series[].metrics_count] | add' said)" \
		    "$(jq '.total_metrics - ([.notes[] |
		    capture("^(?<n>[0-9]+) events have no '$by'").n |
		    tonumber] | add // 0)' said)"
	done
}
