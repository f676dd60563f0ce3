"""Measure what a laboratory's profile brings, part by part, at test.

Usage:
    python tools/analysis_tools/evaluate_profile.py CONFIG CKPT
        --datasets NAME=ROOT [NAME=ROOT ...] [--home] [--per-class 200]
        [--by-group N] [--out-dir DIR] [--batch-size 64] [--num-workers 2]
        [--device DEVICE] [--cfg-options KEY=VALUE ...]

    python tools/analysis_tools/evaluate_profile.py
        configs/daffnet/daffnet-lite_laboratories.py
        daffnet_mm/weights/daffnet-lite_laboratories.pth
        --datasets RaabinWBC=configs/_base_/datasets/held-out-raabin.py
        JTSC=data/segmentation_WBC --home --by-group 60

The test pipeline of CONFIG has an ApplyProfile. Of each dataset, named as for
cross_dataset.py, a profile is estimated on its images, without labels, and
at most so many cells of each class, drawn by a fixed seed, are classified
without a profile, with the scale alone, with the colours alone (mapped
whatever they are, by channel or together, or only where that is trusted),
with the cytoplasm alone, made paler where it is deeper than home's, and with
several of these. Where an image is smaller than the laboratory's view, it
stays whole, or is padded by the colour of its border. --home adds the test
part of CONFIG.

--by-group takes each group of a dataset, such as a slide, with N images or
more for a laboratory of its own, and counts those of which the colours, and
the cytoplasm, make more cells right, and fewer.

Written are ``profile.md`` and ``profile.json``: accuracy with Wilson's 95 %
interval; balanced accuracy, the mean recall of the classes of five cells or
more, with the interval that follows from those of the recalls; and McNemar's
test against the first row. The profiles lie beside them; of groups,
``groups.json``.

Exit status: 1 if an image cannot be read, which is named and left out, while
the rest goes on; 2 for bad input; else 0.
"""

import argparse
import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from mmengine.logging import MMLogger
from mmpretrain.registry import TRANSFORMS
from rich.progress import track
from torch.utils.data import Dataset

import daffnet_mm  # noqa: F401
from daffnet_lite.errors import InputError
from daffnet_lite.fileio import atomic_write
from daffnet_lite.fileio.json_files import write_json
from daffnet_lite.fileio.tables import to_markdown
from daffnet_lite.profiles import Profile, estimate_profile, measure_file
from daffnet_lite.profiles.estimating import spread_out
from daffnet_lite.utils.command_line import (
    ToolParser,
    named_places,
    one_sentence_errors,
    run_tool,
)
from daffnet_lite.utils.rounding import rounded_down, with_interval
from daffnet_mm.apis.trained_classifier import (
    DATASET,
    ClassifierResult,
    TrainedClassifier,
)
from daffnet_mm.datasets.sample_infos import image_groups, image_ids
from daffnet_mm.datasets.transforms import ApplyProfile
from daffnet_mm.evaluation.functional.significance import mcnemar_test
from daffnet_mm.utils.dataset_configs import pipeline_of_test

HOME = 'home'
#: Images that the profile of a dataset, and of a group, is estimated on.
MEASURED, MEASURED_OF_GROUP = 400, 100
#: What is compared, and how ApplyProfile is told; None: without a profile.
VARIANTS: dict[str, dict[str, Any] | None] = {
    'off: image by image': None,
    'scale of the laboratory': dict(colours='left', cytoplasm=False),
    'the same, small images padded': dict(
        type='PaddedProfile', colours='left', cytoplasm=False
    ),
    'colours by channel': dict(
        scale=False, colours='diagonal', cytoplasm=False
    ),
    'colours together': dict(scale=False, colours='full', cytoplasm=False),
    'colours where trusted': dict(scale=False, cytoplasm=False),
    'cytoplasm made paler': dict(scale=False, colours='left'),
    'scale, colours by channel': dict(colours='diagonal', cytoplasm=False),
    'scale, colours together': dict(colours='full', cytoplasm=False),
    'scale, colours where trusted': dict(cytoplasm=False),
    'scale, cytoplasm made paler': dict(colours='left'),
    'all three, each where trusted': dict(),
}
#: What is compared on groups: the scale is the laboratory's.
GROUP_VARIANTS = {
    'left': dict(colours='left', cytoplasm=False),
    'by channel': dict(colours='diagonal', cytoplasm=False),
    'together': dict(colours='full', cytoplasm=False),
    'where trusted': dict(cytoplasm=False),
    'cytoplasm made paler': dict(colours='left'),
}


