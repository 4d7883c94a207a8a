# What --json prints, held against the schemas in doc/json by a validator.

bats_require_minimum_version 1.5.0
load helper
load tables

# validator: set $validate to a program that checks JSON, or skip.
validator()
{
	npm_script json.mjs ajv@8.17.1
	validate=$npm_script
}

# valid SCHEMA FILE...
valid()
{
	local schema=$TOP/doc/json/$1.schema.json
	shift
	$validate "$schema" "$@"
}

@test "each result is as its schema says" {
	validator
	start_fixture --workspace full
	add_fault "stats status=500 times=always"
	hlexport --dry-run --logs --json >dry.json
	valid dry-run dry.json
	run -3 --separate-stderr hlexport --type prompt,dataset --json
	echo "$output" >gaps.json
	heal
	run -3 --separate-stderr hlexport summary --json latest
	echo "$output" >gaps-summary.json
	one=$(the_export)
	hlexport --resume "$one" --json >complete.json
	hlexport --resume "$one" --json >already.json
	hlexport summary "$one" --json >summary.json
	cp -r "$one" hurt
	: >"$(find hurt -name file.json | head -n 1)"
	run -6 hlexport --json summary hurt
	echo "$output" >hurt-summary.json
	run -6 --separate-stderr hlexport --resume hurt --json
	echo "$output" >hurt.json
	valid export gaps.json complete.json already.json hurt.json
	valid summary summary.json gaps-summary.json hurt-summary.json
	hlexport list --json >list.json
	valid list list.json
	hlexport verify --json "$one" >whole.json
	hlexport verify --json --online "$one" >online.json
	run -6 --separate-stderr hlexport verify --json hurt
	echo "$output" >not-whole.json
	cp -r hurt accepted
	hlexport verify --json --accept accepted >accepted.json || true
	hlexport verify --json accepted >accepted-2.json
	hlexport repair --json hurt >repaired.json
	"$TOP/tests/legacy/make-old-tree" "$TOP"/exports.example/2* old
	hlexport adopt --json old >adopted.json
	hlexport summary --json old >old-summary.json
	hlexport pack "$one" -o x.zip --json >packed.json
	hlexport verify x.zip --json >archive.json
	valid verify whole.json online.json not-whole.json accepted.json \
	    accepted-2.json repaired.json adopted.json archive.json
	valid summary old-summary.json
	# When another tool began it, nobody knows.
	jq -e 'has("adopted_when") and (has("started") | not)' old-summary.json
	valid pack packed.json
	hlexport sources --json >sources.json
	valid sources sources.json
	hlexport sources humanloop >mine.yaml
	hlexport sources check ./mine.yaml --json >check.json
	valid sources-check check.json
	# The validator can say no.
	jq '. + {more: 1}' check.json >wrong.json
	run -1 valid sources-check wrong.json
	jq 'del(.format)' packed.json >wrong.json
	run -1 valid pack wrong.json
}

@test "what convert says is as its schema says" {
	needs_tables
	validator
	sample=$(echo "$TOP"/exports.example/2*)
	hlexport convert "$sample" --format csv --yes --json -o out >made.json
	valid convert made.json
	hlexport convert "$sample" --format json --yes --json -t logs \
	    --output-file logs.json >one.json
	valid convert one.json
	hlexport convert "$sample" --format csv --json --dry-run -o no \
	    >dry.json
	hlexport convert "$sample" --format csv --yes --json -o no \
	    --where "id = 'none'" -t logs >none.json
	valid convert dry.json none.json
	assert_equal "$(jq -c '[.files, .rows > 0]' dry.json)" "[0,true]"
	assert_equal "$(jq -c '[.files, .rows]' none.json)" "[0,0]"
}
