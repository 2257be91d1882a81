"""SAM, HQ-SAM, MobileSAM and SAM 2 with random weights in real files, against each package's own predictor."""

import copy
import sys
import threading
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: no segmenter of the SAM families")

from lib_inpaint.errors import BadRequest, ModelUnavailable  # noqa: E402
from lib_inpaint.geometry import Box, Point, Size  # noqa: E402
from lib_inpaint.models.sam import attention  # noqa: E402
from lib_inpaint.progress import silent  # noqa: E402
from lib_inpaint.schema import Selection, Stroke  # noqa: E402

NEAR = 1e-4  # of logits, in float32


def liven(network):
    """Random weights that make a difference: what is zero or one at first gets values, too."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if name.endswith("running_var"):
                value.uniform_(0.5, 1.5, generator=generator)
            elif value.is_floating_point() and (value.std() == 0 or value.ndim < 2):
                value.add_(torch.randn(value.shape, generator=generator) * (0.3 if "rel_pos" in name else 0.05))
    return network.eval()


@pytest.fixture(scope="module")
def photo():
    """A picture that is wider than high and no multiple of anything: 500x333 of something smooth."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (7, 10, 3)).astype(np.float32)
    smooth = torch.nn.functional.interpolate(torch.tensor(coarse).permute(2, 0, 1)[None], (333, 500), mode="bicubic")
    return np.ascontiguousarray(smooth[0].permute(1, 2, 0).clamp(0, 255).to(torch.uint8).numpy())


def family(photo, folder, build, predictor, load, wrap=lambda state: state):
    """A random network in a file, our segmenter out of it, and the package's predictor, both with the photo encoded."""
    torch.manual_seed(0)
    network = liven(build())
    path = folder / "weights.pt"
    torch.save(wrap(network.state_dict()), path)
    segmenter = load([path], "cpu", "float32")
    reference = predictor(network)
    reference.set_image(photo)
    return SimpleNamespace(
        path=path, segmenter=segmenter, reference=reference, embedding=segmenter.encode(photo, silent)
    )


def mobile_sam(photo, folder):
    hq = pytest.importorskip("segment_anything_hq", reason="segment-anything-hq is not installed")
    from lib_inpaint.models.sam.sam_hq import load_mobile

    return family(photo, folder, hq.sam_model_registry_baseline["vit_tiny"], hq.SamPredictor, load_mobile)


def hq_sam_vit_b(photo, folder):
    hq = pytest.importorskip("segment_anything_hq", reason="segment-anything-hq is not installed")
    from lib_inpaint.models.sam.sam_hq import load

    def vit_b(paths, device, dtype):
        return load(paths, device, dtype, variant="vit_b")

    return family(photo, folder, hq.sam_model_registry["vit_b"], hq.SamPredictor, vit_b)


def sam_vit_b(photo, folder):
    """As wide as it is, but of three blocks in place of twelve: windowed, global, windowed."""
    sam = pytest.importorskip("segment_anything", reason="segment-anything is not installed")
    from segment_anything.build_sam import _build_sam

    from lib_inpaint.models.sam.sam import load

    def build(checkpoint=None):
        return _build_sam(768, encoder_depth=3, encoder_num_heads=12, encoder_global_attn_indexes=[1])

    def vit_b(paths, device, dtype):
        with mock.patch.dict(sam.sam_model_registry, vit_b=build):
            return load(paths, device, dtype, variant="vit_b")

    return family(photo, folder, build, sam.SamPredictor, vit_b)


def sam_2_1(photo, folder):
    pytest.importorskip("sam2", reason="sam2 is not installed")
    from sam2.build_sam import build_sam2
    from sam2.sam2_image_predictor import SAM2ImagePredictor

    from lib_inpaint.models.sam.sam2 import load

    def tiny(paths, device, dtype):
        return load(paths, device, dtype, variant="configs/sam2.1/sam2.1_hiera_t.yaml")

    def build():
        return build_sam2("configs/sam2.1/sam2.1_hiera_t.yaml", device="cpu")

    return family(photo, folder, build, SAM2ImagePredictor, tiny, wrap=lambda state: {"model": state})


@pytest.fixture(scope="module")
def families(photo, tmp_path_factory):
    """The families by how they are made, each made once."""
    made = {}

    def get(make):
        if make not in made:
            made[make] = make(photo, tmp_path_factory.mktemp("weights"))
        return made[make]

    return get


