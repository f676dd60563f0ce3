# Stage 2 on synthetic cells: laboratory b, which stains differently, knows
# its cell types but has no attributes.
_base_ = './map-tiny_synthetic.py'

pseudo_labelled = [
    dict(
        type='PseudoLabelledDataset',
        label_file='{{$PSEUDO_LABELS:data/pseudo_labels/synthetic-b.json}}',
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
]
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='MixedDataset',
        datasets=[_base_.train_dataloader.dataset, *pseudo_labelled],
    )
)
