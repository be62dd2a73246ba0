# The flags of SECURITY.md 4 in what is really run.
# shellcheck shell=bash
release() { cmake --preset release && cmake --build --preset release; }
hardened() { hardening-check build/release/indgangd build/release/indgangctl; }
checked() {
	local report
	report=$(checksec --file=build/release/indgangd --output=csv) || return 1
	echo "$report"
	[[ $report == *"Full RELRO,Canary found,NX enabled,PIE enabled"* ]]
}
check "build of the release" release
check "hardening-check" hardened
check "checksec" checked
