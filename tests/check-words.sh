#!/bin/sh
# Words that doc/GLOSSARY.md retired do not come back: in the program, its
# messages, the documents and the tests.
cd "${TOP:-.}" || exit 99

# shellcheck source=tests/tap.sh
. tests/tap.sh

# Each row: where, an extended regular expression, what to write in its place.
# A space in the expression is a dot.
while read -r where word better; do
	case $where in
	code) places="src tests" ;;
	src) places=src ;;
	all) places="src tests doc README.md CONTRIBUTING.md SECURITY.md" ;;
	esac
	# shellcheck disable=SC2086 # a list of words
	found=$(grep -rnIE "$word" $places --include='*.[ch]' --include='*.md' \
	    --include='*.scd' --include='*.bats' --include='*.bash' \
	    --include='*.py' --include='*.sh' |
	    grep -vE '^(doc/GLOSSARY\.md|tests/check-words\.sh|src/sources/):?' |
	    head -n 20)
	result "$better, not $word" "$found"
done <<'END'
code \b[A-Z]+_(MOST|LEAST)\b|\b(MOST|LEAST)_[A-Z] MAX_X, MIN_X
code \bcrank|_crank event loop
code \b(un)?told_|_(un)?told\b reported
code verdict|\bjudge classify
code \bfence|_fence|\bclose_off sandbox
code \bdoubles\b|_doubles\b duplicates
code \bmend|_mend sanitize, repair
code \btroubles\b|_trouble\b diagnostics
code \bpace_|_pace\b|\bpace\b rate limiter
code \bcredit\b retry budget
code upright\b|\blying\b vertical, horizontal
code \bpatience\b|\bPATIENCE timeout
code \bsound\b|_sound\b valid
all can.t.be.had|could.not.be.had|can.be.had|to.be.had failed to fetch, available
all go(es)?.on.with|went.on.with|gone.on.with|taken.up.again resume
all comes?.to.stand|came.to.stand is written to
all no.one.knows|nobody.knows unknown
END

echo "1..$n"
