# As variation_without-pbc.py, and each laboratory's cells are brought to
# home's scale, colours and depth of cytoplasm by its profile, those that are
# trained on and those that are tested. `daffnet profile` makes the files.
_base_ = [
    '../../_base_/datasets/cells_laboratories.py',
    '../../_base_/models/lite_classifier.py',
    '../../_base_/schedules/lite_16e.py',
]
profiled = dict(
    type='ApplyProfiles',
    profiles=dict(
        PBC='{{$PROFILE_ROOT:data/profiles}}/PBC.json',
        RaabinWBC='{{$PROFILE_ROOT:data/profiles}}/RaabinWBC.json',
        BCCD='{{$PROFILE_ROOT:data/profiles}}/BCCD.json',
        JTSC='{{$PROFILE_ROOT:data/profiles}}/JTSC.json',
    ),
    colours='diagonal',
)
train_pipeline = [
    dict(profiled, share=0.72),
    dict(type='ResizeEdge', scale=140, edge='short'),
    *_base_.symmetries,
    *_base_.other_laboratories,
    *_base_.pack,
]
test_pipeline = [
    *_base_.load,
    dict(profiled, share=0.66),
    dict(type='ResizeEdge', scale=128, edge='short'),
    dict(type='CenterCrop', crop_size=128),
    *_base_.pack,
]
train_dataloader = dict(batch_size=32, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
train_cfg = dict(val_interval=16)
