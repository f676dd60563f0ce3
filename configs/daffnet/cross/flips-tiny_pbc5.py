# From one laboratory to others: train on PBC, test on BCCD and JTSC with
# tools/analysis_tools/cross_dataset.py. This is the baseline, batch
# normalisation and the symmetries of the square; the other files of this
# folder change one thing each, and robust-*.py several.
_base_ = [
    '../../_base_/datasets/tiny64_pbc5.py',
    '../../_base_/models/tiny_resnet50.py',
    '../../_base_/schedules/tiny_18e.py',
]
model = dict(head=dict(num_classes=_base_.num_classes))
