# Stage 3 for CPUs, on PBC's five white blood cell classes.
_base_ = [
    '../_base_/datasets/tiny_pbc5.py',
    '../_base_/schedules/tiny_12e.py',
    '../_base_/recipes/tiny_daffnet.py',
]
