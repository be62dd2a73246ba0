# What the libraries below really do: SECURITY.md 0 as tests, to be run again on each version of them.
# shellcheck shell=bash
node_tests peers --test-concurrency=2 tests/peers/*.test.mjs
