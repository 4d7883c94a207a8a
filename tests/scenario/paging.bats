# Every way in which a list can go on, with a made-up source: marks in the
# body, in a header, addresses; and spans of time that are split.

bats_require_minimum_version 1.5.0
load helper

# start_items OPTION...: the fixture, and a source for it.
start_items()
{
	start_fixture --workspace trace --records 0 "$@"
	base=${url%/trace/v1}
	export ITEMS_URL=$url ITEMS_KEY=$key
	cat >items.yaml <<'END'
name: items
about: "Lists that go on in every way"
server: {url: "http://127.0.0.1:9", env: ITEMS_URL}
auth: {header: Authorization, prefix: "Bearer ", env: ITEMS_KEY}
options:
  way:
    kind: choice
    choices: [marked, posted, headed, linked, pointed, elsewhere, ring, span]
    default: marked
    help: which of the lists
  cap: {kind: number, default: "500", help: rows that are too many}
  since: {kind: date, help: from when on}
  edges: {kind: text, help: to which side a border belongs}
paging:
  style: cursor
  size: 100
resources:
  - name: marked
    when: {option.way: marked}
    list: /marked
    query: {size: "{page.size}", after: "{page.cursor}"}
    paging: {style: cursor, size: 100, cursor: next}
    records: items
    shards: items
  - name: posted
    when: {option.way: posted}
    method: POST
    list: /marked
    body: {size: {number: "{page.size}"}, after: "{page.cursor}"}
    paging: {style: cursor, size: 100, cursor: next}
    records: items
    shards: items
  - name: headed
    when: {option.way: headed}
    list: /headed
    query: {size: "{page.size}", after: "{page.cursor}"}
    paging: {style: cursor, size: 100, cursor: {header: X-Next-Mark}, records: ""}
    shards: items
  - name: linked
    when: {option.way: linked}
    list: /linked
    query: {size: "100"}
    paging: {style: cursor, next: {header: Link}, records: ""}
    shards: items
  - name: pointed
    when: {option.way: pointed}
    list: /pointed
    query: {size: "100"}
    paging: {style: cursor, next: links.next, records: items}
    shards: items
  - name: elsewhere
    when: {option.way: elsewhere}
    list: /elsewhere
    query: {size: "100"}
    paging: {style: cursor, next: links.next, records: items}
    shards: items
  - name: ring
    when: {option.way: ring}
    list: /ring
    query: {size: "100", after: "{page.cursor}"}
    paging: {style: cursor, cursor: next, records: items}
    shards: items
  - name: span
    when: {option.way: span}
    list: /span
    query: {from: "{page.start|option.since}", to: "{page.end}", edges: "{option.edges}"}
    paging:
      style: windows
      cap: "{option.cap}"
      from: "{option.since}"
      to: "{run.started}"
      earliest: "2020-01-01"
      time: timestamp
      order: newest
      records: items
    shards: items
END
}

items()
{
	hlexport --source ./items.yaml "$@"
}

# was_asked N [PATTERN]: so often at least?
was_asked()
{
	[ "$(asked_count "${@:2}")" -ge "$1" ]
}

