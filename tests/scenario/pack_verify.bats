# What verify finds in an archive.

bats_require_minimum_version 1.5.0
load helper
load pack

# flips FILE N: FILE.N has one bit flipped, at N places all over it.
flips()
{
	python3 - "$@" <<-'END'
	import random, sys
	data = open(sys.argv[1], "rb").read()
	n = int(sys.argv[2])
	random.seed(sys.argv[1])
	for i in range(n):
	    at = min(len(data) - 1, (i * len(data) + random.randrange(
	        len(data))) // n)
	    with open(f"{sys.argv[1]}.{i}", "wb") as file:
	        file.write(data[:at])
	        file.write(bytes([data[at] ^ 1 << random.randrange(8)]))
	        file.write(data[at + 1:])
	END
}

@test "one flipped bit, anywhere in the archive, is found" {
	local format i
	take_example
	for format in $formats; do
		pack $format
		flips x.$format 150
		for ((i = 0; i < 150; i++)); do
			run hlexport verify x.$format.$i
			assert_status 6
		done
	done
}

@test "each bit of the mark at the end, flipped, is found" {
	local format
	take_example
	for format in $formats; do
		pack $format
		python3 - x.$format "$HLEXPORT" <<-'END'
		import subprocess, sys
		data = open(sys.argv[1], "rb").read()
		length = 512 if sys.argv[1].endswith(".tar") else 101
		for back in range(1, length + 1, 5 if length > 200 else 1):
		    bad = bytearray(data)
		    bad[-back] ^= 1 << back % 8
		    open("bad", "wb").write(bad)
		    result = subprocess.run([sys.argv[2], "verify", "bad"],
		        capture_output=True)
		    assert result.returncode == 6, (back, result)
		END
	done
}

@test "a damaged file is named, and those behind it are still looked at" {
	local file
	take_example
	pack zip
	python3 - <<-'END'
	import zipfile
	file = zipfile.ZipFile("x.zip")
	info = [i for i in file.infolist() if i.filename.endswith(
	    "stats.json")][0]
	data = bytearray(open("x.zip", "rb").read())
	at = info.header_offset + 30 + len(info.filename) + 60
	data[at] ^= 16
	open("bad.zip", "wb").write(data)
	print(info.filename.split("/", 1)[1], file=open("name", "w"))
	END
	run -6 hlexport verify bad.zip
	assert_contains "$output" "damaged  $(cat name): "
	assert_contains "$output" "changed after it was written"
	assert_equal "$(grep -cE '^  (damaged|missing|extra)' \
	    <<<"$output")" 2
}

# Its mark is the last that there is.  If just that was cut off, the rest is an
# archive as any other program makes it.
@test "an archive whose mark was cut, or moved from its end, is damaged" {
	local format size i
	local -A mark=([zip]=80 [tar]=512 [tar.gz]=101 [tar.zst]=88)
	local -A sure=([zip]=0 [tar]=4 [tar.gz]=4 [tar.zst]=4)
	take_example
	for format in $formats; do
		pack $format
		size=$(stat -c %s x.$format)
		for i in $(seq 1 7 $((mark[$format] - sure[$format]))) \
		    $((mark[$format] - sure[$format])); do
			head -c $((size - i)) x.$format >cut.$format
			run -6 hlexport verify cut.$format
			assert_contains "$output" "  damaged  the "
		done
		for i in 1 80 512 5000; do
			cp x.$format added.$format
			head -c $i /dev/zero | tr '\0' z >>added.$format
			run -6 hlexport verify added.$format
			assert_contains "$output" "  damaged  the "
		done
	done
}

@test "a truncated archive is found, whatever its length" {
	local format size i
	take_example
	for format in $formats; do
		pack $format
		size=$(stat -c %s x.$format)
		for i in 0 1 100 $(seq $((size / 12)) $((size / 12)) \
		    $((size - 600))); do
			head -c $i x.$format >cut.$format
			run hlexport verify cut.$format
			[ "$status" = 6 ] || [ "$status" = 2 ] || {
				echo "$format $i: $status $output"
				return 1
			}
			[ $i -lt 101 ] || assert_status 6
		done
	done
}

# assert_same_findings DIR FILE: verify reports the same for both.
assert_same_findings()
{
	local of rc
	# Findings about the archive itself have no path.
	of='([.findings[] | {trouble, certainty, at: (.path // .listing)} |
	    select(.trouble != "note" or .at)] | unique), .status,
	    .complete, .manifest'
	run --separate-stderr hlexport verify --json "$1"
	rc=$status
	jq -S "$of" <<<"$output" >of_directory
	run --separate-stderr hlexport verify --json "$2"
	jq -S "$of" <<<"$output" | diff of_directory - || return 1
	assert_status "$rc"
}

