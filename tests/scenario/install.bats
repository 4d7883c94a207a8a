# From the source to an installed program.

bats_require_minimum_version 1.5.0
load helper

@test "make install puts everything in its place, make uninstall takes it away" {
	make -C "$BUILD" install DESTDIR="$PWD/stage" >/dev/null
	(cd stage && find . -type f | sed 's|.*/||' | sort) >installed
	for file in hlexport hlexport.1 _hlexport hlexport.fish FORMAT.md \
	    SOURCES.md README.md LICENSE; do
		grep -qx "$file" installed || { echo "no $file"; return 1; }
	done
	# The program, the manual page, bash's completion.
	find stage -name hlexport -type f -perm -111 | grep -q /bin/
	find stage -name hlexport -type f | grep -q bash-completion
	run -0 "$(find stage -path '*/bin/hlexport')" --version
	assert_contains "$output" "hlexport "
	make -C "$BUILD" uninstall DESTDIR="$PWD/stage" >/dev/null
	assert_equal "$(find stage -type f)" ""
}

@test "quickstart: from the source to a finished export" {
	[ -z "${SANITIZE:-}" ] || skip "it is run once, in the plain build"
	mkdir source
	tar -C "$TOP" -cf - --exclude './build*' --exclude ./.git \
	    --exclude ./exports --exclude './hlexport-*' \
	    --exclude autom4te.cache . | tar -C source -xf -
	chmod -R u+w source
	rm -f source/configure	# as in a clone
	cd source
	run -0 ./contrib/quickstart 3>&-
	assert_contains "$output" "Export complete: exports/"
	assert_contains "$output" "all files agree"
	assert_contains "$output" "files/pr_"
	assert_contains "$output" "cp .env.example .env"
	cd exports/*/
	sha256sum --quiet -c SHA256SUMS
}
