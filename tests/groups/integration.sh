# A real gateway with a real Redis, through a client that knows only the protocol.
# shellcheck shell=bash
node_tests integration --test-concurrency=2 tests/integration/*.test.mjs
