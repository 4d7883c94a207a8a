# Words of a definition that few platforms need: basic authentication, totals
# in a header, pages without any total, replies of JSON lines.

bats_require_minimum_version 1.5.0
load helper

teardown()
{
	[ -z "${server_pid:-}" ] || kill "$server_pid" 2>/dev/null || true
}

# serve: 95 records in all ways; $port.  What is in the file "fault" goes wrong.
serve()
{
	python3 - <<-'END' >port 2>requests 3>&- &
	import base64, http.server, json, os, urllib.parse

	ROWS = [{"id": f"r{i:03}", "text": "ä\u2028 {x}", "i": i}
	        for i in range(95)]
	KEY = base64.b64encode(b"someone:a secret: word").decode()

	class Handler(http.server.BaseHTTPRequestHandler):
	    protocol_version = "HTTP/1.1"

	    def log_message(self, *words):
	        pass

	    def reply(self, status, body, headers=()):
	        self.send_response(status)
	        self.send_header("Content-Length", str(len(body)))
	        for name, value in headers:
	            self.send_header(name, value)
	        self.end_headers()
	        self.wfile.write(body)

	    def do_POST(self):
	        body = self.rfile.read(int(self.headers["Content-Length"]))
	        if json.loads(body)["q"] != "{ all } {{}}":
	            return self.reply(400, body)
	        self.do_GET()

	    def do_GET(self):
	        if self.headers.get("Authorization") != "Basic " + KEY:
	            words = self.headers.get("Authorization", "")
	            return self.reply(401, json.dumps({"error": words}).encode())
	        url = urllib.parse.urlsplit(self.path)
	        query = dict(urllib.parse.parse_qsl(url.query))
	        page, size = int(query.get("page", 1)), int(query.get("size", 95))
	        rows = ROWS[(page - 1) * size:page * size]
	        fault = os.path.exists("fault") and open("fault").read().strip()
	        total, headers = len(ROWS), []
	        if url.path == "/counted":
	            headers.append(("X-Total-Count", fault or str(total)))
	        if url.path == "/ranged":
	            headers.append(("Content-Range", f"items 0-9/{fault or total}"))
	        if url.path in ("/lines", "/pages-of-lines"):
	            body = b"".join(json.dumps(row).encode() + b"\n"
	                            for row in rows)
	            if fault == "cut" and page in (1, 4):
	                body = body[:-20]
	            if fault == "error" and page in (1, 4):
	                body += b'{"error": {"message": "no luck"}}\n'
	            if fault == "ends":
	                body = b"\r\n" + body.replace(b"\n", b"\r\n")[:-2]
	            return self.reply(200, body)
	        if fault == "less" and page == 6:
	            return self.reply(500, b"{}")
	        self.reply(200, json.dumps(rows).encode(), headers)

	server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
	print(server.server_port, flush=True)
	server.serve_forever()
	END
	server_pid=$!
	wait_until [ -s port ]
	{
		cat <<-END
		name: words
		about: what few platforms have
		server: {url: "http://127.0.0.1:$(cat port)"}
		auth: {basic: true, env: WORDS_KEY}
		options:
		  way: {kind: text, default: counted, help: which}
		resources:
		END
		way counted "paging: {style: number, size: 10, total: {header: X-Total-Count}, query: {page: '{page.number}', size: '{page.size}'}}" "records: ''"
		way ranged "paging: {style: number, size: 10, total: {header: Content-Range}, query: {page: '{page.number}', size: '{page.size}'}}" "records: ''"
		way endless "paging: {style: number, size: 10, query: {page: '{page.number}', size: '{page.size}'}}" "records: ''"
		way lines "paging: none" "shape: lines" "failure: error"
		way pages-of-lines "paging: {style: number, size: 10, query: {page: '{page.number}', size: '{page.size}'}}" "shape: lines" "failure: error"
		way braces "paging: none" "records: ''" "method: POST" \
		    "body: {q: '{{ all }} {{{{}}}}'}"
	} >words.yaml
	export WORDS_KEY="someone:a secret: word"
}

# way NAME LINE...: a resource of that name.
way()
{
	printf '  - name: %s\n    when: {option.way: %s}\n    list: /%s\n' \
	    "$1" "$1" "$1"
	printf '    key: id\n    shards: rows\n'
	shift
	printf '    %s\n' "$@"
}

# took WAY: its export has all 95 records, byte for byte.
took()
{
	rm -rf exports
	run -0 hlexport --source ./words.yaml --way "$1"
	assert_contains "$output" "Export complete"
	run -0 hlexport verify exports/*
	assert_equal "$(jq -rs 'map(.id) | join(" ")' exports/*/rows/*.jsonl)" \
	    "$(printf 'r%03d ' {0..94} | sed 's/ $//')"
}

@test "a total in a header, or none; JSON lines; braces in a body" {
	serve
	for way in counted ranged endless lines pages-of-lines braces; do
		took $way
	done
	# The lines are the server's bytes.
	python3 -c '
import json
for i in range(95):
    print(json.dumps({"id": f"r{i:03}", "text": "ä\u2028 {x}", "i": i}))' |
	    cmp - <(cat exports/*/rows/*.jsonl)
	echo ends >fault
	took pages-of-lines
	took lines
}

@test "a total that is wrong, a page that fails, lines that are cut off" {
	serve
	echo 96 >fault
	run -3 hlexport --source ./words.yaml --way counted
	assert_contains "$output" "the listing's total is 96"
	for words in many "*"; do
		echo "$words" >fault
		took ranged
	done
	echo less >fault
	run -3 hlexport --source ./words.yaml --way endless
	rm fault
	run -0 hlexport --source ./words.yaml --resume
	for fault in cut error; do
		for way in lines pages-of-lines; do
			rm -rf exports
			echo $fault >fault
			run hlexport --source ./words.yaml --way $way
			[ "$status" -eq 3 ] || [ "$status" -eq 1 ]
			rm fault
			[ -n "$(ls exports 2>/dev/null)" ] || continue
			run -0 hlexport --source ./words.yaml --resume
			assert_equal "$(cat exports/*/rows/*.jsonl | wc -l)" 95
		done
	done
}

@test "basic authentication: sent correctly, and kept secret" {
	serve
	run -0 hlexport --source ./words.yaml -v --dry-run
	export WORDS_KEY="someone:a secret: worm"
	run -4 hlexport --source ./words.yaml -v
	encoded=$(printf %s "$WORDS_KEY" | base64)
	for secret in "$WORDS_KEY" "a secret: worm" "$encoded" "${encoded%=}"; do
		refute_contains "$output" "$secret"
	done
	export WORDS_KEY=nothing
	run -2 hlexport --source ./words.yaml
	assert_contains "$output" "user:password"
	unset WORDS_KEY
	run -2 hlexport --source ./words.yaml
	assert_contains "$output" WORDS_KEY
}

@test "mistakes in these words" {
	serve
	wrong()
	{
		sed "$1" words.yaml >wrong.yaml
		run -2 hlexport sources check ./wrong.yaml
		assert_contains "$output" "$2"
	}
	wrong 's/basic: true/basic: yes please/' "expected true"
	wrong 's/basic: true/basic: true, prefix: x/' 'leave out "prefix"'
	wrong 's/shape: lines/shape: object/' "expected lines"
	wrong 's/failure: error/records: x/' 'leave out "records"'
	wrong 's/{header: X-Total-Count}/{headr: X}/' "header"
	wrong 's/{page.number}/1/' "only one page"
}
