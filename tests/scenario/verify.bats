# Is an export whole?  What is damaged is found, named, and brought back.

bats_require_minimum_version 1.5.0
load helper

# An export, and a copy of it as it should be.
make_export()
{
	hlexport -q --logs
	export=$(the_export)
	cp -r "$export" whole
	forget_asked
}

assert_restored()
{
	diff -r -x export.log whole "$export"
}

@test "a whole export is whole, and verify changes nothing" {
	start_fixture --workspace full
	make_export
	run -0 hlexport verify "$export"
	assert_contains "$output" "Whole: $export"
	run -0 hlexport verify --fast "$export"
	run -0 hlexport verify --fast --json "$export"
	jq -e ".status == \"nothing wrong seen\" and .contents_read_percent == 0" <<<"$output"
	run -0 hlexport verify --json "$export"
	jq -e ".contents_read_percent == 100" <<<"$output"
	run -0 hlexport verify --sample 10% "$export"
	assert_contains "$output" "(a sample of 10%)"
	run -0 --separate-stderr hlexport verify --json "$export"
	assert_equal "$(jq -r '.status, .complete, (.findings | length)' \
	    <<<"$output" | tr '\n' ' ')" "whole true 0 "
	run -0 hlexport repair "$export"
	diff -r whole "$export"
	assert_equal "$(asked_count)" 0
}

# Flip bit $3 of byte $2 of the file $1.
flip()
{
	python3 - "$@" <<-'END'
	import sys
	with open(sys.argv[1], "r+b") as file:
	    file.seek(int(sys.argv[2]))
	    byte = file.read(1)[0]
	    file.seek(int(sys.argv[2]))
	    file.write(bytes([byte ^ 1 << int(sys.argv[3])]))
	END
}

