"""The package's models among those that MMPretrain knows by name."""

import warnings
from pathlib import Path
from typing import Any, NoReturn

from mmengine.runner import CheckpointLoader
from mmpretrain.apis import ModelHub

from daffnet_lite.errors import InputError, InputWarning

#: What stands for the weights of a model that has none.
NO_WEIGHTS = 'no weights of '


def list_own_models() -> None:
    """Make MMPretrain's ``get_model(NAME)`` and the like know the models.

    The files that list them are read when MMPretrain reads its own, at the
    first question, so that importing the package costs nothing.
    """
    register_others = ModelHub._register_mmpretrain_models
    registered = False

    def register() -> None:
        nonlocal registered
        register_others()
        if not registered:
            _register_own()
            registered = True

    ModelHub._register_mmpretrain_models = staticmethod(register)
    CheckpointLoader.register_scheme(NO_WEIGHTS, load_from_nothing, force=True)


def _register_own() -> None:
    from modelindex.models.Result import Result
    from modelindex.models.ResultList import ResultList

    from daffnet_mm.apis.shipped_model import (
        SHIPPED_CONFIG,
        SHIPPED_WEIGHTS,
        shipped_file,
    )

    try:
        index = Path(shipped_file('.mim/model-index.yml'))
    except InputError as error:
        # MMPretrain's own models are not to suffer from it.
        warnings.warn(str(error), InputWarning, stacklevel=4)
        return
    others = set(ModelHub._models_dict)
    ModelHub.register_model_index(index, config_prefix=index.parent)
    for name in ModelHub._models_dict.keys() - others:
        model = ModelHub._models_dict[name]
        if Path(model.config) == Path(shipped_file(SHIPPED_CONFIG)):
            # The file lies in the package, wherever that is installed.
            model.weights = shipped_file(SHIPPED_WEIGHTS)
        elif not model.weights:
            # MMPretrain would warn, and answer with random ones.
            model.weights = f'{NO_WEIGHTS}{name}'
        if not model.results:
            # `inference_model` asks what a model is for, not how well it does.
            task = Result('Image Classification', '', {})
            model.results = ResultList([task])


def load_from_nothing(filename: str, map_location: Any = None) -> NoReturn:
    """Say that a model has no weights: one of MMEngine's loaders.

    Args:
        filename (str): What stands for its weights.
        map_location: As for ``torch.load``. Defaults to None.

    Raises:
        InputError: Always.
    """
    from daffnet_mm.apis.shipped_model import SHIPPED_WEIGHTS, shipped_file

    name = filename.removeprefix(NO_WEIGHTS)
    models = ModelHub._models_dict
    shipped = shipped_file(SHIPPED_WEIGHTS)
    brought = [other for other in models if models[other].weights == shipped]
    tool = shipped_file('.mim/tools/train.py')
    raise InputError(
        f'{name} comes without trained weights: train it by `python {tool} '
        f"{models[name].config}` and give pretrained='CHECKPOINT.pth', or "
        f'take the model that has some, {" or ".join(brought)}'
    )
