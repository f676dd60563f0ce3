import csv
import sys

import pytest
from fake_tools import attempts

from daffnet_lite.errors import InputError
from daffnet_lite.fileio import claims
from daffnet_mm.reproduction import (
    LocalLauncher,
    Outcome,
    Run,
    SlurmLauncher,
    Trainer,
    time_left,
    write_tables,
)
from daffnet_mm.reproduction.training_steps import write_outcome

PAIR = dict(methods=['scam', 'scam/sam'], seeds=(0, 1))


def do(plan, launcher=None):
    """Prepare and train; gives the outcomes."""
    plan.prepare()
    told = []
    outcomes = Trainer(
        plan,
        launcher or LocalLauncher(),
        lambda run, outcome: told.append((run, outcome)),
    ).run()
    ended = {run for run, outcome in told if outcome is not None}
    assert ended <= set(outcomes)
    return outcomes


def states(outcomes):
    return {run.name: outcome.state for run, outcome in outcomes.items()}


def test_all_runs_finish_once(make_plan, tools):
    plan = make_plan(seeds=[0])
    outcomes = do(plan)
    assert set(states(outcomes).values()) == {'finished'}
    assert attempts(tools) == [run.name for run in plan.configs]
    # again, with a further table: what is there is kept
    again = make_plan('daffnet_table2 daffnet_table4', seeds=[0])
    assert do(again).keys() == outcomes.keys()
    assert len(attempts(tools)) == 6


def test_a_failed_run_does_not_stop_the_others(make_plan, tools):
    (tools / 'fail').write_text('sam/seed1|loss became nan in epoch 2')
    plan = make_plan(**PAIR)
    outcomes = do(plan)
    assert [n for n, s in states(outcomes).items() if s == 'failed'] == [
        'synthetic/scam.sam/seed1'
    ]
    error = outcomes[Run('synthetic', 'scam/sam', 1)].error
    assert 'status 2: error: loss became nan in epoch 2' in error
    write_tables(plan)
    text = (plan.settings.out_dir / 'tables/matrix.md').read_text()
    assert ' 1 of 2, 1 failed (1 diverged) |' in text
    assert 'loss became nan in epoch 2' in text
    # tried again in the next call, which finds the others
    (tools / 'fail').unlink()
    assert set(states(do(make_plan(**PAIR))).values()) == {'finished'}
    assert len(attempts(tools)) == 5


def test_a_row_whose_runs_all_fail_stays_in_the_table(make_plan, tools):
    (tools / 'fail').write_text('resnet50/|out of memory')
    plan = make_plan('daffnet_table4', [0])
    do(plan)
    write_tables(plan)
    path = plan.settings.out_dir / 'tables/daffnet_table4.csv'
    with open(path, newline='') as f:
        row = next(csv.DictReader(f))
    assert (row['method'], row['state']) == ('ResNet50', '0 of 1, 1 failed')
    assert row['wbc/accuracy'] == ''
    assert row['wbc/accuracy paper'] == '98.62'


def test_what_needs_a_failed_run_fails(make_plan, tools):
    (tools / 'fail').write_text('map.dsl/seed0|bad luck')
    outcomes = do(make_plan(methods=['daffnet'], seeds=[0, 1]))
    assert [n for n, s in states(outcomes).items() if s == 'failed'] == [
        f'synthetic/{m}/seed0' for m in ('map.dsl', 'daffnet')
    ]
    assert not any('daffnet/seed0' in name for name in attempts(tools))


def test_one_run_a_gpu_at_a_time(make_plan, tools):
    outcomes = do(
        make_plan(methods=['daffnet'], seeds=[0, 1]), LocalLauncher(['0', '3'])
    )
    assert set(states(outcomes).values()) == {'finished'}
    lines = (tools / 'attempts').read_text().splitlines()
    assert {line.split()[1] for line in lines} == {'0', '3'}
    # what is needed comes before what needs it
    names = attempts(tools)
    for seed in (0, 1):
        first = names.index(f'synthetic/map.dsl/seed{seed}')
        assert first < names.index(f'synthetic/daffnet/seed{seed}')


def test_slurm_command(tmp_path):
    launcher = SlurmLauncher(options=['--partition=gpu', '--ntasks=4'], jobs=3)
    assert len(launcher.slots()) == 3
    command = launcher.command(
        tmp_path / 'train.py', ['a b.py', '--resume'], 'name'
    )
    assert command == [
        'srun',
        '--kill-on-bad-exit=1',
        '--partition=gpu',
        '--ntasks=4',
        '--job-name=name',
        sys.executable,
        '-u',
        str(tmp_path / 'train.py'),
        'a b.py',
        '--resume',
        '--launcher',
        'slurm',
    ]
    label = launcher.command(tmp_path / 'x.py', [], 'name')
    assert label.index('--ntasks=1') > label.index('--ntasks=4')
    assert '--launcher' not in label


def test_runs_through_slurm(make_plan, tools, tmp_path, monkeypatch):
    srun = tmp_path / 'bin' / 'srun'
    srun.parent.mkdir()
    # It takes its own options away and runs the rest.
    srun.write_text(
        '#!/bin/sh\nwhile [ "${1#--}" != "$1" ]; do shift; done\nexec "$@"\n'
    )
    srun.chmod(0o755)
    monkeypatch.setenv('PATH', f'{srun.parent}:/usr/bin:/bin')
    outcomes = do(
        make_plan(methods=['epsa'], seeds=[0]),
        SlurmLauncher(options=['--partition=gpu']),
    )
    assert set(states(outcomes).values()) == {'finished'}


def test_a_command_that_is_not_there_is_a_failure(make_plan, monkeypatch):
    monkeypatch.setenv('PATH', '')
    outcomes = do(make_plan(methods=['epsa'], seeds=[0]), SlurmLauncher())
    assert 'srun' in next(iter(outcomes.values())).error


def test_two_runners_in_one_folder(make_plan, monkeypatch):
    monkeypatch.setattr(claims, 'PATIENCE', 0)
    plan = make_plan(methods=['epsa'], seeds=[0])
    with (
        claims.claim_folder(plan.settings.out_dir),
        pytest.raises(InputError, match='another process is working'),
    ):
        do(plan)


def test_each_round_is_labelled_by_the_last(make_plan, tools):
    plan = make_plan('daffnet_table6', [0], rounds=2)
    do(plan)
    assert attempts(tools)[-2:] == [
        'synthetic/map.dsl-ssl/seed0',
        'synthetic/map.dsl-ssl/seed0_round2',
    ]
    for number, teacher in ((1, 'map.dsl/seed0'), (2, 'map.dsl-ssl/seed0')):
        folder = plan.folder(Run('synthetic', 'map/dsl-ssl', 0, round=number))
        log = (folder / 'pseudo_label.log').read_text()
        assert log.strip().endswith(f'synthetic/{teacher}/best.pth')


def test_time_left(make_plan):
    plan = make_plan()
    assert time_left(plan, 2) == (0, '0 of 12 runs')
    for run, outcome in zip(
        plan.configs,
        (
            Outcome('finished', 6.0),
            Outcome('finished', 2.0),
            Outcome('failed', 1.0, 'x'),
        ),
        strict=False,
    ):
        write_outcome(plan.folder(run), outcome)
    # 9 runs are left: the other seed of the first two, and seven others;
    # (6 + 2 + 7 x 4) / 2
    ended, words = time_left(plan, 2)
    assert (ended, words) == (3, '3 of 12 runs, about 18 minutes left')
    assert time_left(plan, 1 / 4)[1].endswith('about 2.4 hours left')
