"""MMPretrain's registries under this package's name.

Components are registered in MMPretrain's. MMEngine looks for a ``registry``
in each package that a scope names, as ``daffnet_mm.DAFFNet`` and
``_base_ = 'daffnet_mm::...'`` do; what is not found in these is looked for in
MMPretrain's.
"""

import mmpretrain.registry
from mmengine.registry import Registry

#: By their names in ``mmpretrain.registry``, such as ``'MODELS'``.
REGISTRIES = {
    name: Registry(
        parent.name,
        parent=parent,
        scope='daffnet_mm',
        # all is there once the package is imported
        locations=['daffnet_mm'],
    )
    for name, parent in vars(mmpretrain.registry).items()
    if isinstance(parent, Registry)
}
