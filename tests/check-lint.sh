#!/bin/sh
# cppcheck and clang-tidy find nothing, but for what is argued here:
#
#	unknownMacro, uninitvar, nullPointerRedundantCheck
#		cppcheck does not read the macros of utlist.h and jansson.h
#	ctunullpointer
#		it takes sizeof for a dereference, and does not see that
#		tree_stream_new() looks at "known" only if not "anew"
#	varFuncNullUB
#		NULL is a pointer on every system that this is built for
#	valist.Uninitialized
#		clang 14 loses va_list across va_start() in several files
#	unix.Malloc, in http{,_new}.c and manifest{,_apply,_ask,_recover,_repair}.c
#		lists and tables are walked by what DL_DELETE and HASH_DEL leave;
#		what a page of an entry points to is its own
#	sizeof-expression
#		an array of pointers is what is meant
#	easily-swappable-parameters, assignment-in-if-condition,
#	narrowing-conversions, implicit-widening, reserved-identifier,
#	branch-clone, DeprecatedOrUnsafeBufferHandling
#		matters of style, settled otherwise in doc/STYLE.md
cd "${TOP:-.}" || exit 99
: "${BUILD:=build}"

# shellcheck source=tests/tap.sh
. tests/tap.sh

if command -v cppcheck >/dev/null; then
	result cppcheck "$(cppcheck --quiet --enable=warning,portability \
	    --std=c11 -I src -I "$BUILD" --suppress=unknownMacro \
	    --suppress=uninitvar --suppress=nullPointerRedundantCheck \
	    --suppress=ctunullpointer --suppress=varFuncNullUB --suppress=missingIncludeSystem \
	    src 2>&1)"
else
	skip cppcheck
fi

if command -v clang-tidy >/dev/null; then
	checks='-*,clang-analyzer-*,bugprone-*'
	for check in clang-analyzer-valist.Uninitialized \
	    clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling \
	    bugprone-easily-swappable-parameters bugprone-branch-clone \
	    bugprone-assignment-in-if-condition bugprone-sizeof-expression \
	    bugprone-narrowing-conversions bugprone-reserved-identifier \
	    bugprone-implicit-widening-of-multiplication-result; do
		checks="$checks,-$check"
	done
	# Without DuckDB's header only what stands in for the room is read.
	off=nothing
	[ -n "${DUCKDB_CFLAGS:-}" ] || off='table\.c|table_[dmrstv]'
	# shellcheck disable=SC2046,SC2086 # names have no blanks
	result clang-tidy "$(clang-tidy -quiet --checks="$checks" \
	    $(find src -name '*.c' | grep -vE "^src/table/($off)" | sort) \
	    -- -std=gnu11 -D_GNU_SOURCE \
	    -Isrc -I"$BUILD" ${DUCKDB_CFLAGS:-} 2>/dev/null | grep -E ': (warning|error): ' |
	    grep -vE '/(http|http_new|manifest(_apply|_ask|_recover|_repair)?)\.c:.*unix\.Malloc')"
else
	skip clang-tidy
fi
echo "1..$n"
