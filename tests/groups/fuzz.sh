# libFuzzer, a minute a target, from the kept corpora. Hours: tests/fuzz/run --hours N.
# shellcheck shell=bash
check "build of the fuzz targets" cmake --preset fuzz
check "build of the fuzz targets" cmake --build --preset fuzz
for target in build/fuzz/fuzz_*; do
	[ -x "$target" ] && check "${target##*/}" tests/fuzz/run "$target" 60
done
