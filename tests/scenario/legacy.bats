# Exports of the old Python tool: their faults are found, they are adopted,
# and what is missing is had where a server still is.

bats_require_minimum_version 1.5.0
load helper

make_old="$TOP/tests/legacy/make-old-tree"

start_world()
{
	start_fixture --workspace bulk --files 2 --logs 2600 --datasets 1 \
	    --datapoints 1200 --evaluations 1 --evaluation-logs 150
	hlexport -q --logs -o source
	export=$(echo source/*)
	forget_asked
}

# What verify makes of a tree: the strongest word it has for it.
verdict()
{
	jq -r '[.findings[] | select(.trouble != "note") | .certainty] |
	    if any(. == "certain") then "certain"
	    elif any(. == "likely") then "likely"
	    else "undetectable" end' <<<"$1"
}

@test "a clean tree raises no alarm" {
	start_world
	"$make_old" "$export" old
	run -0 hlexport verify old
	assert_contains "$output" "Nothing wrong found: old"
	assert_contains "$output" "files: nothing in the export records how many"
	run -0 hlexport summary old
	assert_contains "$output" "logs                      5,200"
}

@test "every fault that can be found is found, and as surely as can be" {
	local fault found said n=0
	start_world
	printf '%-32s %-14s %s\n' fault expected found >table
	while read -r fault found; do
		rm -rf old
		"$make_old" "$export" old "$fault"
		run --separate-stderr hlexport verify --json old
		said=$(verdict "$output")
		printf '%-32s %-14s %s\n' "$fault" "$found" "$said" >>table
		if [ "$found" = undetectable ]; then
			assert_status 0
		else
			assert_status 6
		fi
		assert_equal "$said" "$found"
		n=$((n + 1))
	done < <("$make_old")
	sed 's/^/# /' table >&3
	[ $n -ge 20 ]
}

@test "several faults at once are all named" {
	start_world
	"$make_old" "$export" old page-of-logs torn-version unfinished-file \
	    clamped-datapoints records-twice
	run -6 hlexport verify old
	assert_contains "$output" "files.total_logs_count says 2600"
	assert_contains "$output" "the text ends inside a string"
	assert_contains "$output" ".done: it does not exist"
	assert_contains "$output" "appears twice in its listing"
	run -0 hlexport adopt old
	run -0 hlexport --resume old
	assert_truth old
}

@test "adopt changes no byte, and a resume fetches what is missing" {
	local fault rest
	start_world
	while read -r fault rest; do
		echo "$fault"
		rm -rf old before
		"$make_old" "$export" old "$fault"
		cp -a old before
		hlexport adopt -q old >/dev/null
		diff -r before old | grep -v '^Only in old: ' >changed || true
		[ ! -s changed ]
		(cd old && sha256sum --quiet -c SHA256SUMS)
		forget_asked
		hlexport -q --resume old
		assert_truth old
		# Never more than the pages of the one listing that is short,
		# and what the old tool did not take.
		[ "$(asked_count)" -le 40 ]
		[ "$fault" = a-stranger ] || hlexport verify -q old
	done < <("$make_old")
}

# Of a tree that another tool made no one can tell which of two is right.
@test "records with one key and other values are all kept when it is resumed" {
	local shard
	start_world
	"$make_old" "$export" old page-of-logs
	shard=$(cd old && find files -path '*/logs/2.jsonl' | head -n 1)
	# A later version, one whose key the server does not have, in two
	# versions, and the same value twice, spelled in two ways.
	head -n 1 "old/$shard" | jq -c '.output = "later"' >later
	head -n 1 "old/$shard" | jq -c '.id = "log_gone"' >gone
	jq -c '.output = "of the two"' gone >gone2
	sed -n 2p "old/$shard" | sed 's/":/":  /' >again
	cat later gone gone2 again >>"old/$shard"
	hlexport adopt -q old
	hlexport query -q --format json old \
	    "SELECT DISTINCT raw FROM records('logs')" |
	    jq -cS '.[].raw | if type == "string" then fromjson else . end' |
	    sort -u >before
	[ -s before ]
	hlexport -q --resume old
	cat old/files/*/logs/*.jsonl | jq -cS . | sort >after
	comm -23 before after >lost
	[ ! -s lost ]
	uniq -d after >doubled
	[ ! -s doubled ]
	grep -cF '"output":"later"' after
	[ "$(grep -cF log_gone after)" = 2 ]
	hlexport verify -q old
}

@test "what a resume says of an adopted tree is what is true" {
	start_world
	"$make_old" "$export" old page-of-logs torn-version
	hlexport adopt -q old
	# A server that refuses is named by verify, as by summary.
	add_fault "logs status=500"
	run -3 hlexport --resume old --retries 1
	run -6 hlexport verify old
	assert_contains "$output" "HTTP 500: scripted fault"
	heal
	# Python's json has written other bytes of the same values.
	run -0 hlexport --resume old
	[[ $output != *"others on the server"* ]]
	hlexport summary --json old | jq -S .records >counts
	hlexport summary --json "$export" | jq -S .records | diff counts -
	run -0 hlexport verify old
}

@test "what SHA256SUMS proves to be damaged stays so when it is adopted" {
	local shard
	start_world
	shard=$(cd "$export" && find files -path '*/logs/2.jsonl' |
	    head -n 1)
	cp -r "$export" old
	rm old/manifest* old/export.log
	sed -i '1s/[a-z]":/X":/' "old/$shard"
	run -6 hlexport verify old
	assert_contains "$output" "$shard: its SHA-256 does not match"
	cp -r old before
	hlexport adopt -q old >/dev/null
	cmp before/SHA256SUMS old/SHA256SUMS
	run -6 hlexport verify old
	assert_contains "$output" "$shard: its SHA-256 does not match"
	hlexport verify -q --accept old
	hlexport adopt -q --undo old
	diff -r before old
	hlexport adopt -q old >/dev/null
	run -0 hlexport --resume old
	run -0 hlexport verify old
	cmp "$export/$shard" "old/$shard"
}

