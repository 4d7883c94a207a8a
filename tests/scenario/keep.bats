# An archive that is there is never replaced by one with less, and a directory
# is only removed when an archive has all of it.

bats_require_minimum_version 1.5.0
load helper

damage()
{
	python3 "$TOP/tests/scenario/damage.py" "$1" "$export"
}

take_example()
{
	rm -rf exports
	mkdir exports
	cp -r "$TOP/exports.example/20250606-120000" exports/
	export=exports/20250606-120000
	name=20250606-120000
	[ -e whole ] || cp -r "$export" whole
}

# An export of files that only these tests know.
old_export()
{
	rm -rf exports
	mkdir -p exports/old/files
	export=exports/old
	for file in "$@"; do
		mkdir -p "$(dirname "$export/$file")"
		echo "$file" >"$export/$file"
	done
}

# refused FILE WORD...: pack --force into it is, and it is as it was.
refused()
{
	local file=$1
	shift
	cp "$file" kept
	run -2 hlexport pack "$export" -o "$file" --force
	cmp kept "$file"
	for word; do
		assert_contains "$output" "$word"
	done
	assert_contains "$output" "$file"
	assert_contains "$output" "refusing to replace it: give another name, or move"
	[ -z "$(find . -name '.hlexport-*')" ]
}

# replaced FILE [WORD]: it is, and the new one is whole.
replaced()
{
	run -0 hlexport pack "$export" -q -o "$1" --force
	assert_contains "$output" "${2:-}"
	[ -n "${2:-}" ] || [ -z "$output" ] || [[ $output != *replaced* ]]
	rm -rf unpacked
	mkdir unpacked
	bsdtar -xf "$1" -C unpacked
	diff -r "$export" "unpacked/$(basename "$export")"
	[ -z "$(find . -name '.hlexport-*')" ]
}

