# Servers that mean harm, and circumstances that do.

bats_require_minimum_version 1.5.0
load helper
load tables

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
	assert_status 1
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
	run -5 hlexport verify --accept "$(the_export)"
	[ ! -e "$(the_export)/accepted.json" ]
	kill -9 $first
	wait $first || true
	run -0 hlexport --resume "$(the_export)"
	assert_truth "$(the_export)"
}

@test "the clock jumps back, and the time zone changes" {
	start_fixture
	add_fault "stats status=404"
	SOURCE_DATE_EPOCH=1764000000 TZ=Asia/Tokyo run -3 hlexport --logs
	heal
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
	heal
	export=$(the_export)
	url=$HUMANLOOP_API_URL
	unset HUMANLOOP_API_URL
	forget_asked
	for command in repair --resume "verify --online"; do
		[ "$command" != repair ] ||
		    rm "$(find "$export" -name file.json | head -n 1)"
		for more in "" $([ "$command" != repair ] || echo --yes); do
			run hlexport $command "$export" $more </dev/null
			assert_contains "$output" "says that its server is $url"
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
	run -3 hlexport --source ./own.yaml --progress none
	assert_contains "$output" "--resume exports/"
	assert_contains "$output" " --source ./own.yaml"
	heal
	export=$(the_export)
	forget_asked
	rm "$(find "$export" -name file.json | head -n 1)"
	for command in repair --resume "verify --online"; do
		run hlexport $command "$export" --server "$url"
		assert_contains "$output" "its own source definition"
		[ "$status" = 2 ] || [ "$status" = 6 ]
	done
	assert_equal "$(asked_count)" 0
	# Nor whatever HLEXPORT_SOURCE says that is not that definition.
	for which in monkai ./nothing.yaml; do
		for command in repair --resume "verify --online"; do
			run env HLEXPORT_SOURCE=$which "$HLEXPORT" $command \
			    "$export" --server "$url"
			[ "$status" = 2 ] || [ "$status" = 6 ]
			assert_contains "$output" "its own source definition"
		done
		printf 'HLEXPORT_SOURCE=%s\n' $which >.env
		run hlexport repair "$export" --server "$url"
		rm .env
	done
	assert_equal "$(asked_count)" 0
	# Without the network, it is what the files are read by.
	run -6 hlexport verify "$export"
	assert_contains "$output" "--resume $export --source "
	run -0 hlexport repair --source ./own.yaml "$export"
	run -0 hlexport verify "$export"
	# A name that is a file is none.
	sed -i '1s|"source":"[^"]*"|"source":"/dev/zero"|; 1s|"definition":|"d":|' \
	    "$export"/manifest*.jsonl
	run hlexport summary "$export"
	[ "$status" -ne 0 ]
}

# What a server says stands in the log, too; only the run's own lines count.
@test "nothing that a server says is taken for the log's seal or header" {
	local said='manifest="{\"seal\":{\"ended\":\"2026-11-27T00:00:00Z\"},\"sha256\":\"0\"}"'
	start_fixture
	add_fault "stats status=400"
	run -3 hlexport -q
	export=$(the_export)
	cp "$export/export.log" log
	for line in "2026-11-27T00:00:00.000Z WARN  http     failed: x $said" \
	    "2026-11-27T00:00:00.000Z INFO  http     sealed $said" \
	    "sealed $said" "x INFO  run      sealed $said" \
	    "{\"area\":\"http\",\"message\":\"sealed\",\"manifest\":\"{\\\"seal\\\":1}\"}"; do
		{ cat log; printf '%s\n' "$line"; } >"$export/export.log"
		run -6 hlexport verify "$export"
		assert_contains "$output" "the export is not complete"
		[[ $output != *"lost its end"* ]]
	done
	heal
	run -0 hlexport --resume "$export"
	run -0 hlexport verify "$export"
}

