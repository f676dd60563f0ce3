"""Tools that only pretend to train: a run takes a moment."""

from pathlib import Path

#: What it measures depends on dataset, method, seed and fold alone. It can be
#: killed and goes on, fails where the file `fail` says so, and lists its
#: attempts in `attempts`.
_TRAIN = """
import csv, hashlib, json, os, sys, time
from pathlib import Path

config = json.loads(Path(sys.argv[1]).read_text())
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
neck = config['model'].get('neck') or {}
if neck.get('type') == 'MFE':
    assert Path(neck['predictor']['init_cfg']['checkpoint']).is_file()
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


def write_fake_tools(folder):
    """Write the tools; gives their folder."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'train.py').write_text(_TRAIN)
    (folder / 'pseudo_label.py').write_text('')
    return folder


def attempts(tools):
    """The runs that were started, in order, each time."""
    path = Path(tools) / 'attempts'
    if not path.is_file():
        return []
    return [line.split()[0] for line in path.read_text().splitlines()]
