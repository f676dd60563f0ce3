import pytest
from mmengine import Config


@pytest.fixture(autouse=True)
def quick_config_text(monkeypatch):
    """Leave the config's text in checkpoints unformatted.

    MMEngine formats it anew for each checkpoint, which takes longer than an
    epoch of these tests.
    """
    monkeypatch.setattr(
        Config, 'pretty_text', property(lambda cfg: f'{cfg.to_dict()!r}')
    )
