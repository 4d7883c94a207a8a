# The owner of an export whose server is gone accepts what is missing.

bats_require_minimum_version 1.5.0
load helper

make_old="$TOP/tests/legacy/make-old-tree"

start_world()
{
	start_fixture --workspace bulk --files 2 --logs 2600 --datasets 1 \
	    --datapoints 1200 --evaluations 1 --evaluation-logs 150
	hlexport -q --logs -o source
	export=$(echo source/*)
}

@test "what was accepted is named, and counts no more" {
	start_world
	"$make_old" "$export" old page-of-logs torn-version records-twice
	run -2 hlexport verify --accept old
	assert_contains "$output" "run 'hlexport adopt' first"
	[ ! -e old/accepted.json ]
	run -0 hlexport adopt -q old
	run -6 hlexport verify old
	cp -r old before
	run -0 hlexport verify --accept old
	assert_contains "$output" \
	    "Nothing wrong found, except for accepted findings: old"
	run -0 hlexport verify old
	assert_contains "$output" "Accepted by its owner, 20"
	assert_contains "$output" "files.total_logs_count says 2600"
	assert_contains "$output" "appears twice in its listing"
	assert_contains "$output" "Unknown, because no file of the export records it:"
	run -0 --separate-stderr hlexport verify --json old
	jq -e '([.findings[] | select(.trouble != "note")] == []) and (.accepted | length) >= 3 and
	    (.unknown | length) >= 1 and .status == "accepted" and
	    (.accepted_when | startswith("20"))' <<<"$output"
	run -3 hlexport summary old
	assert_contains "$output" "the owner accepted the findings in this export"
	# An archive of it is accepted as it is.
	jq -S '.accepted | map(del(.listing)) | sort' \
	    <<<"$(hlexport verify --json old)" >accepted
	for archive in x.zip x.tar.gz; do
		run -0 hlexport pack old -o $archive
		[[ $output != *"does not know"* ]]
		run -0 hlexport verify $archive
		run -0 --separate-stderr hlexport verify --json $archive
		jq -S '.accepted | map(del(.listing)) | sort' <<<"$output" |
		    diff accepted -
	done
	# Nothing else was written.
	rm old/accepted.json
	diff -r old before
}

@test "a change after it counts, of whatever kind" {
	local shard damaged change
	start_world
	"$make_old" "$export" old page-of-logs torn-version
	hlexport adopt -q old
	damaged=$(hlexport verify --json old |
	    jq -r '[.findings[] | .path // empty][0]')
	[ -s "old/$damaged" ]
	hlexport verify -q --accept old
	shard=$(find old -name 1.jsonl -path '*logs*' | sort | tail -n 1)
	cp -r old good
	for change in "sed -i 1d $shard" "rm $shard" ": >$shard" \
	    "cp $shard old/new.jsonl" "printf x >>old/$damaged" \
	    "rm old/$damaged" "rm -r old/files" "rm old/SHA256SUMS"; do
		rm -rf old
		cp -r good old
		eval "$change"
		run -6 hlexport verify old
		assert_contains "$output" "Not whole: old"
		bsdtar -a -cf x.tar.gz old
		run -6 hlexport verify x.tar.gz
	done
	rm -rf old
	cp -r good old
	run -0 hlexport verify old
	# What can't be read accepts nothing.
	printf '{' >old/accepted.json
	run -6 hlexport verify old
	assert_contains "$output" "accepted.json: it can't be read"
	run -0 hlexport verify --accept old
	run -0 hlexport verify old
}

@test "an export that lost a shard, and one that was never finished" {
	start_world
	rm "$(find "$export" -name 1.jsonl | head -n 1)"
	run -6 hlexport verify "$export"
	run -0 hlexport verify --accept "$export"
	assert_contains "$output" "except for accepted findings"
	run -0 hlexport verify "$export"
	# No other command calls it complete.
	run -0 hlexport summary "$export"
	assert_contains "$output" "the owner accepted the findings"
	[[ $output != *"All counts agree"* ]]
	[ ! -e "$BUILD/../duckdb" ] && [ ! -e "$TOP/duckdb" ] || {
		run hlexport query "$export" "SELECT count(*) FROM files"
		assert_contains "$output" "NOT COMPLETE"
		assert_contains "$output" "the owner accepted this on 20"
	}
	hlexport pack -q "$export" -o x.tar 2>err
	grep -F "NOT COMPLETE" err
	hlexport verify --json x.tar | jq -e '.status == "accepted"'
	# A repair still brings it back, and then there is nothing to accept.
	run -0 hlexport repair "$export"
	run -0 hlexport verify "$export"
	[[ $output != *Accepted* ]]
	assert_contains "$output" "Whole: "
}

@test "--accept wants all of a directory" {
	start_world
	run -2 hlexport verify --accept --fast "$export"
	run -2 hlexport verify --accept --sample 10 "$export"
	hlexport pack -q "$export" -o a.tar.zst
	run -2 hlexport verify --accept a.tar.zst
	assert_contains "$output" "cannot change the archive"
}

# accept_and_pack DAMAGE: what is done to it and accepted can be packed, and
# the archive takes the directory's place.
accept_and_pack()
{
	rm -rf it archive.zip archive.tar.gz unpacked
	cp -r "$export" it
	shard=$(cd it && find files -name 1.jsonl -size +0 | sort | head -n 1)
	object=$(cd it && find files -name '*.json' | sort | head -n 1)
	(cd it && eval "$1")
	run -6 hlexport verify it
	hlexport verify -q --accept it
	run -0 hlexport verify --json it
	jq -S '.accepted | map(del(.listing)) | sort' \
	    <<<"$output" >accepted.json
	hlexport pack it -q -o archive.tar.gz
	find it -type d -empty -delete
	cp -r it kept
	run -0 hlexport pack it -q -o archive.zip --remove
	[ ! -e it ]
	for archive in archive.zip archive.tar.gz; do
		run -0 --separate-stderr hlexport verify --json "$archive"
		jq -S '.accepted | map(del(.listing)) | sort' <<<"$output" |
		    diff accepted.json -
		rm -rf unpacked
		mkdir unpacked
		bsdtar -xf "$archive" -C unpacked
		diff -r kept unpacked/it
		run -0 hlexport verify unpacked/it
	done
	# Another change to what was accepted counts in both.
	(cd unpacked/it && eval "${2:-printf more >>\$shard}")
	run -6 hlexport verify unpacked/it
	run -6 hlexport pack unpacked/it -q -o again.zip
	[ ! -e again.zip ]
	rm -r kept
}

@test "what was accepted is packed, in place of the directory too" {
	start_world
	accept_and_pack 'echo hello >files/new.txt'
	accept_and_pack 'sed -i "s/[0-9]/x/" $shard'
	accept_and_pack 'echo {} >>$shard'
	accept_and_pack 'sed -i 1d $shard'
	accept_and_pack ': >$object' 'printf more >>$object'
	accept_and_pack 'rm $shard' 'echo {} >$shard'
	accept_and_pack 'rm $object; rm $shard' 'echo {} >$object'
	accept_and_pack 'head -c 100 $shard >cut; cp cut $shard'
	export=$TOP/exports.example/20250606-120000
	for damage in $(python3 "$TOP/tests/scenario/damage.py" list); do
		case $damage in
		nothing | litter | equal_records_without_a_key | no_seal)
			continue ;;
		esac
		echo "$damage"
		accept_and_pack "python3 $TOP/tests/scenario/damage.py \
		    $damage ." 'printf more >>$object'
	done
}
