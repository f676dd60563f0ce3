_base_ = [
    '../../_base_/datasets/labelled.py',
    '../../_base_/recipes/epsa-sa-map.py',
]
model = dict(head=dict(num_classes=9))
