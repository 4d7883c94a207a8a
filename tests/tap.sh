# What the checks share: results as TAP.  Source it from the top.
# shellcheck shell=sh

n=0

# result WHAT WRONG: a check, and what it found; nothing is good.
result()
{
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		echo "$2" | head -n 40 | sed 's/^/# /'
	fi
}

skip()
{
	n=$((n + 1))
	echo "ok $n - $1 # SKIP it is not there"
}
