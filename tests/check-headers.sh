#!/bin/sh
# Each header can be included by itself.
# shellcheck disable=SC2044 # names have no blanks
cd "${TOP:-.}" || exit 99
: "${CC:=cc}"

n=0
for header in $(find src -name '*.h' | sort); do
	# shellcheck disable=SC2086 # options
	case $header in
	src/table/table_duckdb.h | src/table/table_internal.h)
		[ -n "${DUCKDB_CFLAGS:-}" ] || continue
		;;
	esac
	n=$((n + 1))
	# shellcheck disable=SC2086 # options
	if says=$(echo "#include \"${header#src/}\"" | $CC -std=gnu11 \
	    ${DUCKDB_CFLAGS:-} -D_GNU_SOURCE -Wall -Werror -fsyntax-only -Isrc -I"${BUILD:-.}" \
	    -x c - 2>&1); then
		echo "ok $n - $header"
	else
		echo "not ok $n - $header"
		echo "$says" | sed 's/^/# /'
	fi
done
echo "1..$n"
