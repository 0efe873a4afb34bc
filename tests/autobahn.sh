#!/usr/bin/env bash
# The Autobahn|Testsuite against our WebSocket client: every case's messages are echoed, the suite's server judges.
#
#   tests/autobahn.sh [core|deflate-small|deflate|all]      default: core and deflate-small (about 80 s)
#
# core: cases 1-10, the protocol. deflate: cases 12-13, compression (up to 20 minutes); deflate-small: the first six of each group.
# Needs Python 2.7 with the package autobahntestsuite (25.10.1), found as $AUTOBAHN_PYTHON or else as python2.7, and the
# folder `shared/suites` beside this checkout (or $SUITES) with its launcher. What is missing is said, and the run skipped.
# $AUTOBAHN_CLIENT: another client, called with the server's URL and an agent's name. $AUTOBAHN_REPORTS: where reports go.
set -euo pipefail
cd "$(dirname "$0")/.."
suite=$(realpath -m "${SUITES:-../shared/suites}/autobahn")
python=${AUTOBAHN_PYTHON:-python2.7}
port=${AUTOBAHN_PORT:-9001}
skip() { echo "skipped: $1"; exit 0; }

small() { printf '"%s",' {12.{1..5},13.{1..7}}.{1..6}; }
core='"1.*","2.*","3.*","4.*","5.*","6.*","7.*","9.*","10.*",'
case ${1:-default} in
  core) cases=$core ;;
  deflate-small) cases=$(small) ;;
  deflate) cases='"12.*","13.*",' ;;
  all) cases='"*",' ;;
  default) cases=$core$(small) ;;
  *) sed -n '4s/^# *//p' "$0" >&2; exit 2 ;;
esac

[[ -f $suite/wstest_loopback.py ]] || skip "there is no autobahn/wstest_loopback.py in ${SUITES:-../shared/suites}"
"$python" -c 'import autobahntestsuite' 2>/dev/null || skip "$python cannot import autobahntestsuite. A way to get it:
  python2.7 -m pip install virtualenv==20.15.1 && python2.7 -m virtualenv venv27 && venv27/bin/pip install autobahntestsuite==25.10.1
  AUTOBAHN_PYTHON=venv27/bin/python $0"

if [[ -z ${AUTOBAHN_CLIENT:-} ]]; then
  cargo build --quiet --locked -p appnet-io --example autobahn
  AUTOBAHN_CLIENT="${CARGO_TARGET_DIR:-target}/debug/examples/autobahn"
fi
reports=${AUTOBAHN_REPORTS:-$(mktemp -d)}
mkdir -p "$reports"
cat >"$reports/spec.json" <<SPEC
{"url": "ws://127.0.0.1:$port", "outdir": "$reports/clients", "cases": [${cases%,}], "exclude-cases": [], "exclude-agent-cases": {}}
SPEC

"$python" "$suite/wstest_loopback.py" -m fuzzingserver -s "$reports/spec.json" -u 0 >"$reports/server.log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
until grep -q 'Ok, will run' "$reports/server.log"; do
  kill -0 "$server" 2>/dev/null || { cat "$reports/server.log" >&2; exit 1; }
  sleep 0.2
done
# shellcheck disable=SC2086 # a client may be a command with arguments
$AUTOBAHN_CLIENT "ws://127.0.0.1:$port" appnet

echo "reports: $reports/clients/index.html"
"$python" - "$reports/clients/index.json" <<'JUDGE'
import collections, json, sys
# Strict: NON-STRICT and UNIMPLEMENTED count as failed.
GOOD = ("OK", "INFORMATIONAL")
failed = False
for agent, cases in json.load(open(sys.argv[1])).items():
    count = collections.Counter((case["behavior"], case["behaviorClose"]) for case in cases.values())
    print("%s: %d cases" % (agent, len(cases)))
    for (behavior, close), number in sorted(count.items()):
        print("  %4d  %s, close %s" % (number, behavior, close))
    for name, case in sorted(cases.items()):
        if case["behavior"] not in GOOD or case["behaviorClose"] not in GOOD:
            failed = True
            print("  case %s: %s, close %s" % (name, case["behavior"], case["behaviorClose"]))
sys.exit(failed)
JUDGE
