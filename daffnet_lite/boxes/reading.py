"""The one door to files of boxes, whatever their format."""

from pathlib import Path

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.image_folders import walk_folder
from daffnet_lite.fileio.json_files import read_json
from daffnet_lite.fileio.names import printable
from daffnet_lite.fileio.text_files import read_text

from .coco import boxes_of_coco, is_coco
from .geojson import boxes_of_geojson, is_geojson
from .given_box import BoxesByField, GivenBox
from .tables import read_table
from .voc import read_voc
from .yolo import CLASSES, is_yolo, read_yolo

EXPECTED = (
    'a CSV with the columns field, x1, y1, x2, y2, the JSON of COCO, the '
    "texts of YOLO, the XML of PASCAL VOC, or QuPath's GeoJSON"
)
_ENDINGS = ('.csv', '.tsv', '.json', '.geojson', '.txt', '.xml')


def read_boxes(path: str | Path) -> BoxesByField:
    """Read boxes by field, from a file or from all files of a folder.

    What a file is, its ending and its content tell. CSV and COCO name the
    fields; each of the others is of one field, the one that it is called
    after. What several of the former say of one field is put together.

    Args:
        path (str | Path): The file, or a folder with such.

    Returns:
        BoxesByField: The boxes by the name of the field, as the file gives
        it, or without ending. A field without a box may be named.

    Raises:
        InputError: If it is no file of boxes, one is broken, or two have a
            box of a field, or a field has a file of its own and is in
            another one too.
    """
    path = Path(path)
    if not path.is_dir():
        return _read_file(path, path.stem)
    found = BoxesByField()
    told: dict[str, tuple[Path, bool]] = {}
    files, faults = walk_folder(str(path))
    if faults:
        raise InputError('; '.join(faults))
    for name in files:
        file = path / name
        if file.suffix.lower() in _ENDINGS and file.name != CLASSES:
            inside = _read_file(file, name.removesuffix(file.suffix))
            for field, boxes in inside.items():
                before, unnamed = told.get(field, (file, False))
                told[field] = file, inside.unnamed
                own = found.setdefault(field, [])
                twice = {b.sides for b in own} & {b.sides for b in boxes}
                if before != file and (unnamed or inside.unnamed or twice):
                    raise InputError(
                        f'{before} and {file} both have the boxes of '
                        f'{printable(field)}, whose cells would count twice: '
                        'leave one of them there'
                    )
                own.extend(boxes)
    if not found:
        raise InputError(
            f'{path} holds no file of boxes: expected is {EXPECTED}'
        )
    return found


def _read_file(path: Path, field: str) -> BoxesByField:
    ending = path.suffix.lower()
    if ending in ('.csv', '.tsv'):
        return BoxesByField(read_table(path))
    if ending == '.xml':
        return _of_one(field, read_voc(path))
    if ending in ('.json', '.geojson'):
        return _of_json(path, field)
    text, _ = read_text(path)
    if text.lstrip().startswith(('{', '[')):
        return _of_json(path, field)
    if text.lstrip().startswith('<'):
        return _of_one(field, read_voc(path))
    if is_yolo(text):
        return _of_one(field, read_yolo(path))
    return BoxesByField(read_table(path))


def _of_one(field: str, boxes: list[GivenBox]) -> BoxesByField:
    return BoxesByField({field: boxes}, unnamed=True)


def _of_json(path: Path, field: str) -> BoxesByField:
    data = read_json(path)
    if is_geojson(data):
        return _of_one(field, boxes_of_geojson(data, str(path)))
    if is_coco(data):
        return BoxesByField(boxes_of_coco(data, str(path)))
    raise InputError(
        f"{path} is neither COCO's JSON (with images and annotations) nor "
        'GeoJSON (with features); expected is ' + EXPECTED
    )
