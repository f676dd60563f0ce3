# Training for laboratories that nobody trained on: one is left out, and is
# tested on: here PBC; run_experiments.py replaces the first base by one that
# leaves out another (`without-*.py`). This is the baseline; the other files of
# this folder change one thing each.
_base_ = [
    '../../_base_/datasets/cells_laboratories.py',
    '../../_base_/models/lite_classifier.py',
    '../../_base_/schedules/lite_16e.py',
]
train_dataloader = dict(batch_size=32)
# The last epoch counts: nothing is selected by laboratories that are known.
train_cfg = dict(val_interval=16)
