"""Tools that only pretend to train: a run takes a moment."""

from pathlib import Path

from daffnet_lite.structures import WBC_ATTRIBUTES

#: What it measures depends on dataset, method, seed and fold alone. It can be
#: killed and goes on, fails where the file `fail` says so, and lists its
#: attempts in `attempts`.
_TRAIN = """
import csv, hashlib, json, os, re, sys, time
from pathlib import Path

config = Path(sys.argv[1]).read_text()
compile(config, sys.argv[1], 'exec')
folder = Path(sys.argv[sys.argv.index('--work-dir') + 1])
assert '--resume' in sys.argv
tools = Path(__file__).parent
name = '/'.join(folder.parts[-3:])
with open(tools / 'attempts', 'a') as f:
    f.write(f'{name} {os.environ.get("CUDA_VISIBLE_DEVICES", "")}\\n')
failing = tools / 'fail'
if failing.is_file():
    for line in failing.read_text().splitlines():
        part, _, error = line.partition('|')
        if part in name:
            print(f'error: {error}')
            raise SystemExit(2)
found = re.findall("checkpoint='(/.*best.pth)'", config)
assert bool(found) is any(x in name for x in ('/daffnet/', 'sa-map/')), found
assert all(Path(checkpoint).is_file() for checkpoint in found)
state = folder / 'epoch'
epoch = int(state.read_text()) if state.is_file() else 0
while epoch < 3:
    time.sleep(0.02)
    epoch += 1
    part = state.with_suffix('.part')
    part.write_text(str(epoch))
    os.replace(part, state)
(folder / 'best.pth').write_text(name)
out = folder / 'evaluation'
out.mkdir(exist_ok=True)
fold = name.partition('_fold')[2]
rows = []
for number in range(40):
    image = f'{fold}image{number}'
    digest = hashlib.sha256(f'{name}{image}'.encode()).digest()
    rows.append((image, 'basophil', 'basophil' if digest[0] > 60 else 'ig'))
right = sum(t == p for _, t, p in rows)
metrics = {
    f'wbc/{key}': 100 * right / len(rows)
    for key in ('accuracy', 'precision', 'recall', 'f1', 'auc_hard', 'auc',
                'precision_macro', 'recall_macro', 'f1_macro',
                'basophil/recall', 'ig/recall')
}
metrics['wbc/auc'] = None
with open(out / 'wbc_predictions.csv', 'w', newline='') as f:
    writer = csv.writer(f)
    writer.writerow(('image', 'true', 'predicted'))
    writer.writerows(rows)
(out / 'wbc_metrics.json').write_text(json.dumps(dict(metrics=metrics)))
"""
#: A MAP leaves this, too.
_ATTRIBUTES = """
if 'map' in folder.parts[-2]:
    names = {names}
    metrics = {{f'attr/{{name}}/accuracy': 50.25 for name in names}}
    metrics['attr/accuracy'] = 60.5
    (out / 'attr_metrics.json').write_text(json.dumps(dict(metrics=metrics)))
    with open(out / 'attr_predictions.csv', 'w', newline='') as f:
        writer = csv.writer(f)
        writer.writerow(
            ['image', *names, *(f'{{name}}_predicted' for name in names)]
        )
        writer.writerow(['x'] * (2 * len(names) + 1))
"""

_DRIVER = """
import sys
from pathlib import Path
sys.path.insert(0, {tools!r})
import run_experiments
run_experiments.TOOLS = Path({fake!r})
raise SystemExit(run_experiments.main())
"""


def write_fake_tools(folder):
    """Write the tools; gives their folder."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'train.py').write_text(
        _TRAIN + _ATTRIBUTES.format(names=[*WBC_ATTRIBUTES])
    )
    (folder / 'pseudo_label.py').write_text('import sys; print(sys.argv[2])')
    return folder


def write_driver(folder):
    """Write a run_experiments.py with fake tools; gives it and the tools."""
    fake = write_fake_tools(folder / 'tools')
    tools = Path(__file__).resolve().parents[2] / 'tools'
    path = folder / 'driver.py'
    path.write_text(_DRIVER.format(tools=str(tools), fake=str(fake)))
    return path, fake


def attempts(tools):
    """The runs that were started, in order, each time."""
    path = Path(tools) / 'attempts'
    if not path.is_file():
        return []
    return [line.split()[0] for line in path.read_text().splitlines()]
