#!/usr/bin/env bash
# Whether the conformance program finds what is wrong: asks its rules on hosts that keep all of them but one (defects/), several at a time, and on the
# same host without a defect. Fails if a defect is not found, or if something is found without one. About 30 seconds.
#
# defects.sh [DEFECT…]: all of them, or these. JOBS says how many at a time.
set -euo pipefail
cd "$(dirname "$0")/.."
source conformance/servers.sh

project=$work/project
cp -r conformance "$project"
mv "$project/defects/main.js" "$project/app.js"
host=("$appnet" run "$project" "${leads[@]}" --log off --max-time 60)

# One line, whatever becomes of the host: found, not found, or how it ended.
ask() { "${host[@]}" -- "$1" 2>/dev/null || printf 'ended with %s\t%s\n' $? "$1"; }
running() { jobs -rp | wc -l; } # the servers are one of them

if [[ $# -gt 0 ]]; then printf '%s\n' "$@"; else "${host[@]}"; fi >"$work/names"
while IFS= read -r name; do
  while [[ $(running) -gt ${JOBS:-8} ]]; do wait -n || true; done
  ask "$name" >>"$work/table" &
done <"$work/names"
while [[ $(running) -gt 1 ]]; do wait -n || true; done

sort "$work/table"
all=$(grep -cvx 'no defect' "$work/names")
found=$(cut -f1,2 "$work/table" | grep -v $'\tno defect$' | grep -c '^found' || true)
echo "$found of $all defects found"
if grep -qx 'no defect' "$work/names" && ! grep -qx $'not found\tno defect' "$work/table"; then
  echo "without a defect the rules do not hold: what was found, was found in vain"
  exit 1
fi
[[ $found -eq $all ]]
