#!/bin/sh
# Words that doc/GLOSSARY.md retired do not come back: in the program, its
# messages, the documents and the tests.
cd "${TOP:-.}" || exit 99

# shellcheck source=tests/tap.sh
. tests/tap.sh

# Names of formats on disk, and words that mean something else there.
allowed='"(troubles?|mended|windows)"|\.troubles|style: windows|probe doubles|doubles again|tests/check-docs.sh'

# Each row: where, a regular expression without blanks, what to write instead.
while read -r where word better; do
	case $where in
	code) places="src tests" ;;
	src) places="src" ;;
	all) places="src tests doc README.md CONTRIBUTING.md SECURITY.md" ;;
	esac
	# shellcheck disable=SC2086 # a list of words
	result "$better, not $word" "$(grep -rnIE "$word" $places \
	    --include='*.[ch]' --include='*.md' --include='*.scd' \
	    --include='*.bats' --include='*.bash' --include='*.py' \
	    --include='*.sh' |
	    grep -vE '^(doc/GLOSSARY\.md|tests/check-words\.sh):' |
	    grep -vE "$allowed" | head -n 20)"
done <<'END'
code \b[A-Z]+_(MOST|LEAST)\b|\b(MOST|LEAST)_[A-Z] MAX_X, MIN_X
code \bcrank|_crank event loop
code \b(un)?told_|_(un)?told\b|\buntold\b reported
src verdict|\bjudges?\b classify
code \bfence|_fence|\bclose_off|\bclosed?.off\b sandbox
code \bdoubles\b|_doubles\b duplicates
src \bmend|_mend sanitize, repair
code \btroubles\b|_trouble\b diagnostics
src \bpace_|_pace\b|\bpace\b rate
src \bcredit\b retry budget
src \bupright\b|\blying\b vertical, horizontal
src \bpatience\b time-out
code \bis_sound\b|_sound\b valid
all can.t.be.had|could.not.be.had|can.be.had|to.be.had failed to fetch
all (go|goes|going|went|gone).on.with|taken.up.again resume
all (comes?|came).to.stand is written to
END

echo "1..$n"
