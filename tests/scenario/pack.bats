# An export in one file: what is packed, and what is not.

bats_require_minimum_version 1.5.0
load helper
load pack

@test "each format: every unpacker gives the tree, byte for byte" {
	local format
	start_fixture --workspace full
	make_export
	find whole -type f | sed "s|^whole|$name|" | LC_ALL=C sort >files
	for format in $formats; do
		run -0 hlexport pack "$export" -o x.$format
		assert_contains "$output" "Packed: x.$format"
		assert_contains "$output" "$(wc -l <files | sed -E \
		    ':a;s/([0-9])([0-9]{3})($|,)/\1,\2\3/;ta') files"
		assert_contains "$output" "read back and compared"
		assert_equal "$(stat -c %a x.$format)" 600
		unpack x.$format out.$format
		diff -r whole "out.$format/$name"
		bsdtar -tf x.$format | LC_ALL=C sort | diff files -
		mkdir bsd.$format
		bsdtar -xf x.$format -C bsd.$format
		diff -r whole "bsd.$format/$name"
		run -0 hlexport verify x.$format
		assert_contains "$output" "Whole: x.$format"
	done
	unzip -tqq x.zip
	gzip -t x.tar.gz
	zstd -tq x.tar.zst
	tar -tf x.tar | LC_ALL=C sort | diff files -
	assert_untouched
}

@test "Python's zipfile and tarfile read the same bytes" {
	take_example
	pack zip
	pack tar.gz
	python3 - "$export" <<-'END'
	import os, sys, tarfile, zipfile
	top = os.path.dirname(sys.argv[1])
	true = {os.path.relpath(os.path.join(at, name), top):
	    open(os.path.join(at, name), "rb").read()
	    for at, _, names in os.walk(sys.argv[1]) for name in names}
	with zipfile.ZipFile("x.zip") as file:
	    assert file.testzip() is None
	    assert {i.filename: file.read(i) for i in file.infolist()} == true
	    assert len(file.infolist()) == len(true)
	with tarfile.open("x.tar.gz") as file:
	    assert {i.name: file.extractfile(i).read() for i in file} == true
	    for info in file:
	        assert info.isreg() and info.mode == 0o600
	        assert (info.uid, info.gid, info.uname, info.gname) == \
	            (0, 0, "", "")
	END
}

@test "two packs of one export are the same bytes" {
	local format
	take_example
	unset SOURCE_DATE_EPOCH
	mkdir other
	cp -r "$export" "other/$name"
	find other -type f -exec touch -d '2001-02-03' {} +
	chmod -R go+rX other
	for format in $formats; do
		pack $format
		(umask 0; TZ=Asia/Tokyo LC_ALL=C hlexport pack -q \
		    "other/$name/" -o y.$format)
		cmp x.$format y.$format
		# When the export began.
		bsdtar -tvf x.$format | grep -c 'Jun  6  2025' |
		    grep -x "$(find "$export" -type f | wc -l)"
		SOURCE_DATE_EPOCH=86400 hlexport pack -q "$export" -o \
		    z.$format
		! cmp -s x.$format z.$format
	done
}

@test "names that are not ASCII, in any locale" {
	local format
	mkdir -p exports/old/files/f
	export=exports/old
	echo one >"$export/files/f/Äpfel 東京 🍏.json"
	for format in $formats; do
		LC_ALL=C hlexport pack -q "$export" -o x.$format 2>err
		bsdtar -tf x.$format | grep -qxF \
		    'old/files/f/Äpfel 東京 🍏.json'
	done
	python3 - <<-'END'
	import zipfile
	assert zipfile.ZipFile("x.zip").namelist() == [
	    "old/files/f/\u00c4pfel \u6771\u4eac \U0001f34f.json"]
	END
}

