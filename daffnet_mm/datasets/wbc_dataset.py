import glob
import os
import os.path as osp
import warnings
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import torch
from mmengine.logging import MMLogger
from mmpretrain.datasets.base_dataset import BaseDataset
from rich.console import Console
from rich.progress import track

from daffnet_lite.errors import BrokenImageWarning, InputError, InputWarning
from daffnet_lite.fileio.image_folders import (
    IMAGE_EXTENSIONS,
    describe_left_out,
    find_folders,
    join,
    list_image_files,
    scan_folder,
)
from daffnet_lite.fileio.image_reading import read_image
from daffnet_lite.fileio.names import normalize_name
from daffnet_lite.preparation.crop_table import (
    CROP_TABLE,
    CROPPING,
    read_fields,
)
from daffnet_lite.structures import UNKNOWN, WBC_ATTRIBUTES
from daffnet_lite.structures.class_names import COARSER, among, canonical_class

from .splits import (
    SPLITS,
    cut_groups,
    groups_of,
    labels_of,
    later_copies,
    read_group_file,
    read_split_file,
    stratified_split,
    write_split_file,
)
from .transforms.load_cell_image import LoadCellImage

#: Folders that stand between the root and the class folders where a release
#: comes in parts.
PART_FOLDERS = dict(
    train='train',
    training='train',
    val='val',
    valid='val',
    validation='val',
    test='test',
    testing='test',
)
#: The part of an image that is left out of the one that it is shipped in.
COPY = 'copy'
#: Threads that look for broken images.
_READERS = 2