@test "lines that are no records are damage, and don't count as such" {
	local shard line
	start_world
	for line in null 123 '{}' '{"id":null}' '"x"' true '[1,2]' \
	    '{"detail":"Internal Server Error"}'; do
		rm -rf old
		"$make_old" "$export" old
		shard=$(find old/files -path '*/logs/1.jsonl' | head -n 1)
		python3 - "$shard" "$line" <<-'END'
			import sys
			lines = open(sys.argv[1]).read().split("\n")
			lines[3:6] = [sys.argv[2]] * 3
			open(sys.argv[1], "w").write("\n".join(lines))
		END
		run -6 hlexport verify old
		assert_contains "$output" "${shard#old/}: line 4: the record has no "
		hlexport adopt -q old >/dev/null
		run -6 hlexport verify old
	done
}

@test "what can't be known is listed apart" {
	start_world
	"$make_old" "$export" old
	run -0 hlexport verify old
	[[ $output != *"unknown  logs"* ]]
	run -0 hlexport summary old
	[[ $output != *"0 gaps"* ]]
	assert_contains "$output" "hlexport verify old"
	find old/files -path '*/logs' -prune -exec rm -r {} +
	run -0 hlexport verify old
	assert_contains "$output" \
	    "unknown  logs: none exist, and nothing shows whether"
}

