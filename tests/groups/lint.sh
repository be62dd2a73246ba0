# Style and static checks: nothing here runs the programs.
# shellcheck shell=bash
c_files() { git ls-files 'server/*.c' 'server/*.h' 'include/*.h' 'tests/*.c' 'tests/*.h'; }
format() { c_files | xargs -r clang-format --dry-run -Werror; }
tidy() {
	git ls-files 'server/*.c' | xargs -r -P2 -n4 clang-tidy -p build/dev --quiet
}
shells() { git grep -lE '^#!.*\b(ba)?sh\b' -- . | xargs -r shellcheck -x; }
scripts() { git ls-files '*.lua' | xargs -r luacheck --no-color --std lua51 --globals redis cjson KEYS ARGV --; }
check "clang-format" format
check "clang-tidy" tidy
check "floors of server/rooms" tests/floors
check "shellcheck" shells
check "luacheck" scripts
check "lint of the web client" npm run --silent lint
