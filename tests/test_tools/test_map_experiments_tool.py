import json
import sys
from pathlib import Path

import pytest

from daffnet_mm.reproduction.paper_tables import (
    ATTRIBUTE_COLUMNS,
    SAMPLE_COLUMNS,
)
from daffnet_mm.structures import WBC_ATTRIBUTES

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tools'))

import map_experiments  # noqa: E402


def finish(folder, figure):
    """Write what a finished run leaves."""
    (folder / 'evaluation').mkdir(parents=True)
    (folder / 'finished.json').write_text('{}')
    keys = [*ATTRIBUTE_COLUMNS.values(), *SAMPLE_COLUMNS.values()]
    prefixes = ['attr/', *(f'attr/{name}/' for name in WBC_ATTRIBUTES)]
    metrics = {f'{p}{key}': figure for p in prefixes for key in keys}
    (folder / 'evaluation' / 'attr_metrics.json').write_text(
        json.dumps(dict(metrics=metrics))
    )


def test_what_has_finished_is_laid_out_and_drawn(tmp_path, capsys):
    for strategy, gain in (('plain', 0), ('dsl', 2)):
        for percent in (5, 100):
            for seed in (0, 1):
                finish(
                    tmp_path
                    / 'runs'
                    / f'{strategy}_{percent}percent_seed{seed}',
                    70 + gain + percent / 10 + seed,
                )
    status = map_experiments.main(
        [
            '--out-dir',
            str(tmp_path),
            '--scale',
            'synthetic',
            '--tables-only',
            '--fractions',
            '100',
            '5',
            '--seeds',
            '0',
            '1',
        ]
    )
    assert status == 0
    page = capsys.readouterr().out
    assert '| 5 % | supervised | ours | 71.00 ± 0.71 |' in page
    assert '| 100 % | deep-supervised (DSL) | ours | 82.50 ± 0.71 |' in page
    # semi-supervised runs were asked for, and have not been done
    assert '0 of 2 |' in page
    picture = (tmp_path / 'accuracy_against_labels.png').read_bytes()
    assert picture.startswith(b'\x89PNG')


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--fractions', '0'], 'at most 100 %, but is 0 %'),
        (['--epochs', '0'], 'must be 1 or more'),
        (['--official-split', 'val'], 'has no WBCAtt'),
        (['--foreign', 'no/such.py'], 'no/such.py is neither'),
    ],
)
def test_wrong_settings_are_said_first(tmp_path, capsys, arguments, message):
    with pytest.raises(SystemExit) as caught:
        map_experiments.main(
            ['--out-dir', str(tmp_path), '--scale', 'synthetic', *arguments]
        )
    assert caught.value.code == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 1 and message in errors[0]
    assert not list(tmp_path.iterdir())


def test_a_teacher_is_shown_too(tmp_path, monkeypatch):
    asked = []

    def run(settings, runs, report, jobs):
        asked.extend(runs)
        return {}

    monkeypatch.setattr(map_experiments, 'run_experiments', run)
    map_experiments.main(
        [
            '--out-dir',
            str(tmp_path),
            '--scale',
            'synthetic',
            '--strategies',
            'ssl',
            '--seeds',
            '1',
            '1',
        ]
    )
    assert [(r.strategy, r.seed) for r in asked] == [('plain', 1), ('ssl', 1)]