# A server, or a proxy on the way, may say the key in any of its texts.
@test "a key that the server repeats stands in no message, log or manifest" {
	export ECHO_KEY='hl/live+0123456789abcdef"x' PYTHONDONTWRITEBYTECODE=1
	cat >echo.yaml <<-'END'
	name: echo
	about: it says what it was told
	server: {url: "http://127.0.0.1:9", env: ECHO_URL}
	auth: {header: X-API-KEY, env: ECHO_KEY}
	resources:
	  - {name: detail, get: /detail, object: detail.json}
	  - {name: long, get: /long, object: long.json}
	  - {name: code, get: /code, object: code.json}
	  - {name: moved, get: /moved, object: moved.json}
	  - {name: later, get: /later, object: later.json}
	  - {name: limits, get: /limits, object: limits.json}
	  - {name: odd, get: /odd, object: odd.json}
	  - {name: failed, get: /failed, object: failed.json}
	  - {name: garbage, get: /garbage, object: garbage.json}
	  - {name: needs, get: /needs, object: needs.json, needs: id}
	  - {name: none, list: /none, records: items, shards: none,
	     paging: none}
	  - {name: link, list: /link, records: "", shards: link,
	     paging: {style: cursor, next: {header: Link}}}
	  - {name: away, list: /away, records: items, shards: away,
	     paging: {style: cursor, next: next}}
	  - {name: next, list: /next, records: items, shards: next,
	     paging: {style: cursor, next: next}}
	  - {name: mark, list: /mark, records: items, shards: mark,
	     query: {after: "{page.cursor}"},
	     paging: {style: cursor, cursor: next}}
	END
	cat >echo.py <<-'END'
	import http.server, json, urllib.parse
	class Handler(http.server.BaseHTTPRequestHandler):
	    def say(self, status, body, *headers):
	        data = body.encode() if isinstance(body, str) else \
	            json.dumps(body).encode()
	        self.send_response(status)
	        for name, value in headers:
	            self.send_header(name, value)
	        self.send_header("X-Request-Id", "id-" + self.key)
	        self.send_header("Content-Type", "application/json")
	        self.send_header("Content-Length", str(len(data)))
	        self.end_headers()
	        self.wfile.write(data)
	    def do_GET(self):
	        self.key = key = self.headers["X-API-KEY"]
	        coded = urllib.parse.quote(key, safe="")
	        what = self.path.split("/")[1].split("?")[0]
	        if what == "detail":
	            self.say(400, {"detail": "bad key " + key})
	        elif what == "long":
	            self.say(400, {"detail": "x" * 105 + key + "y" * 100})
	        elif what == "code":
	            self.say(400, {"error": {"code": "x" * 100 + key,
	                "message": coded}})
	        elif what == "moved":
	            self.say(302, "", ("Location", "/gone?k=" + coded))
	        elif what == "later":
	            self.say(500, {}, ("Retry-After", key))
	        elif what == "limits":
	            self.say(404, {},
	                ("X-RateLimit-Reset", coded.lower()))
	        elif what == "odd":
	            self.say(200, {}, ("Content-Encoding", key))
	        elif what == "failed":
	            self.say(200, {"error": key})
	        elif what == "garbage":
	            self.say(200, "{" + key)
	        elif what in ("needs", "none"):
	            self.say(200, json.dumps({"key": key}).replace("/", "\\/"))
	        elif what == "link":
	            self.say(200, [1], ("Link", "</a>; rel='next'; k=" + coded))
	        elif what == "away":
	            self.say(200, {"items": [1], "next":
	                "http://127.0.0.2/?k=" + coded})
	        elif what in ("next", "mark") and "?" not in self.path:
	            self.say(200, {"items": [1], "next":
	                "/next?k=" + coded if what == "next" else key})
	        elif what in ("next", "mark"):
	            self.say(500, {"message": coded})
	        else:
	            self.say(404, key)
	    def log_message(self, *_):
	        pass
	server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
	print(server.server_port, flush=True)
	server.serve_forever()
	END
	python3 echo.py >echo.port 3>&- &
	echo=$!
	wait_until [ -s echo.port ]
	ECHO_URL=http://127.0.0.1:$(cat echo.port) run hlexport \
	    --source ./echo.yaml --retries 2
	kill $echo
	assert_status 3
	export=$(the_export)
	for part in 'detail: HTTP 400: bad key \*\*\*' 'request id-\*\*\*' \
	    'next.*"url":"[^"]*/next?k=\*\*\*"' 'Retry-After: \*\*\*'; do
		cat "$export/export.log" "$export/manifest.jsonl" |
		    grep -q "$part" || { echo "no $part"; false; }
	done
	printf '%s\n' "$output" >said
	cat said "$export/export.log" "$export"/manifest*.jsonl >all
	! grep -nE '0123456789|%30%31|hl(/|\\/|%2[fF])live' all
}

# Several of DuckDB's functions overflow its stack on JSON that is deep.
@test "a definition's SQL calls functions of plain values only" {
	needs_tables
	start_fixture
	cat "$TOP/src/sources/humanloop.yaml" "$TOP/src/sql/humanloop.yaml" \
	    >whole.yaml
	# All that the built-in tables call, anyone's may.
	run -0 hlexport -q --logs --source ./whole.yaml -o whole
	run -0 hlexport query whole/* -q --format csv "SELECT count(*) > 0
	    FROM logs"
	run -0 hlexport report whole/*
	cat "$TOP/src/sources/humanloop.yaml" - >own.yaml <<-'END'
	tables:
	  logs:
	    about: x
	    from: "records('logs')"
	    columns:
	      id: {type: VARCHAR, about: it, sql: "(PLACE)"}
	END
	run -0 hlexport -q --logs --source ./own.yaml
	export=$(the_export)
	cp "$export/manifest.jsonl" was
	deep="repeat('[',100000) || repeat(']',100000)"
	while IFS='#' read -r good sql; do
		sed "1s#(PLACE)#$sql#" was >"$export/manifest.jsonl"
		cp "$export/manifest.jsonl" "$export/manifest.copy.jsonl"
		run timeout 60 "$HLEXPORT" query "$export" -q --format csv \
		    --skip-damaged "SELECT count(id) FROM logs LIMIT 1"
		if [ "$good" = yes ]; then
			assert_status 0
		else
			assert_status 2
			assert_contains "$output" "may not use $good"
		fi
	done <<-END
	json_structure#json_structure($deep)
	json_structure#JSON_Structure($deep)
	json_structure#main.json_structure($deep)
	json_contains#json_contains($deep, '1')
	json_transform#json_transform('1', $deep)
	from_json#from_json('1', $deep)
	json_merge_patch#json_merge_patch($deep, $deep)
	json_group_structure#(SELECT json_group_structure(($deep)::JSON))
	VARIANT#($deep)::JSON::VARIANT
	VARIANT#try_cast(($deep)::JSON AS variant[])
	cast_to_type#cast_to_type(($deep)::JSON, 1)
	getenv#getenv('HOME')
	current_setting#current_setting('threads')
	yes#record->>'id'
	yes#upper(left(record->>'id', 3)) || md5(raw)
	yes#list_transform([1, 2], x -> x + 1)[1]
	yes#json_extract_string($deep, '\$[0]')
	yes#CASE WHEN json_valid($deep) THEN strftime(now(), '%Y') END
	yes#{a: 1}.a + date_diff('day', DATE '2025-01-01', DATE '2025-01-02')
	yes#extract(year FROM now() AT TIME ZONE 'UTC') // 2
	yes#row_number() OVER (ORDER BY line) + lag(1) OVER ()
	END
}
