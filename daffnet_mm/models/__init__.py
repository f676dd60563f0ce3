from .attention import *  # noqa: F403
from .backbones import *  # noqa: F403
from .classifiers import *  # noqa: F403
from .data_preprocessors import *  # noqa: F403
from .heads import *  # noqa: F403
from .losses import *  # noqa: F403
from .necks import *  # noqa: F403
from .tta import *  # noqa: F403
