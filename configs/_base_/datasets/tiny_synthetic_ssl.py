# Stage 2's data on synthetic cells: laboratory a with its attributes, and
# laboratory b, which stains differently and knows its cell types only.
# PSEUDO_LABELS moves the label file.
_base_ = './tiny_synthetic.py'
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='MixedDataset',
        datasets=[
            _base_.train_dataloader.dataset,
            dict(
                type='PseudoLabelledDataset',
                label_file=(
                    '{{$PSEUDO_LABELS:data/pseudo_labels/synthetic-b.json}}'
                ),
                dataset=dict(
                    type='SyntheticWBC',
                    split='train',
                    laboratory='b',
                    with_attributes=False,
                    num_samples=600,
                    image_size=96,
                    pipeline=_base_.train_pipeline,
                ),
            ),
        ],
    )
)
val_evaluator = [dict(type='WBCMetric'), dict(type='MultiAttributeMetric')]
test_evaluator = val_evaluator
