# The integration run once more under valgrind, without sanitizers: leaks and reads of what nobody wrote.
# shellcheck shell=bash
plain() { cmake --preset plain && cmake --build --preset plain --target indgangd indgangctl; }
check "build without sanitizers" plain
check "valgrind over a conversation" node tests/integration/valgrind.run.mjs
