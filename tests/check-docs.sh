#!/bin/sh
# Help, manual, completions and the options' table say the same.
cd "${TOP:-.}" || exit 99
: "${HLEXPORT:=build/hlexport}"

# shellcheck source=tests/tap.sh
. tests/tap.sh

for shell in bash zsh fish; do
	result "completion $shell prints contrib/completions/$shell" \
	    "$("$HLEXPORT" completion $shell |
	    diff contrib/completions/$shell - 2>&1)"
done

result "the manual's options are made from the table" \
    "$(sed -n '/^; made by/,/^; end of/p' doc/hlexport.1.scd | sed '1d;$d' |
    diff - /dev/fd/3 3<<END
$("$HLEXPORT" completion scdoc)

END
)"

# Each option of the help can be completed, and the other way round.
options=$("$HLEXPORT" help export | grep -oE '^  (-., )?--[a-z-]+' |
    grep -oE -- '--[a-z-]+' | sort -u)
for command in $("$HLEXPORT" completion words -- "" | cut -f 1); do
	case $command in :*) continue ;; esac
	result "the options of $command can be completed" \
	    "$("$HLEXPORT" help "$command" | grep -oE '^  (-., )?--[a-z-]+' |
	    grep -oE -- '--[a-z-]+' | sort -u | diff - /dev/fd/3 3<<END
$("$HLEXPORT" completion words -- "$command" -- | cut -f 1 | sort -u)
END
)"
done

bad=
for option in $options; do
	grep -q -- "\\*$option\\*" doc/hlexport.1.scd || bad="$bad $option"
done
result "the manual has each option of the help" "$bad"

bad=
for command in $("$HLEXPORT" help |
    sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
	grep -q "^\\*$command\\*" doc/hlexport.1.scd || bad="$bad $command"
done
result "the manual has each command of the help" "$bad"

for shell in bash zsh fish; do
	command -v $shell >/dev/null || continue
	result "$shell reads its completions" \
	    "$($shell -n contrib/completions/$shell 2>&1)"
done

# The table of exit statuses is in the manual and the README.
bad=
for status in 0 1 2 3 4 5 6 130; do
	grep -q "^\\*$status\\*$" doc/hlexport.1.scd || bad="$bad man:$status"
	grep -q "^| $status |" README.md || bad="$bad README:$status"
done
result "exit statuses" "$bad"

# Links in the documents lead somewhere.
bad=$(for document in README.md doc/*.md; do
	grep -oE '\]\([^)#: ]+' "$document" | sed 's/](//' |
	while read -r link; do
		[ -e "$(dirname "$document")/$link" ] ||
		    echo "$document: $link"
	done
done)
result "links" "$bad"

echo "1..$n"
