# What the scenarios about conversions share.

sample="$TOP/exports.example/20250606-120000"

convert()
{
	hlexport convert "$@" --yes -q
}

# Does manifest.json have the sums of all files that are there?
assert_manifest()
{
	(cd "$1" && jq -r '.files[] | .sha256 + "  " + .path' manifest.json |
	    sha256sum --quiet -c -) || return 1
	diff <(cd "$1" && find . -type f | sed 's|^\./||' |
	    grep -vx manifest.json | sort) \
	    <(jq -r '.files[].path' "$1/manifest.json" | sort)
}

# Nothing hidden is left in the directory.
assert_clean()
{
	assert_equal "$(find "$1" -maxdepth 1 -name '.hlexport-*')" ""
}

needs_xlsx()
{
	"$HLEXPORT" convert "$sample" --format xlsx --dry-run 2>&1 |
	    grep -q 'without libxlsxwriter' && skip "no libxlsxwriter"
	return 0
}
