import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tools' / 'analysis_tools'))

import benchmark_pseudo_labelling  # noqa: E402


def test_both_are_measured(tmp_path, capsys):
    out = tmp_path / 'speed.json'
    options = '--num-images 6 --rounds 2 --batch-size 4 --num-workers 0'
    benchmark_pseudo_labelling.main(
        [*options.split(), '--device', 'cpu', '--out', str(out)]
    )
    result = json.loads(out.read_text())
    assert result['images'] == 6
    for speeds in result['speeds'].values():
        assert len(speeds) == 2 and min(speeds) > 0
    ours, plain = (result['speeds'][k] for k in ('labelling', 'inference'))
    assert result['ratio'] == (ours[0] / plain[0] + ours[1] / plain[1]) / 2
    assert 'of the throughput of inference alone' in capsys.readouterr().out