@test "what is compressed already is stored, the rest is not" {
	mkdir -p exports/old/files
	export=exports/old
	head -c 30000 /dev/zero | tee exports/old/files/a.gz \
	    exports/old/files/b.parquet >exports/old/files/c.json
	pack zip
	assert_equal "$(unzip -v x.zip | awk '/files\// {print $2}' | xargs)" \
	    "Stored Stored Defl:N"
}

@test "what can be packed very small is packed" {
	mkdir -p exports/old/files
	export=exports/old
	truncate -s 1400M exports/old/files/zeros
	pack tar.zst 2>err
	[ "$(stat -c %s x.tar.zst)" -lt 200000 ]
	assert_equal "$(bsdtar -xOf x.tar.zst | wc -c)" 1468006400
}

@test "a file that is there is replaced with --force only" {
	take_example
	echo mine >x.zip
	run -2 hlexport pack "$export" -o x.zip
	assert_contains "$output" "x.zip exists"
	assert_contains "$output" "--force"
	assert_equal "$(cat x.zip)" mine
	pack zip --force
	run -0 hlexport verify x.zip
	mkdir y.zip
	run -2 hlexport pack "$export" -o y.zip --force
	assert_contains "$output" "is not a plain file"
	assert_untouched
}

@test "--remove removes what was packed, if it is complete" {
	take_example
	run -0 hlexport pack "$export" -o x.tar.zst --remove
	assert_contains "$output" "removed $export"
	[ ! -e "$export" ]
	run -0 hlexport verify x.tar.zst
	unpack x.tar.zst out
	diff -r whole "out/$name"
	# Through a link: the directory goes, and nothing else.
	cp -r whole "$export"
	ln -s "$PWD/$export" latest
	run -0 hlexport pack latest -o y.tar --remove
	assert_contains "$output" "removed $PWD/$export"
	cp -r whole "$export"
	run -0 hlexport pack latest/ -o z.tar --remove
	assert_contains "$output" "removed $PWD/$export"
	[ -L latest ]
	[ ! -e "$export" ]
	[ -d exports ]
}

@test "--remove of what is not complete is refused" {
	start_fixture
	add_fault "stats status=500"
	run -3 hlexport
	export=$(the_export)
	cp -r "$export" whole
	run -2 hlexport pack "$export" -o x.zip --remove
	assert_contains "$output" "--remove requires a complete export"
	[ ! -e x.zip ]
	assert_untouched
}

@test "an export with gaps: packed, with a warning" {
	start_fixture
	add_fault "stats status=500"
	run -3 hlexport
	export=$(the_export)
	cp -r "$export" whole
	run -0 --separate-stderr hlexport pack "$export" -o x.zip
	assert_contains "$stderr" "NOT COMPLETE"
	assert_contains "$stderr" "gaps"
	assert_contains "$output" "Packed: x.zip"
	run -6 hlexport verify x.zip
	assert_contains "$output" "the export is not complete"
	assert_contains "$output" "missing  stats/"
	run -6 --separate-stderr hlexport verify --json "$export"
	gaps='[.findings[] | select(.listing) | .listing] | unique'
	jq "$gaps" <<<"$output" >of_directory
	run -6 --separate-stderr hlexport verify --json x.zip
	jq "$gaps" <<<"$output" | diff of_directory -
	assert_untouched
}

@test "a shard that a crash left longer than it counts is packed as it is" {
	start_fixture
	add_fault "stats status=500"
	run -3 hlexport --logs
	export=$(the_export)
	python3 - "$export" <<-'END'
	import sys
	# A listing that was still being read: pages, and no end.
	path = sys.argv[1] + "/manifest.jsonl"
	import json
	lines = [json.loads(line) for line in open(path)]
	for i, line in enumerate(lines):
	    if line.get("listing", "").startswith("logs/") and \
	        line.get("files"):
	        shard = line["files"][0]["path"]
	        lines[i] = {"page": line["listing"], "first": 0,
	            "count": line["size"], "total": line["total"] + 1,
	            "size": line["size"], "received": line["records"],
	            "files": line["files"]}
	        break
	with open(path, "w") as file:
	    for line in lines:
	        file.write(json.dumps(line, separators=(",", ":")) + "\n")
	with open(sys.argv[1] + "/" + shard, "a") as file:
	    file.write('{"id":"half')
	print(shard, file=open("shard", "w"))
	END
	pack tar.zst 2>err
	run -6 hlexport verify x.tar.zst
	! grep -F "$(cat shard)" <<<"$output"
	assert_contains "$output" "the export of this listing did not finish"
}

