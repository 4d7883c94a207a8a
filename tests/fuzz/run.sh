#!/bin/sh
# run.sh SOURCE SECONDS TARGET...: search with each, from the inputs that are
# kept; two at a time.  What is found stays in the folder as crash-*.
top=$(cd "$1" && pwd)
seconds=$2
shift 2
failed=0

search()
{
	mkdir -p "$PWD/found/$1"
	"./$1" -max_total_time="$seconds" -seed="${FUZZ_SEED:-1}" \
	    -max_len=20000 -timeout=10 \
	    -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
	    -artifact_prefix="$PWD/crash-$1-" "$PWD/found/$1" \
	    "$top/tests/fuzz/corpus/${1#fuzz_}" >"$1.log" 2>&1
}

tell()
{
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$1.log")
	if [ "$2" = 0 ]; then
		echo "ok - $1: $runs inputs in $seconds s"
	else
		echo "not ok - $1: see $1.log"
		tail -n 30 "$1.log"
		failed=1
	fi
}

while [ $# -gt 0 ]; do
	search "$1" &
	one=$!
	two=
	if [ $# -gt 1 ]; then
		search "$2" &
		two=$!
	fi
	wait $one
	tell "$1" $?
	shift
	if [ -n "$two" ]; then
		wait $two
		tell "$1" $?
		shift
	fi
done
exit $failed
