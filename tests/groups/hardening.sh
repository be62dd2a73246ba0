# The flags of SECURITY.md 4 in what is really run.
# shellcheck shell=bash
release() { cmake --preset release && cmake --build --preset release; }
# Debian 12's own start files carry no CET note, so that a linked program never has one; that ours is compiled for it is
# seen by its landing marks.
hardened() {
	hardening-check --nocfprotection build/release/indgangd build/release/indgangctl || return 1
	[ "$(objdump -d build/release/indgangd | grep -c endbr64)" -gt 100 ]
}
checked() {
	local report
	report=$(checksec --file=build/release/indgangd --output=csv) || return 1
	echo "$report"
	[[ $report == *"Full RELRO,Canary found,NX enabled,PIE enabled"* ]]
}
check "build of the release" release
check "hardening-check" hardened
check "checksec" checked
