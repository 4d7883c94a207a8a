# What a table makes of a record's values: what does not fit is NULL.

bats_require_minimum_version 1.5.0
load helper
load tables

teardown()
{
	[ -z "${server_pid:-}" ] || kill "$server_pid" 2>/dev/null || true
}

# export_rows: an export of what is in rows.json, an array of records.
export_rows()
{
	python3 - <<-'END' >port 3>&- &
	import http.server

	BODY = open("rows.json", "rb").read()

	class Handler(http.server.BaseHTTPRequestHandler):
	    def log_message(self, *words):
	        pass

	    def do_GET(self):
	        self.send_response(200)
	        self.send_header("Content-Length", str(len(BODY)))
	        self.end_headers()
	        self.wfile.write(BODY)

	server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
	print(server.server_port, flush=True)
	server.serve_forever()
	END
	server_pid=$!
	wait_until [ -s port ]
	cat >t.yaml <<-END
	name: t
	about: values of all kinds
	server: {url: "http://127.0.0.1:$(cat port)"}
	resources:
	- name: rows
	  list: /rows
	  paging: none
	  records: ""
	  key: id
	  shards: rows
	tables:
	  rows:
	    about: values of all kinds
	    from: records('rows')
	    time: t
	    columns:
	      id: {about: which}
	      i: {type: BIGINT, path: v, about: an integer}
	      s: {type: UTINYINT, path: v, about: a small one}
	      d: {type: "DECIMAL(10,2)", path: v, about: money}
	      n: {type: DOUBLE, path: v, about: a number}
	      b: {type: BOOLEAN, path: v, about: a truth}
	      t: {type: TIMESTAMPTZ, path: v, about: a time}
	      y: {type: DATE, path: v, about: a day}
	END
	hlexport -q --source ./t.yaml
}

