#!/usr/bin/env bash
# Set up the environment and run DAFFNet's three stages, small: on embedded
# synthetic cells, or on real ones with --data-root.
# Usage: bash tools/demo.sh [--data-root DIR [--ann-dir DIR]] [--out-dir DIR]
set -euo pipefail
# Paths among the arguments are meant from where the user stands.
here=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/setup_env.sh
# A second thread brings nothing where loading takes the other core, and costs
# a lot beside another program (docs/benchmarks.md).
if [ "$(getconf _NPROCESSORS_ONLN)" -le 2 ]; then
    export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
fi
root=$PWD
cd "$here"
"$PYTHON" "$root/tools/demo.py" "$@"
