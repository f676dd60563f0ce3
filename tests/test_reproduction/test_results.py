import csv
import json
import re

import pytest

from daffnet_lite.structures import WBC_ATTRIBUTES
from daffnet_mm.reproduction import Run, draw_label_curves, write_tables
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


def words(path):
    """A page without the spaces that align its columns."""
    return re.sub(' +', ' ', path.read_text())


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
    rows = {r.row.label: r for r in fill(plan.tables[0], plan.runs_of)[0].rows}
    first = rows['no attention']
    mean, half_width, count = first.figures['wbc/accuracy']
    assert (mean, count) == (98.0, 3)
    assert half_width == pytest.approx(2.484, abs=1e-3)
    assert 'wbc/precision_macro' not in first.figures
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
    markdown, latex = words(paths[0]), paths[1].read_text()
    assert "## synthetic cells (the paper's figures: LDWBC)" in markdown
    assert '± is half the width of the 95 % interval of the mean' in markdown
    assert '| no attention | 98.00 ± 2.49 | 97.55 | - | 92.15 |' in markdown
    assert '| SAM | failed | 97.75 |' in markdown
    assert '| 3 of 3 | 0.063 |' in markdown
    assert r'no attention & 98.00 $\pm$ 2.49 & 97.55 &' in latex
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
    (run,) = plan.runs_of('synthetic', 'scam')
    finish(plan, run, 90.0)
    rows = fill(plan.tables[0], plan.runs_of)[0].rows
    assert [r.figures['wbc/accuracy'].mean for r in rows] == [90.0] * 4
    assert rows[1].same_as == 'ImageNet weights in ResNet'
    assert rows[1].comparison is None
    text = words(write_tables(plan)[0])
    assert 'the same training as ImageNet weights in ResNet' in text


def test_classes_that_the_paper_has_not(make_plan):
    plan = make_plan('chen_table6', seeds=[0])
    finish(plan, Run('synthetic', 'scam', 0), 90.0)
    section = fill(plan.tables[0], plan.runs_of)[0]
    assert list(section.columns.values())[-1] == 'ig'
    assert section.rows[-1].figures['wbc/ig/recall'].mean == 25.0


def test_methods_of_others_are_marked(make_plan):
    plan = make_plan('chen_table10', seeds=[0])
    text = words(write_tables(plan)[0])
    assert '| Jiang et al., raw (published figures) | - | 97.11 |' in text
    assert '| published only | - |' in text
    assert r'\_' not in text


# -- MAP's training strategies -----------------------------------------------


def finish_map(plan, run, figure, wrong=0):
    """Leave what a MAP leaves: on each attribute one percent more."""
    folder = plan.folder(run)
    out = folder / 'evaluation'
    out.mkdir(parents=True)
    metrics = {'attr/accuracy': figure, 'attr/f1_macro': figure - 5}
    for number, name in enumerate(WBC_ATTRIBUTES):
        metrics[f'attr/{name}/accuracy'] = figure + number
    for name, content in (
        ('attr', {**metrics, 'attr/subset_accuracy': None}),
        ('wbc', {'wbc/accuracy': 99.0}),
    ):
        (out / f'{name}_metrics.json').write_text(
            json.dumps(dict(metrics=content))
        )
    # the size is wrong of so many cells, the shape of none
    with open(out / 'attr_predictions.csv', 'w', newline='') as f:
        writer = csv.writer(f)
        names = list(WBC_ATTRIBUTES)
        writer.writerow(['image', *names, *(f'{n}_predicted' for n in names)])
        for number in range(20):
            size = 'small' if number < wrong else 'big'
            writer.writerow([number, 'big', *'x' * 10, size, *'x' * 10])
    (folder / 'finished.json').write_text('{"minutes": 1}')


@pytest.fixture
def maps(make_plan):
    """Three seeds; stage 2 was not done, one DSL has failed."""
    plan = make_plan(
        'daffnet_table6 daffnet_table5 daffnet_supplementary_table3',
        seeds=[0, 1, 2],
        shares=[0.05, 1],
    )
    for seed, figure in enumerate((80.0, 81.0, 83.0)):
        run = Run('synthetic', 'map/plain', seed)
        finish_map(plan, run, figure, wrong=6)
        run = Run('synthetic', 'map/dsl', seed)
        if seed == 1:
            finish(plan, run, 0, error='out of | memory')
        else:
            finish_map(plan, run, figure + 1 + seed)
    finish_map(plan, Run('synthetic', 'map/plain', 0, share=0.05), 70.0)
    return plan


