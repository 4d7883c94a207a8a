# What the scenarios about archives share.

formats="zip tar tar.gz tar.zst"

make_export()
{
	hlexport -q --logs "$@"
	export=$(the_export)
	name=$(basename "$export")
	cp -r "$export" whole
}

# An export that no server is needed for.
take_example()
{
	mkdir exports
	cp -r "$TOP/exports.example/20250606-120000" exports/
	export=exports/20250606-120000
	name=20250606-120000
	cp -r "$export" whole
}

teardown()
{
	umount disk 2>/dev/null || true
	stop_fixture
}

# pack FORMAT [OPTION...]: the export into x.FORMAT.
pack()
{
	hlexport pack "$export" -q -o "x.$1" "${@:2}"
}

# What an archive is called until it is whole.
hidden()
{
	find . -maxdepth 1 -name ".hlexport-$1-*"
}

# is_begun FILE: there is something of it.
is_begun()
{
	[ -n "$(find . -maxdepth 1 -name ".hlexport-$1-*" -size +0)" ]
}

# unpack FILE DIR: with what every system has.
unpack()
{
	mkdir -p "$2"
	case $1 in
	*.zip) unzip -q "$1" -d "$2" ;;
	*.zst) zstd -dcq "$1" | tar -xf - -C "$2" ;;
	*) tar -xf "$1" -C "$2" ;;
	esac
}

assert_untouched()
{
	diff -r whole "$export"
	[ -z "$(find . -name '.hlexport-*')" ]
}
