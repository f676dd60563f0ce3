import pytest

from daffnet_lite.errors import InputError
from daffnet_mm.utils.config_files import load_config


def test_settings_override_those_of_the_file(tmp_path):
    file = tmp_path / 'config.py'
    file.write_text('model = dict(depth=50, parts=[dict(width=1)])')
    cfg = load_config(file, {'model.depth': 18, 'model.parts.0.width': 2})
    assert cfg.model == dict(depth=18, parts=[dict(width=2)])
    assert load_config(file).model.depth == 50
    with pytest.raises(InputError, match='do not fit .*config.py: Index 7'):
        load_config(file, {'model.parts.7.width': 2})
    with pytest.raises(FileNotFoundError, match='nowhere.py'):
        load_config('nowhere.py')


@pytest.mark.parametrize(
    ('name', 'content'),
    [
        ('open.py', 'model = ('),
        ('notes.txt', 'model'),
        ('half.json', '{"model":'),
        ('half.yaml', 'model: ['),
        ('bytes.py', b'\xff\xfe\0'),
    ],
)
def test_what_is_no_config(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(
        content if isinstance(content, bytes) else content.encode()
    )
    with pytest.raises(InputError, match=f'{name} cannot be read') as caught:
        load_config(path)
    assert '\n' not in str(caught.value)
