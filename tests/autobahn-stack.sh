#!/usr/bin/env bash
# As autobahn.sh, through the whole stack: the client is a mini-program that `appnet run` runs (tests/autobahn/echo.js), so that each message goes
# by wx.connectSocket, the bus, the actors and the wire, and back. Same arguments, same needs.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --quiet --locked -p appnet-host
# The suite's server speaks ws: on loopback, which is for a developer's session alone (U8).
export AUTOBAHN_CLIENT="${CARGO_TARGET_DIR:-target}/debug/appnet run --env devtools --no-url-check --log off tests/autobahn/echo.js --"
exec tests/autobahn.sh "$@"