@test "what was taken stays as it was, though the server has it otherwise" {
	local shard
	start_world
	"$make_old" "$export" old page-of-logs torn-version
	# Without these, all lists of versions are read again.
	find old -name .done -delete
	for shard in $(find old/files -path '*/versions/*' -type f); do
		sed -i '1s/^{/{"mine": 1, /' "$shard"
		jq -e . "$shard" >/dev/null 2>&1 && echo "$shard" >>versions
	done
	cp -r old copy
	# Each record of the listing that is read again, and each version.
	for shard in $(find old/files -path '*/logs/*.jsonl'); do
		sed -i 's/"id": "\([^"]*\)"/"id": "\1", "mine": "\1"/' "$shard"
	done
	cat $(find old/files -path '*/logs/*.jsonl') | sort >before
	grep -q '"mine"' before
	hlexport adopt -q old
	run -0 hlexport --resume old
	assert_contains "$output" "this export keeps them as they were"
	cat $(find old/files -path '*/logs/*.jsonl') | sort >after
	assert_equal "$(comm -23 before after | wc -l)" 0
	[ "$(wc -l <after)" -gt "$(wc -l <before)" ]
	while read -r shard; do
		cmp "copy/${shard#old/}" "$shard"
	done <versions
	run -0 hlexport verify old
}

@test "nothing of an old stream is lost when the server no longer has it" {
	start_world
	"$make_old" "$export" old page-of-logs
	cp -a old before
	hlexport adopt -q old >/dev/null
	add_fault "logs status=500"
	run -3 hlexport --resume old
	diff -r before/files old/files | grep -v '^Only in old' >changed || true
	[ ! -s changed ]
	# And then it has: an export like any other.
	heal
	run -0 hlexport --resume old
	run -0 hlexport verify old
	assert_truth old
}

@test "wrong use of adopt" {
	start_world
	run -2 hlexport adopt
	run -2 hlexport adopt "$export"
	assert_contains "$output" "already has a manifest"
	mkdir nothing
	run -2 hlexport adopt nothing
	run -2 hlexport verify nothing
	assert_contains "$output" "is not an export"
}

# Made by hand from a description of the old tool's output, not by hlexport.
@test "a tree made by hand" {
	local folder=old/20250606-120000/files/pr_Aa1
	mkdir -p "$folder/versions" "$folder/logs"
	echo '{"id": "pr_Aa1", "type": "prompt", "path": "a", "total_logs_count": 3}' \
	    >"$folder/file.json"
	echo '{"version_id": "prv_1", "environments": [{"id": "env_1", "name": "production", "tag": "default"}]}' \
	    >"$folder/versions/prv_1"
	echo '[{"version_id": "prv_1", "environment_id": "env_1", "environment_name": "production", "environment_tag": "default"}]' \
	    >"$folder/deployments.json"
	printf '{"id": "log_%s", "output": "x"}\n' 1 2 3 >"$folder/logs/1.jsonl"
	: >"$folder/.done"
	: >old/20250606-120000/export.log
	run -0 hlexport verify old/20250606-120000
	run -0 hlexport summary old/20250606-120000
	assert_contains "$output" "prompt 1"
	sed -i '$d' "$folder/logs/1.jsonl"
	run -6 hlexport verify old/20250606-120000
	assert_contains "$output" "2 distinct records; files.total_logs_count says 3"
	run -0 env HUMANLOOP_API_KEY=x "$HLEXPORT" adopt old/20250606-120000
	run -6 hlexport verify old/20250606-120000
	assert_equal "$(jq -r 'select(.hlexport) | .started' \
	    old/20250606-120000/manifest.jsonl)" "2025-06-06T12:00:00.000Z"
}

