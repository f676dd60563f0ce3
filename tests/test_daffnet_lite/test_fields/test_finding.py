import cv2
from fields import painted_field

from daffnet_lite.fields.finding import FieldWork


def test_fields_come_as_they_are_listed(tmp_path, monkeypatch):
    """Whichever was ready first: the cells to look around go by it."""
    fields = []
    for number in range(3):
        path = tmp_path / f'{number}.png'
        cv2.imwrite(str(path), painted_field([(150, 120)], seed=number))
        fields.append(str(path))
    do = FieldWork._do
    monkeypatch.setattr(
        FieldWork,
        '_do',
        lambda self, *args: reversed(list(do(self, *args))),
    )
    found = FieldWork(0, {}).find(fields, None)
    assert list(found) == fields
    assert all(len(found[field].boxes) == 1 for field in fields)
