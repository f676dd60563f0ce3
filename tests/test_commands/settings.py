"""Do the settings that override a config's name something in it?"""

import inspect

import mmengine.registry
import mmpretrain.registry
from mmengine.registry import Registry


def unknown_settings(cfg, settings):
    """Find the settings that nothing would read.

    A setting is known if the config has it, or if it is an argument of the
    part that it belongs to: of the part's type in the config, or of the one
    that another setting gives it. A hook may be added under its name.

    Args:
        cfg (Config): The config, resolved.
        settings (dict[str, str]): The settings, by their names with dots.

    Returns:
        list[str]: Their names.
    """
    return [name for name in settings if not _is_known(cfg, name, settings)]


def _is_known(cfg, name, settings):
    node, path = cfg._cfg_dict, []
    for key in name.split('.'):
        # a part that only the settings describe has no more than its type
        node = {} if node is None else node
        if isinstance(node, (list, tuple)):
            if not (key.isdigit() and int(key) < len(node)):
                return False
            node = node[int(key)]
        elif isinstance(node, dict):
            of_part = '.'.join([*path, 'type'])
            type_ = settings.get(of_part) or node.get('type')
            if key == 'type':
                return find_type(settings[name]) is not None
            if of_part in settings and settings[of_part] != node.get('type'):
                known = accepts(type_, key)
            else:
                known = key in node or (type_ and accepts(type_, key))
            if not known and path == ['default_hooks']:
                known = f'default_hooks.{key}.type' in settings
            if not known:
                return False
            node = node.get(key)
        else:
            return False
        path.append(key)
    return True


def find_type(name):
    """Find a registered type by its name."""
    if not isinstance(name, str):
        return name
    for registries in (mmpretrain.registry, mmengine.registry):
        for registry in vars(registries).values():
            if isinstance(registry, Registry):
                found = registry.module_dict.get(name.rpartition('.')[2])
                if found is not None:
                    return found
    return None


def accepts(name, argument):
    """Tell whether a type takes an argument, itself or a class above it.

    What is handed on to something else may be anything.
    """
    type_ = find_type(name)
    if not inspect.isclass(type_):
        return argument in inspect.signature(type_).parameters
    for cls in type_.__mro__[:-1]:
        if '__init__' not in vars(cls):
            continue
        parameters = inspect.signature(cls.__init__).parameters
        if argument in parameters:
            return True
        if all(p.kind is not p.VAR_KEYWORD for p in parameters.values()):
            return False
    return True
