"""What `import daffnet_mm` brings, beyond MMPretrain."""

import json
import subprocess
import sys

SCRIPT = """
import json
import sys

import mmpretrain.datasets
import mmpretrain.models

before = set(sys.modules)
import daffnet_mm

added = set(sys.modules) - before
json.dump(sorted(added), sys.stdout)
"""


def test_heavy_libraries_are_left_until_they_are_used():
    found = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', SCRIPT],
        check=True,
        capture_output=True,
        text=True,
    )
    added = set(json.loads(found.stdout))
    assert 'daffnet_mm.datasets' in added
    packages = {name.partition('.')[0] for name in added}
    heavy = ('sklearn', 'pandas', 'scipy', 'skimage', 'joblib', 'matplotlib')
    assert not packages & set(heavy)
    # the models' list is read when somebody asks for a model
    assert not packages & {'modelindex', 'pytorch_grad_cam'}
    assert 'daffnet_mm.apis' not in added