# The lines of an export, in their order.
lines()
{
	cat $(ls "$1"/items/*.jsonl | sort -V)
}

# Is the export what is true, byte for byte and in its order?
assert_items()
{
	fixture truth/logs >truth
	lines "$1" | cmp - truth
	assert_sums "$1"
	run -0 hlexport verify "$1"
}

@test "a mark in the body, of a GET and of a POST; in a header; an address" {
	start_items --rows 730
	local way
	for way in marked posted headed linked pointed; do
		forget_asked
		run -0 items --way $way -o out-$way
		assert_items "$(echo out-$way/*)"
		assert_equal "$(asked_count)" 8
	done
	# In the manifest, what came of it; and no marks in the end.
	run -0 grep -c '"next"' out-marked/*/manifest.jsonl || true
	assert_equal "$(fixture asked | jq .elsewhere_with_key)" 0
}

@test "a page that fails ends the list, and a resume continues there" {
	start_items --rows 730
	local way
	for way in marked headed linked posted; do
		heal
		forget_asked
		add_fault "$([ $way = posted ] && echo marked || echo $way) page=4 status=500"
		run -3 items --way $way -o out-$way
		assert_contains "$output" "records 301 to 400"
		assert_contains "$output" "what follows is unknown"
		heal
		forget_asked
		run -0 items --resume out-$way/*
		assert_items "$(echo out-$way/*)"
		# What is there is not asked for again.
		assert_equal "$(asked_count ' 1 100')" 0
		assert_equal "$(asked_count)" 5
	done
	items -o fresh
	assert_same_export <(cat fresh/*/items/1.jsonl) \
	    <(cat out-marked/*/items/1.jsonl)
}

@test "a mark that the server has forgotten: the list is read anew" {
	start_items --rows 730
	add_fault "marked page=4 status=500"
	run -3 items
	heal
	add_fault "marked page=4 status=410 times=1"
	run -0 items --resume exports/*
	assert_items "$(the_export)"
	run -0 grep -c "no longer accepts the cursor" "$(the_export)/export.log"
}

@test "no key goes to another place, and no request" {
	start_items --rows 300
	run -1 items --way elsewhere
	assert_contains "$output" "127.0.0.1:9/trace/v1/elsewhere"
	assert_contains "$output" "name its host with --allow-host"
	assert_equal "$(asked_count)" 5
}

# start_other: a second server of the same rows; set $other_host, $other_base.
start_other()
{
	local i
	mkfifo other.hold
	"$FIXTURE" --workspace trace --records 0 --rows 300 --elsewhere self \
	    <other.hold >other.address 3>&- &
	other_pid=$!
	exec 6>other.hold
	for ((i = 0; i < 400; i++)); do
		[ -s other.address ] && break
		sleep 0.025
	done
	read -r other_base _ <other.address
	other_host=${other_base#http://}
	other_host=${other_host%%/*}
}

teardown()
{
	stop_fixture
	[ -z "${other_pid:-}" ] || kill "$other_pid"
}

@test "--allow-host: pages on another host are had, and with the key" {
	start_other
	start_items --rows 300 --elsewhere "$other_host"
	asked_there()
	{
		curl -sS "http://$other_host/_asked" | jq -r '.order | length'
	}
	# Not a host that is not named, and be it by the port.
	run -1 items --way elsewhere --allow-host 127.0.0.1 \
	    --allow-host localhost:9 -o no
	assert_contains "$output" "name its host with --allow-host"
	assert_equal "$(asked_there)" 0
	# The other server answers 401 to all that has no key.
	run -0 items --way elsewhere --allow-host "$other_host" -o yes
	assert_items "$(echo yes/*)"
	assert_equal "$(asked_there)" 2
	# It can be given more than once.
	run -0 items --way elsewhere --allow-host localhost:9 \
	    --allow-host "$other_host" -o two
	assert_items "$(echo two/*)"
	run -2 items --allow-host "http://$other_host"
	assert_contains "$output" "--allow-host: "
	assert_contains "$output" "is not a host; give a name, or a name and a port"
}

@test "a list that leads back to itself ends" {
	start_items --rows 300
	run -3 items --way ring
	assert_contains "$output" "the last 20 pages had no new record; 300 records"
	[ "$(asked_count)" -lt 30 ]
	fixture truth/logs >truth
	lines exports/* | cmp - truth
}

@test "killed at any page, resumed: the same bytes" {
	start_items --rows 2500
	items -o whole -q
	for page in 2 9 17; do
		forget_asked
		add_fault "marked page=$page stall=100 times=1"
		"$HLEXPORT" --source ./items.yaml -o out-$page -q 7>&- &
		pid=$!
		wait_until was_asked 1 " $page 100"
		kill -9 $pid
		wait $pid || true
		forget_asked
		heal
		run -0 items --resume out-$page/*
		assert_items "$(echo out-$page/*)"
		forget_asked
	done
}

@test "spans of time are split until each has less than the cap" {
	start_items --rows 2600 --cap 500
	run -0 items --way span --since 2024-12-31
	fixture truth/logs >truth
	lines exports/* | cmp - truth
	run -0 hlexport verify "$(the_export)"
	# Each call that was cut was not used, and few were needed.
	[ "$(asked_count)" -ge 11 ]
	[ "$(asked_count)" -le 40 ]
	# Without a beginning, and with a cap as small as ten rows a second.
	run -0 items --way span -o open
	lines open/* | cmp - truth
	stop_fixture
	start_items --rows 2600 --cap 11
	run -0 items --way span --cap 11 -o small
	lines small/* | cmp - truth
}

@test "to whichever side a border belongs, no row is lost at it" {
	start_items --rows 2600 --cap 60
	local edges
	fixture truth/logs >truth
	for edges in open closed half; do
		run -0 items --way span --cap 60 --edges $edges -o $edges
		lines $edges/* | cmp - truth
	done
}

@test "a second with too many rows is a gap, and never a silent loss" {
	start_items --rows 600 --cap 8
	run -3 items --way span --cap 8
	assert_contains "$output" "the interval is too short to be split further"
	# From 00:00:00 to 00:00:01, of the first ten rows.
	assert_contains "$output" "2025-01-01T00:00:0"
	run -6 hlexport verify "$(the_export)"
	# All else is there.
	fixture truth/logs | LC_ALL=C sort >truth
	lines exports/* | LC_ALL=C sort >have
	assert_equal "$(LC_ALL=C comm -13 truth have)" ""
	[ "$(LC_ALL=C comm -23 truth have | wc -l)" -le 20 ]
	# An export keeps its options; a new one, with the cap as it is, has all.
	run -3 items --way span --resume exports/*
}

@test "spans: faults, slow replies, a kill" {
	start_items --rows 2600 --cap 500
	add_fault "span status=503 times=2"
	add_fault "span cut=2000 times=1"
	run -0 items --way span
	fixture truth/logs >truth
	lines exports/* | cmp - truth
	heal
	forget_asked
	# Slow enough to be met half-way.
	add_fault "span delay=60"
	"$HLEXPORT" --source ./items.yaml --way span -q -o killed 7>&- &
	pid=$!
	wait_until was_asked 7
	kill -9 $pid
	wait $pid || true
	heal
	run -0 items --resume killed/*
	lines killed/* | cmp - truth
	run -0 hlexport verify killed/*
}

@test "a span that takes the server too long is asked for in parts" {
	start_items --rows 2600 --cap 5000
	fixture truth/logs >truth
	add_fault "span status=504 times=2"
	run -0 items --way span --cap 5000
	lines exports/* | cmp - truth
	run -0 grep -c "span from .* failed (HTTP 504.*); trying smaller requests" exports/*/export.log
	assert_equal "$(asked_count)" 4
	# It is not cut for ever.
	add_fault "span status=504"
	run -1 items --way span --cap 5000 -o never
	[ "$(asked_count)" -le 250 ]
}

@test "damage is repaired, of a list by marks and of one by time" {
	start_items --rows 2600 --cap 500
	local way
	for way in marked span; do
		run -0 items --way $way -o out-$way
		cp -R out-$way before-$way
		echo '{"id":"x"}' >"$(ls out-$way/*/items/2.jsonl)"
		run -6 hlexport verify out-$way/*
		# What came with the export sends no key; the user's own does.
		run -2 hlexport repair out-$way/*
		assert_contains "$output" "contains its own source definition"
		run -0 hlexport repair --source ./items.yaml out-$way/*
		diff -r -x export.log -x manifest.jsonl -x manifest.copy.jsonl \
		    -x SHA256SUMS before-$way out-$way
	done
}

@test "a dry run says what it can't know" {
	start_items --rows 730
	run -0 items --dry-run
	assert_contains "$output" "100+"
	assert_contains "$output" "at least"
	run -0 items --dry-run --json --way linked
	assert_equal "$(echo "$output" | jq '.estimates[0].at_least')" true
}