@pytest.fixture(params=[mobile_sam, hq_sam_vit_b, sam_vit_b, sam_2_1], ids=lambda make: make.__name__)
def both(request, families):
    return families(request.param)


@pytest.fixture
def mobile(families):
    return families(mobile_sam)


POINTS = (Point(250, 150, 1), Point(400.5, 300.25, 1), Point(20, 30, 0))
BOX = Box(100, 50, 450, 320)
SELECTIONS = {
    "one point": Selection(points=POINTS[:1]),
    "points": Selection(points=POINTS),
    "box": Selection(box=BOX),
    "box and points": Selection(points=POINTS, box=BOX),
}


def ask(reference, selection, several, fed_back=None):
    """The package's own answer: masks at full size, scores, logits."""
    points = np.array([point[:2] for point in selection.points]) if selection.points else None
    labels = np.array([point.label for point in selection.points]) if selection.points else None
    box = None if selection.box is None else np.array(selection.box)
    with torch.inference_mode():
        return reference.predict(points, labels, box, fed_back, multimask_output=several)


def close(ours, theirs):
    spread = theirs.std()
    assert spread > 0.02, "the random weights give a flat picture, which shows nothing"
    return np.abs(ours - theirs).max() < NEAR


@pytest.mark.parametrize("prompt", SELECTIONS)
@pytest.mark.parametrize("fed_back", [False, True])
def test_logits_and_scores_are_those_of_the_package(both, prompt, fed_back):
    selection = SELECTIONS[prompt]
    previous = np.random.default_rng(1).standard_normal((256, 256)).astype(np.float32) * 5 if fed_back else None
    found = both.segmenter.decode(both.embedding, selection, previous)
    assert found.logits.shape == (3, 256, 256)
    assert found.logits.dtype == np.float32
    fed = None if previous is None else previous[None]
    alone = prompt == "one point" and not fed_back
    _, scores, logits = ask(both.reference, selection, several=alone, fed_back=fed)
    best = np.argsort(-scores, kind="stable")
    for rank, index in enumerate(best):
        assert close(found.logits[rank], logits[index])
        assert found.scores[rank] == pytest.approx(np.clip(scores[index], 0, 1), abs=NEAR)
    if not alone:  # the three are there behind the single one
        _, scores, logits = ask(both.reference, selection, several=True, fed_back=fed)
        best = int(np.argmax(scores))
        assert min(np.abs(found.logits[rank] - logits[best]).max() for rank in (0, 1)) < NEAR


def test_masks_are_those_of_the_package(both, photo):
    masks, scores, _ = ask(both.reference, SELECTIONS["one point"], several=True)
    found = both.segmenter.decode(both.embedding, SELECTIONS["one point"])
    mask = both.segmenter.upscale(both.embedding, found.logits[0])
    assert mask.shape == photo.shape[:2]
    assert set(np.unique(mask)) <= {0, 255}
    assert np.count_nonzero((mask > 0) != masks[np.argmax(scores)]) <= 20  # where the logit is 0 but for rounding


def test_points_by_themselves(both):
    logits, scores = both.segmenter.decode_batch(both.embedding, np.array([point[:2] for point in POINTS[:2]]))
    assert logits.shape == (2, 3, 256, 256)
    for index, point in enumerate(POINTS[:2]):
        alone = both.segmenter.decode(both.embedding, Selection(points=(point,)))
        order = np.argsort(-scores[index], kind="stable")
        assert np.abs(logits[index][order] - alone.logits).max() < NEAR


def test_a_segmenter_and_an_embedding_know_their_weight(both, photo):
    weights = both.path.stat().st_size  # less what sam2 keeps for videos, and with what TinyViT works out at first
    assert 0.6 < both.segmenter.nbytes / weights < 1.2
    assert both.embedding.size == Size.of(photo)
    assert both.embedding.nbytes == sum(tensor.nbytes for tensor in both.embedding.features)
    assert both.embedding.nbytes >= 4 * 256 * 64 * 64


def test_a_click_encodes_nothing(mobile, monkeypatch):
    monkeypatch.setattr(mobile.segmenter, "_encoder", None)
    for selection in SELECTIONS.values():
        mobile.segmenter.decode(mobile.embedding, selection)


