#!/usr/bin/env bash
# Runs the Autobahn|Testsuite against our client, and reads its report: anything but OK and INFORMATIONAL is a failure.
#   run-client.sh [spec]     the spec of `wstest -m fuzzingserver`; fuzzingserver.json if left out
# WSTEST says how to run wstest, where it is not in the PATH.
set -euo pipefail
spec=$(realpath "${1:-$(dirname "$0")/fuzzingserver.json}")
cd "$(dirname "$0")"
run=(node --conditions=ws101-source --import tsx)

# Unquoted, since it may be several words.
${WSTEST:-wstest} -m fuzzingserver -s "$spec" &
suite=$!
trap 'kill "$suite" 2>/dev/null || true; wait "$suite" 2>/dev/null || true' EXIT

"${run[@]}" run-cases.ts "$spec"
"${run[@]}" check-report.ts "$spec"
