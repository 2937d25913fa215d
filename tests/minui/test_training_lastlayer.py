"""Raising the conditioning changes nothing that is drawn; the last layer changes much."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytest.importorskip("transformers")

from minui.training import lastlayer, shapes  # noqa: E402
from minui.training.prompts import hidden_state  # noqa: E402


@pytest.fixture(scope="module")
def pair():
    torch.manual_seed(1)
    unet, clip = shapes.unet().eval(), shapes.clip(600).eval()
    for parameter in unet.parameters():
        torch.nn.init.normal_(parameter, std=0.05)
    return unet, clip


@torch.no_grad()
def test_the_raised_pair_predicts_the_same_noise(pair):
    unet, clip = pair
    ids = torch.randint(0, 590, (1, shapes.CLIP_TOKENS))
    noisy = torch.randn(1, 4, 40, 32)
    step = torch.tensor([500])
    before_context = hidden_state(clip, ids, 2)
    before = unet(noisy, step, before_context).sample
    raised_unet, raised_clip = lastlayer.raised(unet.state_dict(), clip.state_dict())
    unet.load_state_dict(raised_unet)
    clip.load_state_dict(raised_clip)
    context = hidden_state(clip, ids, 2)
    assert abs(float((context - before_context).mean()) - lastlayer.RISE) < 1e-4
    assert torch.allclose(unet(noisy, step, context).sample, before, atol=1e-3)


@torch.no_grad()
def test_the_last_layer_turns_the_conditioning_and_only_that_of_clip_skip_1(pair):
    _unet, clip = pair
    ids = torch.randint(0, 590, (1, shapes.CLIP_TOKENS))
    kept = hidden_state(clip, ids, 2)
    clip.load_state_dict(lastlayer.unsettled(clip.state_dict()))
    assert torch.allclose(hidden_state(clip, ids, 2), kept)
    turned = torch.cosine_similarity(hidden_state(clip, ids, 1).flatten(), kept.flatten(), 0)
    assert float(turned) < 0.7
