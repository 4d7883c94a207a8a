# Lists of which records go between two runs: what is on disk stays there, and
# verify agrees with what the run said.

bats_require_minimum_version 1.5.0
load helper

teardown()
{
	[ -z "${server_pid:-}" ] || kill "$server_pid" 2>/dev/null || true
}

# A list by cursor, three records a page, as the file "state" has it; from the
# record "fail_from" on, pages fail.
start_server()
{
	python3 - <<-'END' >port 3>&- &
	import http.server, json, urllib.parse

	class Handler(http.server.BaseHTTPRequestHandler):
	    def log_message(self, *words):
	        pass

	    def do_GET(self):
	        with open("state") as file:
	            state = json.load(file)
	        url = urllib.parse.urlparse(self.path)
	        asked = dict(urllib.parse.parse_qsl(url.query))
	        at, rows = int(asked.get("c", 0)), state["list"]
	        body = {"items": rows[at:at + 3], "total": len(rows),
	                "c": str(at + 3) if at + 3 < len(rows) else None}
	        failed = at >= state.get("fail_from", 10 ** 6)
	        data = json.dumps({} if failed else body).encode()
	        self.send_response(500 if failed else 200)
	        self.send_header("Content-Length", str(len(data)))
	        self.end_headers()
	        self.wfile.write(data)

	server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
	print(server.server_port, flush=True)
	server.serve_forever()
	END
	server_pid=$!
	wait_until test -s port
	X_URL=http://127.0.0.1:$(cat port)
	export X_URL X_KEY=k
}

# write_definition TOTAL HOW
write_definition()
{
	cat >x.yaml <<-END
	name: x
	about: "rows"
	server: {url: "http://127.0.0.1:9", env: X_URL}
	auth: {header: X-Key, env: X_KEY}
	resources:
	  - name: rows
	    list: /rows
	    paging: {style: cursor, query: {c: "{page.cursor}"}, cursor: c,
	      $1 size: 3}
	    records: items
	    $2
	END
}

# rows PYTHON: the list, and whether its pages fail.
rows()
{
	python3 -c "import json; print(json.dumps($1))" >state
}

@test "records removed after the first page are reported; the export is complete" {
	local left
	start_server
	write_definition "total: total," "shards: rows"
	for left in 2 0; do
		rows '{"list": [{"id": i} for i in range(5)], "fail_from": 3}'
		run -3 hlexport --source ./x.yaml -q -o "out$left"
		# As if that run had been ended before it knew.
		sed -i '/"gap"/d' out"$left"/*/manifest.jsonl
		rows "{\"list\": [{\"id\": i} for i in range($left)]}"
		run -0 hlexport --resume out"$left"/* --source ./x.yaml
		assert_contains "$output" "$((3 - left)) records that are in"
		run -0 hlexport verify out"$left"/*
		grep '"listing"' out"$left"/*/manifest.jsonl | jq -e \
		    ".records == 3 and .moved and .gone == $((3 - left))"
	done
}

# keys_are_shared TOTAL HOW: a record of a shared key went.
keys_are_shared()
{
	local all='{"id": "k%d" % (i // 2), "v": i} for i in range(12)'
	rm -rf out
	write_definition "$1" "$2"
	rows "{\"list\": [$all], \"fail_from\": 9}"
	run -3 hlexport --source ./x.yaml -q -o out
	run -6 hlexport verify out/*
	[[ $output != *damaged* ]]
	rows "{\"list\": [$all if i != 2]}"
	run -0 hlexport --resume out/* --source ./x.yaml
	run -0 hlexport verify out/*
	[ "$(cat out/*/rows/* | jq -s length)" = 12 ]
}

@test "where keys are shared, nothing that is there is replaced" {
	start_server
	keys_are_shared "total: total," "shards: rows"
	keys_are_shared "" "shards: rows"
	keys_are_shared "total: total," 'object: "rows/{id}.json"'
	keys_are_shared "" 'object: "rows/{id}.json"'
}
