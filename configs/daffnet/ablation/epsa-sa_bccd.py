_base_ = ['../../_base_/datasets/bccd.py', '../../_base_/recipes/epsa-sa.py']
model = dict(head=dict(num_classes=4))
