#!/usr/bin/env bash
# Runs the Autobahn|Testsuite against our server, and reads its report: anything but OK and INFORMATIONAL is a failure.
#   run-server.sh [spec]     the spec of `wstest -m fuzzingclient`; fuzzingclient.json if left out
# WSTEST says how to run wstest, where it is not in the PATH.
set -euo pipefail
spec=$(realpath "${1:-$(dirname "$0")/fuzzingclient.json}")
cd "$(dirname "$0")"
run=(node --conditions=ws101-source --import tsx)

scratch=$(mktemp -d)
mkfifo "$scratch/ready"
"${run[@]}" echo-server.ts "$spec" >"$scratch/ready" &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" || true; rm -r "$scratch"' EXIT
# It says when it listens.
read -r line <"$scratch/ready"
echo "$line"

# Unquoted, since it may be several words.
${WSTEST:-wstest} -m fuzzingclient -s "$spec"
"${run[@]}" check-report.ts "$spec"
