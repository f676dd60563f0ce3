# Stage 2: MAP anew on true and pseudo attributes together (Sec. 2.2.3, Fig.
# 4). Each dataset listed here is labelled by the MAP of stage 1 first:
#
#   python tools/pseudo_label.py configs/daffnet/map_ssl.py \
#       work_dirs/map_wbcatt/best.pth --out LABEL_FILE
#
# The paper lists the training parts of its other five datasets. PBC's
# immature granulocytes stand here, which WBCAtt leaves out: the one set of
# white cells that comes with the data of stage 1.
_base_ = './map_wbcatt.py'

pseudo_labelled = [
    dict(
        type='PseudoLabelledDataset',
        label_file='{{$PSEUDO_LABELS:data/pseudo_labels/pbc.json}}',
        dataset=dict(
            type='PBC',
            classes=('ig', ),
            data_root=_base_.data_root,
            split='train',
            split_file=_base_.split_file,
            pipeline=_base_.train_pipeline)),
]
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='ConcatDataset',
        datasets=[_base_.train_dataloader.dataset, *pseudo_labelled]))