class WBCDataset(BaseDataset):
    """Base of the cell datasets.

    A dataset says where the images of its release lie and what they show
    (:meth:`list_images`, by default one folder a class); selecting classes,
    splitting and checking happen here. Every sample has

    - ``img_path`` and ``gt_label``,
    - ``gt_attributes``, a LongTensor, -1 where nobody annotated,
    - ``image_id``, the name by which the guard against overlapping splits
      compares images across datasets,
    - ``group``: images of one group, such as augmented copies of one source
      or cells of one field, are always in the same part; the guard compares
      groups, too,
    - where the release has them, ``box`` (x1, y1, x2, y2 of the cell, in
      pixels) and ``seg_map_path`` (a mask of nucleus and cytoplasm).

    Folders, links and names that cannot be used are told by an
    :class:`~daffnet_lite.errors.InputWarning`, in test mode by a
    ``BrokenImageWarning``, and kept in ``faults``.

    Class folders may be named in any of the ways that
    :data:`daffnet_lite.structures.class_names.ALIASES` knows.

    A release that ``daffnet crop`` has cut is read
    as the release is. Its ``boxes.csv`` says from which field each crop comes,
    and a crop's group is that of its field.

    Args:
        data_root (str): The folder of the unzipped release, as drawn in each
            dataset's docstring.
        split (str | Sequence[str], optional): ``'train'``, ``'val'`` or
            ``'test'``, or several of them; None takes all images. Defaults to
            None.
        split_file (str, optional): CSV with the part of each image. If it
            does not exist it is written, with ``split_ratios``,
            ``split_seed`` and ``stratify``, for all images of the release.
            None splits by the same rule without a file. Defaults to None.
        split_ratios (Sequence[float]): Sizes of training, validation and test
            part. Defaults to ``(6, 2, 2)``.
        split_seed (int): Seed of the split. Defaults to 0.
        stratify (bool): Hold the ratios of a new split within each class.
            False draws from all images alike, as the papers do. Defaults to
            True.
        skip_broken (bool): Decode every image once at the start and leave out,
            with a warning that names it, each that cannot be read; in test
            mode a :class:`~daffnet_lite.errors.BrokenImageWarning`. By default
            the first unreadable image ends the run. Defaults to False.
        group_file (str, optional): CSV with the columns image and group, such
            as the audit writes it: replaces the groups of the images in it.
            Defaults to None.
        cells (str, optional): For a release that was cut: ``'largest'`` takes
            one crop a field, the one of its largest cell, and ``'all'`` all
            of them. Defaults to None: all images, cut or not.
        official_split (bool): Take the parts that the release ships;
            ``split_file`` and ``split_ratios`` then count for nothing. Where
            it ships no validation part, one is drawn from the training part,
            by group, with ``split_seed`` and ``stratify``. Where releases part
            copies of one cell and a ``group_file`` tells them, they stay in
            the first of the parts and are left out of the later ones.
            Defaults to False.
        val_ratio (float): The share of the shipped training part that is
            drawn so. Defaults to 0.25, Chen et al.'s.
        class_map (dict[str, str | None], optional): The class of a folder (or
            of a label in an annotation file) by its name, before the aliases
            are asked; None leaves it out. Defaults to None.
        **kwargs: ``pipeline``, ``classes``, ``metainfo``, ``indices``,
            ``test_mode`` and so on of MMPretrain's ``BaseDataset``.
    """

    #: First part of image_id. Datasets over the same images share it.
    SOURCE: str = ''
    #: All classes of the source, if METAINFO has only some of them.
    SOURCE_CLASSES: Sequence[str] = ()
    #: Classes that one of the releases is without.
    OPTIONAL_CLASSES: Sequence[str] = ()
    #: What the aliases cannot know of this source's names; None: left out.
    CLASS_MAP: Mapping[str, str | None] = {}
    #: What ``split`` may be.
    PARTS: Sequence[str] = SPLITS

    def __init__(
        self,
        data_root: str,
        split: str | Sequence[str] | None = None,
        split_file: str | None = None,
        split_ratios: Sequence[float] = (6, 2, 2),
        split_seed: int = 0,
        stratify: bool = True,
        skip_broken: bool = False,
        group_file: str | None = None,
        cells: str | None = None,
        official_split: bool = False,
        val_ratio: float = 0.25,
        class_map: Mapping[str, str | None] | None = None,
        **kwargs,
    ) -> None:
        wanted = {split} if isinstance(split, str) else set(split or ())
        if split is not None and (not wanted or wanted - set(self.PARTS)):
            raise InputError(
                f'{type(self).__name__}: split={split!r} must be '
                f'{", ".join(map(repr, self.PARTS))}, a list of them, or '
                'None (all images)'
            )
        if cells not in (None, 'largest', 'all'):
            raise InputError(
                f'{type(self).__name__}: cells={cells!r} must be '
                "'largest', 'all' or None (all images, cut or not)"
            )
        if not 0 < val_ratio < 1:
            raise InputError(
                f'{type(self).__name__}: val_ratio={val_ratio} '
                'must lie between 0 and 1'
            )
        self.split = split
        self._wanted_parts = wanted
        self.split_file = split_file
        self.split_ratios = split_ratios
        self.split_seed = split_seed
        self.stratify = stratify
        self.skip_broken = skip_broken
        self.group_file = group_file
        self.cells = cells
        self.official_split = official_split
        self.val_ratio = val_ratio
        self.class_map = dict(class_map or {})
        kwargs.setdefault('ann_file', '')
        super().__init__(data_root=osp.expanduser(data_root), **kwargs)

    # -- what a release holds ------------------------------------------------

    def list_samples(self) -> list[dict]:
        """List the samples of the release: all classes, all parts.

        Returns:
            list[dict]: In the order of their names, of each

                - ``name``: what split files call it, the path relative to
                  ``data_root`` with forward slashes (for PBC, whose file
                  names are unique, the file name; for a box in a field,
                  ``<path>#<index>``),
                - ``path``: the file,
                - ``label``: the cell type,
                - ``group``: what it must not be parted from,
                - ``part``: the part in the official split, or None,
                - and, where there are, ``box``, ``attributes`` and
                  ``seg_map_path``.

        Raises:
            InputError: If the tree is not that of the release.
        """
        return self.annotate(self.list_release())

    def list_release(self) -> list[dict]:
        """List all images, also those that :meth:`annotate` leaves out.

        A split is drawn over all of them.

        Returns:
            list[dict]: As :meth:`list_samples` does.
        """
        return self._regroup(self._list_release())

    def list_images(self) -> list[dict]:
        """List the images of the release, as :meth:`list_samples` does.

        By default the class folders below ``data_root``, or below part
        folders (``train``, ``val``, ``test``) there.

        Returns:
            list[dict]: The samples, in any order.
        """
        folders, _, faults = scan_folder(self.data_root)
        self.faults += faults
        parts = {name: PART_FOLDERS.get(name.lower()) for name in folders}
        if not folders or None in parts.values():
            return self.folder_samples()
        return [
            sample
            for name, part in parts.items()
            for sample in self.folder_samples(name, part)
        ]

    def annotate(self, images: list[dict]) -> list[dict]:
        """Select and complete the images by annotation files, if there are.

        Args:
            images (list[dict]): What :meth:`list_images` found.

        Returns:
            list[dict]: The samples.
        """
        return images

    def folder_samples(
        self, folder: str = '', part: str | None = None
    ) -> list[dict]:
        """List the images in the class folders of a folder.

        Args:
            folder (str): The folder, relative to ``data_root``. Defaults to
                ``''``: ``data_root`` itself.
            part (str, optional): Its part in the official split.

        Returns:
            list[dict]: The samples.

        Raises:
            InputError: If a folder means no class of the source.
        """
        root = osp.join(self.data_root, folder) if folder else self.data_root
        samples = []
        entries = scan_folder(root)
        self.faults += entries.faults
        for name in entries.folders:
            path = osp.join(root, name)
            label = self.class_of_name(name, f'folder {path}')
            if label is None:
                continue
            self._class_folders[label].append(path)
            try:
                listing = list_image_files(path, for_tables=True)
            except InputError as e:
                self.faults.append(str(e))
                continue
            self.faults += listing.faults
            self._left_out += [
                osp.join(path, image) for image in listing.left_out
            ]
            samples += [
                dict(
                    name=join(folder, name, image),
                    path=osp.join(path, image),
                    label=label,
                    group=None,
                    part=part,
                )
                for image in listing.images
            ]
        return samples

    def part_samples(
        self,
        folder: str,
        parts: Mapping[str, str],
        subsets: Sequence[str] | None = None,
    ) -> list[dict]:
        """List a release whose class folders lie in folders of parts.

        Args:
            folder (str): Where the folders of parts lie, relative to
                ``data_root``.
            parts (Mapping[str, str]): The official part of each, by name.
            subsets (Sequence[str], optional): The folders to read. Defaults
                to None: all that are there.

        Returns:
            list[dict]: The samples.

        Raises:
            InputError: If a subset is unknown or missing.
        """
        for name in subsets or ():
            if name not in parts:
                raise InputError(
                    f'{type(self).__name__}: subsets names {name!r}, but the '
                    f'release has {", ".join(parts)}'
                )
        there = find_folders(self.require_folder(folder), parts)
        wanted = list(subsets or there or parts)
        for name in wanted:
            if name not in there:
                self.require_folder(folder, name)
        return [
            sample
            for name in wanted
            for sample in self.folder_samples(
                join(folder, there[name]), parts[name]
            )
        ]

    def class_of_name(self, name: str, where: str) -> str | None:
        """Find the class that a folder or label means.

        Args:
            name (str): Its name.
            where (str): What the error calls it.

        Returns:
            str | None: The class; None if the class map leaves it out.

        Raises:
            InputError: If the name means none of the source's classes.
        """
        target: str | None = name
        for class_map in (self.class_map, self.CLASS_MAP):
            if name in class_map:
                self._mapped.add(name)
                target = class_map[name]
                break
        if target is None:
            return None
        label = canonical_class(target, self.source_classes)
        if label is None:
            also = '' if target == name else f' (by class_map: {target!r})'
            raise InputError(
                f'{type(self).__name__}: {where}{also} means no class; '
                f'expected are {", ".join(self.source_classes)} or their '
                f'usual short forms; say class_map={{{name!r}: <class>}} in '
                'the config, or None to leave it out'
            )
        return label

    @property
    def source_classes(self) -> Sequence[str]:
        """All classes of the source."""
        return self.SOURCE_CLASSES or self.METAINFO['classes']

    def require_folder(self, *names: str) -> str:
        """Check that a folder of the release is there.

        Args:
            *names (str): Its path, relative to ``data_root``.

        Returns:
            str: Its path.

        Raises:
            InputError: If it is not, with a hint where it may be.
        """
        path = osp.join(self.data_root, *names)
        if osp.isdir(path):
            return path
        raise InputError(
            f'{type(self).__name__}: data_root {self.data_root} has no folder '
            f'{join(*names)}; {self.where_else(*names)}'
        )

    def where_else(self, *names: str) -> str:
        """Say what to do where a folder of the release is missing.

        Args:
            *names (str): Its path, relative to ``data_root``.

        Returns:
            str: A remedy, with the place of the release if it is near.
        """
        # One level too high is the usual mistake: archives unpack into a
        # folder of their own, or into two.
        root = glob.escape(self.data_root)
        for between in ('*', osp.join('*', '*')):
            found = sorted(glob.glob(osp.join(root, between, *names)))
            if found:
                place = found[0].removesuffix(osp.join('', *names))
                return (
                    f'{place.rstrip(osp.sep)} has one: set data_root to that'
                )
        return 'it must be the folder of the unzipped release'

    def pair_masks(
        self, masks: Mapping[str, str], samples: Sequence[dict]
    ) -> None:
        """Give each image its mask.

        Args:
            masks (Mapping[str, str]): Paths of the masks, by the name of the
                image that each belongs to, less its extension.
            samples (Sequence[dict]): The images; those with a mask get
                ``seg_map_path``.

        Raises:
            InputError: If a mask belongs to no image.
        """
        images = {osp.splitext(s['name'])[0]: s for s in samples}
        for name, path in masks.items():
            if name not in images:
                raise InputError(
                    f'{type(self).__name__}: mask {path} has no image '
                    f'{osp.join(self.data_root, name)}.*; complete the '
                    'download or remove the mask'
                )
            images[name]['seg_map_path'] = path

    def _list_release(self) -> list[dict]:
        self._class_folders: defaultdict[str, list] = defaultdict(list)
        self._mapped: set[str] = set()
        self._left_out: list[str] = []
        self.faults: list[str] = []
        try:
            os.stat(self.data_root)
        except FileNotFoundError as e:
            release = 'the unzipped release'
            if self.cells is not None:
                release += f', cut by `{CROPPING} RELEASE {self.data_root}`'
            raise InputError(
                f'{type(self).__name__}: data_root {self.data_root} does not '
                f'exist; expected is the folder of {release}, with '
                f'the classes {", ".join(self.source_classes)}'
            ) from e
        except OSError:
            # A link loop or too long a path: scanning it says so.
            scan_folder(self.data_root)
        self._fields = {
            normalize_name(crop): normalize_name(field)
            for crop, field in read_fields(self.data_root).items()
        }
        images = self.list_images()
        self.faults = list(dict.fromkeys(self.faults))
        # What is left out by its kind is no failure of a test.
        sentences = dict.fromkeys(
            describe_left_out(self._left_out), InputWarning
        )
        broken = BrokenImageWarning if self.test_mode else InputWarning
        sentences |= dict.fromkeys(self.faults, broken)
        for sentence, category in sentences.items():
            warnings.warn(
                f'{type(self).__name__}: {sentence}', category, stacklevel=2
            )
        unused = [name for name in self.class_map if name not in self._mapped]
        if unused:
            raise InputError(
                f'{type(self).__name__}: class_map names '
                f'{unused[0]!r}, which {self.data_root} does not '
                'have'
            )
        for image in images:
            image['name'] = normalize_name(image['name'])
            image['group'] = (
                image['group'] or self.field_of(image) or image['name']
            )
        images.sort(key=lambda image: image['name'])
        self._check_fields(images)
        if self.cells is not None:
            images = self._select_cells(images)
        return images

    def _check_fields(self, images: Sequence[dict]) -> None:
        if self.cells is not None and not self._fields:
            raise InputError(
                f'{type(self).__name__}: cells={self.cells!r} is for a '
                f'release that was cut, but {self.data_root} has no '
                f'{CROP_TABLE} with crops in it; `{CROPPING} RELEASE FOLDER` '
                'cuts the unzipped release into a folder, which data_root '
                'then names'
            )
        absent = [i['path'] for i in images if self.field_of(i) is None]
        if self._fields and absent:
            raise InputError(
                f'{osp.join(self.data_root, CROP_TABLE)} lacks {len(absent)} '
                f'of the images, first {absent[0]}, whose group nothing '
                f'tells; run `{CROPPING}` again, or remove what is not its'
            )

    def _select_cells(self, images: list[dict]) -> list[dict]:
        """Take each field's largest cell, if asked to, and count."""
        order = {crop: i for i, crop in enumerate(self._fields)}
        largest: dict[str, dict] = {}
        for image in sorted(images, key=lambda i: order[self._place(i)]):
            largest.setdefault(self._fields[self._place(image)], image)
        taken = images
        if self.cells == 'largest':
            chosen = {image['name'] for image in largest.values()}
            taken = [image for image in images if image['name'] in chosen]
        MMLogger.get_current_instance().info(
            f'{type(self).__name__}: {self.data_root} has {len(images)} cells '
            f'of {len(largest)} fields; {len(taken)} are taken '
            f'(cells={self.cells!r})'
        )
        return taken

    def field_of(self, image: dict) -> str | None:
        """Find the field that a crop comes from.

        Args:
            image (dict): One of :meth:`list_images`.

        Returns:
            str | None: The field's path in the release that was cut; None if
            it was not.
        """
        if not self._fields:
            return None
        return self._fields.get(self._place(image))

    def _place(self, image: dict) -> str:
        """An image's path as the table of the crops has it."""
        return normalize_name(osp.relpath(image['path'], self.data_root))

    def named_group(
        self, groups: Mapping[str, str], image: dict
    ) -> str | None:
        """Find what a group file says of an image.

        A crop may stand there by its path, as in ``boxes.csv``, or by that of
        its field.

        Args:
            groups (Mapping[str, str]): The group by name.
            image (dict): One of :meth:`list_release`.

        Returns:
            str | None: Its group; None if the file does not name it.
        """
        group, field = groups.get(image['name']), self.field_of(image)
        if field:
            group = group or groups.get(self._place(image))
            group = group or groups.get(field)
            # No more than is known, less where fields have groups.
            if group == field:
                group = image['group']
        return group

    def _regroup(self, images: list[dict]) -> list[dict]:
        if self.group_file:
            groups = read_group_file(self.group_file)
            if not any(self.named_group(groups, image) for image in images):
                raise InputError(
                    f'group file {self.group_file} names no image of '
                    f'{self.data_root}; its column image must hold names such '
                    f'as {images[0]["name"]}'
                )
            for image in images:
                image['group'] = (
                    self.named_group(groups, image) or image['group']
                )
        return images

    # -- splits --------------------------------------------------------------

    def assign_splits(
        self, samples: Sequence[dict], images: Sequence[dict]
    ) -> dict[str, str]:
        """Find the part of each sample.

        Args:
            samples (Sequence[dict]): The samples.
            images (Sequence[dict]): All images of the release, over which a
                new split is drawn: the other stages and class sets share it.

        Returns:
            dict[str, str]: The part by name.

        Raises:
            InputError: If the split file cannot be read or written, or if no
                official split was shipped.
        """
        if self.official_split:
            return self.official_parts(samples)
        if self.split_file and osp.isfile(self.split_file):
            return read_split_file(self.split_file)
        parts = self.draw_parts(images, self.split_ratios)
        if self.split_file:
            write_split_file(
                self.split_file, labels_of(images), parts, groups_of(images)
            )
            MMLogger.get_current_instance().info(
                f'wrote split file {self.split_file}: {len(parts)} images'
            )
        return parts

    def official_parts(self, samples: Sequence[dict]) -> dict[str, str]:
        """Take the parts that the release ships.

        Args:
            samples (Sequence[dict]): The samples.

        Returns:
            dict[str, str]: The part by name, the validation part drawn from
            the training part where none is shipped.

        Raises:
            InputError: If the release ships no parts, or not for all images.
        """
        parts = {s['name']: s['part'] for s in samples}
        absent = [name for name, part in parts.items() if part is None]
        if absent:
            raise InputError(
                f'{type(self).__name__}: {self.data_root} ships no official '
                f'part for {len(absent)} of {len(parts)} images, first '
                f'{absent[0]}; leave official_split at False'
            )
        if 'val' not in parts.values():
            parts.update(self.set_aside(samples, self.val_ratio, 'val'))
        return parts

    def _leave_out_copies(
        self, samples: Sequence[dict], parts: Mapping[str, str]
    ) -> dict[str, str]:
        """Take copies of a shipped part's images out of the later parts."""
        groups = {s['name']: s['group'] for s in samples}
        copies = later_copies(parts, groups, self.PARTS)
        if copies:
            counts = Counter(parts[name] for name in copies)
            MMLogger.get_current_instance().info(
                f'{type(self).__name__}: left out as copies of images in an '
                f'earlier part (by {self.group_file}): '
                + ', '.join(
                    f'{counts[part]} of {part}'
                    for part in self.PARTS
                    if counts[part]
                )
            )
        return {**parts, **dict.fromkeys(copies, COPY)}

    def set_aside(
        self, samples: Sequence[dict], share: float, part: str
    ) -> dict[str, str]:
        """Draw a share of the shipped training part for another part.

        Args:
            samples (Sequence[dict]): The samples.
            share (float): How much is drawn.
            part (str): What it becomes.

        Returns:
            dict[str, str]: ``part`` by the name of each that is drawn.
        """
        train = [s for s in samples if s['part'] == 'train']
        drawn = self.draw_parts(train, (1 - share, share, 0))
        return {name: part for name, old in drawn.items() if old == 'val'}

    def draw_parts(
        self, images: Sequence[dict], ratios: Sequence[float]
    ) -> dict[str, str]:
        """Draw parts by group, with ``split_seed`` and ``stratify``.

        Args:
            images (Sequence[dict]): What to draw from.
            ratios (Sequence[float]): Sizes of the three parts.

        Returns:
            dict[str, str]: The part by name.
        """
        return stratified_split(
            labels_of(images),
            ratios,
            self.split_seed,
            groups_of(images),
            self.stratify,
        )

    def _check_parts(
        self, samples: Sequence[dict], parts: Mapping[str, str]
    ) -> None:
        absent = [s['name'] for s in samples if s['name'] not in parts]
        if absent:
            raise InputError(
                f'split file {self.split_file} lacks {len(absent)} of the '
                f'images in {self.data_root}, first {absent[0]}; add them, '
                'name another split_file, or delete it to have a new one '
                'drawn (then train all stages again)'
            )
        cut = cut_groups(
            {
                s['name']: parts[s['name']]
                for s in samples
                if parts[s['name']] != COPY
            },
            {s['name']: s['group'] for s in samples},
        )
        if cut:
            MMLogger.get_current_instance().warning(
                f'{type(self).__name__}: the split of {self.data_root} cuts '
                f'{len(cut)} groups, first {min(cut)}: copies of one '
                'image or cell are in two parts, and what is measured there '
                'is too good'
            )

    # -- the dataset ---------------------------------------------------------

    def load_data_list(self) -> list[dict]:
        """Build the sample list, as MMEngine's ``BaseDataset`` asks."""
        self._check_classes()
        images = self.list_release()
        self._refuse_missing_classes(images)
        samples = self.annotate(images)
        parts = None
        if self.split is not None:
            parts = self.assign_splits(samples, images)
            if self.official_split and self.group_file:
                parts = self._leave_out_copies(samples, parts)
        samples = [
            s for s in samples if among(s['label'], self.CLASSES) is not None
        ]
        if parts is not None:
            self._check_parts(samples, parts)
            wanted = self._wanted_parts
            samples = [s for s in samples if parts[s['name']] in wanted]
        if not samples:
            raise InputError(
                f'{type(self).__name__}: {self.data_root} has no image for '
                f'split={self.split!r} and the classes '
                f'{", ".join(self.CLASSES)}; '
                f'{self.split_file or "the split"} leaves that part empty'
            )
        data_list = [self._data_info(sample) for sample in samples]
        data_list.sort(key=lambda info: (info['gt_label'], info['image_id']))
        return self._readable(data_list) if self.skip_broken else data_list

    def _check_classes(self) -> None:
        known = [*self.source_classes]
        known += [COARSER[name] for name in known if name in COARSER]
        unknown = [name for name in self.CLASSES if name not in known]
        if unknown:
            raise InputError(
                f'{type(self).__name__} has no class {unknown[0]!r}; its '
                f'classes are {", ".join(dict.fromkeys(known))}'
            )

    def _refuse_missing_classes(self, images: Sequence[dict]) -> None:
        present = {image['label'] for image in images}
        present |= {among(label, self.CLASSES) for label in present}
        for name in self.CLASSES:
            if name in present:
                continue
            if name in self.OPTIONAL_CLASSES and images:
                continue
            if self._class_folders[name]:
                raise InputError(
                    f'{type(self).__name__}: class folder '
                    f'{self._class_folders[name][0]} holds no image '
                    f'({", ".join(IMAGE_EXTENSIONS)})'
                )
            raise InputError(
                f'{type(self).__name__}: class folder '
                f'{osp.join(self.data_root, name)} does not exist, by no '
                f'alias either; {self.data_root} must hold '
                f'{", ".join(self.CLASSES)}'
            )

    def _data_info(self, sample: dict) -> dict:
        info = dict(
            img_path=sample['path'],
            image_id=f'{self.SOURCE}/{sample["name"]}',
            group=sample['group'],
            gt_label=self.class_to_idx[among(sample['label'], self.CLASSES)],
            gt_attributes=sample.get(
                'attributes', [UNKNOWN] * len(WBC_ATTRIBUTES)
            ),
        )
        for key in ('box', 'seg_map_path'):
            if key in sample:
                info[key] = sample[key]
        return info

    def _readable(self, data_list: list[dict]) -> list[dict]:
        """Leave out, with a warning, what cannot be decoded."""
        # What a transform may read, by its own settings.
        loader = next(
            (
                step
                for step in getattr(self.pipeline, 'transforms', ())
                if isinstance(step, LoadCellImage)
            ),
            LoadCellImage(),
        )

        def fault_of(info: dict) -> str | None:
            try:
                # The whole file is read, but at an eighth of the size.
                read_image(
                    info['img_path'],
                    min_edge=1,
                    box=info.get('box'),
                    bit_depth=loader.bit_depth,
                    max_pixels=loader.max_pixels,
                )
            except InputError as e:
                return str(e)
            return None

        readable = []
        # Decoders let other threads run.
        with ThreadPoolExecutor(_READERS) as readers:
            faults = track(
                readers.map(fault_of, data_list),
                f'checking {len(data_list)} images',
                len(data_list),
                console=Console(stderr=True),
                transient=True,
            )
            for info, fault in zip(data_list, faults, strict=True):
                if fault is None:
                    readable.append(info)
                elif self.test_mode:
                    warnings.warn(
                        f'{fault}; it is left out',
                        BrokenImageWarning,
                        stacklevel=2,
                    )
                else:
                    MMLogger.get_current_instance().warning(
                        f'skipped: {fault}'
                    )
        if not readable:
            raise InputError(
                f'{type(self).__name__}: none of the {len(data_list)} images '
                f'in {self.data_root} can be read, {fault}'
            )
        return readable

    def get_data_info(self, idx: int) -> dict:
        """Get one sample's annotation; attributes become a LongTensor."""
        info = super().get_data_info(idx)
        info['gt_attributes'] = torch.tensor(
            info['gt_attributes'], dtype=torch.long
        )
        return info

    def extra_repr(self) -> list[str]:
        """Lines of ``repr`` beside those of the base class."""
        rule = (
            'official'
            if self.official_split
            else (self.split_file or 'by rule')
        )
        return [
            f'Root: \t{self.data_root}',
            f'Split: \t{self.split or "all"} ({rule})',
        ]
