# Sourced by run.sh and defects.sh: builds the host and the servers, starts the servers, and leads to them by the arguments in `leads`. They end with
# the script.

cargo build --quiet --locked -p appnet-host
cargo build --quiet --locked -p appnet-testkit --example conformance
built=${CARGO_TARGET_DIR:-target}/debug
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkfifo "$work/lines" "$work/stop"
"$built/examples/conformance" "$work/ca.pem" <"$work/stop" >"$work/lines" &
exec 3>"$work/stop" # the servers go on until this is closed
leads=(--ca "$work/ca.pem")
while read -r line && [[ -n $line ]]; do leads+=(--connect-to "$line"); done <"$work/lines"
appnet=${APPNET:-$built/appnet}
