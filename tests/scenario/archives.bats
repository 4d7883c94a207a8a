# Commands that read an export, on an archive of it: as on the directory.

bats_require_minimum_version 1.5.0
load helper
load tables

name=20250606-120000
formats="zip tar tar.gz tar.zst"

begin()
{
	cp -r "$TOP/exports.example/$name" .
	mkdir tmp
	export TMPDIR=$PWD/tmp
}

# Nothing is left of what was unpacked.
teardown()
{
	umount small 2>/dev/null || true
	[ -z "$(ls -A tmp 2>/dev/null)" ]
}

# alike COMMAND...: it says of each archive ARCHIVE what it says of $name.
alike()
{
	local format
	hlexport "${@/ARCHIVE/$name}" >wanted 2>wanted.err
	for format in $formats; do
		hlexport "${@/ARCHIVE/x.$format}" >got 2>got.err
		sed "s/x\.$format/$name/g" got | diff wanted -
		sed "s/x\.$format/$name/g" got.err | diff wanted.err -
	done
}

pack_all()
{
	local format
	for format in $formats; do
		hlexport pack "$name" -q -o "x.$format"
	done
}

@test "summary and summary --json" {
	begin
	pack_all
	hlexport summary "$name" | sed '/^All counts/,$d' >wanted
	for format in $formats; do
		run hlexport summary "x.$format"
		assert_equal "$status" 0
		assert_contains "$output" "hlexport verify x.$format"
		echo "$output" | sed '/^To verify/,$d' |
		    sed "s/x\.$format/$name/" | diff wanted -
	done
	hlexport summary x.zip --json >got
	assert_equal "$(jq -r .file got)" x.zip
	diff <(jq -S 'del(.file)' got) \
	    <(hlexport summary "$name" --json | jq -S 'del(.directory)')
}

@test "query, convert and report" {
	needs_tables
	begin
	export SOURCE_DATE_EPOCH=1750000000
	pack_all
	alike query ARCHIVE
	alike query ARCHIVE logs
	alike query ARCHIVE "SELECT raw FROM logs ORDER BY id" --format jsonl
	alike report ARCHIVE
	hlexport convert "$name" --format jsonl --yes -q -o wanted.d
	for format in $formats; do
		hlexport convert "x.$format" --format jsonl --yes -q
		diff -r wanted.d x-jsonl
		rm -r x-jsonl
	done
}

@test "damaged and missing files are reported, and the rest is read" {
	needs_tables
	begin
	hlexport pack "$name" -q -o x.tar
	size=$(stat -c %s x.tar)
	head -c $((size * 2 / 3)) x.tar >cut.tar
	run -6 hlexport query cut.tar "SELECT count(*) AS n FROM logs" \
	    --format jsonl
	assert_contains "$output" "verify"
	assert_contains "$output" "cut.tar"
	refute_contains "$output" "$TMPDIR"
	run -6 hlexport summary cut.tar
	assert_contains "$output" "damaged"
	run hlexport query cut.tar "SELECT count(*) FROM files" --format csv
	assert_contains "$output" 6
}

@test "an archive of the old tool's tree, with and without SHA256SUMS" {
	needs_tables
	begin
	"$TOP/tests/legacy/make-old-tree" "$name" old
	hlexport query old "SELECT id FROM logs ORDER BY id" --format csv \
	    >wanted 2>/dev/null
	tar -cf old.tar old
	hlexport query old.tar "SELECT id FROM logs ORDER BY id" --format csv \
	    2>/dev/null | diff wanted -
	rm -f old/SHA256SUMS
	(cd old && zip -qr ../bare.zip .)
	hlexport query bare.zip "SELECT id FROM logs ORDER BY id" \
	    --format csv 2>/dev/null | diff wanted -
}

