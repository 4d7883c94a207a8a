# What the scenarios share: a fixture API to export from, and ways to compare
# what came with what is true.

# The tests' programs, when bats is run by hand in the source tree.
: "${TOP:=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}"
: "${BUILD:=$TOP/build}"
: "${HLEXPORT:=$BUILD/hlexport}"
: "${FIXTURE:=$BUILD/hlexport-fixture}"

setup()
{
	cd "$BATS_TEST_TMPDIR" || exit
	unset HUMANLOOP_API_KEY HUMANLOOP_API_URL HUMANLOOP_DIRECTORY_ID \
	    EXPORT_LOGS HLEXPORT_SOURCE http_proxy HTTP_PROXY no_proxy
	# Tests don't sit through the waits that they test.
	export HLEXPORT_SKIP_WAITS=1
	export SOURCE_DATE_EPOCH=1764000000
	export LC_ALL=C.UTF-8
	# A pager waits for a person.
	export PAGER=
}

teardown()
{
	stop_fixture
}

# start_fixture OPTION...: start it; set $url, $key, $elsewhere and $base.
start_fixture()
{
	local i
	mkfifo fixture.hold
	"$FIXTURE" "$@" <fixture.hold >fixture.address 2>fixture.error 3>&- &
	fixture_pid=$!
	exec 7>fixture.hold
	for ((i = 0; i < 2400; i++)); do
		[ -s fixture.address ] && break
		kill -0 $fixture_pid || return 1
		sleep 0.025
	done
	read -r url key elsewhere <fixture.address
	base=${url%/v5}
	export HUMANLOOP_API_URL=$url HUMANLOOP_API_KEY=$key
}

# wait_until COMMAND...: until it succeeds, and not for ever.
wait_until()
{
	local i
	for ((i = 0; i < 2400; i++)); do
		"$@" && return
		sleep 0.025
	done
	return 1
}

stop_fixture()
{
	[ -n "${fixture_pid:-}" ] || return 0
	exec 7>&-
	kill "$fixture_pid" 2>/dev/null || true
	wait "$fixture_pid" 2>/dev/null || true
	fixture_pid=
	rm -f fixture.hold fixture.address
}

hlexport()
{
	"$HLEXPORT" "$@"
}

# fixture PATH: what the fixture says of itself.
fixture()
{
	curl -sS "$base/_$1"
}

# add_fault SPEC
add_fault()
{
	curl -sS -G --data-urlencode "spec=$1" "$base/_fault" >/dev/null
}

heal()
{
	fixture heal >/dev/null
}

forget_asked()
{
	fixture clear >/dev/null
}

# asked [PATTERN]: the requests, a line each: route, id, page, size.
asked()
{
	fixture asked | jq -r '.order[]' | grep -E "${1:-.}" || true
}

# asked_count [PATTERN]
asked_count()
{
	asked "$@" | grep -c . || true
}

# The only export there is.
the_export()
{
	ls -d exports/*/ | sed 's|/$||'
}

# Is all that the fixture has on disk, and nothing else?
assert_truth()
{
	local kind
	python3 "$TOP/tests/scenario/keys.py" "$1" || return 1
	for kind in files versions datapoints evaluations runs \
	    evaluation_logs logs; do
		fixture "truth/$kind" >truth.$kind
		diff truth.$kind have.$kind >diff.$kind || {
			echo "$kind differ:"
			head -n 20 diff.$kind
			return 1
		}
	done
}

# Do two exports agree in every byte but the log?
assert_same_export()
{
	diff -r --exclude export.log "$1" "$2"
}

# Are checksums right, and is nothing there that has none?
assert_sums()
{
	(cd "$1" && sha256sum --quiet -c SHA256SUMS) || return 1
	(cd "$1" && find . -type f | sed 's|^\./||' |
	    grep -vxE 'export.log|manifest.jsonl|manifest.copy.jsonl|SHA256SUMS' |
	    LC_ALL=C sort) >files.have
	sed 's/^[0-9a-f]*  //' "$1/SHA256SUMS" | diff - files.have
}

assert_contains()
{
	case $1 in
	*"$2"*) ;;
	*)
		echo "expected to find: $2"
		echo "in: $1"
		return 1
		;;
	esac
}

refute_contains()
{
	[[ $1 != *"$2"* ]] || {
		echo "contains: $2"
		echo "is: $1"
		return 1
	}
}

assert_equal()
{
	[ "$1" = "$2" ] || {
		echo "expected: $2"
		echo "but is:   $1"
		return 1
	}
}

# assert_status N: of the last "run".
assert_status()
{
	[ "$status" = "$1" ] || {
		echo "expected exit status $1, but it was $status:"
		echo "$output"
		return 1
	}
}
