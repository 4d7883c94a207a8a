# What the documents show is what the program does.

bats_require_minimum_version 1.5.0
load helper

# blocks LANGUAGE FILE: the blocks of code in that language.
blocks()
{
	awk -v open="\`\`\`$1" '
	$0 == "```" {inside = 0}
	inside
	$0 == open {inside = 1}' "$2"
}

# definition NAME FILE: the block of YAML that begins with this name.
definition()
{
	awk -v first="name: $1" '
	$0 == "```" {inside = 0}
	inside == 1 {inside = $0 == first ? 2 : 0}
	inside == 2
	$0 == "```yaml" {inside = 1}' "$2"
}

# A folder in which a document's commands can be run.
make_home()
{
	mkdir -p bin home
	ln -s "$HLEXPORT" bin/hlexport
	PATH=$PWD/bin:$PATH
	cd home || return 1
	unset HUMANLOOP_API_KEY HUMANLOOP_API_URL
	printf 'HUMANLOOP_API_KEY=%s\nHUMANLOOP_API_URL=%s\n' "$key" \
	    "$url" >.env.example
}

# A folder with what the task pages begin with: a key, an export, a legacy
# export, and a definition of your own.
make_home_with_export()
{
	make_home
	(umask 077 && cp .env.example .env)
	SOURCE_DATE_EPOCH=1749211200 hlexport --logs -q
	"$TOP/tests/legacy/make-old-tree" "$TOP"/exports.example/2* OLD-EXPORT
	definition small "$TOP/doc/SOURCES.md" >mine.yaml
}

leave_one_unfinished()
{
	add_fault "stats status=404"
	run -3 hlexport
	heal
}

@test "exports.example is a fresh export of the sample workspace" {
	HLEXPORT=$HLEXPORT FIXTURE=$FIXTURE \
	    "$TOP/contrib/make-example" "$PWD/example"
	diff -r -x export.log example "$TOP/exports.example"
	assert_sums "$TOP/exports.example/20250606-120000"
}

@test "the example of doc/SOURCES.md is complete and runs" {
	start_fixture
	definition small "$TOP/doc/SOURCES.md" >small.yaml
	run -0 hlexport sources check ./small.yaml
	assert_contains "$output" 'a valid definition of "small"'
	run -0 hlexport --source ./small.yaml
	assert_contains "$output" "Export complete"
	assert_equal "$(find exports -name prompt.json | wc -l)" 1
	# As many versions as there are.
	id=$(basename "$(ls -d exports/*/prompts/*)")
	assert_equal "$(find exports -path '*/versions/*.json' | wc -l)" \
	    "$(curl -sS -H "X-API-KEY: $key" "$url/prompts/$id/versions" |
	    jq '.records | length')"
	run -0 hlexport --source ./small.yaml --dry-run --name nothing
}

