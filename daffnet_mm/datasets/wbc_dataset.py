import os
import os.path as osp
from collections.abc import Mapping, Sequence

import torch
from mmengine.logging import MMLogger
from mmengine.utils import track_iter_progress
from mmpretrain.datasets.base_dataset import BaseDataset
from PIL import Image

from daffnet_mm.errors import InputError
from daffnet_mm.structures import UNKNOWN, WBC_ATTRIBUTES

from .splits import SPLITS, read_split_file, stratified_split, write_split_file


class WBCDataset(BaseDataset):
    """Base of the cell datasets that come as one folder a class.

    A dataset names its classes and the folder of each; listing, splitting and
    checking happen here. Every sample has ``img_path``, ``gt_label``,
    ``gt_attributes`` (a LongTensor, -1 where nobody annotated) and
    ``image_id``, the name by which the guard against overlapping splits
    compares images across datasets.

    Args:
        data_root (str): The folder that holds the class folders.
        split (str, optional): ``'train'``, ``'val'`` or ``'test'``; None takes
            all images. Defaults to None.
        split_file (str, optional): CSV with the part of each image. If it
            does not exist it is written, with ``split_ratios`` and
            ``split_seed``, for all class folders that are there. None splits
            by the same rule without a file. Defaults to None.
        split_ratios (Sequence[float]): Sizes of training, validation and test
            part. Defaults to ``(6, 2, 2)``.
        split_seed (int): Seed of the split. Defaults to 0.
        skip_broken (bool): Decode every image once at the start and leave out,
            with a warning that names it, each that cannot be read. By default
            the first unreadable image ends the run. Defaults to False.
        **kwargs: ``pipeline``, ``classes``, ``metainfo``, ``indices``,
            ``test_mode`` and so on of MMPretrain's ``BaseDataset``.
    """

    #: First part of image_id. Datasets over the same images share it.
    SOURCE: str = ''
    #: The folder of each class that the source has.
    FOLDERS: Mapping[str, str] = {}
    EXTENSIONS = ('.jpg', '.jpeg', '.png', '.bmp', '.tif', '.tiff')

    def __init__(self,
                 data_root: str,
                 split: str | None = None,
                 split_file: str | None = None,
                 split_ratios: Sequence[float] = (6, 2, 2),
                 split_seed: int = 0,
                 skip_broken: bool = False,
                 **kwargs) -> None:
        if split is not None and split not in SPLITS:
            raise InputError(f'{type(self).__name__}: split={split!r} must be '
                             "'train', 'val', 'test' or None (all images)")
        self.split = split
        self.split_file = split_file
        self.split_ratios = split_ratios
        self.split_seed = split_seed
        self.skip_broken = skip_broken
        kwargs.setdefault('ann_file', '')
        super().__init__(data_root=data_root, **kwargs)

    def list_images(self, classes: Sequence[str]) -> dict[str, list[str]]:
        """List the images of some classes.

        Hidden files (PBC ships a broken one, ``.DS_169665.jpg``) do not count.

        Args:
            classes (Sequence[str]): The classes to list.

        Returns:
            dict[str, list[str]]: Sorted image names by class.

        Raises:
            InputError: If a folder is missing or holds no image, or if two
                folders hold an image of one name.
        """
        if not osp.isdir(self.data_root):
            raise InputError(
                f'{type(self).__name__}: data_root {self.data_root} does not '
                'exist; expected is the folder with the class folders '
                f'{", ".join(self.FOLDERS.values())}')
        images = {}
        for name in classes:
            folder = osp.join(self.data_root, self.FOLDERS[name])
            if not osp.isdir(folder):
                raise InputError(
                    f'{type(self).__name__}: class folder {folder} does not '
                    f'exist; {self.data_root} must hold '
                    f'{", ".join(self.FOLDERS[c] for c in classes)}')
            images[name] = sorted(
                entry.name for entry in os.scandir(folder)
                if not entry.name.startswith('.')
                and entry.name.lower().endswith(self.EXTENSIONS))
            if not images[name]:
                raise InputError(
                    f'{type(self).__name__}: class folder {folder} holds no '
                    f'image ({", ".join(self.EXTENSIONS)})')
        self._refuse_namesakes(images)
        return images

    def _refuse_namesakes(self, images: dict[str, list[str]]) -> None:
        # The split is keyed by image name: two images of one name would
        # silently share a part.
        label_of = {}
        for label, names in images.items():
            for name in names:
                other = label_of.setdefault(name, label)
                if other != label:
                    raise InputError(
                        f'{type(self).__name__}: {self.data_root} has '
                        f'{name} as {other} and as {label}; remove or '
                        'rename one')

    def assign_splits(self, names: Sequence[str]) -> dict[str, str]:
        """Find the part of each image.

        Args:
            names (Sequence[str]): Images that must have a part.

        Returns:
            dict[str, str]: The part by image name.

        Raises:
            InputError: If the split file lacks one of the images.
        """
        if self.split_file and osp.isfile(self.split_file):
            parts = read_split_file(self.split_file)
        else:
            # All classes that are there, not only those asked for: the other
            # stages and class sets share the file.
            present = [
                name for name, folder in self.FOLDERS.items()
                if osp.isdir(osp.join(self.data_root, folder))
            ]
            labels = {
                image: name
                for name, images in self.list_images(present).items()
                for image in images
            }
            parts = stratified_split(labels, self.split_ratios,
                                     self.split_seed)
            if self.split_file:
                write_split_file(self.split_file, labels, parts)
                MMLogger.get_current_instance().info(
                    f'wrote split file {self.split_file}: {len(parts)} images')
        absent = [name for name in names if name not in parts]
        if absent:
            raise InputError(
                f'split file {self.split_file} lacks {len(absent)} of the '
                f'images in {self.data_root}, first {absent[0]}; add them, '
                'name another split_file, or delete it to have a new one '
                'drawn (then train all stages again)')
        return parts

    def load_annotations(self) -> list[dict]:
        """List all images of the dataset's classes, of all parts.

        Returns:
            list[dict]: ``name`` (the file), ``label`` (the class) and, where
            annotated, ``attributes`` (value indices) of each image.
        """
        return [
            dict(name=image, label=label)
            for label, images in self.list_images(self.CLASSES).items()
            for image in images
        ]

    def load_data_list(self) -> list[dict]:
        """Build the sample list, as MMEngine's ``BaseDataset`` asks."""
        unknown = [name for name in self.CLASSES if name not in self.FOLDERS]
        if unknown:
            raise InputError(
                f'{type(self).__name__} has no class {unknown[0]!r}; its '
                f'classes are {", ".join(self.FOLDERS)}')
        annotations = self.load_annotations()
        if self.split is not None:
            parts = self.assign_splits([a['name'] for a in annotations])
            annotations = [
                a for a in annotations if parts[a['name']] == self.split
            ]
        data_list = []
        unannotated = [UNKNOWN] * len(WBC_ATTRIBUTES)
        for annotation in annotations:
            name, label = annotation['name'], annotation['label']
            data_list.append(
                dict(
                    img_path=osp.join(self.data_root, self.FOLDERS[label],
                                      name),
                    image_id=f'{self.SOURCE}/{name}',
                    gt_label=self.class_to_idx[label],
                    gt_attributes=annotation.get('attributes', unannotated)))
        return self._readable(data_list) if self.skip_broken else data_list

    def _readable(self, data_list: list[dict]) -> list[dict]:
        """Leave out, with a warning, what cannot be decoded."""
        readable = []
        for info in track_iter_progress(data_list):
            try:
                with Image.open(info['img_path']) as image:
                    # JPEG's own scaling: the whole file is read, but at an
                    # eighth of the size.
                    image.draft('RGB', (1, 1))
                    image.load()
            except (OSError, SyntaxError, ValueError) as e:
                MMLogger.get_current_instance().warning(
                    f'skipped {info["img_path"]}: {e}')
            else:
                readable.append(info)
        return readable

    def get_data_info(self, idx: int) -> dict:
        """Get one sample's annotation; attributes become a LongTensor."""
        info = super().get_data_info(idx)
        info['gt_attributes'] = torch.tensor(
            info['gt_attributes'], dtype=torch.long)
        return info

    def extra_repr(self) -> list[str]:
        """Lines of ``repr`` beside those of the base class."""
        return [
            f'Root: \t{self.data_root}',
            f'Split: \t{self.split or "all"} ({self.split_file or "by rule"})'
        ]