@test "a damaged export is not packed" {
	take_example
	file=$(cd "$export" && find files -name stats.json | sort | head -n 1)
	cp "$export/$file" good
	for damage in 'echo x >>' ': >' 'rm' "sed -i 's/[0-9]/x/'"; do
		eval "$damage \"\$export/\$file\""
		run -6 hlexport pack "$export" -o x.zip
		assert_contains "$output" "$file"
		assert_contains "$output" "hlexport verify $export"
		[ ! -e x.zip ]
		cp good "$export/$file"
	done
	assert_untouched
	pack zip
}

@test "a file that the manifest does not know is packed and reported" {
	take_example
	echo notes >"$export/notes"
	run -0 --separate-stderr hlexport pack "$export" -o x.zip
	assert_contains "$stderr" "1 file that the manifest does not list"
	run -6 hlexport verify x.zip
	assert_contains "$output" "extra    notes: it is not in the manifest"
	run -0 --separate-stderr hlexport pack "$export" -o y.zip --remove
	assert_contains "$(unzip -p y.zip "$name/notes")" notes
	[ ! -e "$export" ]
}

@test "links and what is no file are named, and nothing is packed" {
	take_example
	ln -s /etc/passwd "$export/files/link"
	run -2 hlexport pack "$export" -o x.zip
	assert_contains "$output" "files/link is a symbolic link"
	rm "$export/files/link"
	ln -s /etc "$export/files/folder"
	run -2 hlexport pack "$export" -o x.zip
	assert_contains "$output" "files/folder is a symbolic link"
	rm "$export/files/folder"
	mkfifo "$export/pipe"
	run -2 hlexport pack "$export" -o x.zip
	assert_contains "$output" "pipe is a pipe"
	rm "$export/pipe"
	assert_untouched
	[ ! -e x.zip ]
}

@test "wrong usage is reported" {
	take_example
	run -2 hlexport pack
	assert_contains "$output" "usage: hlexport pack"
	run -2 hlexport pack "$export"
	assert_contains "$output" "usage: hlexport pack"
	HLEXPORT_OUTPUT=x.zip run -2 hlexport pack "$export"
	run -2 hlexport pack "$export" -o x.rar
	assert_contains "$output" ".zip, .tar.zst, .tar.gz or .tar"
	run -2 hlexport pack "$export" -o .zip
	run -2 hlexport pack nothing -o x.zip
	assert_contains "$output" "nothing: No such file"
	run -2 hlexport pack exports -o x.zip
	assert_contains "$output" "exports is not an export"
	run -2 hlexport pack "$export" -o nowhere/x.zip
	assert_contains "$output" "nowhere/x.zip: No such file"
	for inside in "$export/x.zip" "$export/files/x.zip" \
	    "exports/../$export/files/../x.zip"; do
		run -2 hlexport pack "$export" -o "$inside"
		assert_contains "$output" "is inside the export"
	done
	(cd "$export" && run -2 hlexport pack . -o x.zip &&
	    assert_contains "$output" "is inside the export")
	run -2 hlexport export -o x --force
	assert_contains "$output" "--force is an option of"
	run -2 hlexport verify x.zip --fast
	echo "no archive" >x.zip
	run -2 hlexport verify x.zip --fast
	run -6 hlexport verify x.zip
	mkfifo pipe.zip
	run -2 hlexport verify pipe.zip
	echo 1 >one
	bsdtar -a -cf other.zip one
	run -2 hlexport verify other.zip
	assert_contains "$output" "not an archive of an export"
	rm x.zip
	assert_untouched
}

