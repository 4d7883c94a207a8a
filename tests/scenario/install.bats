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

@test "the units, the cron line and the container's packages" {
	make_night()
	{
		mkdir -p bin backup
		ln -sf "$HLEXPORT" bin/hlexport
		printf 'HUMANLOOP_API_KEY=%s\nHUMANLOOP_API_URL=%s\n' "$key" \
		    "$url" >backup/.env
		chmod 600 backup/.env
		# The line as cron gives it to the shell.
		grep -v '^[#P]' "$TOP/contrib/crontab.example" |
		    cut -d ' ' -f 6- >night
		HOME=$PWD PATH=$PWD/bin:$PATH run sh night
	}
	start_fixture
	make_night
	assert_equal "$status" 0
	run -0 hlexport verify backup/exports/*
	# One with a gap is tried again, and does not keep the next from coming.
	unset SOURCE_DATE_EPOCH
	add_fault "stats status=404 times=always"
	make_night
	assert_equal "$status" 3
	[ "$(find backup/exports -mindepth 1 -maxdepth 1 | wc -l)" -eq 2 ]
	heal
	make_night
	assert_equal "$status" 0
	for one in backup/exports/*; do
		hlexport verify "$one" >verified || { cat verified; return 1; }
	done
	if command -v systemd-analyze >/dev/null; then
		mkdir units
		cp "$TOP"/contrib/systemd/hlexport.* units/
		sed -i "s|=\(-\{0,1\}\)hlexport --|=\1$HLEXPORT --|; /^Docu/d" \
		    units/hlexport.service
		run -0 systemd-analyze verify units/hlexport.service \
		    units/hlexport.timer
		assert_equal "$output" ""
	fi
	# What the program is linked with is in the container.
	command -v dpkg-query >/dev/null || return 0
	[ -z "${SANITIZE:-}" ] || return 0
	readelf -d "$HLEXPORT" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' |
	    while read -r library; do
		package=$(dpkg-query -S "*/$library" 2>/dev/null |
		    head -n 1 | cut -d : -f 1)
		case $package in libc6* | libgcc* | "") continue ;; esac
		grep -q "[[:space:]]$package\\b" "$TOP/contrib/Containerfile" ||
		    { echo "the container has no $package"; return 1; }
	done
}