@test "what an editor did to the lines of shards is no damage" {
	local shard
	start_world
	"$make_old" "$export" old
	shard=$(find old/files -path '*/logs/1.jsonl' -size +100k | head -n 1)
	run -0 hlexport verify old
	grep -v "not damage" <<<"$output" >before
	jq . <"$shard" >pretty
	sed 's/$/\n/' "$shard" >blank
	sed -e '3s/^/\n/' -e '$s/$/\n\n\n/' "$shard" >some
	tr -d '\n' <"$shard" | sed 's/}{/}\n{/g' >endless
	hlexport query old "SELECT count(*) FROM logs" --format csv >counted
	for change in pretty blank some endless; do
		cp $change "$shard"
		run -0 hlexport verify old
		assert_contains "$output" "this alone is not damage"
		grep -v "not damage" <<<"$output" | tail -n +3 |
		    diff - <(tail -n +3 before)
		bsdtar -a -cf x.tar.gz old
		run -0 hlexport verify x.tar.gz
		hlexport adopt -q old
		run -0 hlexport verify old
		hlexport query old "SELECT count(*) FROM logs" --format csv |
		    diff counted -
		rm -f x.zip
		run -0 hlexport pack old -q -o x.zip
		run -0 hlexport verify x.zip
		rm -rf went-on
		cp -r old went-on
		run -0 hlexport --resume went-on
		hlexport query went-on "SELECT count(*) FROM logs" \
		    --format csv | diff counted -
		rm -f x.zip
		run -0 hlexport pack went-on -q -o x.zip --remove
		hlexport adopt --undo -q old
	done
	head -n 900 blank >"$shard"
	run -6 hlexport verify old
	assert_contains "$output" "it has 450 lines but is not the last shard"
}

# The manifest of a stranger names a directory that is the victim's.
@test "adopt touches nothing outside the tree, whatever a manifest says" {
	local place
	start_world
	"$make_old" "$export" old
	echo other >old/SHA256SUMS
	hlexport adopt -q old
	mkdir victim old.removed-x victim/20250101-000000
	for place in "$PWD/victim" victim "$PWD/old.removed-x" "$PWD/old" \
	    "$PWD/old.removed-20250101-000000/../victim" ""; do
		rm -rf evil
		cp -r old evil
		for dir in victim old.removed-x; do
			echo mine >$dir/SHA256SUMS
		done
		jq -c --arg x "$place" 'if .adopted then .sums_aside = $x
		    else . end' old/manifest.jsonl >evil/manifest.jsonl
		run hlexport adopt --undo evil
		[ "$status" != 0 ]
		run timeout 20 "$HLEXPORT" adopt -q evil
		[ "$status" != 124 ]
		[ "$(cat victim/SHA256SUMS old.removed-x/SHA256SUMS)" = \
		    "mine"$'\n'"mine" ]
		[ -d victim ]
	done
	# What it made itself is put back.
	hlexport adopt --undo -q old
	[ "$(cat old/SHA256SUMS)" = other ]
}

# Whatever else is odd about it, an adopted file has the bytes that it had.
@test "what is changed after an adoption is damage, however it is dressed up" {
	local shard
	start_world
	"$make_old" "$export" old
	hlexport adopt -q old
	shard=$(find old/files -path '*/logs/1.jsonl' -size +100k | head -n 1)
	cp "$shard" kept
	for change in '1s/$/ /' 's/$/\r/' '1s/^/\n/' '1s/^{/{"x": NaN, /'; do
		for forged in "" '; 2s/"output": *"/&FORGED /'; do
			sed "$change$forged" kept >"$shard"
			run -6 hlexport verify old
			assert_contains "$output" "${shard#old/}: its SHA-256 does not match"
			bsdtar -a -cf x.tar.gz old
			run -6 hlexport verify x.tar.gz
		done
	done
	# What was appended by a resume that was killed is no damage.
	(cat kept; sed -n 1p kept | sed 's/"id": *"/&new/') >"$shard"
	run hlexport verify old
	[[ $output != *"${shard#old/}: its SHA-256 does not match"* ]]
}

@test "all datapoints of a dataset lost: the folder says that they were taken" {
	make_old=$TOP/tests/legacy/make-old-tree
	"$make_old" "$TOP"/exports.example/2* old page-of-datapoints
	run -6 hlexport verify old
	assert_contains "$output" "0 distinct records; versions.datapoints_count says 5"
	# Where there is no folder either, nobody knows.
	rm -r old/files/*/datapoints
	run -0 hlexport verify old
	assert_contains "$output" "nothing shows whether they were exported"
}
