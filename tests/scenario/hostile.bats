# Servers that mean harm, and circumstances that do.

bats_require_minimum_version 1.5.0
load helper

@test "a body that gets large when it is unpacked" {
	start_fixture
	# 300 MB of blanks, well compressed.
	python3 - <<-'END' >bomb.json.gz
	import gzip, sys
	with gzip.GzipFile(fileobj=sys.stdout.buffer, mode="wb", mtime=0) as f:
	    for _ in range(300):
	        f.write(b" " * 1000000)
	    f.write(b"{}")
	END
	python3 - "$PWD/bomb.json.gz" <<-'END' >server.py.port &
	import http.server, sys
	body = open(sys.argv[1], "rb").read()
	class Handler(http.server.BaseHTTPRequestHandler):
	    def do_GET(self):
	        self.send_response(200)
	        self.send_header("Content-Type", "application/json")
	        self.send_header("Content-Encoding", "gzip")
	        self.send_header("Content-Length", str(len(body)))
	        self.end_headers()
	        self.wfile.write(body)
	    def log_message(self, *_):
	        pass
	server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
	print(server.server_port, flush=True)
	for _ in range(8):
	    server.handle_request()
	END
	bomb=$!
	wait_until [ -s server.py.port ]
	HUMANLOOP_API_URL=http://127.0.0.1:$(cat server.py.port)/v5
	# AddressSanitizer reserves terabytes of addresses: no limit there.
	[ -n "${SANITIZE:-}" ] || ulimit -v 600000
	run hlexport --max-body 20MB --retries 1
	kill $bomb 2>/dev/null || true
	assert_status 3
	assert_contains "$output" "the reply is larger than --max-body"
}

@test "JSON that is 100,000 levels deep" {
	start_fixture
	deep=$(python3 -c 'n = 100000; print("[" * n + "]" * n)')
	id=$(curl -sS -H "X-API-KEY: $key" "$url/files?type=prompt" |
	    jq -r '.records[0].id')
	body="{\"records\": [{\"id\": \"deep\", \"x\": $deep}], \"page\": 1,
	    \"size\": 100, \"total\": 1}"
	printf '%s' "$body" >body
	# Through a proxy that answers for the logs.
	python3 - "$base" <<-'END' >proxy.port &
	import http.server, sys, urllib.request
	body = open("body", "rb").read()
	class Handler(http.server.BaseHTTPRequestHandler):
	    def do_GET(self):
	        if self.path.startswith("/v5/logs?"):
	            data = body
	        else:
	            data = urllib.request.urlopen(urllib.request.Request(
	                sys.argv[1] + self.path, headers={"X-API-KEY":
	                self.headers["X-API-KEY"]})).read()
	        self.send_response(200)
	        self.send_header("Content-Type", "application/json")
	        self.send_header("Content-Length", str(len(data)))
	        self.end_headers()
	        self.wfile.write(data)
	    def log_message(self, *_):
	        pass
	server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
	print(server.server_port, flush=True)
	server.serve_forever()
	END
	proxy=$!
	wait_until [ -s proxy.port ]
	HUMANLOOP_API_URL=http://127.0.0.1:$(cat proxy.port)/v5
	run hlexport --logs --type prompt
	kill $proxy
	assert_status 0
	printf '%s' "$deep" >deep
	grep -qFf deep "$(the_export)/files/$id/logs/1.jsonl"
	run -0 hlexport verify "$(the_export)"
}

@test "a second process on the same export, and the lock of one that was killed" {
	start_fixture --latency 200
	"$HLEXPORT" -q --logs 3>&- &
	first=$!
	wait_until eval '[ -e exports/*/manifest.jsonl ]'
	run -5 hlexport --resume "$(the_export)"
	assert_contains "$output" "process $first is working on"
	run -5 hlexport repair "$(the_export)"
	kill -9 $first
	wait $first || true
	run -0 hlexport --resume "$(the_export)"
	assert_truth "$(the_export)"
}

@test "the clock jumps back, and the time zone changes" {
	start_fixture
	add_fault "stats status=404"
	SOURCE_DATE_EPOCH=1764000000 TZ=Asia/Tokyo run -3 hlexport --logs
	mend
	SOURCE_DATE_EPOCH=1700000000 TZ=America/New_York \
	    run -0 hlexport --resume
	assert_truth "$(the_export)"
	# The end of the logs is still that of the first run.
	grep -q '"started":"2025-11-24T16:00:00.000Z"' \
	    "$(the_export)/manifest.jsonl"
	run -0 hlexport verify "$(the_export)"
	assert_equal "$(ls exports)" "20251124-160000"
}

# An export's manifest may name any server, and have any definition.
@test "a key is sent to no server that only a manifest names" {
	start_fixture
	add_fault "stats status=500"
	run -3 hlexport -q
	mend
	export=$(the_export)
	url=$HUMANLOOP_API_URL
	unset HUMANLOOP_API_URL
	forget_asked
	for command in repair --resume "verify --online"; do
		[ "$command" != repair ] ||
		    rm "$(find "$export" -name file.json | head -n 1)"
		for more in "" $([ "$command" != repair ] || echo --yes); do
			run hlexport $command "$export" $more </dev/null
			assert_contains "$output" "says that it is from $url"
			assert_contains "$output" "--server $url"
			[ "$status" = 2 ] || [ "$status" = 6 ]
		done
	done
	assert_equal "$(asked_count)" 0
	run -0 hlexport repair "$export" --server "$url"
	run -0 hlexport verify "$export"
}

@test "a definition that came with an export sends nothing" {
	start_fixture
	hlexport sources humanloop >own.yaml
	add_fault "stats status=500"
	run -3 hlexport --source ./own.yaml -q
	mend
	export=$(the_export)
	forget_asked
	rm "$(find "$export" -name file.json | head -n 1)"
	for command in repair --resume "verify --online"; do
		run hlexport $command "$export" --server "$url"
		assert_contains "$output" "definition of its own"
		[ "$status" = 2 ] || [ "$status" = 6 ]
	done
	assert_equal "$(asked_count)" 0
	# Without the network, it is what the files are read by.
	run -6 hlexport verify "$export"
	run -0 hlexport repair --source ./own.yaml "$export"
	run -0 hlexport verify "$export"
	# A name that is a file is none.
	sed -i '1s|"source":"[^"]*"|"source":"/dev/zero"|; 1s|"definition":|"d":|' \
	    "$export"/manifest*.jsonl
	run hlexport summary "$export"
	[ "$status" -ne 0 ]
}
