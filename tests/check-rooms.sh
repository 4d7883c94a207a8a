#!/bin/sh
# Includes only look back: a file may include its own room's headers, and of
# the rooms above it in src/ROOMS the front header room/room.h.  A library
# that only some rooms may know is included there and nowhere else.
# shellcheck disable=SC2013 # names have no blanks
cd "${TOP:-.}" || exit 99

# shellcheck source=tests/tap.sh
. tests/tap.sh

bad=
above=
while read -r room; do
	for file in src/"$room"/*.[ch]; do
		for header in $(sed -n 's/^#include "\([^"]*\)".*/\1/p' \
		    "$file"); do
			of=${header%%/*}
			[ "$of" = "$room" ] && continue
			case " $above " in
			*" $of "*)
				[ "$header" = "$of/$of.h" ] ||
				    bad="$bad$file includes $header
"
				;;
			*)
				bad="$bad$file includes $header
"
				;;
			esac
		done
	done
	above="$above $room"
done <src/ROOMS
result "includes look back" "$bad"

listed=$(tr '\n' ' ' <src/ROOMS)
there=$(for room in src/*/; do
	room=$(basename "$room")
	case $room in sources | targets | sql | assets) ;; *) echo "$room" ;; esac
done | sort | tr '\n' ' ')
sorted=$(sort src/ROOMS | tr '\n' ' ')
bad=
[ "$there" = "$sorted" ] || bad="there are: $there; listed are: $listed"
result "src/ROOMS lists all rooms" "$bad"

# Which rooms may include which library.
bad=
while read -r header rooms; do
	for file in $(grep -lE "^#include <($header)" -r src --include='*.[ch]'); do
		room=$(echo "$file" | cut -d / -f 2)
		case " $rooms " in
		*" $room "*) ;;
		*) bad="$bad$file includes $header
" ;;
		esac
	done
done <<'END'
yaml.h base
openssl/ base
curl/ http
getopt.h config
uthash.h manifest
utlist.h crawl http run
jansson.h base http manifest run table report output cli
duckdb.h table
xlsxwriter.h output
zlib.h output
zstd.h output
archive(_entry)?.h archive
signal.h cli
END
result "libraries are where they belong" "$bad"

# A file's functions begin with its room's name (or its subject's in base).
bad=$(for room in $(grep -v base src/ROOMS); do
	sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' src/"$room"/"$room".h |
	    grep -v "^${room}_"
done)
result "public functions are called after their room" "$bad"

# Inside a room too, files lead one way.
if command -v python3 >/dev/null; then
	result "no ring of files in a room" "$(python3 tests/rings.py 2>&1)"
else
	skip "no ring of files in a room"
fi

echo "1..$n"