def tensors_in(thing, seen=None):
    """All tensors that an object holds, also in lists, modules and other objects."""
    seen = set() if seen is None else seen
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, torch.Tensor):
        yield thing
    elif isinstance(thing, dict):
        for value in thing.values():
            yield from tensors_in(value, seen)
    elif isinstance(thing, (list, tuple, set)):
        for value in thing:
            yield from tensors_in(value, seen)
    elif hasattr(thing, "__dict__") and not isinstance(thing, type):
        yield from tensors_in(vars(thing), seen)


def test_a_segmenter_moves_with_all_it_has_and_a_click_under_way_is_not_disturbed(both):
    segmenter = copy.deepcopy(both.segmenter)
    segmenter._dtype = "bfloat16"
    before, weights = segmenter._decoder, segmenter.nbytes
    expected = segmenter.decode(both.embedding, SELECTIONS["box"]).logits
    segmenter.to("meta")  # a device without memory: what was left behind would show
    assert {str(tensor.device) for tensor in tensors_in(segmenter)} == {"meta"}
    assert segmenter.device == "meta"
    assert {tensor.dtype for tensor in tensors_in(segmenter._decoder) if tensor.is_floating_point()} == {torch.float32}
    assert 0.45 < segmenter._encoder.nbytes / both.segmenter._encoder.nbytes < 0.55, "in half the bits there"
    assert segmenter.nbytes < weights
    assert {str(tensor.device) for tensor in tensors_in(before)} == {"cpu"}, "the decoder of a click under way"
    segmenter._decoder = before
    assert np.array_equal(segmenter.decode(both.embedding, SELECTIONS["box"]).logits, expected)


def test_an_embedding_moves_whole(both):
    moved = both.embedding.to("meta")
    assert {str(tensor.device) for tensor in moved.features} == {"meta"}
    assert moved.size == both.embedding.size
    assert both.embedding.to("cpu") is both.embedding


