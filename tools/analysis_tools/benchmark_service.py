"""Measure how fast `daffnet serve` starts and answers.

Usage:
    python tools/analysis_tools/benchmark_service.py FOLDER --onnx FILE
        [--num-images 400] [--clients 1 8] [--out FILE]

A service is started on this machine, with the options that it has by itself.
Measured are the seconds until /health answers, the memory that is resident
then and at most, and how many images a second are answered when each client
sends them one by one, and 16 a request. All images of FOLDER are sent once,
at most --num-images, shared out among the clients.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

from timing import write_figures

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.image_folders import find_images
from daffnet_lite.fileio.tables import to_markdown
from daffnet_lite.utils.command_line import (
    ToolParser,
    one_sentence_errors,
    run_tool,
)

#: Images of a request.
AT_ONCE = (1, 16)
BOUNDARY = 'between-two-images'


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_argument('folder', metavar='FOLDER', help='images of cells')
    parser.add_argument(
        '--onnx', metavar='FILE', required=True, help='an exported model'
    )
    parser.add_number('--num-images', 'images, at most', 400)
    parser.add_argument(
        '--clients',
        nargs='+',
        type=int,
        default=[1, 8],
        help='clients at a time (default: %(default)s)',
    )
    parser.add_output('--out', 'JSON file to write')
    return parser


@contextmanager
def started(onnx: str) -> Iterator[tuple[str, subprocess.Popen, float]]:
    """Start a service; gives its address, and the seconds that it took."""
    command = [sys.executable, '-m', 'daffnet_lite', 'serve', '--port', '0']
    begun = time.perf_counter()
    process = subprocess.Popen(
        [*command, '--onnx', onnx], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise InputError('the service did not start, as is said above')
        address = line.split()[-1]
        with urlopen(f'{address}health') as answer:
            answer.read()
        yield address, process, time.perf_counter() - begun
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def memory_of(process: subprocess.Popen) -> dict[str, float]:
    """MiB that are resident, and were at most."""
    status = Path(f'/proc/{process.pid}/status').read_text()
    lines = dict(line.split(':', 1) for line in status.splitlines())
    names = dict(resident='VmRSS', most='VmHWM')
    return {key: int(lines[n].split()[0]) / 1024 for key, n in names.items()}


def post(address: str, images: Sequence[str]) -> int:
    """Ask about images; gives how many are answered."""
    body = b''.join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; '
        f'filename="{place}"\r\n\r\n'.encode()
        + Path(image).read_bytes()
        + b'\r\n'
        for place, image in enumerate(images)
    )
    request = Request(
        f'{address}predict?profile=none',
        body + f'--{BOUNDARY}--\r\n'.encode(),
        {'Content-Type': f'multipart/form-data; boundary={BOUNDARY}'},
    )
    with urlopen(request) as answer:
        return len(json.load(answer)['cells'])


def images_a_second(
    address: str, images: Sequence[str], clients: int, at_once: int
) -> float:
    requests = [
        images[start : start + at_once]
        for start in range(0, len(images), at_once)
    ]
    begun = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        answered = sum(pool.map(lambda sent: post(address, sent), requests))
    return answered / (time.perf_counter() - begun)


def main(argv: Sequence[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    with one_sentence_errors():
        images = find_images([args.folder]).images[: args.num_images]
        with started(args.onnx) as (address, process, seconds):
            found = dict(
                images=len(images),
                seconds_to_health=seconds,
                mib=memory_of(process)['resident'],
            )
            post(address, images[:1])
            rates = [
                dict(
                    clients=clients,
                    images_a_request=at_once,
                    images_a_second=images_a_second(
                        address, images, clients, at_once
                    ),
                )
                for at_once in AT_ONCE
                for clients in args.clients
            ]
            found['mib_at_most'] = memory_of(process)['most']
    print(
        f'{seconds:.2f} s to the first answer of /health, '
        f'{found["mib"]:.0f} MiB then, {found["mib_at_most"]:.0f} MiB at most'
    )
    rows = [
        [
            f'{rate["clients"]}',
            f'{rate["images_a_request"]}',
            f'{rate["images_a_second"]:.1f}',
        ]
        for rate in rates
    ]
    columns = ['clients', 'images a request', 'images a second']
    print(to_markdown(columns, rows))
    write_figures(args.out, dict(found, rates=rates))
    return 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
