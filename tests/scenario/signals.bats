# Interrupted, and other things that come from outside.

load helper

# begin ARGUMENT...: start an export; go on when its manifest is there.
begin()
{
	local i
	"$HLEXPORT" "$@" >out 2>err & pid=$!
	for ((i = 0; i < 500; i++)); do
		compgen -G 'exports/*/manifest.jsonl' >/dev/null && return
		sleep 0.01
	done
	return 1
}

ended_with()
{
	local rc=0
	wait $pid || rc=$?
	[ $rc = "$1" ] || {
		echo "it ended with $rc"
		cat err
		return 1
	}
}

@test "Ctrl-C finishes the pages in flight, prints how to resume, and exits 130" {
	start_fixture --workspace full --latency 100
	begin --logs
	kill -INT $pid
	ended_with 130
	grep -q 'Export interrupted: exports/20251124-160000' err
	grep -q '  hlexport --resume exports/20251124-160000' err
	run hlexport --resume
	assert_status 0
	assert_truth "$(the_export)"
}

@test "SIGTERM and SIGHUP likewise" {
	start_fixture --workspace full --latency 100
	for signal in TERM HUP; do
		rm -rf exports
		begin --logs
		kill -$signal $pid
		ended_with 130
		grep -q 'hlexport --resume' err
		hlexport --resume -q
		assert_truth "$(the_export)"
	done
}

@test "twice leaves at once" {
	start_fixture --workspace full --latency 3000
	begin --logs
	kill -INT $pid
	sleep 0.2
	begin=$(date +%s%N)
	kill -INT $pid
	ended_with 130
	[ $((($(date +%s%N) - begin) / 1000000)) -lt 1000 ]
	grep -q 'stopped immediately' err
}

@test "interrupted while all wait for the server: at once" {
	start_fixture
	unset HLEXPORT_SKIP_WAITS
	add_fault "any status=429 text=300 times=1"
	begin --logs
	sleep 0.3
	begin=$(date +%s%N)
	kill -INT $pid
	ended_with 130
	[ $((($(date +%s%N) - begin) / 1000000)) -lt 2000 ]
}

@test "a reader of standard output or error that goes away" {
	start_fixture
	# The export goes on, and is complete.
	"$HLEXPORT" --logs --json 2> >(true) | true
	for ((i = 0; i < 500; i++)); do
		grep -qs '"seal"' exports/*/manifest.jsonl && break
		sleep 0.01
	done
	assert_truth "$(the_export)"
}

@test "stopped and continued" {
	start_fixture --workspace full --latency 20
	begin --logs
	kill -STOP $pid
	sleep 0.3
	kill -CONT $pid
	ended_with 0
	assert_truth "$(the_export)"
}
