"""The command ``daffnet``: a module a subcommand, and one table of them.

A module has the usage as its docstring, ``build_parser`` and ``main``. What
takes a while to import, PyTorch first of all, is imported in ``main``, for
``--help`` is answered without.
"""
