#!/bin/sh
# What doc/STYLE.md says that a script can see.
# shellcheck disable=SC2013,SC2046,SC2086 # names have no blanks
cd "${TOP:-.}" || exit 99

# shellcheck source=tests/tap.sh
. tests/tap.sh

sources=$(find src tests -name '*.[ch]')

result "80 columns" "$(for file in $sources; do
	expand "$file" | awk -v f="$file" \
	    'length > 80 {print f ":" NR ": " length}'
done)"

result "no blanks at the end of lines" "$(grep -nE '[ 	]+$' $sources)"

result "no file over 500 lines, of the tests 600" "$(wc -l $sources |
    awk '$2 != "total" && $1 > ($2 ~ /^src/ ? 500 : 600) {print}')"

result "no function over 70 lines" "$(awk '
	FNR == 1 {inside = 0}
	/^\{/ {inside = 1; start = FNR; name = last}
	/^\}/ && inside {
		if (FNR - start > 70)
			print FILENAME ":" start ": " name " has " FNR - start
		inside = 0
	}
	/^[a-z_].*\(/ {last = $0}' $(find src -name '*.c'))"

result "none of the calls that overrun or can't fail well" \
    "$(grep -nE '\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|system|popen|tmpnam|mktemp|alloca)\(' \
    $(find src -name '*.c') | grep -v '/\* bounded')"

result "memory comes from mem_*" "$(grep -nE '\b(malloc|calloc|realloc|strdup|strndup|asprintf)\(' \
    $(find src -name '*.c' ! -name base_mem.c))"

result "only cli and base_log write to the terminal" \
    "$(grep -nE '\b(printf|fprintf|puts|putchar|perror)\(' \
    $(find src -name '*.c' ! -path 'src/cli/*') | grep -v libcrypto)"

# Above each function in a front header stands a contract that names it.
result "contracts" "$(for header in $(while read -r room; do
	if [ "$room" = base ]; then
		ls src/base/base_*.h
	else
		echo "src/$room/$room.h"
	fi
done <src/ROOMS); do
	awk -v f="$header" '
	/\/\*\*/ {text = ""; open = 1}
	open {text = text $0 "\n"}
	/\*\// {open = 0}
	/^[a-z].*[ *]([a-z0-9_]+)\(/ && !/^(static|typedef|#)/ {
		name = $0
		sub(/\(.*/, "", name)
		sub(/.*[ *]/, "", name)
		if (index(text, name "(") == 0)
			print f ": " name
	}' "$header"
done)"

if command -v shellcheck >/dev/null; then
	result "shellcheck" "$(shellcheck -x -s sh contrib/quickstart \
	    contrib/check contrib/lib.sh src/embed.sh tests/check-*.sh \
	    .ci/run 2>&1)"
fi

result "no name of the place it was made in" \
    "$(git ls-files -z 2>/dev/null | xargs -0 -r grep -lF "$PWD" -- \
    2>/dev/null)"

echo "1..$n"
