# deploy/packages.sh: sourced by deploy/run and tests/run: which distribution packages are needed, and how they come.
# shellcheck shell=bash disable=SC2034,SC2016 # the lists are used by who sources this; the last script expands by itself

# To build and run the gateway and its pages.
BI_RUN_PACKAGES="build-essential cmake ninja-build pkg-config curl
 libwebsockets-dev libwebsockets-evlib-uv libuv1-dev libhiredis-dev libssl-dev libjansson-dev libcyaml-dev libsqlite3-dev
 libcurl4-openssl-dev zlib1g-dev libbrotli-dev libcap-dev redis-server tzdata"

# To test it, on top of that.
BI_TEST_PACKAGES="libcriterion-dev clang clang-format clang-tidy libclang-rt-14-dev lua5.1 lua-check shellcheck valgrind
 devscripts checksec chromium prometheus redis-tools openssl procps gdb"

# Node 18 or later with npm; a machine that has one from elsewhere keeps it.
bi_node_packages() {
	if command -v node >/dev/null && command -v npm >/dev/null &&
		[ "$(node -p 'parseInt(process.versions.node)')" -ge 18 ]; then
		return
	fi
	echo "nodejs npm"
}

# bi_missing PACKAGE...: those that are not installed. One question for all: a start must not take long.
bi_missing() {
	dpkg-query -W -f='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
		awk -v all="$*" '$2 == "installed" { have[$1] = 1 }
			END { n = split(all, want, " "); for (i = 1; i <= n; i++) if (!(want[i] in have)) print want[i] }'
}

# bi_install PACKAGE...: installs what is missing. A package's own service is never left running by us: while we install, the
# distribution's policy hook says "do not start", and it is put back afterwards.
bi_install() {
	local missing as_root=""
	# shellcheck disable=SC2046 # words are meant
	missing=$(bi_missing "$@" | tr '\n' ' ')
	[ -n "${missing// /}" ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || {
			echo "These packages are missing, and neither root nor sudo is at hand: $missing" >&2
			return 1
		}
		as_root=sudo
	fi
	echo "Installing: $missing"
	$as_root apt-get update -qq || return 1
	# shellcheck disable=SC2086 # words are meant
	$as_root env DEBIAN_FRONTEND=noninteractive BI_MISSING="$missing" bash -c '
		hook=/usr/sbin/policy-rc.d
		[ -e "$hook" ] || {
			printf "#!/bin/sh\nexit 101\n" >"$hook"
			chmod 755 "$hook"
			trap "rm -f $hook" EXIT
		}
		apt-get install -y -qq --no-install-recommends $BI_MISSING >/dev/null'
}
