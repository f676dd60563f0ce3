_base_ = ['../../_base_/datasets/ldwbc.py', '../../_base_/recipes/resnet50.py']
model = dict(head=dict(num_classes=5))
