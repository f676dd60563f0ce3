import ast

import numpy as np
from annotations import annotation, write_annotations

from daffnet_lite.structures import ATTRIBUTE_SIZES
from daffnet_mm.models.losses import DSLLoss

TOOL = 'analysis_tools/annotator_agreement.py'


def test_what_is_printed_is_a_config(tmp_path, succeeds):
    first, second = tmp_path / 'first.csv', tmp_path / 'second.csv'
    rows = [annotation('basophil', n) for n in range(4)]
    write_annotations(first, rows)
    other = dict(rows[0])
    other['cell_size'] = 'small' if other['cell_size'] == 'big' else 'big'
    write_annotations(second, [other, *rows[1:3]])
    output = succeeds(TOOL, first, second)
    assert '# 3 cells annotated twice' in output
    text = output.partition('label_smoothing = ')[2]
    assert ast.literal_eval(text) == [round(1 / 3, 4)] + [0.0] * 10

    output = succeeds(TOOL, first, second, '--by-value')
    tables = ast.literal_eval(output.partition('label_smoothing = ')[2])
    assert [np.shape(table) for table in tables] == [
        (size, size) for size in ATTRIBUTE_SIZES
    ]
    DSLLoss(label_smoothing=tables)


def test_files_about_other_cells(tmp_path, fails):
    first, second = tmp_path / 'first.csv', tmp_path / 'second.csv'
    write_annotations(first, [annotation('basophil', 1)])
    write_annotations(second, [annotation('basophil', 2)])
    assert 'no image in common' in fails(TOOL, first, second)