@test "the directory may be named in any way, also from inside" {
	take_example
	pack zip
	(cd "$export" && hlexport pack -q . -o ../../y.zip)
	cmp x.zip y.zip
	ln -s "$PWD/$export" latest
	hlexport pack -q latest -o "$PWD/z.zip"
	cmp x.zip z.zip
}

@test "another process works on the export, or writes the same archive" {
	take_example
	cat >hold.py <<-'END'
	import fcntl, sys
	file = open(sys.argv[1], "r+")
	fcntl.lockf(file, fcntl.LOCK_EX)
	open("held", "w").close()
	sys.stdin.read()
	END
	hold()
	{
		python3 hold.py "$1" <held.hold 3>&- &
	}
	mkfifo held.hold
	hold "$export/export.log"
	exec 8>held.hold
	wait_until [ -e held ]
	run -5 hlexport pack "$export" -o x.zip
	assert_contains "$output" "another process is working on"
	exec 8>&-
	wait $!
	rm held
	touch .hlexport-x.zip-0123456789ab
	hold .hlexport-x.zip-0123456789ab
	exec 8>held.hold
	wait_until [ -e held ]
	run -5 hlexport pack "$export" -o x.zip
	assert_contains "$output" "another process is writing x.zip"
	[ -e .hlexport-x.zip-0123456789ab ]
	exec 8>&-
	wait $!
	# Another's of the same name, and links, are none of ours.
	ln -s whole .hlexport-x.zip-0123456789cd
	touch .hlexport-x.zip-mine .hlexport-y.zip-0123456789ab
	pack zip
	rm .hlexport-x.zip-0123456789cd .hlexport-x.zip-mine \
	    .hlexport-y.zip-0123456789ab
	assert_untouched
}

# change COMMAND...: run it in the export while that is packed; set rc.
change()
{
	rm -rf exports
	mkdir -p exports/old/files
	echo 1 >exports/old/files/before
	echo 1 >exports/old/files/later
	truncate -s 400M exports/old/files/big
	"$HLEXPORT" pack exports/old -o x.zip 2>err 3>&- & pid=$!
	wait_until is_begun x.zip
	(cd exports/old/files && "$@")
	rc=0
	wait $pid || rc=$?
	[ ! -e x.zip ]
	[ -z "$(hidden x.zip)" ]
}

@test "no archive is put into an export" {
	take_example
	cp -r "$export" exports/other
	run -2 hlexport pack "$export" -o "$export/x.zip"
	assert_contains "$output" "is inside the export"
	run -2 hlexport pack "$export" -o exports/other/files/x.zip
	assert_contains "$output" "which must not change"
	assert_untouched
}

# What verify says of an archive is known before it is made.
@test "an export is not packed if what is around its files is not right" {
	local change
	take_example
	for change in "rm SHA256SUMS" "rm manifest.copy.jsonl" \
	    "rm manifest.jsonl" "rm export.log" "sed -i 1d SHA256SUMS" \
	    "sed -i 1d export.log" "sed -i s/a/b/ manifest.copy.jsonl"; do
		rm -rf "$export"
		cp -r whole "$export"
		(cd "$export" && $change)
		run -6 hlexport pack "$export" -o x.zip
		assert_contains "$output" "Nothing was packed"
		assert_contains "$output" "hlexport verify $export"
		[ ! -e x.zip ]
		run -6 hlexport verify "$export"
	done
}

@test "files that change while they are packed are an error" {
	change sh -c 'echo 2 >>later'
	assert_equal $rc 1
	grep -q 'files/later changed while it was being packed' err
	change sh -c 'echo 2 >new && mv new before'
	assert_equal $rc 1
	grep -q 'files/before changed while it was being packed' err
	change touch more
	assert_equal $rc 1
	grep -q 'files were added to or removed' err
	change rm before
	assert_equal $rc 1
	grep -q 'files were added to or removed' err
	change truncate -s 100M big
	assert_equal $rc 1
	grep -qE 'files/big (was truncated|changed) while it was' err
}

