#!/usr/bin/env bash
# The conformance program on this repository's own host, against its servers: prints its table, and fails if a rule does not hold. About 15 seconds.
set -euo pipefail
cd "$(dirname "$0")/.."
source conformance/servers.sh

"$appnet" run conformance "${leads[@]}" --log off --max-time 120