# Whoever imports the tool twice means the same.
@TRANSFORMS.register_module(force=True)
class PaddedProfile(ApplyProfile):
    """Pads images that are smaller than the laboratory's view."""

    def transform(self, results: dict) -> dict:
        """Pad one image by the usual colour of its border, then cut it."""
        img = results['img']
        height, width = img.shape[:2]
        file_height = results.get('ori_shape', img.shape)[0]
        view = self.adjustment and self.adjustment.view(self.share)
        if view is not None:
            side = round(view * height / file_height)
            rim = np.concatenate([img[0], img[-1], img[:, 0], img[:, -1]])
            down, right = max(0, side - height), max(0, side - width)
            results['img'] = cv2.copyMakeBorder(
                img,
                *(down // 2, down - down // 2),
                *(right // 2, right - right // 2),
                cv2.BORDER_CONSTANT,
                value=np.median(rim, axis=0).tolist(),
            )
            # As many pixels of the file are one as before.
            padded = results['img'].shape[0] * file_height / height
            results['ori_shape'] = (padded, padded)
        return super().transform(results)


class Sample(Dataset):
    """At most so many cells of each class, by a hash of their names.

    Args:
        dataset (TaxonomyDataset): The dataset.
        per_class (int): How many of each class.
        among (Sequence[int], optional): Places of the cells. Defaults to
            None: all.
    """

    def __init__(
        self, dataset: Any, per_class: int, among: Sequence[int] | None = None
    ) -> None:
        by_class = defaultdict(list)
        names = image_ids(dataset)
        for index in range(len(names)) if among is None else among:
            name = names[index]
            key = hashlib.sha256(name.encode()).hexdigest()
            label = dataset.get_data_info(index)['gt_label']
            if label >= 0:
                by_class[label].append((key, index))
        self._dataset = dataset
        self.indices = sorted(
            index
            for cells in by_class.values()
            for _, index in sorted(cells)[:per_class]
        )

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> dict:
        return self._dataset[self.indices[index]]


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_model()
    parser.add_argument(
        '--datasets',
        nargs='+',
        default=[],
        metavar='NAME=ROOT',
        help='what is tested on: NAME=ROOT or NAME=CONFIG.py',
    )
    parser.add_argument(
        '--home',
        action='store_true',
        help="test on the test part of the config's own dataset too",
    )
    parser.add_number('--per-class', 'cells of each class, at most', 200)
    parser.add_number(
        '--by-group',
        'take groups of so many images for laboratories (default: not)',
        metavar='N',
    )
    parser.add_out_dir('work_dirs/evaluate_profile')
    parser.add_loading()
    parser.add_device()
    return parser


def step_of(classifier: TrainedClassifier) -> dict:
    """Find the step that takes the profile, to be changed in place."""
    for step in pipeline_of_test(classifier.cfg):
        if step['type'] == 'ApplyProfile':
            return step
    raise InputError(
        'the test pipeline of the config has no ApplyProfile: put one in the '
        'place of FrameCell'
    )


def dataset_of(classifier: TrainedClassifier, text: str) -> Any:
    """Build a dataset with the pipeline as it is now."""
    return classifier.home() if text == HOME else classifier.dataset(text)[1]


def profile_of(
    dataset: Any, name: str, among: Sequence[int] | None = None
) -> Profile:
    """Estimate the profile of a dataset's laboratory, or of one group."""
    most = MEASURED if among is None else MEASURED_OF_GROUP
    if among is None:
        among = range(len(dataset))
    paths = [
        dataset.get_data_info(among[place])['img_path']
        for place in spread_out(len(among), most)
    ]
    return estimate_profile(
        measure_file(path)
        for path in track(paths, f'{name}: profile', transient=True)
    )


def hits(result: ClassifierResult) -> np.ndarray:
    """Which cells are right, in the dataset's order."""
    return np.array(
        [row['true'] == row['predicted'] for row in result.report.predictions]
    )


def compare(
    classifier: TrainedClassifier,
    name: str,
    text: str,
    args: argparse.Namespace,
) -> list[dict]:
    """Test all variants on one dataset."""
    step = step_of(classifier)
    plain = dict(step)
    profile = profile_of(dataset_of(classifier, text), name)
    path = Path(args.out_dir, f'profile_{name}.json')
    profile.save(path)
    rows, first = [], None
    for variant, options in VARIANTS.items():
        step.clear()
        step.update(plain)
        if options is not None:
            step.update({'profile': str(path), **options})
        result = classifier.test(
            Sample(dataset_of(classifier, text), args.per_class), name
        )
        right = hits(result)
        first = right if first is None else first
        rows.append(
            dict(
                dataset=name,
                variant=variant,
                **result.summary(),
                p_value=mcnemar_test(first, right).p_value,
                refused=list(profile.refused),
            )
        )
    step.clear()
    step.update(plain)
    return rows


def compare_groups(
    classifier: TrainedClassifier,
    name: str,
    text: str,
    args: argparse.Namespace,
) -> list[dict]:
    """Count the right cells of each group that is large enough."""
    step = step_of(classifier)
    plain = dict(step)
    dataset = dataset_of(classifier, text)
    groups = image_groups(dataset)
    members = defaultdict(list)
    for index, image in enumerate(image_ids(dataset)):
        members[groups[image]].append(index)
    rows = []
    for group, places in sorted(members.items()):
        if len(places) < args.by_group:
            continue
        profile = profile_of(dataset, group, places)
        path = Path(args.out_dir, 'group.json')
        profile.save(path)
        row = dict(
            dataset=name,
            group=group,
            images=len(places),
            profile=asdict(profile),
        )
        for variant, options in GROUP_VARIANTS.items():
            step.clear()
            step.update({**plain, 'profile': str(path), **options})
            sample = Sample(
                dataset_of(classifier, text), args.per_class, places
            )
            result = classifier.test(sample, group)
            row['cells'] = result.cells
            row[variant] = result.correct
        rows.append(row)
    step.clear()
    step.update(plain)
    return rows


def group_table(rows: Sequence[dict]) -> str:
    """Of how many groups a profile makes more cells right, and fewer."""
    lines = []
    for variant in GROUP_VARIANTS:
        change = np.array([row[variant] - row['left'] for row in rows])
        right = sum(row[variant] for row in rows)
        cells = sum(row['cells'] for row in rows)
        lines.append(
            [
                variant,
                rounded_down(100 * right / cells, 1),
                str((change > 0).sum()),
                str((change < 0).sum()),
            ]
        )
    return to_markdown(
        [
            f"{len(rows)} groups' own profiles",
            f'accuracy ({sum(row["cells"] for row in rows)} cells)',
            'groups with more right',
            'with fewer',
        ],
        lines,
    )


def in_words(row: dict, value: str, limits: str) -> str:
    """A figure and its interval."""
    return with_interval(
        row[value], row[f'{limits}_low'], row[f'{limits}_high']
    )


def write(rows: Sequence[dict], out_dir: Path) -> str:
    """Write all that is known; gives the table."""
    names = list(dict.fromkeys(row['dataset'] for row in rows))
    lines = []
    for variant in VARIANTS:
        line = [variant]
        for row in rows:
            if row['variant'] == variant:
                line += [
                    in_words(row, 'accuracy', 'accuracy'),
                    in_words(row, 'balanced_accuracy', 'balanced'),
                ]
        lines.append(line)
    headers = ['profile']
    for name in names:
        cells = next(row['cells'] for row in rows if row['dataset'] == name)
        headers += [f'{name} ({cells} cells)', f'{name}, balanced']
    text = to_markdown(headers, lines)
    with atomic_write(out_dir / 'profile.md') as file:
        file.write(text)
    write_json(out_dir / 'profile.json', rows)
    return text


def main(argv: Sequence[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    MMLogger.get_instance('daffnet_mm', log_level='ERROR')
    with one_sentence_errors() as status:
        if not args.datasets and not args.home:
            raise InputError(
                'nothing to test on: give --datasets NAME=ROOT or --home'
            )
        named_places(args.datasets, DATASET, [HOME])
        classifier = TrainedClassifier(
            args.config,
            args.checkpoint,
            device=args.device,
            batch_size=args.batch_size,
            num_workers=args.num_workers,
            cfg_options=args.cfg_options,
        )
        rows: list[dict] = []
        groups: list[dict] = []
        for text in [*([HOME] if args.home else []), *args.datasets]:
            rows += compare(classifier, text.partition('=')[0], text, args)
            table = write(rows, args.out_dir)
            if args.by_group and text != HOME:
                groups += compare_groups(
                    classifier, text.partition('=')[0], text, args
                )
        if groups:
            write_json(args.out_dir / 'groups.json', groups)
            table += '\n' + group_table(groups)
        print(table)
        print(f'written to {args.out_dir}')
    return status.code


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
