# Stage 3: DAFFNet on Labelled, nine classes (Tables 2 and 4).
_base_ = ['../_base_/datasets/labelled.py', '../_base_/recipes/daffnet.py']
model = dict(head=dict(num_classes=9))
