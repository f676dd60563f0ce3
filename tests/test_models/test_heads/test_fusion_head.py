import pytest
import torch
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample

from daffnet_lite.errors import InputError
from daffnet_mm.models.heads import FusionHead


def labelled(labels):
    return [DataSample().set_gt_label(label) for label in labels]


@pytest.mark.parametrize('morphological', [128, 31, 0])
def test_parameter_count(count, morphological):
    head = FusionHead(8, 2048, morphological_channels=morphological)
    assert count(head) == (2048 * 1000 + 1000 + (1000 + morphological) * 8 + 8)


def test_fuses_by_concatenation():
    head = FusionHead(5, 12, morphological_channels=6, num_features=7).eval()
    pooled, morphological = torch.randn(3, 12), torch.randn(3, 6)
    fused = head.pre_logits((pooled, morphological))
    torch.testing.assert_close(fused[:, :7], head.fc(pooled))
    assert torch.equal(fused[:, 7:], morphological)
    torch.testing.assert_close(
        head((pooled, morphological)),
        fused @ head.classifier.weight.T + head.classifier.bias,
    )


def test_without_morphological_feature():
    """The rows before "+MAP": behind any backbone, whatever its stages."""
    head = FusionHead(5, 12, morphological_channels=0, num_features=7)
    last = torch.randn(3, 12, 2, 2)
    logits = head((torch.randn(3, 6, 4, 4), last))
    torch.testing.assert_close(
        logits, head.classifier(head.fc(last.mean((2, 3))))
    )
    torch.testing.assert_close(head((last.mean((2, 3)),)), logits)


def test_dropout_acts_in_training_only():
    head = FusionHead(
        5, 12, morphological_channels=6, num_features=7, dropout=0.5
    )
    feats = torch.ones(3, 12), torch.ones(3, 6)
    head.eval()
    assert torch.equal(head(feats), head(feats))
    head.train()
    assert not torch.equal(head(feats), head(feats))
    assert FusionHead(5, 12).dropout.p == 0


def test_loss_and_prediction():
    torch.manual_seed(0)
    head = FusionHead(
        5, 12, morphological_channels=6, num_features=7, cal_acc=True
    )
    feats = torch.randn(4, 12), torch.randn(4, 6)
    logits = head(feats)
    losses = head.loss(feats, labelled([0, 1, 2, 3]))
    log_probs = logits.log_softmax(1)
    expected = -sum(log_probs[i, i] for i in range(4)) / 4
    torch.testing.assert_close(losses['loss'], expected)
    assert 'accuracy_top-1' in losses
    for i, sample in enumerate(head.predict(feats, labelled([0, 1, 2, 3]))):
        torch.testing.assert_close(sample.pred_score, logits[i].softmax(0))
        assert sample.pred_label.tolist() == [int(logits[i].argmax())]
        assert int(sample.gt_label) == i


def test_each_feature_learns_alone():
    """Two logistic regressions, of which predictions are the product."""
    torch.manual_seed(0)
    head = FusionHead(
        3,
        12,
        morphological_channels=6,
        num_features=7,
        each_alone=True,
        init_cfg=None,
    )
    feats = torch.randn(4, 12), torch.randn(4, 6)
    labels = torch.tensor([0, 2, 1, 1])
    halves = head.classifier.weight[:, :7], head.classifier.weight[:, 7:]
    half = head.classifier.bias / 2
    deep = head.fc(feats[0]) @ halves[0].T + half
    morphological = feats[1] @ halves[1].T + half
    losses = head.loss(feats, labelled(labels))
    assert {*losses} == {'loss_deep', 'loss_morphological'}
    for name, logits in (
        ('loss_deep', deep),
        ('loss_morphological', morphological),
    ):
        wanted = -logits.log_softmax(1)[range(4), labels].mean()
        torch.testing.assert_close(losses[name], wanted)
    torch.testing.assert_close(head(feats), deep + morphological)
    losses['loss_morphological'].backward()
    gradient = head.classifier.weight.grad
    assert (gradient[:, :7] == 0).all() and (gradient[:, 7:] != 0).all()
    assert head.fc.weight.grad is None or not head.fc.weight.grad.any()


def test_alone_there_must_be_two():
    with pytest.raises(ValueError, match='each_alone=True needs two'):
        FusionHead(5, 12, morphological_channels=0, each_alone=True)


def test_mixed_images_need_mixed_labels():
    head = FusionHead(2, 12, morphological_channels=0)
    samples = labelled([0, 1])
    for sample in samples:
        sample.set_field(torch.full((2,), 0.5), 'mixture')
    feats = (torch.randn(2, 12),)
    with pytest.raises(InputError, match='but not the labels.*to_onehot=True'):
        head.loss(feats, samples)
    for sample in samples:
        sample.set_gt_score(torch.full((2,), 0.5))
    expected = -head(feats).log_softmax(1).mean()
    torch.testing.assert_close(head.loss(feats, samples)['loss'], expected)


def test_losses_of_mmpretrain_serve():
    head = MODELS.build(
        dict(
            type='FusionHead',
            num_classes=5,
            in_channels=12,
            morphological_channels=6,
            loss=dict(type='LabelSmoothLoss', label_smooth_val=0.1),
        )
    )
    loss = head.loss(
        (torch.randn(4, 12), torch.randn(4, 6)), labelled([0, 1, 2, 3])
    )['loss']
    assert torch.isfinite(loss)


def test_takes_the_imagenet_classifier(imagenet_classifier):
    weights, init_cfg = imagenet_classifier
    head = FusionHead(5, 12, num_features=7, init_cfg=init_cfg)
    head.init_weights()
    assert torch.equal(head.fc.weight, weights['head.fc.weight'])
    assert torch.equal(head.fc.bias, weights['head.fc.bias'])
    assert head.classifier.weight.std().item() == pytest.approx(0.01, rel=0.2)


@pytest.mark.parametrize('num_classes', [0, -1])
def test_a_head_without_classes_is_refused(num_classes):
    with pytest.raises(ValueError, match='must be a positive integer'):
        FusionHead(num_classes, 12)


@pytest.mark.parametrize('morphological', [6, 0])
def test_is_a_linear_function_and_becomes_another(morphological):
    torch.manual_seed(0)
    head = FusionHead(
        5, 12, morphological_channels=morphological, num_features=7
    ).eval()
    feats = (torch.randn(3, 12),)
    if morphological:
        feats += (torch.randn(3, 6),)
    inputs = head.linear_inputs(feats)
    assert inputs.shape == (3, 12 + morphological)
    weight, bias = head.as_linear()
    torch.testing.assert_close(
        inputs.double() @ weight.T + bias, head(feats).double()
    )
    last = head.classifier.weight[:, :7].clone()
    weight, bias = torch.randn(5, 12 + morphological), torch.randn(5)
    head.become_linear(weight, bias)
    torch.testing.assert_close(head(feats), inputs @ weight.T + bias)
    assert torch.equal(head.classifier.weight[:, :7], last)


def test_a_head_that_cannot_become_another_says_so():
    head = FusionHead(5, 12, morphological_channels=6, num_features=7)
    head.classifier.weight.data[1] = head.classifier.weight.data[0]
    weight, bias = head.as_linear()
    with pytest.raises(InputError, match='the same weights.*train it first'):
        head.become_linear(weight, bias)
