"""Let a trained model be less sure in laboratories that did not teach it.

Usage:
    python tools/analysis_tools/fit_laboratories.py CKPT --out FILE
        --taught NAME=FOLDER [NAME=FOLDER ...]
        --elsewhere RUN [RUN ...] [--check RUN ...]

FILE is CKPT with ``meta['laboratories']``, as plain values: the colours of
each laboratory of --taught, estimated as by `daffnet profile` on up to 400 of
its images, and a temperature. Where `daffnet predict` and ``WBCInferencer``
find, or are given, a profile whose colours are none of these, or cannot be
measured, the logits of the cell types are divided by it. Weights, cell types,
attributes and reviews stay as they are.

The temperature is not to be found where the model was taught. Each RUN of
--elsewhere has the wbc_predictions.csv that cross_dataset.py or tools/test.py
wrote for a laboratory that a model of the same recipe never saw, such as the
twin that is trained on PBC alone. The geometric mean of what fits each of them
(Guo et al., ICML 2017) is taken, but no less than 1. Told is how well each is
calibrated (ECE, expected calibration error in percent) before and after, and
how well a model whose probabilities are true would seem to be on as many
cells. --check names further ones to tell it of, such as the model's own in a
laboratory that it never saw; nothing is fitted to them.
"""

from typing import NamedTuple

import numpy as np
from mmengine.runner import CheckpointLoader
from rich.progress import track

import daffnet_mm  # noqa: F401
from daffnet_lite.errors import InputError
from daffnet_lite.fileio.image_folders import find_images
from daffnet_lite.fileio.tables import to_markdown
from daffnet_lite.profiles import (
    KnownLaboratories,
    Profile,
    estimate_profile,
    measure_file,
)
from daffnet_lite.profiles.estimating import spread_out
from daffnet_lite.utils.command_line import (
    ToolParser,
    named_places,
    one_sentence_errors,
    run_tool,
)
from daffnet_lite.utils.rounding import rounded_down, rounded_up
from daffnet_mm.apis.laboratories_of_checkpoint import LABORATORIES
from daffnet_mm.checkpoints import (
    find_meta,
    find_state_dict,
    save_checkpoint,
)
from daffnet_mm.evaluation.functional import (
    ReliabilityBins,
    fit_temperature,
    scale_temperature,
)
from daffnet_mm.evaluation.run_folders import read_predictions

#: Images that a laboratory's colours are estimated on.
MEASURED = 400
#: Drawings of labels that are as true as the probabilities say.
DRAWS = 200


class Predictions(NamedTuple):
    """What a model said of a laboratory's cells.

    Attributes:
        name (str): Where it was written.
        scores (np.ndarray): Probabilities, shape (N, K).
        true (np.ndarray): The true classes, (N,).
    """

    name: str
    scores: np.ndarray
    true: np.ndarray


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_argument('src', metavar='CKPT', help='checkpoint of the model')
    parser.add_output('--out', 'checkpoint to write', required=True)
    parser.add_argument(
        '--taught',
        nargs='+',
        required=True,
        metavar='NAME=FOLDER',
        help='images of the laboratories that taught the model',
    )
    parser.add_argument(
        '--elsewhere',
        nargs='+',
        required=True,
        metavar='RUN',
        help='folders with predictions (or their wbc_predictions.csv) in '
        'laboratories that a model of the same recipe never saw',
    )
    parser.add_argument(
        '--check',
        nargs='+',
        default=[],
        metavar='RUN',
        help='further ones, to which nothing is fitted',
    )
    return parser


def profile_of(name: str, folder: str) -> Profile:
    """Estimate a laboratory's profile on some of its images.

    Args:
        name (str): How it is called.
        folder (str): Its images.

    Returns:
        Profile: Its profile.

    Raises:
        InputError: If an image cannot be read.
    """
    images = find_images([folder]).images
    measured = [
        measure_file(images[place])
        for place in track(spread_out(len(images), MEASURED), name)
    ]
    return estimate_profile(measured)


def predictions_of(place: str) -> Predictions:
    """Read what a test has left, and how it is called."""
    _, true, scores = read_predictions(place)
    total = scores.sum(1, keepdims=True)
    if not (total > 0).all():
        raise InputError(f'{place} has probabilities whose sum is 0')
    # Written with six digits.
    return Predictions(place, scores / total, true)


def describe(predictions: list[Predictions], temperature: float) -> str:
    """Tell how well each laboratory is calibrated, before and after."""
    rng = np.random.default_rng(0)
    rows = []
    for name, scores, true in predictions:
        after = scale_temperature(scores, temperature)
        likely = after.cumsum(1)
        drawn = [
            (rng.random((len(true), 1)) > likely[:, :-1]).sum(1)
            for _ in range(DRAWS)
        ]
        errors = (
            _error(scores, true),
            _error(after, true),
            float(np.mean([_error(after, labels) for labels in drawn])),
        )
        rows.append(
            [
                name,
                str(len(true)),
                rounded_down(100 * (scores.argmax(1) == true).mean(), 2),
                f'{fit_temperature(scores, true):.2f}',
                *(rounded_up(error, 2) for error in errors),
            ]
        )
    headers = (
        *('predictions', 'cells', 'accuracy', 'own temperature'),
        *('ECE before', 'ECE after', 'if true'),
    )
    return to_markdown(headers, rows)


def _error(scores: np.ndarray, true: np.ndarray) -> float:
    return 100 * ReliabilityBins.from_scores(scores, true).error


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    with one_sentence_errors() as status:
        checkpoint = CheckpointLoader.load_checkpoint(args.src, 'cpu')
        meta = dict(find_meta(checkpoint, args.src))
        taught = named_places(args.taught).items()
        elsewhere, others = (
            [predictions_of(place) for place in places]
            for places in (args.elsewhere, args.check)
        )
        logarithms = [
            np.log(fit_temperature(scores, true))
            for _, scores, true in elsewhere
        ]
        temperature = max(1.0, round(float(np.exp(np.mean(logarithms))), 2))
        profiles = {name: profile_of(name, place) for name, place in taught}
        known = KnownLaboratories(profiles, temperature)
        meta[LABORATORIES] = known.to_dict()
        weights = find_state_dict(checkpoint, args.src)
        save_checkpoint(args.out, dict(meta=meta, state_dict=weights))
    print(describe([*elsewhere, *others], temperature))
    names = ', '.join(profiles)
    print(f'temperature {temperature:g}, elsewhere than in {names}')
    print(f'wrote {args.out}')
    return status.code


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
