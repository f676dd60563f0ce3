import csv
import json

import pytest

from daffnet_mm.reproduction import Run, write_tables
from daffnet_mm.reproduction.results import fill


def finish(plan, run, accuracy, wrong=0, error=None):
    """Leave what a run leaves."""
    folder = plan.folder(run)
    (folder / 'evaluation').mkdir(parents=True, exist_ok=True)
    if error:
        (folder / 'failed.json').write_text(
            json.dumps(dict(minutes=1, error=error))
        )
        return
    metrics = {
        'wbc/accuracy': accuracy,
        'wbc/f1_macro': accuracy - 1,
        'wbc/precision_macro': None,
        'wbc/basophil/recall': 50.0,
        'wbc/ig/recall': 25.0,
    }
    (folder / 'evaluation/wbc_metrics.json').write_text(
        json.dumps(dict(metrics=metrics))
    )
    with open(folder / 'evaluation/wbc_predictions.csv', 'w') as f:
        f.write('image,true,predicted\n')
        for number in range(20):
            predicted = 'ig' if number < wrong else 'basophil'
            f.write(f'{number},basophil,{predicted}\n')
    (folder / 'finished.json').write_text(json.dumps(dict(minutes=2.0)))


@pytest.fixture
def plan(make_plan):
    """Table 5 of Chen et al.: the first two rows finished, SAM failed."""
    plan = make_plan('chen_table5', seeds=[0, 1, 2])
    for seed, accuracy in enumerate((97.0, 98.0, 99.0)):
        finish(
            plan,
            Run('synthetic', 'scam/no-attention', seed),
            accuracy,
            wrong=6,
        )
        finish(plan, Run('synthetic', 'scam/se', seed), accuracy + 0.5)
        finish(
            plan,
            Run('synthetic', 'scam/sam', seed),
            0,
            error='loss became nan',
        )
    return plan


def test_rows(plan):
    rows = {r.row.label: r for r in fill(plan.tables[0], plan)[0].rows}
    first = rows['no attention']
    mean, half_width, count = first.figures['wbc/accuracy']
    assert (mean, count) == (98.0, 3)
    assert half_width == pytest.approx(2.484, abs=1e-3)
    assert 'wbc/precision_macro' not in first.figures
    assert first.published['wbc/accuracy'] == 97.55
    assert first.comparison is None
    # right on six more cells in each seed: 2 x 2 x (1/2)^6
    assert rows['SE'].comparison == (0.0625, [0] * 3, [6] * 3)
    assert rows['ECA'].state == 'not run'
    assert rows['ECA'].comparison is None
    assert rows['SAM'].state == '0 of 3, 3 failed (3 diverged)'


def test_files(plan):
    paths = write_tables(plan)
    assert [p.name for p in paths] == [
        'chen_table5.md',
        'chen_table5.tex',
        'chen_table5.csv',
        'runs.csv',
    ]
    markdown, latex = paths[0].read_text(), paths[1].read_text()
    assert "## synthetic cells (the paper's figures: LDWBC)" in markdown
    assert '| no attention | 98.00 ± 2.48 | 97.55 | - | 92.15 |' in markdown
    assert '| SAM | failed | 97.75 |' in markdown
    assert '| 3 of 3 | 0.062 |' in markdown
    assert r'no attention & 98.00 $\pm$ 2.48 & 97.55 &' in latex
    assert latex.count('{') == latex.count('}')
    assert r'\caption' in latex and '95 \\% interval' in latex
    with open(paths[2], newline='') as f:
        rows = {row['method']: row for row in csv.DictReader(f)}
    assert float(rows['SE']['p']) == 0.0625
    assert float(rows['SE']['wbc/accuracy low']) == pytest.approx(
        98.5 - 2.484, abs=1e-3
    )
    with open(paths[3], newline='') as f:
        runs = list(csv.DictReader(f))
    assert len(runs) == 8 * 3
    assert [r['state'] for r in runs if r['method'] == 'scam/sam'] == [
        'failed'
    ] * 3


def test_same_training_is_said(make_plan):
    plan = make_plan('chen_table8', seeds=[0])
    finish(plan, plan.runs_of('synthetic', 'scam')[0], 90.0)
    rows = fill(plan.tables[0], plan)[0].rows
    assert [r.figures['wbc/accuracy'].mean for r in rows] == [90.0] * 4
    assert rows[1].same_as == 'ImageNet weights in ResNet'
    assert rows[1].comparison is None
    text = write_tables(plan)[0].read_text()
    assert 'the same training as ImageNet weights in ResNet' in text


def test_classes_that_the_paper_has_not(make_plan):
    plan = make_plan('chen_table6', seeds=[0])
    finish(plan, Run('synthetic', 'scam', 0), 90.0)
    section = fill(plan.tables[0], plan)[0]
    assert list(section.columns.values())[-1] == 'ig'
    assert section.rows[-1].figures['wbc/ig/recall'].mean == 25.0


def test_methods_of_others_are_marked(make_plan):
    plan = make_plan('chen_table10', seeds=[0])
    text = write_tables(plan)[0].read_text()
    assert '| Jiang et al., raw (published figures) | - | 97.11 |' in text
    assert '| published only | - |' in text
    assert r'\_' not in text
