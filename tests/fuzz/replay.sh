#!/bin/sh
# Each fuzz target over the inputs that are kept.
cd "${TOP:-.}" || exit 99
: "${BUILD:=$PWD/build}"
n=0
for target in page source manifest env header path old archive resume; do
	n=$((n + 1))
	if says=$("$BUILD/fuzz_$target" "$PWD"/tests/fuzz/corpus/"$target"/* 2>&1)
	then
		echo "ok $n - $target: $says"
	else
		echo "not ok $n - $target"
		echo "$says" | sed 's/^/# /'
	fi
done
echo "1..$n"
