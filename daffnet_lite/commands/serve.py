"""Answer a page in the browser, and programs, without PyTorch.

Usage:
    daffnet serve [--host 127.0.0.1] [--port 8000] [--onnx FILE]
        [--profile auto|none|FILE] [--bit-depth N] [--max-pixels N]
        [--max-file-bytes N] [--max-request-bytes N] [--max-files N]
        [--upload-seconds N] [--compute-seconds N] [--max-requests N]
        [--allow-host NAME ...]

The page takes pictures of cells, or fields of a smear, and shows types,
attributes, the count and what to look at again. Programs post images as files
of a form to

    /predict    cells, an image each: JSON as of `daffnet predict`, or CSV
    /fields     fields of a smear: their cells, with boxes
    /report     the report of `daffnet predict`

/health and /model tell of the service, /docs of all this.

FILE is one of `daffnet export`. Without it the model that comes with the
package is exported once, which needs PyTorch, and kept in the user's cache.

Nothing is kept of what is sent. There is no login: whoever reaches the
address is answered, which is this machine alone unless --host says otherwise.

Ends at Ctrl-C and SIGTERM, within 5 seconds. Exit status: 2 for bad input,
else 0.

Not for diagnosis.
"""

import sys
import warnings
from collections.abc import Sequence

from daffnet_lite.errors import InputError, InputWarning
from daffnet_lite.utils.command_line import ToolParser, one_sentence_errors

#: The most pixels of an image, where strangers may send them.
MAX_PIXELS = 40_000_000


def build_parser() -> ToolParser:
    """Describe the command line."""
    parser = ToolParser(
        __doc__, prog='daffnet serve', epilog='Not for diagnosis.'
    )
    parser.add_argument(
        '--host',
        default='127.0.0.1',
        help='name or address of this machine to be reached at; 127.0.0.1: '
        'from itself alone (default: %(default)s)',
    )
    parser.add_number(
        '--port', 'its port; 0: any that is free', 8000, least=0, most=65535
    )
    parser.add_argument(
        '--onnx',
        metavar='FILE',
        help='an exported model (default: the one that comes with the '
        'package, exported at the first start)',
    )
    parser.add_profile()
    parser.add_reading(of_model=True, max_pixels=MAX_PIXELS)
    parser.add_number(
        '--max-file-bytes', 'most bytes of an image file', 32_000_000
    )
    parser.add_number(
        '--max-request-bytes', 'most bytes of a request', 64_000_000
    )
    parser.add_number('--max-files', 'most images of a request', 1_000)
    parser.add_number(
        '--upload-seconds', 'in which a request must have arrived', 60
    )
    parser.add_number(
        '--compute-seconds', 'in which a request is to be answered', 120
    )
    parser.add_number(
        '--max-requests',
        'most requests that arrive, wait or are computed at once',
        16,
    )
    parser.add_argument(
        '--allow-host',
        nargs='+',
        default=[],
        metavar='NAME',
        help='further names by which browsers may call the service, such as '
        'that of a proxy before it',
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        int: 0.
    """
    args = build_parser().parse_checked(argv)
    with one_sentence_errors():
        try:
            import fastapi  # noqa: F401
            import python_multipart  # noqa: F401
            import uvicorn  # noqa: F401
        except ImportError as error:
            raise InputError(
                f'a service needs {error.name}, which is not installed: run '
                '`pip install "daffnet-mm[serve]"`'
            ) from error
        import rich

        from daffnet_lite.answers import ModelIdentity
        from daffnet_lite.onnx import OnnxClassifier
        from daffnet_lite.service import (
            Limits,
            build_app,
            listen,
            serve,
            shipped_export,
        )
        from daffnet_lite.service.guard import host_of
        from daffnet_lite.service.running import address_of, is_loopback

        for name in args.allow_host:
            if not host_of(name):
                raise InputError(
                    f'--allow-host {name} names no host: expected is a name '
                    'such as cells.example.org'
                )
        listening = listen(args.host, args.port)
        onnx = args.onnx or shipped_export()
        app = build_app(
            OnnxClassifier(
                onnx,
                bit_depth=args.bit_depth,
                max_pixels=args.max_pixels,
                profile=args.profile,
            ),
            ModelIdentity.of_file(onnx),
            Limits(
                args.max_file_bytes,
                args.max_request_bytes,
                args.max_files,
                args.upload_seconds,
                args.compute_seconds,
                args.max_requests,
            ),
            args.profile,
            [args.host, *args.allow_host],
        )
        if not is_loopback(listening):
            warnings.warn(
                f'there is no login: whoever reaches {args.host} is answered, '
                'and what they send is not encrypted',
                InputWarning,
                stacklevel=1,
            )
        # No progress of each request; and what is said of their images, they
        # are told.
        rich.reconfigure(stderr=True, quiet=True)
        warnings.simplefilter('ignore', InputWarning)
        print(f'serving at {address_of(listening)}/', flush=True)
        serve(app, listening)
    print('stopped', file=sys.stderr)
    return 0
