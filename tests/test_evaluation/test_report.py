import csv
import json
import math
import os

import numpy as np
import pytest

from daffnet_mm.evaluation import EvaluationReport, write_report


@pytest.fixture
def report():
    return EvaluationReport(
        name='lab/wbc',
        metrics={'lab/wbc/accuracy': 75.0, 'lab/wbc/auc': math.nan},
        table=[
            dict(kind='a, b', support=3, recall=66.66666666, auc=math.nan),
            dict(kind='c', support=1, recall=100.0, auc=50.0),
        ],
        confusions={'cell_type': (('a', 'c'), np.array([[2, 1], [0, 1]]))},
        predictions=[dict(image='µ.jpg', true='', probability=None)],
        notes=['auc has no value.'],
    )


def test_files(report, tmp_path):
    paths = write_report(report, tmp_path / 'new')
    assert [path.name for path in paths] == [
        'lab_wbc_metrics.json',
        'lab_wbc_table.csv',
        'lab_wbc_predictions.csv',
        'lab_wbc_confusion.png',
    ]
    content = json.loads(paths[0].read_text())
    assert content['metrics'] == {
        'lab/wbc/accuracy': 75.0,
        'lab/wbc/auc': None,
    }
    assert content['confusion_matrices']['cell_type'] == {
        'labels': ['a', 'c'],
        'counts': [[2, 1], [0, 1]],
    }
    assert content['notes'] == report.notes
    assert content['table'][0]['auc'] is None
    with open(paths[1], newline='') as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == dict(kind='a, b', support='3', recall='66.6667', auc='')
    assert paths[2].read_text('utf-8') == 'image,true,probability\nµ.jpg,,\n'
    assert paths[3].read_bytes().startswith(b'\x89PNG')


def test_without_figures(report, tmp_path):
    write_report(report, tmp_path, figures=False)
    assert len(list(tmp_path.iterdir())) == 3


def test_an_interrupted_write_keeps_the_last_results(
    report, tmp_path, monkeypatch
):
    write_report(report, tmp_path, figures=False)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}

    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    report.metrics['lab/wbc/accuracy'] = 1.0
    # Just before the file takes its name.
    monkeypatch.setattr(os, 'fsync', stop)
    with pytest.raises(KeyboardInterrupt):
        write_report(report, tmp_path, figures=False)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_text(report):
    assert report.to_text() == (
        'kind  support  recall    auc\n'
        'a, b        3   66.66      -\n'
        'c           1  100.00  50.00'
    )
