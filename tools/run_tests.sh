#!/usr/bin/env bash
# Set up the environment and run the tests, but for those that take minutes
# each: they have the mark long, and run with -m long.
# Usage: bash tools/run_tests.sh [arguments of pytest]
set -euo pipefail
here=$PWD
cd "$(dirname "$0")/.."
source tools/setup_env.sh
# One thread a process: the tests run in two processes, and small operations
# are slower when threads wait for each other.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
"$PYTHON" -m pytest -n 2 --dist worksteal -m 'not long' "$@"
