# ViT-B/16 for CPUs: four narrow layers, from scratch.
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='VisionTransformer',
        arch=dict(
            embed_dims=128, num_layers=4, num_heads=4, feedforward_channels=512
        ),
        img_size=96,
        patch_size=8,
        drop_rate=0.0,
    ),
    head=dict(type='VisionTransformerClsHead', in_channels=128),
)
