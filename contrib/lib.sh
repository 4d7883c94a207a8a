# Functions that the scripts in this directory share.  Sourcing it changes to
# the top of the repository.
# shellcheck shell=sh disable=SC2034 # used by the scripts that source it

cd "$(dirname "$0")/.." || exit 1

# Debian and Ubuntu packages needed to build and to test.
BUILD_PACKAGES="gcc make autoconf automake pkg-config libcurl4-openssl-dev
	libjansson-dev libyaml-dev libssl-dev uthash-dev zlib1g-dev libzstd-dev
	libxlsxwriter-dev libarchive-dev scdoc"
TEST_PACKAGES="clang libclang-rt-14-dev libcmocka-dev libmicrohttpd-dev
	zlib1g-dev bats curl jq python3 valgrind shellcheck procps
	cppcheck clang-tidy unzip libarchive-tools python3-openpyxl zstd openssl
	nginx-light haproxy strace less fish zsh
	python3-venv"

say()
{
	printf '\n==> %s\n' "$*"
}

# Install the named packages that are missing.
install_packages()
{
	missing=
	if ! command -v apt-get >/dev/null; then
		say "This is no Debian or Ubuntu: install these by hand"
		cat <<-'END'
		Fedora:  dnf install gcc make autoconf automake pkgconf-pkg-config \
		           libcurl-devel jansson-devel libyaml-devel openssl-devel \
		           uthash-devel libmicrohttpd-devel zlib-devel \
		           libzstd-devel libxlsxwriter-devel libarchive-devel
		         (for the tests also: libcmocka-devel clang compiler-rt bats
		           scdoc jq curl valgrind ShellCheck unzip bsdtar zstd)
		macOS:   brew install autoconf automake pkg-config curl jansson \
		           libyaml openssl@3 uthash libmicrohttpd zstd \
		           libxlsxwriter libarchive
		         (for the tests also: cmocka bats-core scdoc jq shellcheck)
		END
		return 0
	fi
	for package in "$@"; do
		dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null |
		    grep -q '^install ok installed' ||
		    missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	say "Installing:$missing"
	sudo=
	[ "$(id -u)" = 0 ] || sudo=sudo
	$sudo apt-get update -qq
	# shellcheck disable=SC2086 # a list of words
	DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq \
	    --no-install-recommends $missing >/dev/null
}

# configure_in DIR ARGUMENT...: run configure outside the source tree.
configure_in()
{
	dir=$1
	shift
	[ -x configure ] || autoreconf -fi
	mkdir -p "$dir"
	(cd "$dir" && ../configure "$@")
}

jobs()
{
	getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2
}
