#!/usr/bin/env bash
# Test on several GPUs, or with several processes on the CPU.
# Usage: bash tools/dist_test.sh CONFIG CHECKPOINT PROCESSES [arguments]
set -euo pipefail
if [ $# -lt 3 ]; then
    echo 'usage: bash tools/dist_test.sh CONFIG CHECKPOINT PROCESSES' \
        '[arguments of test.py]' >&2
    exit 2
fi
config=$1
checkpoint=$2
processes=$3
here=$(cd "$(dirname "$0")" && pwd)
"${PYTHON:-python}" -m torch.distributed.run \
    --nnodes="${NNODES:-1}" \
    --node_rank="${NODE_RANK:-0}" \
    --master_addr="${MASTER_ADDR:-127.0.0.1}" \
    --master_port="${PORT:-29500}" \
    --nproc_per_node="$processes" \
    "$here/test.py" "$config" "$checkpoint" --launcher pytorch "${@:4}"
