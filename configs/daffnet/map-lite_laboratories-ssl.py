# Stage 2 of the model for many laboratories: gentle epochs from stage 1's MAP,
# in which stage 1's probabilities teach the attributes of Raabin-WBC's and
# BCCD's cells, and those of PBC's beside what was annotated. Labelled by
#   python tools/pseudo_label.py configs/daffnet/map-lite_laboratories-ssl.py \
#       work_dirs/map-lite_laboratories/calibrated.pth --views symmetries
_base_ = [
    '../_base_/datasets/cells_laboratories.py',
    '../_base_/models/lite_map.py',
    '../_base_/schedules/lite_16e.py',
]
pbc, raabin, bccd, *painted = _base_.several
soft = dict(type='PseudoLabelledDataset', soft=True)
label_dir = '{{$PSEUDO_LABEL_DIR:data/pseudo_labels}}'
train_dataloader = dict(
    dataset=dict(
        datasets=[
            pbc,
            dict(soft, label_file=f'{label_dir}/lite-pbc.json', dataset=pbc),
            dict(
                soft,
                label_file=f'{label_dir}/lite-raabin.json',
                dataset=raabin,
            ),
            dict(
                bccd,
                dataset=dict(
                    soft,
                    label_file=f'{label_dir}/lite-bccd.json',
                    dataset=bccd['dataset'],
                ),
            ),
            *painted,
        ],
        pipeline=_base_.pack,
    )
)
val_dataloader = dict(dataset=dict(_base_.home, _delete_=True, split='select'))
test_dataloader = dict(dataset=dict(_base_.home, _delete_=True))
val_evaluator = [dict(type='WBCMetric'), dict(type='MultiAttributeMetric')]
test_evaluator = val_evaluator
model = dict(
    backbone=dict(arch='lite2'),
    init_cfg=dict(checkpoint='work_dirs/map-lite_laboratories/calibrated.pth'),
    head=dict(
        loss=dict(
            type='DSLLoss', label_smoothing=_base_.annotator_disagreement
        )
    ),
)
optim_wrapper = dict(optimizer=dict(lr=3e-4))
train_cfg = dict(max_epochs=4)
param_scheduler = [
    dict(_base_.warm_up, end=1),
    dict(_base_.decay, begin=1, end=4),
]
default_hooks = dict(checkpoint=dict(save_best='attr/accuracy'))