@test "its second example is complete and runs, step by step" {
	start_fixture --workspace trace
	base=${url%/trace/v1}
	definition ledger "$TOP/doc/SOURCES.md" >ledger.yaml
	export LEDGER_URL=$url LEDGER_TOKEN=$key
	run -0 hlexport sources check ./ledger.yaml
	run -0 hlexport help export --source ./ledger.yaml
	assert_contains "$output" "whose logs (required)"
	run -2 hlexport --source ./ledger.yaml
	assert_contains "$output" "--namespace is missing"
	run -2 hlexport --source ./ledger.yaml --namespace "Not One"
	assert_contains "$output" "; expected whose logs"
	set -- --source ./ledger.yaml --namespace customer-support
	run -0 hlexport "$@" --dry-run
	assert_contains "$output" "700"
	fixture truth/logs >truth
	hlexport "$@" --stdout --first 3 --count 4 -q |
	    cmp - <(sed -n 4,7p truth)
	run -0 hlexport "$@"
	cmp truth exports/*/logs/1.jsonl
	run -0 hlexport verify exports/*
}

@test "a mistake in a definition is reported with its line and what was expected" {
	definition ledger "$TOP/doc/SOURCES.md" >ledger.yaml
	sed -i 's/more: metadata/mroe: metadata/' ledger.yaml
	run -2 hlexport sources check ./ledger.yaml
	assert_contains "$output" \
	    './ledger.yaml:29: "paging" has no key "mroe"; did you mean "more"?'
	# What SQL says of its tables is looked at, too.
	hlexport sources humanloop >mine.yaml
	printf '%s\n' 'tables:' '  t:' '    about: prompts' \
	    "    from: recods('files')" '    columns:' \
	    '      id: {type: NOTYPE, about: its id}' >>mine.yaml
	if "$HLEXPORT" --version | grep -q '^no DuckDB'; then
		run -0 hlexport sources check ./mine.yaml
		assert_contains "$output" "their SQL was not checked"
	else
		run -2 hlexport sources check ./mine.yaml
		assert_contains "$output" "recods"
		sed -i s/recods/records/ mine.yaml
		run -2 hlexport sources check ./mine.yaml
		assert_contains "$output" "NOTYPE"
		sed -i s/NOTYPE/BIGINT/ mine.yaml
		printf '%s\n' 'report:' '  events: SELECT idd FROM t' \
		    >>mine.yaml
		run -2 hlexport sources check ./mine.yaml
		assert_contains "$output" "the report"
		sed -i s/idd/id/ mine.yaml
		run -0 hlexport sources check ./mine.yaml
		assert_contains "$output" "1 table"
	fi
	# SQL of a definition from elsewhere touches no file.
	if ! "$HLEXPORT" --version | grep -q '^no DuckDB'; then
		cat >>mine.yaml <<-'END'
		  sections:
		    - {title: T, units: [text], sql: "SELECT * FROM read_text('secret')"}
		END
		echo "precious" >secret
		run -2 hlexport sources check ./mine.yaml
		[[ $output != *precious* ]]
		assert_contains "$output" "may not use read_text"
		sed -i "s/SELECT \* FROM read_text('secret')/COPY (SELECT 1) TO 'written'/" \
		    mine.yaml
		run -2 hlexport sources check ./mine.yaml
		[ ! -e written ]
		HLEXPORT_TEMP_DIR=nowhere run -2 hlexport sources check monkai
		[ ! -e nowhere ]
	fi
	run -2 hlexport sources check
	run -2 hlexport sources check a b
	run -0 hlexport sources check monkai
	run -0 hlexport sources check humanloop --json
	assert_equal "$(echo "$output" | jq -r .name)" humanloop
}

# run_commands LEAST: run each line of "commands" as it stands, in order; there
# must be so many at least.  Those that install things are run by install.bats
# and by contrib/check itself.
run_commands()
{
	local line n=0 directories without
	without=$("$HLEXPORT" --version | grep '^no DuckDB' || true)
	export SOURCE_DATE_EPOCH=1749211200
	mapfile -t directories < <(curl -sS -H "X-API-KEY: $key" \
	    "$url/directories" | jq -r '.[].id')
	while read -r line; do
		case $line in
		./contrib/* | autoreconf* | mkdir* | ../configure* | \
		    make* | sudo*) continue ;;
		esac
		[[ ! $line =~ ^hlexport\ (query|convert|report)\  ]] ||
		    [ -z "$without" ] || continue
		line=${line/dir_a1B2c3D4e5F6g7H8i9J0k/${directories[1]}}
		line=${line/dir_z9Y8x7W6v5U4t3S2r1Q0p/${directories[2]}}
		[[ $line != "hlexport --resume" && \
		    $line != "hlexport --resume  "* ]] || leave_one_unfinished
		echo "$line"
		(eval "$line") 3>&- </dev/null || return 1
		n=$((n + 1))
	done <../commands
	[ $n -ge "$1" ]
}

# Figures that differ from run to run and from machine to machine, the port of
# the fixture, blanks that an editor removes.
normalize()
{
	sed -E -e 's/[0-9][0-9.,]* (B|kB|MB|ms|s)\>/N/g' \
	    -e "s|${url:-none}|https://api.humanloop.com/v5|g" \
	    -e 's/ +$//' -e '/^$/d'
}

# run_sessions FILE LEAST: run each "$ command" of the file's console blocks,
# continued by "> "; there must be so many at least, and each must print what
# stands below it.
run_sessions()
{
	local line command= n=0
	export SOURCE_DATE_EPOCH=1749211200
	blocks console "$1" >../session
	: >../expected
	: >../got
	while IFS= read -r line || [ -n "$line" ]; do
		case $line in
		"$ "*) command=${line#\$ } n=$((n + 1)) ;;
		"> "*) command+=$'\n'${line#> } ;;
		*)
			run_session
			printf '%s\n' "$line" >>../expected
			continue
			;;
		esac
	done < <(sed 's/^\$ /\n&/' ../session)
	run_session
	normalize <../expected >../expected.normal
	normalize <../got | diff ../expected.normal -
	[ $n -ge "$2" ]
}

# Run the command that was read, if there is one.
run_session()
{
	[ -n "$command" ] || return 0
	echo "$command"
	# What a command's status should be, its page says.
	(eval "$command") >>../got 2>&1 3>&- </dev/null || true
	command=
}

# Without DuckDB the sessions with "query" print something else.
needs_duckdb()
{
	if "$HLEXPORT" --version | grep -q '^no DuckDB'; then
		skip "no DuckDB"
	fi
}

# page NAME LEAST: run the commands of doc/NAME.md.
page()
{
	start_fixture
	make_home_with_export
	blocks sh "$TOP/doc/$1.md" >../commands
	run_commands "$2"
}

@test "the session of README.md prints what it shows" {
	needs_duckdb
	start_fixture
	make_home
	(umask 077 && cp .env.example .env)
	run_sessions "$TOP/README.md" 4
}

@test "the commands of doc/EXPORT.md work" {
	page EXPORT 9
}

@test "the commands of doc/RESUME.md work" {
	page RESUME 4
}

@test "the commands of doc/VERIFY.md work, and print what it shows" {
	page VERIFY 2
	run_sessions "$TOP/doc/VERIFY.md" 4
}

@test "the commands of doc/QUERY.md work, and print what it shows" {
	needs_duckdb
	page QUERY 6
	run_sessions "$TOP/doc/QUERY.md" 1
}

@test "the commands of doc/CONVERT.md work" {
	needs_duckdb
	page CONVERT 4
}

@test "the commands of doc/REPORT.md work" {
	needs_duckdb
	page REPORT 3
}

@test "the commands of doc/PACK.md work" {
	page PACK 3
}

@test "the commands of doc/LEGACY.md work" {
	page LEGACY 4
}

@test "the commands of doc/PLATFORMS.md work" {
	page PLATFORMS 6
}

@test "the commands of doc/SCALE.md work" {
	needs_duckdb
	page SCALE 8
}

@test "the examples of the manual work" {
	start_fixture
	make_home
	cp .env.example .env
	awk '$0 == "```" {inside = !inside; next} inside' \
	    "$TOP/doc/hlexport.1.scd" >../commands
	run_commands 7
}

@test "the examples of each command's help work" {
	start_fixture
	make_home
	cp .env.example .env
	"$TOP/tests/legacy/make-old-tree" "$TOP"/exports.example/2* OLD-EXPORT
	for command in $(hlexport completion words -- help "" | cut -f 1); do
		hlexport help "$command"
	done | sed -n '/^Examples:/,/^$/s/^  //p' >../commands
	run_commands 12
}

@test "the commands that a message ends with work" {
	start_fixture
	make_home
	cp .env.example .env
	add_fault "stats status=404"
	run -3 hlexport
	heal
	command=$(echo "$output" | grep -A1 'To fetch only' | tail -n 1)
	run -0 bash -c "$command"
	command=$(echo "$output" | grep -A1 'To check the files' | tail -n 1)
	run -0 bash -c "$command"
	assert_equal "$output" ""
}
