# Files as the platform's own tools make them, and tables over its records.

bats_require_minimum_version 1.5.0
load helper
load tables
load monkai

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
