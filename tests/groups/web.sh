# The browser's half without a browser: types, unit tests, vectors; the build checks weight, words and reading ease.
# shellcheck shell=bash
check "types" npm run --silent check
# shellcheck disable=SC2046 # a list of files is meant
node_tests web $(node web-client/test.mjs --list)
check "weight of the child's page" node web-client/build.mjs --out build/dev/web