@test "damage is called as it is called in a directory" {
	local damage file
	take_example
	file=$(cd "$export" && find files -name stats.json | sort | head -n 1)
	for damage in 'rm "$export/$file"' 'echo >>"$export/$file"' \
	    'sed -i "1s/[a-z]/X/" "$export/$file"' \
	    ': >"$export/$file"' 'echo x >"$export/files/more"' \
	    'echo x >>"$export/SHA256SUMS"' 'rm "$export/SHA256SUMS"' \
	    'rm "$export/manifest.copy.jsonl"' 'echo >>"$export/export.log"' \
	    'rm "$export/export.log"' ': >"$export/export.log"' \
	    'rm "$export"/manifest.jsonl' 'rm -r "$export/files"' \
	    'find "$export" -name .done -delete' \
	    'find "$export/files" -name "*.json*" -exec truncate -s -1 {} +' \
	    'find "$export/files" -name "*.jsonl" -exec sed -i 1d {} +' \
	    'find "$export/files" -name "*.jsonl" -exec sed -i "1s/$/]/" {} +' \
	    'find "$export/files" -name "*.jsonl" -exec sed -i 1p {} +' \
	    'sed -i 2s/a/b/ "$export/manifest.jsonl"' \
	    'sed -i 2s/a/b/ "$export"/manifest*.jsonl' \
	    'sed -i "2s/a/b/;\$d" "$export"/manifest*.jsonl' \
	    'rm "$export"/manifest*.jsonl'; do
		rm -rf "$export"
		cp -r whole "$export"
		eval "$damage"
		for archive in x.tar x.tar.gz x.zip; do
			rm -f $archive
			bsdtar -a -cf $archive -C exports "$name"
			assert_same_findings "$export" $archive || {
				echo "$damage, $archive"
				return 1
			}
			assert_status 6
		done
	done
}

@test "damage that only the records show is found in an archive, too" {
	local damage n=0
	take_example
	for damage in $(python3 "$TOP/tests/scenario/damage.py" list); do
		rm -rf "$export"
		cp -r whole "$export"
		python3 "$TOP/tests/scenario/damage.py" $damage "$export"
		for archive in x.tar x.zip; do
			rm -f $archive
			bsdtar -a -cf $archive -C exports "$name"
			assert_same_findings "$export" $archive || {
				echo "$damage, $archive"
				return 1
			}
			case $damage in
			nothing | litter | equal_records_without_a_key)
				assert_status 0 ;;
			*) assert_status 6 ;;
			esac
		done
		n=$((n + 1))
		# And of one that we make, whatever order it has.
		rm -f y.tar.zst
		hlexport pack "$export" -q -o y.tar.zst 2>err
		assert_same_findings "$export" y.tar.zst
	done
	[ $n -ge 23 ]
}

