#!/usr/bin/env bash
# Set up the environment and run DAFFNet's three stages, small: on embedded
# synthetic cells, or on real ones with --data-root.
# Usage: bash tools/demo.sh [--data-root DIR [--ann-dir DIR]] [--out-dir DIR]
set -euo pipefail
# Paths among the arguments are meant from where the user stands.
here=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/setup_env.sh
root=$PWD
cd "$here"
"$PYTHON" "$root/tools/demo.py" "$@"
