# Disks that are full, gone, or may not be written.

bats_require_minimum_version 1.5.0
load helper

# small_disk KILOBYTES: mount one at "disk", or skip the test.
small_disk()
{
	mkdir -p disk
	mount -t tmpfs -o size="$1k" none disk 2>/dev/null ||
	    skip "no leave to mount"
}

teardown()
{
	mount -o remount,rw disk 2>/dev/null || true
	umount disk 2>/dev/null || true
	stop_fixture
}

@test "a full disk: a clear message, exit 1, and resumable" {
	small_disk 300
	start_fixture --workspace full
	run hlexport --logs -o disk
	assert_status 1
	assert_contains "$output" "No space left on device"
	assert_contains "$output" "hlexport --resume disk/"
	mount -o remount,size=100m disk
	run hlexport --resume disk/*
	assert_status 0
	assert_truth disk/*
	hlexport --logs -q -o whole
	assert_same_export disk/* whole/*
}

@test "a disk that is full at every size" {
	small_disk 100
	start_fixture
	hlexport --logs -q -o whole
	size=$(du -sk whole | cut -f 1)
	for ((kb = 8; kb < size + 40; kb += 12)); do
		rm -rf disk/*
		mount -o remount,size=${kb}k disk
		run hlexport --logs -o disk
		[ "$status" = 1 ] || [ "$status" = 0 ] || {
			echo "$kb KB: $status: $output"
			return 1
		}
		[ "$status" = 0 ] || assert_contains "$output" "No space left"
		mount -o remount,size=10m disk
		if [ -s disk/*/manifest.jsonl ]; then
			run hlexport --resume disk/*
			assert_status 0
			assert_same_export disk/* whole/*
		fi
	done
}

@test "a disk that became read-only" {
	small_disk 100000
	start_fixture
	add_fault "stats status=500"
	run hlexport --logs -o disk
	assert_status 3
	heal
	mount -o remount,ro disk
	run hlexport --resume disk/*
	assert_status 1
	assert_contains "$output" "Read-only file system"
	run hlexport -o disk
	assert_status 1
	assert_contains "$output" "Read-only file system"
	mount -o remount,rw disk
	run hlexport --resume disk/*
	assert_status 0
	assert_truth disk/*
}

@test "an export directory that vanishes" {
	start_fixture --workspace full --latency 30
	"$HLEXPORT" --logs 2>err & pid=$!
	for ((i = 0; i < 500; i++)); do
		[ -d exports/*/files ] && break
		sleep 0.01
	done
	until rm -rf exports 2>/dev/null; do
		:
	done
	rc=0
	wait $pid || rc=$?
	assert_equal $rc 1
	grep -q 'No such file or directory' err
}

