# What broke elsewhere, replayed here.
# shellcheck shell=bash
node_tests graveyard --test-concurrency=2 tests/graveyard/*.test.mjs
