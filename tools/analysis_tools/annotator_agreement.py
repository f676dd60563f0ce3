"""Measure how far annotators agree, as label smoothing for DSLLoss.

Usage:
    python tools/analysis_tools/annotator_agreement.py FIRST.csv SECOND.csv
        [--by-value]

Both files have WBCAtt's columns; the images that are in both count. WBCAtt
publishes a second annotator's values of some cells as
``pbc_attr_reannotations_trainval.csv``: hold it against
``pbc_attr_v1_train.csv``, so that nothing of the other parts flows into a
training. What is printed is a config's ``label_smoothing``: a share for each
attribute, or with --by-value the distribution of the other annotator's value
for each value.
"""

import daffnet_mm  # noqa: F401
from daffnet_lite.errors import InputError
from daffnet_lite.structures import ATTRIBUTE_SIZES, WBC_ATTRIBUTES
from daffnet_lite.utils.command_line import (
    ToolParser,
    one_sentence_errors,
    run_tool,
)
from daffnet_mm.datasets import WBCAtt
from daffnet_mm.evaluation.functional import (
    annotator_confusions,
    disagreement,
    smoothing_table,
)


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_argument('first', help="one annotator's file (CSV)")
    parser.add_argument('second', help="another annotator's file (CSV)")
    parser.add_argument(
        '--by-value',
        action='store_true',
        help='print a table for each attribute instead of one share',
    )
    return parser


def read(path: str) -> dict[str, list[int]]:
    return {
        annotation['name']: annotation['attributes']
        for annotation in WBCAtt.read_annotation_file(path)
    }


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    with one_sentence_errors():
        first, second = read(args.first), read(args.second)
        common = len(first.keys() & second.keys())
        if not common:
            raise InputError(
                f'{args.first} and {args.second} have no image in common; '
                'name two files that annotate the same cells'
            )
        confusions = annotator_confusions(first, second, ATTRIBUTE_SIZES)
    print(f'# {common} cells annotated twice')
    print('label_smoothing = [')
    for name, confusion in zip(WBC_ATTRIBUTES, confusions, strict=True):
        if args.by_value:
            value = smoothing_table(confusion).round(4).tolist()
        else:
            value = round(disagreement(confusion), 4)
        print(f'    {value},  # {name}')
    print(']')
    return 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