# These are read by several threads: see audit_pool.c.
@test "damage of large files is found and named, in the order of the walk" {
	local shards n
	start_fixture --workspace bulk --files 1 --datasets 0 --logs 3500 \
	    --log-bytes 1500
	make_export
	mapfile -t shards < <(cd "$export" && ls files/*/logs/*.jsonl)
	assert_equal "${#shards[@]}" 4
	(( $(stat -c %s "$export/${shards[0]}") > 524288 ))
	run -0 hlexport verify "$export"
	cd "$export"
	# A value that is another one; a byte that no JSON has; the last bytes.
	sed -i '700s/"source": "api"/"source": "apj"/' "${shards[0]}"
	sed -i '990s/"source"/"sou\x01ce"/' "${shards[1]}"
	truncate -s -7 "${shards[2]}"
	run -6 hlexport verify .
	n=$output
	assert_contains "$n" "${shards[0]}: its SHA-256 does not match the manifest"
	assert_contains "$n" "${shards[1]}: line 990:"
	assert_contains "$n" "${shards[2]}"
	assert_equal "$(grep -o '[0-9].jsonl: ' <<<"$n" | uniq |
	    tr '\n' ' ')" "1.jsonl:  2.jsonl:  3.jsonl:  "
	for _ in 1 2 3 4 5; do
		run -6 hlexport verify .
		assert_equal "$output" "$n"
	done
	run -0 hlexport repair .
	cd "$BATS_TEST_TMPDIR"
	assert_restored
}

# verify of $1 says the same, whatever the number of threads.
assert_same_by_threads()
{
	local threads form
	for form in --quiet --json ""; do
		run hlexport verify $form --threads 1 "$1"
		printf '%s\n' "$status" "$output" >by-1
		for threads in 2 3 8; do
			run hlexport verify $form --threads $threads "$1"
			printf '%s\n' "$status" "$output" |
			    diff by-1 - || return 1
		done
	done
	head -n 1 by-1
}

@test "what is found does not depend on the number of threads" {
	local damage old="$TOP/tests/legacy/make-old-tree" n=0
	start_fixture --workspace bulk --files 5 --logs 2100 --datasets 2 \
	    --datapoints 1200 --evaluations 2 --evaluation-logs 150
	make_export
	assert_equal "$(assert_same_by_threads "$export")" 0
	for damage in $(python3 "$TOP/tests/scenario/damage.py" list); do
		rm -rf hurt
		cp -r whole hurt
		python3 "$TOP/tests/scenario/damage.py" $damage hurt ||
		    continue
		assert_same_by_threads hurt
		n=$((n + 1))
	done
	(( n > 15 ))
	# All at a time: many files, some of which can't wait for their turn.
	rm -rf hurt
	cp -r whole hurt
	python3 - hurt <<-'END'
	import glob, sys
	shards = sorted(glob.glob(sys.argv[1] + "/files/*/logs/*.jsonl"))
	for i, path in enumerate(shards):
	    lines = open(path, "rb").read().splitlines(True)
	    if i % 3 == 0:
	        lines[7 + i:9 + i] = [b"{]\n", lines[3]]
	    if i == 4:
	        lines = [line.replace(b'"id": "', b'"id": "%d' % k, 1)
	                 for k in range(20) for line in lines]
	    open(path, "wb").write(b"".join(lines))
	docs = sorted(glob.glob(sys.argv[1] + "/files/*/file.json"))
	open(docs[0], "r+b").write(b"{" + b" " * (9 << 20))
	open(docs[1], "ab").write(b" " * (9 << 20))
	END
	assert_equal "$(assert_same_by_threads hurt)" 6
	[ "$(grep -c damaged by-1)" -gt 10 ]
	"$old" "$export" old page-of-logs torn-version records-twice
	assert_equal "$(assert_same_by_threads old)" 6
}

@test "one flipped bit, in any file, is found and named" {
	local file size n=0
	start_fixture
	make_export
	RANDOM=7
	cd "$export"
	find . -type f -size +0 | sed 's|^\./||' | LC_ALL=C sort >../../all
	while read -r file; do
		size=$(stat -c %s "$file")
		flip "$file" $((RANDOM * 32768 % size)) $((RANDOM % 8))
		run hlexport verify .
		assert_status 6
		assert_contains "$output" "damaged  $file: "
		assert_equal "$(grep -cE '^  (damaged|missing|extra)' \
		    <<<"$output")" 1
		cp "../../whole/$file" "$file"
		n=$((n + 1))
	done <../../all
	[ $n -gt 45 ]
	run -0 hlexport verify .
}

# Each way of damaging the export in $export.
damages="cut_line drop_line swap_lines cut_file remove_file add_file
	grow_file empty_file"
shard()
{
	find "$export" -path '*/logs/1.jsonl' | sort | head -n 1
}
cut_line() { truncate -s -3 "$(shard)"; }
drop_line() { sed -i 2d "$(shard)"; }
swap_lines() { sed -i '1{h;d};2{G}' "$(shard)"; }
cut_file() { truncate -s -1 "$(find "$export" -name file.json | head -n 1)"; }
remove_file() { rm "$(find "$export" -path '*/versions/*' | head -n 1)"; }
add_file() { echo x >"$export/files/more"; }
grow_file() { printf ' ' >>"$export/directories.json"; }
empty_file() { : >"$(find "$export" -name stats.json | head -n 1)"; }

@test "every kind of damage is found, named and repaired" {
	local damage
	start_fixture
	make_export
	for damage in $damages; do
		$damage
		diff -rq -x export.log whole "$export" >difference || true
		[ -s difference ]
		run hlexport verify "$export"
		echo "$damage: $output"
		assert_status 6
		assert_contains "$output" "hlexport repair "
		run hlexport repair -q --remove-extra --yes "$export"
		assert_status 0
		assert_restored
		run -0 hlexport verify "$export"
	done
}

@test "a file that is missing is missing, one too many is extra" {
	start_fixture
	make_export
	rm "$(find "$export" -name evaluation.json | head -n 1)"
	ln -s /etc/passwd "$export/files/link"
	mkfifo "$export/files/pipe"
	run -6 hlexport verify "$export"
	assert_contains "$output" "missing  files/"
	assert_contains "$output" "evaluation.json: it does not exist"
	assert_contains "$output" "extra    files/link: it is a link or a special file"
	assert_contains "$output" "extra    files/pipe: it is a link or a special file"
	run -6 --separate-stderr hlexport verify --json "$export"
	assert_equal "$(jq -r '[.findings[].trouble] | sort | unique |
	    join(" ")' <<<"$output")" "extra missing"
	run -6 hlexport repair "$export"
	[ -L "$export/files/link" ]
	run -0 hlexport repair --remove-extra --yes "$export"
	assert_restored
}

@test "a link in place of a file is damage, and is not followed" {
	start_fixture
	make_export
	cp "$export/directories.json" elsewhere.json
	ln -sf "$PWD/elsewhere.json" "$export/directories.json"
	run -6 hlexport verify "$export"
	assert_contains "$output" "directories.json: it is not a plain file"
	run -0 hlexport repair "$export"
	[ ! -L "$export/directories.json" ]
	assert_restored
}

@test "a repair asks for what is damaged and for nothing else" {
	start_fixture --workspace bulk --files 2 --logs 2500 --evaluations 1 \
	    --evaluation-logs 150
	make_export
	shard=$(find "$export" -path '*/logs/2.jsonl' | sort | head -n 1)
	flip "$shard" 100000 3
	id=$(sed 's|.*/files/\([^/]*\)/.*|\1|' <<<"$shard")
	run -0 hlexport repair "$export"
	assert_restored
	asked '^logs' | LC_ALL=C sort >asked
	for page in 11 12 13 14 15 16 17 18 19 20; do
		echo "logs $id $page 100"
	done | diff - asked
	# And the one that proves the key.
	assert_equal "$(asked_count)" 11
	forget_asked
	# One record of a list in pages: its page.
	file=$(find "$export" -name file.json | head -n 1)
	rm "$file"
	run -0 hlexport repair "$export"
	assert_restored
	assert_equal "$(asked '^files' | wc -l)" 1
	assert_equal "$(asked_count)" 2
}

@test "a repair prints one JSON document" {
	start_fixture
	make_export
	rm "$(find "$export" -name stats.json | head -n 1)"
	run -0 --separate-stderr hlexport repair --json "$export"
	assert_equal "$(jq -s -c 'map(.status)' <<<"$output")" '["whole"]'
	rm "$(find "$export" -name stats.json | head -n 1)"
	add_fault "stats status=404"
	run -3 --separate-stderr hlexport repair --json "$export"
	assert_equal "$(jq -s -c 'map(.status)' <<<"$output")" \
	    '["not whole"]'
}

@test "export --resume DIR --repair is the same" {
	start_fixture
	make_export
	drop_line
	run -0 hlexport export --resume "$export" --repair
	assert_restored
	run -2 hlexport export --repair
	assert_contains "$output" "--repair requires --resume DIR"
	# A repair writes to the export; these options promise not to.
	local option
	for option in --dry-run --stdout; do
		run -2 hlexport export --resume "$export" --repair $option
		assert_contains "$output" "--repair cannot be used with"
	done
}

@test "a damaged manifest: its copy is put in its place" {
	start_fixture
	make_export
	flip "$export/manifest.jsonl" 400 1
	run -6 hlexport verify "$export"
	assert_contains "$output" "damaged  manifest.jsonl: "
	run -0 hlexport repair "$export"
	assert_restored
	# Its first line too.
	flip "$export/manifest.jsonl" 3 1
	run -6 hlexport verify "$export"
	run -0 hlexport repair "$export"
	assert_restored
	# And a manifest that is gone.
	rm "$export/manifest.jsonl"
	run -6 hlexport verify "$export"
	run -0 hlexport repair "$export"
	assert_restored
	# Both, in different lines: each has what the other lost.
	flip "$export/manifest.jsonl" 400 1
	flip "$export/manifest.copy.jsonl" 3000 1
	run -6 hlexport verify "$export"
	assert_contains "$output" "it and its copy together list"
	run -0 hlexport repair "$export"
	assert_restored
	assert_equal "$(asked_count)" 0
}

@test "a line that is lost in the manifest and in its copy is made again" {
	start_fixture
	make_export
	sed -i 5d "$export/manifest.jsonl" "$export/manifest.copy.jsonl"
	run -6 hlexport verify "$export"
	assert_contains "$output" "its lines that can still be read list"
	run -6 hlexport query "$export" --format csv \
	    "SELECT count(*) FROM logs"
	assert_contains "$output" "The manifest is damaged"
	run -0 hlexport query "$export" --skip-damaged --format csv \
	    "SELECT count(*) FROM logs"
	run -0 hlexport query whole --format csv "SELECT count(*) FROM logs"
	run -0 hlexport repair "$export"
	assert_restored
	# And without either of them.
	rm "$export"/manifest*.jsonl
	run -6 hlexport verify "$export"
	run -0 hlexport repair "$export"
	assert_restored
}

@test "a repair that was killed is completed by the next one" {
	local i
	start_fixture --workspace bulk --files 3 --logs 2500 --latency 20
	make_export
	for shard in $(find "$export" -path '*/logs/2.jsonl'); do
		sed -i 5d "$shard"
	done
	for i in 1 2 3 4; do
		"$HLEXPORT" repair -q "$export" 3>&- &
		sleep 0.$((RANDOM % 3))$((RANDOM % 10))
		kill -9 $! 2>/dev/null || true
		wait $! || true
	done
	run hlexport repair -q "$export"
	[ "$status" = 0 ] || run -0 hlexport --resume "$export"
	run -0 hlexport repair "$export"
	assert_restored
}

@test "what can't be fetched is repaired later; until then nothing changes" {
	start_fixture
	make_export
	rm "$(find "$export" -name stats.json | head -n 1)"
	flip "$(shard)" 200 2
	cp -r "$export" before
	add_fault "stats status=404"
	run -3 hlexport repair "$export"
	assert_contains "$output" "1 file could not be fetched"
	assert_contains "$output" "stats.json: it does not exist"
	diff -r before "$export"
	run -6 hlexport --resume "$export"
	assert_contains "$output" "hlexport repair $export"
	run -6 hlexport summary "$export"
	assert_contains "$output" "stats.json"
	# What came is kept for the next one, or taken now.
	forget_asked
	run -3 hlexport repair --partial "$export"
	assert_equal "$(asked_count '^logs')" 0
	run -6 --separate-stderr hlexport verify --json "$export"
	assert_equal "$(jq '.findings | length' <<<"$output")" 1
	heal
	run -0 hlexport repair "$export"
	assert_restored
	[ ! -e "$export.repair" ]
}

@test "an export that is not finished is not whole" {
	start_fixture
	add_fault "stats status=404"
	run -3 hlexport
	export=$(the_export)
	run -6 hlexport verify "$export"
	assert_contains "$output" "the export is not complete"
	assert_contains "$output" "HTTP 404"
	assert_contains "$output" "hlexport --resume $export"
}

@test "a change to the log is detected" {
	start_fixture
	make_export
	sed -i 's/exit=0/exit=1/' "$export/export.log"
	run -6 hlexport verify "$export"
	assert_contains "$output" "damaged  export.log: it was changed"
	cp whole/export.log "$export/export.log"
	sed -i '$d' "$export/export.log"
	run -6 hlexport verify "$export"
	cp whole/export.log "$export/export.log"
	run -0 hlexport verify "$export"
}

@test "a manifest that is lost hides nothing, and its copy needs no server" {
	start_fixture
	make_export
	hlexport summary --json "$export" | jq .records >counts
	rm "$export"/manifest*.jsonl
	run -6 hlexport summary --json "$export"
	jq .records <<<"$output" | diff counts -
	run -6 hlexport verify "$export"
	assert_contains "$output" "hlexport repair $export"
	run -6 hlexport adopt "$export"
	run -0 hlexport repair "$export"
	assert_restored
	rm "$export/manifest.jsonl"
	stop_fixture
	run -0 env -u HUMANLOOP_API_KEY -u HUMANLOOP_API_URL "$HLEXPORT" \
	    repair "$export"
	assert_contains "$output" "Whole: $export"
	assert_restored
}

# An export and its manifest that agree with each other, yet are not what the
# run wrote: it has written down its seal in the log, too.
@test "a manifest that was replaced is not that of the log" {
	local one
	start_fixture
	hlexport -q -o one
	hlexport -q -o two --logs
	one=$(echo one/*)
	cp "$one/export.log" two/*/export.log
	mv two/* replaced
	run -6 hlexport verify replaced
	assert_contains "$output" "its last seal does not match that of manifest"
	hlexport pack -q --force replaced -o a.tar || true
	[ ! -e a.tar ] || run -6 hlexport verify a.tar
	tar -cf b.tar replaced
	run -6 hlexport verify b.tar
	assert_contains "$output" "its last seal does not match that of manifest"
}

@test "wrong use of verify and repair" {
	run -2 hlexport verify
	run -2 hlexport verify nowhere
	mkdir empty
	run -2 hlexport verify empty
	run -2 hlexport repair empty
	run -2 hlexport verify --sample 0% empty
	run -2 hlexport verify --sample 10x empty
}

@test "--online: what has come or gone since" {
	start_fixture --workspace bulk --files 2 --logs 330
	make_export
	run -0 hlexport verify --online "$export"
	assert_contains "$output" ": none"
	# The logs of a file are told by their total: one page each.
	assert_equal "$(asked '^logs' | wc -l)" 2
	id=$(curl -sS -H "X-API-KEY: $key" "$url/files?type=prompt" |
	    jq -r '.records[0].id')
	gone=$(curl -sS -H "X-API-KEY: $key" \
	    "$url/logs?file_id=$id&page=1&size=1" | jq -r '.records[0].id')
	add_fault "logs id=$id delete=1 times=1"
	add_fault "logs id=$id insert=2 times=1"
	curl -sS -H "X-API-KEY: $key" "$url/logs?file_id=$id" >/dev/null
	curl -sS -H "X-API-KEY: $key" "$url/logs?file_id=$id" >/dev/null
	run -0 hlexport verify --online "$export"
	assert_contains "$output" "  gone     logs/$id: $gone"
	assert_equal "$(grep -c "^  new      logs/$id: new_" <<<"$output")" 2
	run -0 --separate-stderr hlexport verify --online --json "$export"
	assert_equal "$(jq -c '[.changes[].change] | sort' <<<"$output")" \
	    '["gone","new","new"]'
	diff -r whole "$export"
}

@test "--online while the list comes back to the total that it had" {
	local id jobs run
	start_fixture --workspace bulk --files 1 --logs 1500
	make_export
	id=$(curl -sS -H "X-API-KEY: $key" "$url/files?type=prompt" |
	    jq -r '.records[0].id')
	add_fault "logs id=$id delete=1 times=1"
	curl -sS -H "X-API-KEY: $key" "$url/logs?file_id=$id" >/dev/null
	for jobs in 16 4 1; do
		# One goes before, one comes while it is read.
		add_fault "logs id=$id page=2 insert=1 times=1"
		run -0 hlexport verify --online --fast -j $jobs "$export"
		assert_contains "$output" "  gone     logs/$id: "
		assert_contains "$output" "  new      logs/$id: new_"
		add_fault "logs id=$id delete=1 times=1"
		curl -sS -H "X-API-KEY: $key" "$url/logs?file_id=$id" \
		    >/dev/null
	done
}
