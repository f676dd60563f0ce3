"""Write a model as an ONNX file, which runs without PyTorch.

Usage:
    daffnet export --out FILE.onnx [--int8]
        [--config CONFIG --checkpoint CKPT] [--cfg-options KEY=VALUE ...]
        [--cells IMAGE|FOLDER|GLOB ...]

With no other argument the model is the one that comes with the package; any
classifier of the plugin will do. FILE.onnx holds the network, from pixels to
probabilities, and beside it all that a prediction needs: how images are read,
framed and scaled, the names of cell types and attributes, by which rule
answers are reviewed, and which checkpoint it was made of. The option --onnx of
`daffnet predict` takes it, with the same answers; so does
`daffnet_lite.onnx.OnnxClassifier`.

Both are asked about cells, one by one and 32 at once, and FILE.onnx is kept if
no probability differs by 1e-4. The cells are painted ones, or 100 of those
that --cells names.

--int8 lets convolutions compute with eight-bit integers. The file is smaller,
but not all answers stay: it is printed how many do. The ranges of its numbers
are measured on the same cells: name real ones.

Needs `pip install "daffnet-mm[export]"`. Exit status: 2 for bad input, or if
answers differ, and then there is no file; else 0.
"""

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.image_folders import find_images
from daffnet_lite.utils.command_line import ToolParser, one_sentence_errors
from daffnet_lite.utils.rounding import rounded_down

if TYPE_CHECKING:
    from daffnet_mm.apis.onnx import Parity

#: The most cells that are compared.
MOST_CELLS = 100


def build_parser() -> ToolParser:
    """Describe the command line."""
    parser = ToolParser(__doc__, prog='daffnet export')
    parser.add_output('--out', 'ONNX file to write', required=True)
    parser.add_argument(
        '--int8',
        action='store_true',
        help='let convolutions compute with eight-bit integers',
    )
    parser.add_argument(
        '--cells',
        nargs='+',
        default=[],
        metavar='IMAGE|FOLDER|GLOB',
        help='images of cells to compare answers on, and to measure the '
        'ranges of --int8 on (default: painted ones)',
    )
    parser.add_model(shipped=True)
    return parser


def describe(parity: 'Parity') -> str:
    """Say how far the answers are the same."""
    types, values, reviews = (
        # 100 are all of them.
        rounded_down(100 * share, 2)
        for share in (
            parity.equal_types,
            parity.equal_values,
            parity.equal_reviews,
        )
    )
    return (
        f'the same cell type on {types} % of {parity.cells} cells, the same '
        f'value of {values} % of the attributes, the same review of '
        f'{reviews} %; largest difference of a probability '
        f'{parity.difference:.1e}'
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        int: 0.
    """
    args = build_parser().parse_checked(argv)
    import rich

    from daffnet_lite.profiles.estimating import spread_out

    # What is printed to the standard output is the result.
    rich.reconfigure(stderr=True)
    with one_sentence_errors():
        images = None
        if args.cells:
            found = find_images(args.cells).images
            places = spread_out(len(found), MOST_CELLS)
            images = [found[place] for place in places]
        # MMEngine says there which file it loads.
        with redirect_stdout(sys.stderr):
            import daffnet_mm  # noqa: F401
            from daffnet_lite.onnx.runtime import import_runtime

            try:
                import onnx  # noqa: F401

                import_runtime()
            except ImportError as error:
                raise InputError(
                    f'an export needs {error.name}, which is not installed: '
                    'run `pip install "daffnet-mm[export]"`'
                ) from error
            from daffnet_mm.apis.onnx import export_onnx

            exported = export_onnx(
                args.out,
                args.config,
                args.checkpoint,
                args.int8,
                images,
                args.cfg_options,
            )
    print(f'as exported: {describe(exported.parity)}')
    if exported.int8 is not None:
        print(f'with eight-bit integers: {describe(exported.int8)}')
    print(
        f'wrote {exported.path}: {exported.size / 1e6:.2f} MB, SHA-256 '
        f'{exported.sha256}'
    )
    return 0
