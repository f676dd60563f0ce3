import ast

import numpy as np
from annotations import annotation, write_annotations
from tool_process import run_tool

from daffnet_mm.models.losses import DSLLoss
from daffnet_mm.structures import ATTRIBUTE_SIZES

TOOL = 'analysis_tools/annotator_agreement.py'


def run(tmp_path, *arguments):
    return run_tool(TOOL, *arguments, log=tmp_path / 'log')


def test_what_is_printed_is_a_config(tmp_path):
    first, second = tmp_path / 'first.csv', tmp_path / 'second.csv'
    rows = [annotation('basophil', n) for n in range(4)]
    write_annotations(first, rows)
    other = dict(rows[0])
    other['cell_size'] = 'small' if other['cell_size'] == 'big' else 'big'
    write_annotations(second, [other, *rows[1:3]])
    status, output = run(tmp_path, first, second)
    assert status == 0, output
    assert '# 3 cells annotated twice' in output
    text = output.partition('label_smoothing = ')[2]
    assert ast.literal_eval(text) == [round(1 / 3, 4)] + [0.0] * 10

    status, output = run(tmp_path, first, second, '--by-value')
    assert status == 0, output
    tables = ast.literal_eval(output.partition('label_smoothing = ')[2])
    assert [np.shape(table) for table in tables] == [
        (size, size) for size in ATTRIBUTE_SIZES
    ]
    DSLLoss(label_smoothing=tables)


def test_files_about_other_cells(tmp_path):
    first, second = tmp_path / 'first.csv', tmp_path / 'second.csv'
    write_annotations(first, [annotation('basophil', 1)])
    write_annotations(second, [annotation('basophil', 2)])
    status, output = run(tmp_path, first, second)
    assert status == 2, output
    assert 'no image in common' in output
