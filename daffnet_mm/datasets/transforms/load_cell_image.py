from mmcv.transforms import LoadImageFromFile
from mmpretrain.registry import TRANSFORMS

from daffnet_mm.errors import InputError


@TRANSFORMS.register_module()
class LoadCellImage(LoadImageFromFile):
    """Load an image, and refuse one that is broken by its name.

    Pillow decodes, because OpenCV fills the rest of a truncated file with
    grey and says nothing.

    **Required Keys:**

    - img_path

    **Added Keys:**

    - img (np.ndarray): BGR, uint8, of shape (H, W, 3)
    - img_shape
    - ori_shape

    Args:
        imdecode_backend (str): As for mmcv's ``LoadImageFromFile``. Defaults
            to ``'pillow'``.
        **kwargs: As for mmcv's ``LoadImageFromFile``.
    """

    def __init__(self, imdecode_backend: str = 'pillow', **kwargs) -> None:
        super().__init__(imdecode_backend=imdecode_backend, **kwargs)

    def transform(self, results: dict) -> dict:
        """Load one image.

        Args:
            results (dict): The sample, with ``img_path``.

        Returns:
            dict: The sample with the image.

        Raises:
            InputError: If the file does not exist or cannot be decoded.
        """
        try:
            return super().transform(results)
        except FileNotFoundError as e:
            raise InputError(f'image {results["img_path"]} does not exist'
                             ) from e
        except (OSError, SyntaxError, ValueError, AssertionError) as e:
            raise InputError(
                f'image {results["img_path"]} cannot be decoded ({e}); '
                'replace or remove it, or set skip_broken=True in its dataset'
            ) from e
