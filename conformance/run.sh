#!/usr/bin/env bash
# The conformance program on this repository's own host: starts its servers, runs it, and prints its table. About 20 seconds.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --quiet --locked -p appnet-host
cargo build --quiet --locked -p appnet-testkit --example conformance
built=${CARGO_TARGET_DIR:-target}/debug
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkfifo "$work/lines" "$work/stop"
"$built/examples/conformance" "$work/ca.pem" <"$work/stop" >"$work/lines" &
exec 3>"$work/stop" # the servers go on until this is closed
leads=()
while read -r line && [[ -n $line ]]; do leads+=(--connect-to "$line"); done <"$work/lines"

"${APPNET:-$built/appnet}" run "${CONFORMANCE_PROJECT:-conformance}" --ca "$work/ca.pem" "${leads[@]}" --log off --max-time 120
