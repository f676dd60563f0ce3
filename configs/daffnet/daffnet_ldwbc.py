# Stage 3: DAFFNet on LDWBC, five classes (Tables 2 and 4).
_base_ = ['../_base_/datasets/ldwbc.py', '../_base_/recipes/daffnet.py']
model = dict(head=dict(num_classes=5))
