#!/usr/bin/env bash
# The suite http-tests/cache-tests against `enableCache`: a mini-program in `appnet run` is its client, its own server judges.
#
#   tests/cache-tests.sh CHECKOUT      a checkout of github.com/http-tests/cache-tests; about a minute
#
# Needs node and npx, which bundles the suite's client with esbuild. What is missing is said, and the run skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
skip() { echo "skipped: $1"; exit 0; }

suite=$(realpath -m "${1:-.}")
port=${CACHE_TESTS_PORT:-8000}
[[ -f $suite/test-engine/client/runner.mjs ]] || skip "there is no checkout of cache-tests in $suite"
command -v node >/dev/null && command -v npx >/dev/null || skip "there is no node or no npx"

work=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill "$server"; rm -rf "$work"' EXIT
cp -r "$suite/test-engine" "$suite/tests" tests/cache-tests/run.mjs "$work/"
(cd "$work" && npx --yes esbuild run.mjs --bundle --format=iife --platform=neutral --external:undici --log-level=error --outfile=bundle.js) \
  || skip "esbuild does not bundle the suite"
cat tests/cache-tests/fetch.js "$work/bundle.js" >"$work/app.js"

cargo build --quiet --locked -p appnet-host
(cd "$work" && npm_config_protocol=http npm_config_port=$port npm_config_pidfile="$work/pid" exec node test-engine/server/server.mjs >"$work/server.log" 2>&1) &
server=$!
for _ in $(seq 100); do grep -q Listening "$work/server.log" 2>/dev/null && break; sleep 0.1; done
appnet=$(realpath "${CARGO_TARGET_DIR:-target}/debug/appnet")
"$appnet" run "$work/app.js" --env devtools --no-url-check --log off --max-time 300 -- "http://localhost:$port"