@test "a repair takes no directory for its own that it has not made" {
	local commit shard
	start_fixture --workspace bulk --files 1 --logs 1200 --log-bytes 10
	hlexport -q --logs -o source
	cp -r source/* it
	cp -r source/* it.repair
	shard=$(cd it && find files -name 2.jsonl)
	rm "it/$shard"
	for commit in no yes; do
		[ $commit = no ] || : >it.repair/.commit
		cp -r it before
		run hlexport repair it
		[ "$status" != 0 ]
		assert_contains "$output" "it.repair exists but does not belong to"
		diff -r before it
		rm -r before
		diff -r source/* it.repair --exclude .commit
	done
	rm -r it.repair
	run hlexport repair it
	assert_status 0
}

@test "two at once on an export: one of them works" {
	local i rc1 rc2
	start_fixture --workspace bulk --files 2 --logs 300
	add_fault "logs status=500"
	run hlexport -q --logs -o o
	assert_status 3
	heal
	add_fault "any delay=100"
	for i in 1 2 3; do
		rm -rf it
		cp -r o/* it
		"$HLEXPORT" --resume -q it 2>err1 & pid=$!
		sleep 0.0$((i * 3))
		rc2=0
		"$HLEXPORT" --resume -q it 2>err2 || rc2=$?
		rc1=0
		wait $pid || rc1=$?
		echo "$rc1 $rc2"
		[[ "$rc1 $rc2" == "0 5" || "$rc1 $rc2" == "5 0" ||
		    "$rc1 $rc2" == "0 0" ]]
	done
}

@test "an archive is not replaced by one of what a removal has left" {
	local format
	for format in zip tar tar.gz tar.zst; do
		take_example
		rm -f x.$format
		hlexport pack "$export" -q -o x.$format
		# Half of it; the manifest; the folders; nothing.
		find "$export" -name '*.jsonl' ! -name 'manifest*' -delete
		run -6 hlexport pack "$export" -q -o x.$format --force
		find "$export" -type f ! -name manifest.jsonl -delete
		run -6 hlexport pack "$export" -q -o x.$format --force
		rm "$export/manifest.jsonl"
		refused x.$format "of a complete export"
		find "$export" -mindepth 1 -delete
		run -2 hlexport pack "$export" -q -o x.$format --force
		assert_contains "$output" "is not an export"
		run -0 hlexport verify x.$format
	done
}

@test "each file of an archive must be in the one that takes its place" {
	old_export files/a files/b files/c
	hlexport pack "$export" -q -o x.zip 2>err
	hlexport pack "$export" -q -o x.tar.zst 2>err
	rm "$export/files/b"
	refused x.zip "contains 1 file that is missing from $export: files/b;"
	refused x.tar.zst files/b
	rm "$export/files/c"
	echo more >"$export/files/more"
	refused x.zip "contains 2 files that are missing from $export: files/b, files/c;"
	old_export files/b files/c files/a files/d
	replaced x.zip
	replaced x.tar.zst
	# Other files are no export; they are not lost either.
	echo 1 >photo.jpg
	zip -q photos.zip photo.jpg 2>/dev/null ||
	    bsdtar -a -cf photos.zip photo.jpg
	refused photos.zip "photo.jpg"
	# What the names are, the terminal is not told as it is.
	python3 -c 'import zipfile
with zipfile.ZipFile("bad.zip", "w") as f:
    f.writestr("\x1b[2J", "x")'
	refused bad.zip '\x1b[2J'
	[[ $output != *$'\e'* ]]
}

@test "what is no archive holds nothing; what a system leaves is nothing" {
	old_export files/a
	echo mine >x.zip
	replaced x.zip
	: >y.tar
	replaced y.tar
	head -c 30000 /dev/urandom >z.tar.zst
	replaced z.tar.zst
	cp -r "$export" kept.d
	touch "$export/.DS_Store" "$export/files/a~"
	hlexport pack "$export" -q -o l.zip 2>err
	rm "$export/.DS_Store" "$export/files/a~"
	replaced l.zip
}

@test "an archive of a complete export: only by one that has its bytes" {
	take_example
	hlexport pack "$export" -q -o x.zip
	cp x.zip y.zip
	replaced x.zip
	cmp x.zip y.zip
	damage no_seal
	refused x.zip "is an archive of a complete export" "is incomplete"
	take_example
	damage an_object_twice
	refused x.zip "contains 1 file that differs in" "versions/"
	take_example
	damage a_line_less
	refused x.zip "that differs" logs/1.jsonl
	take_example
	damage a_record_above_that_is_gone
	refused x.zip "that is missing from" file.json
	# More lines are more.
	take_example
	damage a_record_twice
	replaced x.zip
}

@test "an archive of an export that was not complete may be completed" {
	start_fixture --workspace bulk --files 2 --logs 1500 --log-bytes 50
	add_fault "logs covers=301-400 status=500"
	run -3 hlexport --logs -q
	export=$(the_export)
	name=$(basename "$export")
	cp -r "$export" before
	hlexport pack "$export" -q -o x.zip 2>err
	heal
	hlexport --resume "$export" -q
	replaced x.zip
	run -0 hlexport verify x.zip
	# And not the other way round.
	cp -r "$export" after
	rm -r "$export"
	cp -r before "$export"
	refused x.zip "is an archive of a complete export"
	# Neither is complete: no shard becomes shorter.
	hlexport pack "$export" -q -o y.zip 2>err
	python3 - "$export" <<-'END'
	import hashlib, json, sys
	top = sys.argv[1] + "/"
	lines = [json.loads(line) for line in open(top + "manifest.jsonl")]
	for line in lines:
	    for receipt in line.get("files", []):
	        if receipt["path"].endswith("logs/1.jsonl"):
	            data = open(top + receipt["path"], "rb").read()
	            data = data.split(b"\n", 1)[0] + b"\n"
	            open(top + receipt["path"], "wb").write(data)
	            receipt.update(lines=1, bytes=len(data),
	                sha256=hashlib.sha256(data).hexdigest())
	            line["records"] = 1
	with open(top + "manifest.jsonl", "w") as file:
	    for line in lines:
	        file.write(json.dumps(line) + "\n")
	END
	refused y.zip logs/1.jsonl
}

@test "an archive that can be read in part is not replaced in silence" {
	local size
	take_example
	hlexport pack "$export" -q -o x.tar
	size=$(stat -c %s x.tar)
	head -c $((size / 2)) x.tar >cut.tar
	replaced cut.tar "the replaced cut.tar was damaged or truncated"
	head -c $((size / 2)) x.tar >cut.tar
	mv "$export/directories.json" directories.json
	run -6 hlexport pack "$export" -q -o cut.tar --force
	rm "$export"/manifest*.jsonl
	refused cut.tar "complete export"
	# One whose end is a file that the other has not.
	old_export files/a files/z
	hlexport pack "$export" -q -o y.tar 2>err
	truncate -s -900 y.tar
	rm "$export/files/a"
	refused y.tar files/a
	# A bit flipped in a file: the new one has the file as it was.
	take_example
	hlexport pack "$export" -q -o x.zip
	python3 - <<-'END'
	import zipfile
	info = [i for i in zipfile.ZipFile("x.zip").infolist()
	    if i.filename.endswith("stats.json")][0]
	data = bytearray(open("x.zip", "rb").read())
	data[info.header_offset + 30 + len(info.filename) + 60] ^= 16
	open("x.zip", "wb").write(data)
	END
	run -6 hlexport verify x.zip
	replaced x.zip "was damaged"
	run -0 hlexport verify x.zip
}

is_begun()
{
	[ -n "$(find . -maxdepth 1 -name '.hlexport-x.zip-*' -size +0)" ]
}

# while_packing COMMAND...: run it while a large export is packed; set rc.
while_packing()
{
	old_export files/a
	truncate -s 300M "$export/files/big"
	rc=0
	"$HLEXPORT" pack "$export" -q -o x.zip --force 2>err 3>&- & pid=$!
	wait_until is_begun
	"$@"
	wait $pid || rc=$?
	[ -z "$(find . -name '.hlexport-*')" ]
}

@test "a file that appears there meanwhile is not replaced" {
	while_packing cp /etc/passwd x.zip
	[ $rc -ne 0 ]
	cmp x.zip /etc/passwd
	old_export files/a
	rm x.zip
	hlexport pack "$export" -q -o x.zip 2>err
	while_packing cp /etc/passwd x.zip
	[ $rc -ne 0 ]
	grep -q 'x.zip changed in the meantime' err
	cmp x.zip /etc/passwd
}

# ----------------------------------------------------------------- --remove

@test "--remove of what was packed before: removed, and not packed again" {
	local format
	for format in zip tar.zst; do
		take_example
		hlexport pack "$export" -q -o x.$format
		cp -p x.$format y.$format
		run -0 hlexport pack "$export" -o x.$format --remove
		assert_contains "$output" "Already packed: x.$format"
		assert_contains "$output" "contains all that was left of $export"
		[ ! -e "$export" ]
		[ -d exports ]
		cmp x.$format y.$format
		[ x.$format -ef x.$format ]
		assert_equal "$(stat -c %Y x.$format)" \
		    "$(stat -c %Y y.$format)"
		# Once more, and it says the same.
		run -0 hlexport pack "$export" -o x.$format --remove
		assert_contains "$output" "Already packed: x.$format"
		# What is told to machines is what was told without a kill.
		take_example
		rm x.$format
		hlexport pack "$export" -o x.$format --remove --json >one
		mkdir -p "$export/files/empty/folder"
		hlexport pack "$export" -o x.$format --remove --json >two
		diff one two
		[ ! -e "$export" ]
	done
}

@test "--remove: what the archive has not stays" {
	take_example
	hlexport pack "$export" -q -o x.zip
	cp x.zip kept
	echo notes >"$export/notes"
	run -2 hlexport pack "$export" -o x.zip --remove
	assert_contains "$output" "x.zip does not contain notes"
	assert_contains "$output" "Nothing was removed"
	[ -e "$export/notes" ]
	rm "$export/notes"
	diff -r whole "$export"
	# The same name, one byte of it another.
	find "$export" -name '*.jsonl' -delete
	file=$(cd "$export" && find files -name stats.json | head -n 1)
	sed -i '1s/[0-9]/7/' "$export/$file"
	run -2 hlexport pack "$export" -o x.zip --remove
	assert_contains "$output" "$file with the same bytes"
	[ -e "$export/$file" ]
	run -2 hlexport pack "$export" -o x.zip --remove --force
	[ -e "$export/$file" ]
	cmp kept x.zip
	# A link, which no archive has.
	rm "$export/$file"
	ln -s /etc/passwd "$export/link"
	run -2 hlexport pack "$export" -o x.zip --remove
	assert_contains "$output" "link is a symbolic link"
	[ -L "$export/link" ]
}

@test "--remove without an archive that is whole: nothing is removed" {
	take_example
	hlexport pack "$export" -q -o x.tar
	find "$export" -name '*.jsonl' ! -name 'manifest*' -delete
	cp -r "$export" left
	head -c 100000 x.tar >cut.tar
	run -6 hlexport pack "$export" -o cut.tar --remove
	assert_contains "$output" "cut.tar does not contain all of a complete"
	assert_contains "$output" "Nothing was removed, and cut.tar is unchanged"
	run -6 hlexport pack "$export" -o gone.tar --remove
	assert_contains "$output" "in the manifest but does not exist"
	[ ! -e gone.tar ]
	echo mine >mine.tar
	run -6 hlexport pack "$export" -o mine.tar --remove
	assert_contains "$output" "mine.tar"
	assert_equal "$(cat mine.tar)" mine
	diff -r left "$export"
	# One of an export that is not complete.
	take_example
	damage no_seal
	hlexport pack "$export" -q -o open.tar 2>err
	cp -r "$export" open
	run -6 hlexport pack "$export" -o open.tar --remove
	assert_contains "$output" "does not contain all of a complete export"
	run -2 hlexport pack "$export" -o open.tar --remove --force
	diff -r open "$export"
}

@test "--remove of a directory that holds nothing: only the one it was" {
	take_example
	hlexport pack "$export" -q -o x.zip
	mkdir -p other/files/empty
	run -2 hlexport pack other -o x.zip --remove
	assert_contains "$output" "other contains no files, and x.zip is not an archive of"
	[ -d other/files/empty ]
	run -2 hlexport pack nowhere -o x.zip --remove
	assert_contains "$output" "nowhere does not exist, and x.zip is not an archive of"
	find "$export" -type f -delete
	run -0 hlexport pack "$export" -o x.zip --remove
	[ ! -e "$export" ]
}

@test "--remove: an archive that would not verify does not take its place" {
	take_example
	echo more >>"$export/export.log"
	cp -r "$export" torn
	run -6 hlexport pack "$export" -o x.zip --remove
	assert_contains "$output" "export.log: it was changed"
	assert_contains "$output" "hlexport verify $export"
	diff -r torn "$export"
	[ ! -e x.zip ]
	# What only the records tell is seen when the archive is read.
	take_example
	damage a_record_twice
	cp -r "$export" wrong
	run -6 hlexport pack "$export" -o x.zip --remove
	assert_contains "$output" "x.zip was written, but $export was not removed"
	assert_contains "$output" "hlexport verify x.zip"
	diff -r wrong "$export"
	run -6 hlexport verify x.zip
	# What the manifest does not know is kept in it, and no reason.
	take_example
	echo notes >"$export/notes"
	hlexport pack "$export" -q -o y.zip --remove 2>err
	[ ! -e "$export" ]
	unzip -p y.zip "$name/notes" | grep -q notes
}

# What a query or a report writes replaces no export, not even by --force.
@test "--force: rows and reports take the place of no export" {
	take_example
	cp -r "$export" other
	hlexport pack "$export" -q -o whole.zip
	hlexport pack "$export" -q -o whole.tar.gz
	mkdir damaged
	cp other/manifest.jsonl damaged/manifest.copy.jsonl
	echo torn >damaged/manifest.jsonl
	echo kept >damaged/file
	sum=$(find other damaged whole.* -type f | sort | xargs sha256sum)
	file=$(cd other && find files -type f | head -n 1)
	for to in whole.zip whole.tar.gz "other/$file" other/new/../new.csv \
	    other/manifest.jsonl damaged/file "$export/$file"; do
		mkdir -p other/new
		run -2 hlexport query "$export" "SELECT 1" -o "$to" --force
		assert_contains "$output" "export"
		run -2 hlexport report "$export" overview -o "$to" --force
		run -2 hlexport convert "$export" --yes --format duckdb \
		    -o "$to" --force
		rmdir other/new
	done
	run -2 hlexport convert "$export" --yes --format csv \
	    -o other/files --force
	assert_contains "$output" "other, which must not change"
	[ "$sum" = "$(find other damaged whole.* -type f | sort |
	    xargs sha256sum)" ]
	echo old >rows.csv
	cp rows.csv manifest.jsonl
	hlexport query "$export" "SELECT 1 AS a" -o rows.csv --force \
	    --format csv
	[ "$(tr '\r\n' '  ' <rows.csv)" != "old " ]
}

# A directory of that name may be anybody's.
@test "repair clears no directory that is not of a repair" {
	local base
	start_fixture
	hlexport -q
	export=$(the_export)
	mkdir -p "$export.repair/mine/empty"
	echo paper >"$export.repair/mine/paper.txt"
	rm "$(find "$export" -name file.json | head -n 1)"
	for base in "" hello "$(printf '%063d 1' 0)" "$(printf '%065d' 0)"; do
		printf %s "$base" >"$export.repair/.base"
		[ -n "$base" ] || rm "$export.repair/.base"
		run hlexport repair "$export"
		[ "$status" != 0 ]
		assert_contains "$output" "exists but does not belong to a repair"
		[ -d "$export.repair/mine/empty" ]
		assert_equal "$(cat "$export.repair/mine/paper.txt")" paper
	done
	rm -r "$export.repair"
	run -0 hlexport repair "$export"
}

@test "files of the user are neither swept nor overlooked" {
	local deep=files/$(printf 'd/%.0s' {1..20})
	start_fixture
	hlexport -q
	export=$(the_export)
	mkdir -p "$export/$deep"
	echo x >"$export/${deep}hidden.json"
	run -6 hlexport verify "$export"
	assert_contains "$output" "extra"
	rm -r "$export/files/d"
	run -0 hlexport verify "$export"
	rm "$export"/manifest* "$export/export.log"
	echo mine >"$export/.hlexport-notes.txt"
	mkdir "$export/.hlexport-removed-20250101-000000"
	hlexport adopt -q "$export"
	assert_equal "$(cat "$export/.hlexport-notes.txt")" mine
	hlexport adopt -q --undo "$export"
	assert_equal "$(cat "$export/.hlexport-notes.txt")" mine
}

@test "both manifests damaged: what is read again stays as it was" {
	local line
	start_fixture --workspace full
	hlexport -q --logs
	export=$(the_export)
	cp -r "$export" served
	cp -r "$export" whole
	find served -name file.json -exec \
	    sed -i 's/"updated_at": *"20/"updated_at": "21/' {} +
	stop_fixture
	start_fixture --data served
	line=$(grep -n 'file.json' whole/manifest.jsonl | head -n 1)
	sed -i "${line%%:*}s/\"sha256\":\"./\"sha256\":\"x/g" \
	    "$export/manifest.jsonl" "$export/manifest.copy.jsonl"
	run -6 hlexport verify "$export"
	run -0 hlexport repair "$export" --server-moved
	assert_contains "$output" "have changed on the server"
	assert_equal "$(grep -c "have changed on" <<<"$output")" 1
	diff -r whole/files "$export/files"
	run -0 hlexport verify "$export"
}
