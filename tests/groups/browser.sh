# Both pages in a real Chromium against a real gateway, with axe; screenshots are left in build/screenshots.
# shellcheck shell=bash
node_tests browser --test-concurrency=1 tests/browser/*.test.mjs # files by name: what a folder means changes with Node
