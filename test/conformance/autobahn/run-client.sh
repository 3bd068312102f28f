#!/usr/bin/env bash
# Runs the Autobahn|Testsuite against our client. Fails unless every case in its report is OK or INFORMATIONAL.
#   run-client.sh [spec]     a spec of `wstest -m fuzzingserver`, by default fuzzingserver.json
# WSTEST is the command that runs wstest, if it is not in the PATH.
set -euo pipefail
spec=$(realpath "${1:-$(dirname "$0")/fuzzingserver.json}")
cd "$(dirname "$0")"
run=(node --conditions=ws101-source --import tsx)

# Unquoted, because it may be several words.
${WSTEST:-wstest} -m fuzzingserver -s "$spec" &
suite=$!
trap 'kill "$suite" 2>/dev/null || true; wait "$suite" 2>/dev/null || true' EXIT

"${run[@]}" run-cases.ts "$spec"
"${run[@]}" check-report.ts "$spec"
