_base_ = ['../../_base_/datasets/pbc.py', '../../_base_/recipes/resnet50.py']
