# What the scenarios about tables share.

needs_tables()
{
	"$HLEXPORT" --version | grep -q '^no DuckDB' &&
	    skip "built without DuckDB"
	return 0
}

# A Python that can read Excel files, or skip.
python_with_openpyxl()
{
	local python
	for python in python3 /usr/bin/python3; do
		"$python" -c 'import openpyxl' 2>/dev/null && {
			echo "$python"
			return
		}
	done
	return 1
}

# parquet_reader: set $parquet to a program that reads Parquet and is not
# DuckDB, or skip.
parquet_reader()
{
	npm_script parquet.mjs hyparquet@1.31.5 hyparquet-compressors@1.1.2
	parquet=$npm_script
}

# npm_script SCRIPT PACKAGE@VERSION...: set $npm_script to what runs that
# script with these packages, or skip.
npm_script()
{
	local dir=$BUILD/npm-$1 script=$1
	shift
	command -v npm >/dev/null || skip "no npm"
	[ -e "$dir/done" ] || (
		mkdir -p "$dir"
		cd "$dir" || exit
		npm install --silent --no-audit --no-fund --ignore-scripts \
		    --prefix . "$@" >npm.log 2>&1 && touch done
	) || skip "npm could not install $*"
	cp "$TOP/tests/scenario/$script" "$dir/"
	# shellcheck disable=SC2034 # for those that load this file
	npm_script="node $dir/$script"
}

# export_workspace OPTION...: export a workspace of the fixture; $export.
export_workspace()
{
	start_fixture "$@"
	hlexport --logs -q
	export=$(the_export)
	stop_fixture
}

# assert_tables FORMAT DIR [READER]: are the values in DIR the tree's?
assert_tables()
{
	local python=python3
	[ "$1" = xlsx ] && { python=$(python_with_openpyxl) ||
	    skip "no openpyxl"; }
	"$python" "$TOP/tests/scenario/tables.py" "$export" "$@"
}

# old_tree LINE...: an old export "old" with these lines as its logs.
old_tree()
{
	mkdir -p old/files/pr_1/logs
	echo '{"id":"pr_1","type":"prompt","path":"p","name":"p"}' \
	    >old/files/pr_1/file.json
	printf '%s\n' "$@" >old/files/pr_1/logs/1.jsonl
}
