# Stage 3: DAFFNet on PBC's eight classes (Tables 2 and 4).
_base_ = ['../_base_/datasets/pbc.py', '../_base_/recipes/daffnet.py']