def test_strategies_and_their_gains_seed_by_seed(maps):
    few, all_labels = fill(maps.tables[0], maps.runs_of, maps.shares)
    plain, dsl, ssl, baseline, _annotators = all_labels.rows
    # 80, 81, 83: variance 7 / 3, t(0.975, 2) = 4.303
    mean, half_width, _ = plain.figures['attr/accuracy']
    assert mean == pytest.approx(244 / 3)
    assert half_width == pytest.approx(4.303 * (7 / 9) ** 0.5, abs=1e-3)
    assert plain.figures['wbc/accuracy'].mean == 99
    assert 'attr/subset_accuracy' not in plain.figures
    assert dsl.state == '2 of 3, 1 failed'
    assert not plain.gains and not ssl.gains and not baseline.gains
    assert dsl.gains == {'attr/accuracy': [1, 3], 'attr/f1_macro': [1, 3]}
    # six cells more in both seeds
    assert dsl.comparison == (0.0625, [0, 0], [6, 6])
    assert (few.share, few.rows[0].state) == (0.05, '1 of 3')


def test_attributes_are_compared_each_for_itself(maps):
    _, section = fill(maps.tables[2], maps.runs_of, maps.shares)
    rows = {result.row.label: result for result in section.rows}
    size = rows['cell size, deep-supervised']
    shape = rows['cell shape, deep-supervised']
    assert shape.figures['attr/accuracy'].mean == (81 + 86) / 2 + 1
    assert size.comparison.p_value == 0.0625
    assert shape.comparison.p_value == 1
    # Table 5 has one strategy, and so nothing to compare with
    _, section = fill(maps.tables[1], maps.runs_of, maps.shares)
    assert {(r.comparison, r.same_as) for r in section.rows} == {(None, None)}


def test_files_of_the_strategies(maps, tmp_path):
    paths = {path.name: path for path in write_tables(maps)}
    page = words(paths['daffnet_table6.md'])
    assert '## synthetic cells, 5 % of the labels (the paper' in page
    assert "The paper's figures are of all labels." in page
    assert 'HL, paper | HL, implied by their Acc |' in page
    assert '| 14.67 | 16.00 |' in page
    assert '| overall, two annotators (published figures) |' in page
    assert 'gain over the supervised row, same seed' in page
    # half the 95 % interval of 1 and 3: t(0.975, 1) = 12.71
    assert '| deep-supervised | +2.00 ± 12.71 | +2.00 ± 12.71 | - |' in page
    assert '| 2 of 2 |' in page
    assert 'map.dsl/seed1 failed: out of | memory' in page
    with open(paths['daffnet_table6.csv'], newline='') as f:
        rows = list(csv.DictReader(f))
    dsl = next(
        r for r in rows if (r['trained'], r['share']) == ('map/dsl', '1')
    )
    assert dsl['attr/accuracy gain'] == '2'
    assert dsl['attr/hamming_loss implied by their Acc'] == '12.95'
    with open(paths['runs.csv'], newline='') as f:
        runs = list(csv.DictReader(f))
    assert len(runs) == 2 * 3 * 3
    assert {run['share'] for run in runs} == {'0.05', '1'}

    picture = tmp_path / 'curves.png'
    assert draw_label_curves(maps, picture)
    assert picture.read_bytes().startswith(b'\x89PNG')


def test_nothing_has_run(make_plan, tmp_path):
    plan = make_plan('daffnet_table6', seeds=[0], shares=[0.5, 1])
    page = words(write_tables(plan)[0])
    assert '| supervised | - | 79.80 |' in page and 'gain over' not in page
    assert not draw_label_curves(plan, tmp_path / 'curves.png')


def test_methods_of_both_kinds_are_not_compared(make_plan):
    plan = make_plan(methods=['epsa', 'map/plain', 'resnet50'], seeds=[0])
    finish(plan, Run('synthetic', 'epsa', 0), 90, wrong=1)
    finish_map(plan, Run('synthetic', 'map/plain', 0), 80)
    finish(plan, Run('synthetic', 'resnet50', 0), 95)
    rows = fill(plan.tables[0], plan.runs_of)[0].rows
    assert rows[1].comparison is None
    assert rows[2].comparison == (1.0, [0], [1])
