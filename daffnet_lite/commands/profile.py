"""Measure a laboratory's scale and stain on its images, without labels.

Usage:
    daffnet profile FOLDER [FOLDER|IMAGE|GLOB ...] --out FILE.json
        [--most N] [--bit-depth N] [--max-pixels N]

FOLDER holds images of single cells of one laboratory: one microscope, camera,
stain and magnification; its subfolders are searched. At most N images are
looked at (default: 400), evenly from first to last. The profile is for
`ApplyProfile` in a pipeline, and for `daffnet predict`.

Printed is what was measured, and what becomes of the images for a model that
was trained on PBC. What cannot be measured is left out of the file, and said.

Exit status: 1 if an image or a subfolder cannot be read, which is named while
the rest goes on; 2 for bad input, or if nothing of all that can be measured;
else 0.
"""

import sys
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from daffnet_lite.errors import InputError, InputWarning
from daffnet_lite.fileio.image_folders import describe_left_out, find_images
from daffnet_lite.utils.command_line import ToolParser, one_sentence_errors

if TYPE_CHECKING:
    from daffnet_lite.profiles import Profile


def build_parser() -> ToolParser:
    """Describe the command line."""
    parser = ToolParser(__doc__, prog='daffnet profile')
    parser.add_argument(
        'images',
        nargs='+',
        metavar='FOLDER',
        help='images of single cells of one laboratory',
    )
    parser.add_output('--out', 'JSON file to write', required=True)
    parser.add_number('--most', 'images to look at, at most', 400)
    parser.add_reading()
    return parser


def describe(profile: 'Profile') -> str:
    """Say what was measured."""
    lines = [
        f'{profile.images} images, short edge (median) {profile.side:.0f} px'
    ]
    scale, colours = profile.scale, profile.colours
    cytoplasm = profile.cytoplasm
    if scale is not None:
        lines.append(
            f'red cells: {scale.red_cell:.1f} px across, standard '
            f'deviation {scale.spread:.1f}, by {scale.rims} rims in '
            f'{scale.images} images'
        )
    if colours is not None:
        lines.append(
            f'optical densities (blue, green, red) in {colours.images} images:'
        )
        for name, values, spread in zip(
            ('background', 'red cells', 'nuclei'),
            (colours.background, colours.red_cells, colours.nuclei),
            colours.spread,
            strict=True,
        ):
            text = ', '.join(
                f'{value:.2f} ± {off:.2f}'
                for value, off in zip(values, spread, strict=True)
            )
            lines.append(f'  {name}: {text}')
    if cytoplasm is not None:
        lines.append(
            f"cytoplasm: {100 * cytoplasm.depth:.0f} % of the nuclei's stain "
            f'in the palest quarter of {cytoplasm.images} images, standard '
            f'deviation {100 * cytoplasm.spread:.0f} %'
        )
    return '\n'.join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        int: 1 if an image cannot be read, else 0.
    """
    args = build_parser().parse_checked(argv)
    from rich.progress import track

    from daffnet_lite.profiles import (
        Adjustment,
        estimate_profile,
        home_profile,
        measure_file,
    )
    from daffnet_lite.profiles.estimating import spread_out

    with one_sentence_errors():
        listing = find_images(args.images)
        for note in describe_left_out(listing.left_out):
            warnings.warn(note, InputWarning, stacklevel=1)
        errors = list(listing.faults)
        measured = []
        for place in track(
            spread_out(len(listing.images), args.most), 'Measuring'
        ):
            try:
                measured.append(
                    measure_file(
                        listing.images[place], args.bit_depth, args.max_pixels
                    )
                )
            except InputError as error:
                errors.append(str(error))
        for text in errors:
            print(f'error: {text}', file=sys.stderr)
        if not measured:
            raise InputError('none of the images can be read')
        profile = estimate_profile(measured)
        if not (profile.scale or profile.colours or profile.cytoplasm):
            raise InputError('; '.join(profile.refused))
        print(describe(profile))
        for remark in Adjustment(profile, home_profile()).remarks:
            print(remark)
        profile.save(args.out)
        print(f'wrote {args.out}')
    return 1 if errors else 0