@test "ended at every size of the archive: no archive, and nothing harmed" {
	local n size rc format
	take_example
	for format in zip tar; do
		pack $format
		size=$(stat -c %s x.$format)
		mv x.$format true.$format
		for ((n = 0; n * 1024 < size; n += 7)); do
			rc=0
			(ulimit -c 0; ulimit -f $n
			    exec "$HLEXPORT" pack "$export" -q -o x.$format) \
			    2>/dev/null || rc=$?
			[ $rc = 1 ]
			[ ! -e x.$format ]
			[ -z "$(hidden x.$format)" ]
			diff -r whole "$export"
		done
		pack $format
		cmp x.$format true.$format
		assert_untouched
	done
}

@test "killed at any moment: no archive, or all of it" {
	local ms
	take_example
	pack tar.gz
	mv x.tar.gz true.tar.gz
	for ms in $(seq 1 40); do
		timeout -s KILL "0.0$(printf %02d $ms)" "$HLEXPORT" pack \
		    "$export" -q -o x.tar.gz || true
		if [ -e x.tar.gz ]; then
			cmp x.tar.gz true.tar.gz
			rm x.tar.gz
		fi
		diff -r whole "$export"
	done
	pack tar.gz
	cmp x.tar.gz true.tar.gz
	assert_untouched
}

@test "Ctrl-C: 130, and nothing half-made" {
	local rc=0
	mkdir -p exports/old/files
	truncate -s 20G exports/old/files/big
	"$HLEXPORT" pack exports/old -o x.zip 2>err 3>&- & pid=$!
	wait_until is_begun x.zip
	kill -INT $pid
	wait $pid || rc=$?
	assert_equal $rc 130
	grep -q 'interrupted; x.zip was not written' err
	[ ! -e x.zip ]
	[ -z "$(hidden x.zip)" ]
	[ -e exports/old/files/big ]
}

@test "a full disk: a clear message, and nothing half-made" {
	local kb size
	take_example
	mkdir disk
	mount -t tmpfs -o size=4m none disk 2>/dev/null ||
	    skip "no leave to mount"
	pack zip
	size=$(du -k x.zip | cut -f 1)
	for ((kb = 4; kb < size; kb += 8)); do
		mount -o remount,size=${kb}k disk
		run hlexport pack "$export" -o disk/x.zip
		assert_status 1
		assert_contains "$output" "disk/x.zip"
		assert_contains "$output" "No space left on device"
		assert_equal "$(ls -A disk)" ""
	done
	mount -o remount,size=4m disk
	hlexport pack -q "$export" -o disk/x.zip
	cmp x.zip disk/x.zip
	assert_untouched
}

@test "--json and --quiet" {
	take_example
	run -0 --separate-stderr hlexport pack "$export" -o x.zip --json
	assert_equal "$stderr" ""
	assert_equal "$(jq -r '.status, .file, .complete, .gaps, .files,
	    .bytes, .archive_bytes, .sha256, .removed' <<<"$output" | xargs)" \
	    "packed x.zip true 0 $(find "$export" -type f | wc -l) $(find \
	    "$export" -type f -printf '%s\n' | paste -sd+ | bc) $(stat -c %s \
	    x.zip) $(sha256sum x.zip | cut -d ' ' -f 1) false"
	run -0 --separate-stderr hlexport verify --json x.zip
	assert_equal "$(jq -r '.status, .file, .manifest, .complete,
	    (.findings | length)' <<<"$output" | xargs)" \
	    "whole x.zip true true 0"
	run -0 hlexport verify -q x.zip
	assert_equal "$output" ""
}

# ------------------------------------------------------------ verify FILE