def test_two_threads_click_at_once(mobile):
    expected = {name: mobile.segmenter.decode(mobile.embedding, one).logits for name, one in SELECTIONS.items()}
    wrong = []

    def click(name):
        for _ in range(3):
            if not np.allclose(
                mobile.segmenter.decode(mobile.embedding, SELECTIONS[name]).logits, expected[name], atol=NEAR
            ):
                wrong.append(name)

    threads = [threading.Thread(target=click, args=(name,)) for name in SELECTIONS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_rough_brush_is_a_prompt(mobile):
    brush = Selection(hint=(Stroke(points=((200.0, 100.0), (300.0, 200.0)), radius=30),))
    assert mobile.segmenter.decode(mobile.embedding, brush).logits.shape == (3, 256, 256)


def test_logits_of_another_shape_are_refused(mobile):
    with pytest.raises(BadRequest):
        mobile.segmenter.decode(mobile.embedding, SELECTIONS["box"], np.zeros((64, 64), np.float32))


def test_encoding_can_be_stopped(mobile, photo):
    def stop(fraction, text):
        if fraction > 0.4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mobile.segmenter.encode(photo, stop)


@pytest.mark.parametrize("shape", [(1, 1), (2000, 3)])
def test_pictures_of_any_shape(mobile, shape):
    embedding = mobile.segmenter.encode(np.zeros((*shape, 3), np.uint8), silent)
    found = mobile.segmenter.decode(embedding, Selection(points=(Point(0, 0, 1),)))
    assert mobile.segmenter.upscale(embedding, found.logits[0]).shape == shape


def test_files_of_other_models_are_refused(mobile, tmp_path):
    from lib_inpaint.models.sam.sam import load
    from lib_inpaint.models.sam.sam_hq import load as load_hq
    from lib_inpaint.models.sam.sam_hq import load_mobile

    for loader, options in ((load, {"variant": "vit_b"}), (load_hq, {"variant": "vit_l"})):
        with pytest.raises(ModelUnavailable, match="does not hold the weights of"):
            loader([mobile.path], "cpu", "float32", **options)
    short = tmp_path / "short.pt"
    short.write_bytes(mobile.path.read_bytes()[:100_000])
    with pytest.raises(ModelUnavailable, match="cut short"):
        load_mobile([short], "cpu", "float32")


def small_vit(package):
    """The package's own ViT, small: 2 windowed blocks with padding, 1 global one, 12x12 tokens."""
    torch.manual_seed(0)
    vit = package.modeling.ImageEncoderViT(
        img_size=192,
        embed_dim=64,
        depth=3,
        num_heads=4,
        out_chans=32,
        use_rel_pos=True,
        window_size=5,
        global_attn_indexes=(1,),
    )
    return liven(vit)


@pytest.mark.parametrize("name", ["segment_anything", "segment_anything_hq"])
@pytest.mark.parametrize("kernel", ["auto", "sdp", "written out"])
@pytest.mark.parametrize("budget", [1, 100_000, 1 << 30])
def test_the_fast_encoder_is_the_slow_one(name, kernel, budget, monkeypatch):
    vit = small_vit(pytest.importorskip(name, reason=f"{name} is not installed"))
    monkeypatch.setattr(attention, "_CPU_BUDGET", budget)
    image = torch.randn(1, 3, 192, 192)
    with torch.inference_mode():
        expected = vit(image)
        ours = attention.VitEncoder(vit, kernel, "cpu", torch.float32)(image, silent)
    if name == "segment_anything":
        expected = expected, [ours.finer[0]]
    assert torch.allclose(ours.image, expected[0], atol=1e-5)
    assert torch.allclose(ours.finer[0], expected[1][0], atol=1e-5)


def test_the_fast_encoder_in_half_the_bits():
    vit = small_vit(pytest.importorskip("segment_anything", reason="segment-anything is not installed"))
    image = torch.randn(1, 3, 192, 192)
    with torch.inference_mode():
        expected = vit(image)
        encoder = attention.VitEncoder(vit, "sdp", "cpu", torch.bfloat16)
        ours = encoder(image, silent).image
    assert ours.dtype == torch.float32
    assert (ours - expected).norm() < 0.05 * expected.norm()


def test_the_packages_stay_as_they_are():
    sam = pytest.importorskip("segment_anything", reason="segment-anything is not installed")
    vit = small_vit(sam)
    before = {name: type(module).forward for name, module in vit.named_modules()}
    attention.VitEncoder(vit, "auto", "cpu", torch.float32)
    assert {name: type(module).forward for name, module in vit.named_modules()} == before
    assert not any("forward" in vars(module) for module in vit.modules())


def xformers_gives_what_is_written_out(monkeypatch, memory_efficient_attention):
    """With that in the place of xformers' function of the name."""
    ops = SimpleNamespace(memory_efficient_attention=memory_efficient_attention)
    monkeypatch.setitem(sys.modules, "xformers", SimpleNamespace(ops=ops))
    monkeypatch.setitem(sys.modules, "xformers.ops", ops)
    query, key, value = torch.randn(3, 4, 25, 8).unbind(0)
    bias = torch.randn(4, 25, 25)
    found = attention.choose_kernel("xformers", "cuda")(query, key, value, bias.clone())
    assert torch.allclose(found, attention.written_out(query, key, value, bias), atol=1e-5)


def test_xformers_is_fed_as_it_wants(monkeypatch):
    """A stand-in with the signature and layout of xformers.ops.memory_efficient_attention: 1xNxGxC, bias 1xGxNxN."""

    def memory_efficient_attention(query, key, value, attn_bias):
        assert attn_bias.stride(-2) % 8 == 0, "its kernels refuse a bias whose rows are not aligned"
        parts = (part.transpose(1, 2) for part in (query, key, value))
        return torch.nn.functional.scaled_dot_product_attention(*parts, attn_mask=attn_bias).transpose(1, 2)

    xformers_gives_what_is_written_out(monkeypatch, memory_efficient_attention)


def test_what_xformers_has_no_kernel_for_goes_to_torch(monkeypatch):
    def memory_efficient_attention(query, key, value, attn_bias):
        raise NotImplementedError("No operator found for `memory_efficient_attention_forward` with inputs: ...")

    xformers_gives_what_is_written_out(monkeypatch, memory_efficient_attention)


def test_xformers_is_asked_for_and_not_there(monkeypatch):
    monkeypatch.setitem(sys.modules, "xformers.ops", None)
    with pytest.raises(ModelUnavailable, match="xformers"):
        attention.choose_kernel("xformers", "cuda")


def test_on_the_processor_xformers_stays_behind(monkeypatch):
    monkeypatch.setitem(sys.modules, "xformers.ops", None)
    assert attention.choose_kernel("xformers", "cpu") is attention.written_out