@test "no more is unpacked than the manifest names, and only into its folder" {
	needs_tables
	begin
	cp -r "$name" more
	head -c 5000000 /dev/zero >more/files/zeros
	for shard in more/files/*/logs/1.jsonl; do
		head -c 5000000 /dev/zero >>"$shard"
	done
	python3 - <<'EOF'
import tarfile, io
with tarfile.open("bad.tar", "w") as out:
    out.add("more", "more")
    for name in ("more/../../escaped", "/tmp/../tmp/escaped-too", "../escaped"):
        entry = tarfile.TarInfo(name)
        entry.size = 2
        out.addfile(entry, io.BytesIO(b"{}"))
    link = tarfile.TarInfo("more/files/link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc"
    out.addfile(link)
EOF
	mkdir small
	mount -t tmpfs -o size=2m none small 2>/dev/null || small=$TMPDIR
	run hlexport query bad.tar "SELECT count(*) AS n FROM files" \
	    --format jsonl --temp-dir "${small:-small}"
	assert_contains "$output" '{"n":6}'
	[ ! -e escaped ] && [ ! -e tmp/escaped ] && [ ! -e /tmp/escaped-too ]
}

@test "a full temporary directory is named, and what to do" {
	needs_tables
	begin
	mkdir small
	mount -t tmpfs -o size=64k none small 2>/dev/null || skip "can't mount"
	hlexport pack "$name" -q -o x.zip
	run -1 hlexport query x.zip "SELECT 1" --temp-dir small
	umount small
	assert_contains "$output" "unpack x.zip"
	assert_contains "$output" "--temp-dir"
}

@test "what is no archive of an export" {
	needs_tables
	begin
	echo hello >x.zip
	run -6 hlexport query x.zip "SELECT 1"
	assert_contains "$output" "x.zip"
	run hlexport summary /etc/hostname
	assert_contains "$output" "/etc/hostname"
	run -2 hlexport summary nothing.zip
	run -2 hlexport repair x.zip
	assert_contains "$output" "unpack it"
}

@test "a flipped bit or a lost end never passes for the data" {
	needs_tables
	begin
	pack_all
	sql="SELECT md5(string_agg(raw::VARCHAR, ' ' ORDER BY id)) AS all FROM logs"
	wanted=$(hlexport query "$name" -q --format jsonl "$sql")
	python3 - "$HLEXPORT" "$sql" "$wanted" <<'END'
import random, subprocess, sys
program, sql, wanted = sys.argv[1:]
dice = random.Random(7)
for form in ("zip", "tar", "tar.gz", "tar.zst"):
    data = open(f"x.{form}", "rb").read()
    for number in range(24):
        bad = bytearray(data)
        place = dice.randrange(len(bad))
        if number % 6 == 0:
            del bad[place:]
        else:
            bad[place] ^= 1 << dice.randrange(8)
        with open(f"bad.{form}", "wb") as out:
            out.write(bad)
        done = subprocess.run(
            [program, "query", f"bad.{form}", "--format", "jsonl", sql],
            capture_output=True, text=True)
        if done.returncode == 0 and done.stdout.strip() != wanted:
            sys.exit(f"bad.{form} {number} {place}: {done.stdout}")
        assert done.returncode in (0, 1, 2, 6), done
        told = subprocess.run([program, "summary", f"bad.{form}"],
                              capture_output=True, text=True)
        if told.returncode == 0 and done.returncode != 0:
            sys.exit(f"bad.{form} {number} {place}: {told.stdout}")
END
}

@test "a line of blanks in place of a record, and a manifest that is damaged" {
	needs_tables
	begin
	shard=$(ls "$name"/files/pr_*/logs/1.jsonl)
	python3 - "$shard" <<'END'
import sys
lines = open(sys.argv[1], "rb").read().split(b"\n")
lines[0] = b" " * len(lines[0])
open(sys.argv[1], "wb").write(b"\n".join(lines))
END
	run -6 hlexport query "$name" "SELECT sum(cost) FROM logs"
	assert_contains "$output" "1 unreadable record was skipped"
	run -6 hlexport report "$name" -o report.md
	printf X | dd of="$name/manifest.jsonl" bs=1 seek=900 conv=notrunc \
	    status=none
	printf X | dd of="$name/manifest.copy.jsonl" bs=1 seek=900 \
	    conv=notrunc status=none
	rm "$name/export.log"
	run hlexport query "$name" "SELECT count(*) FROM files"
	[ "$status" -ne 0 ]
}
