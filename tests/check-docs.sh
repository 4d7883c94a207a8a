#!/bin/sh
# Help, manual, completions, the options' table and the documents say the same.
# shellcheck disable=SC2013,SC2016,SC2086 # names have no blanks
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

documents="README.md SECURITY.md CONTRIBUTING.md CHANGELOG.md doc/*.md"

# Links in the documents lead somewhere, and to a heading that is there.
bad=$(for document in $documents; do
	grep -oE '\]\([^): ]+' $document | sed 's/](//' |
	while read -r link; do
		file=${link%%#*}
		[ -z "$file" ] || file=$(dirname "$document")/$file
		[ -e "${file:-$document}" ] || echo "$document: $link"
		case $link in
		*#*) sed -n 's/^##* //p' "${file:-$document}" |
		    tr 'A-Z ' 'a-z-' | tr -cd 'a-z0-9_\n-' |
		    grep -qxF -- "${link#*#}" || echo "$document: $link" ;;
		esac
	done
done)
result "links" "$bad"

# Each document can be reached from README.md.
bad=
reached=README.md
todo=README.md
while [ -n "$todo" ]; do
	new=
	for document in $todo; do
		for link in $(grep -oE '\]\([^)#: ]+\.md' "$document" |
		    sed 's/](//'); do
			file=$(dirname "$document")/$link
			file=$(echo "$file" | sed -e 's|^\./||' \
			    -e 's|^doc/\.\./||')
			case " $reached " in
			*" $file "*) ;;
			*) [ ! -e "$file" ] || new="$new $file"
			    reached="$reached $file" ;;
			esac
		done
	done
	todo=$new
done
for document in $documents; do
	case " $reached " in
	*" $document "*) ;;
	*) bad="$bad $document" ;;
	esac
done
result "a link leads to each document" "$bad"

# Lines wrap at 80, but for tables, what a program printed, and long links.
result "documents wrap at 80" "$(awk '
	FNR == 1 {inside = 0}
	/^```/ {inside = !inside; next}
	inside || /^\|/ || /^[^ ]*$/ || /^(\* )?!?\[[^]]*\]\([^)]*\)[.,]?$/ {next}
	length > 80 {print FILENAME ":" FNR ": " length}' $documents)"

# Files and functions that the documents name are there.
bad=$(for name in $(grep -ohE '`[a-z_0-9]+\.[ch]`' $documents | tr -d '`' |
    sort -u); do
	find src tests -name "$name" | grep -q . || echo "$name"
done
for name in $(grep -ohE '`[a-z]+_[a-z_0-9]+\(\)`' $documents |
    tr -d '`()' | sort -u); do
	# SQL's own.
	case $name in generate_series | json_each | json_tree) continue ;; esac
	grep -rqE "\\b$name\\(" src --include='*.[ch]' || echo "$name()"
done)
result "files and functions that the documents name" "$bad"

# Phrases that nobody uses in English; doc/GLOSSARY.md lists what to write.
result "plain words" "$(grep -nE \
    "can't be had|taken up again|comes? to stand|goes on (from there|where)|is told\b" \
    $documents doc/hlexport.1.scd | grep -v '^doc/GLOSSARY.md' |
    cut -c 1-100)"

# Each scenario and each fault test stands in the list of promises.
bad=
for test in tests/scenario/*.bats $(grep -oE 'tests/fault/[a-z_]+\.py' \
    Makefile.am); do
	name=$(basename "$test")
	grep -q "$name" doc/RELIABILITY.md || bad="$bad $name"
done
result "doc/RELIABILITY.md has each scenario and fault test" "$bad"

echo "1..$n"