@test "a folder that someone removes meanwhile is missed at the end" {
	local n folder
	start_fixture --workspace full --latency 10
	for n in 1 2 3; do
		rm -rf exports
		"$HLEXPORT" --logs 2>err & pid=$!
		for ((i = 0; i < 1000; i++)); do
			folder=$(find exports -name versions 2>/dev/null |
			    sed -n ${n}p)
			[ -z "$folder" ] || break
			sleep 0.01
		done
		# While it goes on, or it would not be removed meanwhile.
		kill -STOP $pid
		rm -rf "$folder"
		kill -CONT $pid
		rc=0
		wait $pid || rc=$?
		assert_equal $rc 1
		! grep -q 'Export complete' err
		run hlexport verify exports/*
		assert_status 6
		run hlexport -q --resume exports/*
		assert_status 0
		assert_truth "$(the_export)"
	done
}

@test "a file that someone removes, cuts or adds to meanwhile, too" {
	local change file
	start_fixture --workspace full --latency 10
	for change in rm "truncate -s 1" "truncate -s +1"; do
		rm -rf exports
		"$HLEXPORT" --logs 2>err & pid=$!
		for ((i = 0; i < 1000; i++)); do
			file=$(find exports -name file.json 2>/dev/null |
			    sed -n 2p)
			[ -z "$file" ] || break
			sleep 0.01
		done
		kill -STOP $pid
		$change "$file"
		kill -CONT $pid
		rc=0
		wait $pid || rc=$?
		assert_equal $rc 1
		grep -q 'or have a different size: files/' err
		! grep -q 'Export complete' err
		run -6 hlexport verify exports/*
		run -0 hlexport -q --resume exports/*
		assert_truth "$(the_export)"
		run -0 hlexport verify exports/*
	done
}

@test "files that may not grow" {
	start_fixture --workspace bulk --files 2 --logs 1000
	run bash -c "ulimit -f 200; '$HLEXPORT' --logs -o exports"
	assert_status 1
	assert_contains "$output" "File too large"
	run hlexport --resume -q
	assert_status 0
	run bash -c "ulimit -f 100; '$HLEXPORT' pack exports/* -o x.tar"
	assert_status 1
	assert_contains "$output" "File too large"
	[ ! -e x.tar ]
}

@test "a special file in place of a manifest is not waited for" {
	local name
	for name in manifest.jsonl manifest.copy.jsonl export.log; do
		rm -rf it
		cp -r "$TOP/exports.example/20250606-120000" it
		rm it/$name
		mkfifo it/$name
		run timeout 20 "$HLEXPORT" verify it
		assert_status 6
		run timeout 20 "$HLEXPORT" summary it
		[ "$status" != 124 ]
		rm it/$name
		ln -s /dev/zero it/$name
		run timeout 20 "$HLEXPORT" verify it
		assert_status 6
	done
}

@test "a place where nothing may be written" {
	start_fixture
	touch file
	run hlexport -o file/exports
	assert_status 1
	assert_contains "$output" "create file"
	run hlexport -o /proc/exports
	assert_status 1
	assert_contains "$output" "/proc/exports"
}

@test "links planted in the export are not followed" {
	start_fixture
	add_fault "logs status=500"
	add_fault "stats status=500"
	run hlexport --logs
	assert_status 3
	heal
	mkdir outside
	for file in "$(the_export)"/files/*/; do
		ln -s "$PWD/outside" "$file/logs"
	done
	run hlexport --resume
	assert_status 1
	assert_equal "$(ls outside)" ""
}

@test "a disk without locks is an error, unless --no-lock is given" {
	command -v strace >/dev/null && strace -qq -o /dev/null true ||
	    skip "no strace"
	[ -z "${SANITIZE:-}" ] || skip "leaks are not looked for under strace"
	start_fixture
	strace -f -qq -e trace=fcntl -o calls "$HLEXPORT" -q -o one
	n=$(grep -n F_OFD_SETLK calls | head -n 1 | cut -d : -f 1)
	without()
	{
		strace -f -qq -o /dev/null \
		    -e "inject=fcntl:error=ENOLCK:when=$n" "$HLEXPORT" "$@"
	}
	run -1 without -q -o two
	assert_contains "$output" "No locks available"
	assert_contains "$output" "--no-lock"
	assert_equal "$(find two -mindepth 1)" ""
	run -0 without -q -o two --no-lock
	hlexport verify -q two/*
}

@test "few open files: how many there are does not depend on the data" {
	[ -z "${SANITIZE:-}" ] || skip "the sanitizer needs some itself"
	start_fixture --workspace bulk --files 2 --versions 1100 --logs 20
	# At first, and at most; the disk synced as a whole, and file by file.
	for limit in "-Sn 64" "-n 64"; do
		for inject in none fstatfs; do
			(
				# shellcheck disable=SC2086 # words
				ulimit $limit
				if [ $inject = none ]; then
					hlexport -q --logs
				elif command -v strace >/dev/null; then
					strace -f -qq -o /dev/null -e \
					    inject=fstatfs:error=ENOSYS \
					    "$HLEXPORT" -q --logs
				else
					hlexport -q --logs
				fi
			)
			assert_truth "$(the_export)"
			(ulimit -n 64; hlexport verify -q latest)
			rm -r exports
		done
	done
}

@test "a failed sync is reported as the cause" {
	command -v strace >/dev/null || skip "no strace"
	start_fixture --workspace bulk --files 2 --versions 300 --logs 20
	run -1 strace -f -qq -o /dev/null -e inject=syncfs:error=EIO \
	    "$HLEXPORT" -q --logs
	assert_contains "$output" "sync the disk: Input/output error"
	run -0 hlexport --resume -q
	assert_truth "$(the_export)"
}
