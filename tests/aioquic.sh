#!/usr/bin/env bash
# HTTP/3 against a server of another make: aioquic. Not part of `cargo test`: it needs Python 3 and, once, the network for a virtual environment.
#
# Usage: tests/aioquic.sh   (PYTHON names a Python that has aioquic; else one is set up below the target folder)
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
if [[ -z ${PYTHON:-} ]]; then
  PYTHON=$target/aioquic/bin/python
  [[ -x $PYTHON ]] || { python3 -m venv "$target/aioquic"; "$PYTHON" -m pip -q install aioquic; }
fi
cargo build -q --bin appnet

work=$(mktemp -d)
"$PYTHON" tests/aioquic/server.py "$work" & server=$!
trap 'kill $server; rm -r "$work"' EXIT
for _ in $(seq 100); do [[ -s $work/port ]] && break; sleep 0.1; done
port=$(<"$work/port")

echo "{\"request\": [\"https://api.example.com:$port\"]}" > "$work/domains.json"
"$target/debug/appnet" run tests/aioquic/calls.js --domains "$work/domains.json" --ca "$work/ca.pem" --max-time 60 \
  --connect-to "api.example.com:$port:127.0.0.1:$port" -- "$port" > "$work/heard"
diff - "$work/heard" <<'EXPECTED'
learn request:ok http/1.1 3
get request:ok quic 6
post request:ok quic 3000000
head request:ok quic 0
many 50
large request:ok quic 20000000
EXPECTED
echo "aioquic: all as expected"
