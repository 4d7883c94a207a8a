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

# A folder in which README's commands can be run.
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

leave_one_unfinished()
{
	add_fault "stats status=404"
	run -3 hlexport
	mend
}

@test "exports.example is a fresh export of the sample workspace" {
	HLEXPORT=$HLEXPORT FIXTURE=$FIXTURE \
	    "$TOP/contrib/make-example" "$PWD/example"
	diff -r -x export.log example "$TOP/exports.example"
	assert_sums "$TOP/exports.example/20250606-120000"
}

@test "the example of doc/SOURCES.md is complete and runs" {
	start_fixture
	blocks yaml "$TOP/doc/SOURCES.md" >small.yaml
	grep -q '^name: small' small.yaml
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

# run_commands LEAST: run each line of "commands" as it stands, in order; there
# must be so many at least.  Those that install things are run by install.bats
# and by contrib/check itself.
run_commands()
{
	local line n=0 directory without
	without=$("$HLEXPORT" --version | grep '^no DuckDB' || true)
	export SOURCE_DATE_EPOCH=1749211200
	directory=$(curl -sS -H "X-API-KEY: $key" "$url/directories" |
	    jq -r '.[1].id')
	while read -r line; do
		case $line in
		./contrib/* | autoreconf* | mkdir* | ../configure* | \
		    make* | sudo*) continue ;;
		esac
		[[ ! $line =~ ^hlexport\ (query|convert|report)\  ]] ||
		    [ -z "$without" ] || continue
		line=${line/dir_a1B2c3D4e5F6g7H8i9J0k/$directory}
		[[ $line != "hlexport --resume" && \
		    $line != "hlexport --resume  "* ]] || leave_one_unfinished
		echo "$line"
		(eval "$line") 3>&- || return 1
		n=$((n + 1))
	done <../commands
	[ $n -ge "$1" ]
}

@test "the commands of README.md work" {
	start_fixture
	make_home
	blocks sh "$TOP/README.md" >../commands
	run_commands 13
}

@test "the examples of the manual work" {
	start_fixture
	make_home
	cp .env.example .env
	awk '$0 == "```" {inside = !inside; next} inside' \
	    "$TOP/doc/hlexport.1.scd" >../commands
	run_commands 7
}

@test "the commands that a message ends with work" {
	start_fixture
	make_home
	cp .env.example .env
	add_fault "stats status=404"
	run -3 hlexport
	mend
	command=$(echo "$output" | grep -A1 'To try again' | tail -n 1)
	run -0 bash -c "$command"
	command=$(echo "$output" | grep -A1 'To check the files' | tail -n 1)
	run -0 bash -c "$command"
	assert_equal "$output" ""
}