@test "legacy exports: verify reports the same for an archive as for the directory" {
	local fault n=0
	start_fixture --workspace bulk --files 1 --logs 2600 --datasets 1 \
	    --datapoints 1200 --evaluations 1 --evaluation-logs 150
	hlexport -q --logs
	stop_fixture
	export=$(the_export)
	for fault in "" $("$TOP/tests/legacy/make-old-tree" | cut -d ' ' -f 1); do
		rm -rf old x.tar
		# shellcheck disable=SC2086 # none, or one
		"$TOP/tests/legacy/make-old-tree" "$export" old $fault
		tar -cf x.tar old
		assert_same_findings old x.tar || {
			echo "$fault"
			return 1
		}
		n=$((n + 1))
	done
	[ $n -ge 24 ]
}

@test "archives that others made of an export" {
	take_example
	for how in 'tar -czf x.tar.gz -C exports .' \
	    'tar -cf x.tar -C "$export" .' 'tar -cf x.tar -C exports "$name"' \
	    'bsdtar -a -cf x.zip -C exports "$name"' \
	    'tar -c -C exports "$name" | zstd -q >x.tar.zst'; do
		rm -f x.*
		eval "$how"
		run -0 hlexport verify x.*
		assert_contains "$output" "was not made by"
	done
}

@test "an archive without a manifest is verified as such a directory is" {
	local file n=0
	take_example
	rm "$export"/manifest*.jsonl
	run -0 --separate-stderr hlexport pack "$export" -o x.zip
	assert_contains "$stderr" "has no manifest"
	# Its log says that it had one.
	run -6 hlexport verify x.zip
	assert_contains "$output" "manifest.jsonl: it does not exist; only \
the files themselves and SHA256SUMS show what should be here"
	assert_same_findings "$export" x.zip
	rm "$export/export.log" x.zip
	hlexport pack "$export" -q -o x.zip
	run -0 hlexport verify x.zip
	assert_contains "$output" "Nothing wrong found"
	assert_same_findings "$export" x.zip
	file=$(cd "$export" && find files -name stats.json | sort | head -n 1)
	sed -i 's/[0-9]/7/' "$export/$file"
	for ((n = 1; n < 4; n++)); do
		hlexport pack "$export" -q -o $n.zip 2>err
		assert_same_findings "$export" $n.zip
		run -6 hlexport verify $n.zip
		case $n in
		1)
			assert_contains "$output" "damaged  $file: its \
SHA-256 does not match SHA256SUMS"
			rm "$export/$file"
			;;
		2)
			assert_contains "$output" \
			    "missing  $file: it does not exist"
			rm "$export/SHA256SUMS"
			;;
		3)
			# The run that it was of still tells.
			assert_contains "$output" "missing  $file"
			;;
		esac
	done
}

@test "hostile archives are reported and never touch the disk" {
	take_example
	python3 "$TOP/tests/scenario/hostile_archives.py" "$export"
	mkdir temp
	touch before json
	export TMPDIR=$PWD/temp
	while read -r archive words; do
		find . -path ./temp -prune -o -print | sort >before
		run hlexport verify "$archive"
		echo "$archive: $output"
		assert_status 6
		assert_contains "$output" "$words"
		find . -path ./temp -prune -o -print | sort | diff before -
		assert_equal "$(ls -A temp)" ""
		[[ $output != *"hlexport repair"* ]]
		[[ $output != *$'\e'* ]]
		[ "$archive" = manifest.tar.zst ] || "$HLEXPORT" verify \
		    --json "$archive" | jq -e '.status == "not whole" and
		    all(.findings[]; .what != null)' >json
	done <hostile
	[ "$(wc -l <hostile)" -ge 21 ]
}

@test "commands that want a directory say so of an archive" {
	take_example
	hlexport pack "$export" -q -o a.zip
	for command in "repair a.zip" "adopt a.zip" "pack a.zip -o b.zip" \
	    "--resume a.zip"; do
		run -2 hlexport $command
		assert_contains "$output" "a.zip is a file, and"
		assert_contains "$output" "unpack it first"
	done
	echo "no archive" >a.txt
	run -6 hlexport verify a.txt
	assert_contains "$output" "it is not a zip, tar, tar.gz or tar.zst archive, or"
}
