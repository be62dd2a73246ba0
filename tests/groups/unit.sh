# Rules, protocol, crypto and each room against a real Redis (Criterion, one program a room).
# shellcheck shell=bash
for program in build/dev/unit_*; do
	[ -x "$program" ] && [ ! -d "$program" ] && criterion "$program" "${program##*unit_}"
done
