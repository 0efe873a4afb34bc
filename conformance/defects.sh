#!/usr/bin/env bash
# Whether app.js finds what is wrong: runs it on hosts that keep all rules but one (defects.js), and says which defects it did not find. Some seven minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

missed=0 all=0
while IFS= read -r defect; do
  project=$(mktemp -d)
  cp conformance/*.json "$project"
  { echo "const DEFECT = '$defect';"; cat conformance/defects.js conformance/app.js; } >"$project/app.js"
  all=$((all + 1))
  table=$(CONFORMANCE_PROJECT=$project conformance/run.sh 2>&1 </dev/null) || true
  if grep -q 'hold$' <<<"$table" && grep -q '\*\*no\*\*' <<<"$table"; then
    echo "found:  $defect ($(grep '\*\*no\*\*' <<<"$table" | cut -d'|' -f2 | sort -u | tr -d '\n'))"
  else
    echo "MISSED: $defect"
    missed=$((missed + 1))
  fi
  rm -rf "$project"
done < <(sed -n "s/^  '\(.*\)': {.*/\1/p" conformance/defects.js)
echo "$((all - missed)) of $all found"
[[ $missed -eq 0 ]]
