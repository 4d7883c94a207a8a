# What the scenarios about the source monkai share.

# start_trace OPTION...: the fixture, and the variables that the source reads.
start_trace()
{
	unset "${!MONKAI_@}"
	start_fixture --workspace trace "$@"
	unset HUMANLOOP_API_URL HUMANLOOP_API_KEY
	base=${url%/trace/v1}
	export HOME=$PWD
	export MONKAI_TRACE_BASE_URL=$url MONKAI_TRACER_TOKEN=$key
	export MONKAI_TRACE_NAMESPACE=customer-support
}

monkai()
{
	hlexport --source monkai "$@"
}

# rows DIR records|logs: the lines of a stream, in their order.
rows()
{
	cat $(ls "$1/$2"/*.jsonl 2>/dev/null | sort -V) </dev/null
}

# was_asked N [PATTERN]: so often at least?
was_asked()
{
	[ "$(asked_count "${@:2}")" -ge "$1" ]
}

# Is the export what is true, byte for byte and in the server's order?
assert_rows()
{
	local stream
	for stream in records logs; do
		fixture truth/$stream >truth.$stream
		rows "$1" $stream | cmp - truth.$stream
	done
	assert_sums "$1"
	run -0 hlexport verify "$1"
}
