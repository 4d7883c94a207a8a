# What a definition of the user's own can say: a server that wants it so.

bats_require_minimum_version 1.5.0
load helper

teardown()
{
	[ -z "${server_pid:-}" ] || kill "$server_pid" 2>/dev/null || true
}

# A server of 25 rows, if the header and the body are as they should be; what
# it was sent is in the file "asked".
start_server()
{
	python3 - <<-'END' >port 3>&- &
	import http.server, json

	ROWS = [{"id": f"r{i}"} for i in range(25)]

	class Handler(http.server.BaseHTTPRequestHandler):
	    def log_message(self, *words):
	        pass

	    def do_POST(self):
	        size = int(self.headers.get("Content-Length", 0))
	        body = json.loads(self.rfile.read(size) or b"{}")
	        asked = dict(self.headers, body=body)
	        with open("asked", "a") as file:
	            file.write(json.dumps(asked) + "\n")
	        good = self.headers["Workspace"] == "w 1"
	        data = json.dumps({"items": ROWS} if good else
	                          {"error": "no workspace"}).encode()
	        self.send_response(200 if good else 400)
	        self.send_header("Content-Type", "application/json")
	        self.send_header("Content-Length", str(len(data)))
	        self.end_headers()
	        self.wfile.write(data)

	    do_GET = do_POST

	server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
	print(server.server_port, flush=True)
	server.serve_forever()
	END
	server_pid=$!
	wait_until test -s port
	X_URL=http://127.0.0.1:$(cat port)
	export X_URL X_KEY=k
}

# write_definition HEADERS QUERY
write_definition()
{
	cat >x.yaml <<-END
	name: x
	about: "rows"
	server: {url: "http://127.0.0.1:9", env: X_URL}
	auth: {header: Authorization, prefix: "Bearer ", env: X_KEY}
	options: {space: {kind: text, help: whose}}
	headers: $1
	resources:
	  - name: rows
	    method: POST
	    list: /rows
	    body: {query: "$2"}
	    paging: none
	    records: items
	    shards: rows
	END
}

@test "headers of each request, and braces that are sent" {
	start_server
	write_definition '{Workspace: "{option.space}", Version: v2, Empty: ""}' \
	    'query {{ rows(first: {option.space}) {{ id }} }}' ||
	    return 1
	hlexport --source ./x.yaml --space "w 1" -q -o out
	[ "$(wc -l <out/*/rows/1.jsonl)" = 25 ]
	jq -e '.Workspace == "w 1" and .Version == "v2" and
	    .Authorization == "Bearer k" and has("Empty") == false and
	    .body.query == "query { rows(first: w 1) { id } }"' asked
	# A value that would begin another header is none.
	run -2 hlexport --source ./x.yaml --space $'w\r\nX: y' -q -o other
	assert_contains "$output" "the header Workspace: has a character"
	[ ! -e other ]
}

@test "headers that no definition can set" {
	local name
	export X_URL=http://127.0.0.1:9 X_KEY=k
	for name in Host content-length Transfer-Encoding AUTHORIZATION \
	    User-Agent; do
		write_definition "{$name: x}" q
		run -2 hlexport sources check x.yaml
		assert_contains "$output" "$name is set by the program"
	done
	write_definition '{"a b": x}' q
	run -2 hlexport sources check x.yaml
	assert_contains "$output" "is not a valid header name"
	write_definition '{Page: "{page.size}"}' q
	run -2 hlexport sources check x.yaml
	assert_contains "$output" "only {option.NAME} is allowed in a header"
	write_definition '[x]' q
	run -2 hlexport sources check x.yaml
	assert_contains "$output" "expected names and values"
	write_definition '{A: x}' 'a { b'
	run -2 hlexport sources check x.yaml
	assert_contains "$output" 'write "{{" for a literal brace'
}
