#!/bin/sh
# Make a C table of files: embed.sh NAME FILE... > OUT.c
# Each file becomes a row {name without folder and suffix, bytes, length}.
set -eu
table=$1
shift
echo "/* Made by src/embed.sh; do not edit. */"
echo "#include \"base/base_embed.h\""
i=0
for file in "$@"; do
	echo "static const unsigned char bytes_${i}[] = {"
	od -An -v -tx1 "$file" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
	echo "};"
	i=$((i + 1))
done
echo "const struct embedded ${table}[] = {"
i=0
for file in "$@"; do
	name=$(basename "$file")
	echo "	{ \"${name%.*}\", (const char *)bytes_$i, sizeof(bytes_$i) },"
	i=$((i + 1))
done
echo "	{ 0, 0, 0 }"
echo "};"