@test "integers, decimals and truths: exactly, or not at all" {
	needs_tables
	cat >rows.json <<-'END'
	[{"id": "a", "v": 12}, {"id": "b", "v": 12.7}, {"id": "c", "v": "0x10"},
	 {"id": "d", "v": 1e2}, {"id": "e", "v": "12"}, {"id": "f", "v": true},
	 {"id": "g", "v": 9007199254740993}, {"id": "h", "v": 12.345},
	 {"id": "i", "v": 12.34}, {"id": "j", "v": null}, {"id": "k", "v": "t"},
	 {"id": "l", "v": 9223372036854775808}, {"id": "m", "v": -1},
	 {"id": "n", "v": 9007199254740993.0}, {"id": "o", "v": "1_000"},
	 {"id": "p", "v": "1e-400"}, {"id": "q", "v": "0e5"}]
	END
	export_rows
	hlexport query exports/* --format csv \
	    "SELECT id, i, s, d, b FROM rows ORDER BY id" | tr -d '\r' >have
	diff - have <<-'END'
	id,i,s,d,b
	a,12,12,12.00,
	b,,,12.70,
	c,,,,
	d,100,100,100.00,
	e,12,12,12.00,
	f,,,,true
	g,9007199254740993,,,
	h,,,,
	i,,,12.34,
	j,,,,
	k,,,,
	l,,,,
	m,-1,,-1.00,
	n,,,,
	o,,,,
	p,,,,
	q,0,0,0.00,
	END
}

@test "numbers that there are not, and days" {
	needs_tables
	cat >rows.json <<-'END'
	[{"id": "a", "v": "1e400"}, {"id": "b", "v": 1.5}, {"id": "c", "v": "x"},
	 {"id": "d", "v": "Infinity"}, {"id": "e", "v": 1749211200},
	 {"id": "f", "v": "2025-06-06"}, {"id": "g", "v": "20250606T120000Z"}]
	END
	export_rows
	hlexport query exports/* --format csv \
	    "SELECT id, n, y FROM rows ORDER BY id" | tr -d '\r' >have
	diff - have <<-'END'
	id,n,y
	a,,
	b,1.5,
	c,,
	d,inf,
	e,1749211200,2025-06-06
	f,,2025-06-06
	g,,2025-06-06
	END
}

@test "times: since 1970 in four units, ISO 8601, RFC 2822" {
	needs_tables
	python3 - <<-'END' >rows.json
	import json
	texts = ["2025-06-06T12:00:00Z", 1749211200, 1749211200.5, 1749211200123,
	         1749211200123456, 1749211200123456789, "1749211200",
	         "Fri, 06 Jun 2025 12:00:00 +0200",
	         "Fri, 06 Jun 2025 12:00:00 GMT", "20250606T120000Z",
	         "20250606T120000.25+0100", "2025-06-06T12:00:00+05:30",
	         "2025-06-06", "x", 2025, None, True, "infinity"]
	print(json.dumps([{"id": f"{i:02}", "v": v}
	                  for i, v in enumerate(texts)]))
	END
	export_rows
	hlexport query exports/* --format csv \
	    "SELECT id, t FROM rows ORDER BY id" | tr -d '\r' >have
	diff - have <<-'END'
	id,t
	00,2025-06-06T12:00:00Z
	01,2025-06-06T12:00:00Z
	02,2025-06-06T12:00:00.500Z
	03,2025-06-06T12:00:00.123Z
	04,2025-06-06T12:00:00.123456Z
	05,2025-06-06T12:00:00.123456Z
	06,2025-06-06T12:00:00Z
	07,2025-06-06T10:00:00Z
	08,2025-06-06T12:00:00Z
	09,2025-06-06T12:00:00Z
	10,2025-06-06T11:00:00.250Z
	11,2025-06-06T06:30:00Z
	12,2025-06-06T00:00:00Z
	13,
	14,
	15,
	16,
	17,
	END
	# What has no time is not lost without a word.
	run -0 hlexport convert exports/* --format csv --yes -o out \
	    --from 2025-01-01
	assert_contains "$output" "no valid time"
}

@test "what does not fit is counted, once, whatever is made" {
	needs_tables
	cat >rows.json <<-'END'
	[{"id": "a", "v": 12}, {"id": "b", "v": 12.7}, {"id": "c", "v": "0x10"},
	 {"id": "d", "v": 1e2}, {"id": "e", "v": "2025-01-01T00:00:00Z"},
	 {"id": "f", "v": true}, {"id": "g", "v": 1.5e300}, {"id": "h"},
	 {"id": "i", "v": null}, {"id": "j", "v": ""}, {"id": "k", "v": "1e999"}]
	END
	export_rows
	one=$(the_export)
	hlexport convert "$one" --format jsonl --yes -q -o truth
	local column wanted
	for column in i s d n b t y; do
		jq -c "select(.raw.v != null and .$column == null) | .raw.v" \
		    truth/rows.jsonl >lost
		echo "$column $(wc -l <lost) $(head -n 1 lost | tr -d '"')"
	done >wanted
	# made DIR: what its manifest says.
	made()
	{
		jq -r '.values_that_do_not_fit[] | [.column, .values, .first] |
		    join(" ")' "$1/manifest.json" | diff wanted - || return 1
	}
	made truth
	for words in "--format csv" "--format parquet" \
	    "--format parquet --threads 3" "--format duckdb --embed" \
	    "--format parquet --partition-by day" "--format json" \
	    "--format csv --filter id=a --filter id=b --filter id=c --filter \
	    id=d --filter id=e --filter id=f --filter id=g --filter id=j \
	    --filter id=k"; do
		# shellcheck disable=SC2086 # words
		hlexport convert "$one" $words --yes -o some 2>said
		made some || { echo "$words"; return 1; }
		assert_equal "$(sed -n 's/^rows: \([0-9]*\) values* of "\(.*\)" \(is\|are\) not a .*/\2 \1/p' said)" \
		    "$(cut -d ' ' -f 1,2 wanted)"
		rm -r some
	done
	# Rows and columns that are not asked for don't count.
	hlexport query "$one" "SELECT i FROM rows WHERE id = 'c'" 2>said
	assert_equal "$(cat said)" 'rows: 1 value of "i" is not a valid BIGINT and is NULL; value: 0x10; the original record keeps it'
	hlexport query "$one" "SELECT count(*) FROM rows" 2>said
	assert_equal "$(cat said)" ""
	hlexport query "$one" -q "SELECT i FROM rows" 2>said
	assert_equal "$(cat said)" ""
	hlexport query "$TOP"/exports.example/2* "FROM logs" 2>said \
	    >/dev/null
	refute_contains "$(cat said)" NULL
}
