#!/usr/bin/env bash
# Runs the Autobahn|Testsuite against our server. Fails unless every case in its report is OK or INFORMATIONAL.
#   run-server.sh [spec]     a spec of `wstest -m fuzzingclient`, by default fuzzingclient.json
# WSTEST is the command that runs wstest, if it is not in the PATH.
set -euo pipefail
spec=$(realpath "${1:-$(dirname "$0")/fuzzingclient.json}")
cd "$(dirname "$0")"
run=(node --conditions=ws101-source --import tsx)

scratch=$(mktemp -d)
mkfifo "$scratch/ready"
"${run[@]}" echo-server.ts "$spec" >"$scratch/ready" &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" || true; rm -r "$scratch"' EXIT
# The server prints a line when it listens.
read -r line <"$scratch/ready"
echo "$line"

# Unquoted, because it may be several words.
${WSTEST:-wstest} -m fuzzingclient -s "$spec"
"${run[@]}" check-report.ts "$spec"
