"""The tables; the whole command is in test_analysis_of_runs.py."""

from tool_process import load_tool

from daffnet_mm.apis.trained_classifier import ClassifierResult
from daffnet_mm.evaluation import EvaluationReport

tool = load_tool('analysis_tools/cross_dataset.py')


def result(basophil, monocyte):
    """Of each type, how many are right, and of how many."""
    report = EvaluationReport('name', {}, [], {}, [])
    right, support = (
        dict(basophil=b, monocyte=m)
        for b, m in zip(basophil, monocyte, strict=True)
    )
    return ClassifierResult(right, support, report, notes=[])


ROWS = [
    ('a', 'BCCD', result((0, 0), (4, 6))),
    ('a', 'JTSC', result((2, 2), (4, 4))),
    ('a', 'PBC', result((0, 2), (4, 6))),
]


def cells_of(table):
    return [
        [cell.strip() for cell in line.strip('|').split('|')]
        for line in table.splitlines()
    ]


def test_a_class_that_a_dataset_lacks_has_no_recall():
    head, _, *rows = cells_of(tool.recall_table(ROWS))
    assert head == ['classifier', 'tested on', 'basophil', 'monocyte']
    assert rows == [
        # Of 66.67.
        ['a', 'BCCD', '-', '66.6'],
        ['a', 'JTSC', '100.0', '100.0'],
        ['a', 'PBC', '0.0', '66.6'],
    ]


def test_accuracies_are_not_rounded_up():
    _, _, row = cells_of(tool.accuracy_table(ROWS))
    # Wilson's interval of 4 of 6 is 29.999 to 90.323, of 6 of 6 60.967 to 100.
    assert row == [
        'a',
        '66.6 (29.9 to 90.4)',
        '66.6 (29.9 to 90.4)',
        '100.0 (60.9 to 100.0)',
        # Where no class has five cells, all count: 1 less half of the
        # root of (1 - 2 / 5.8416) ** 2 + (1 - 4 / 7.8416) ** 2 is 0.58999.
        '100.0 (58.9 to 100.0)',
        '50.0 (21.5 to 78.5)',
        # Two basophils do not.
        '66.6 (29.9 to 90.4)',
    ]
