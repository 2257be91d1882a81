"""SAM's image encoders, run faster and in less memory than their packages do, over the packages' own modules.

The packages write the attention matrix of all heads to memory and add both terms of the relative position to it; at
64x64 tokens that is 800 MB at a time for ViT-B. Here a few rows of a few heads are taken at a time. Nothing is replaced
in the packages, which other extensions use as well.

ViT: Li et al., "Exploring Plain Vision Transformer Backbones for Object Detection", 2022; the decomposed relative
position: Li et al., "MViTv2", 2022, eq. 4. TinyViT: Wu et al., 2022.
"""

from __future__ import annotations

from typing import Any, Callable, Iterator, NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...errors import ModelUnavailable
from ...progress import Progress
from ..devices import attention_on

# What one pass over some rows of attention may take, in bytes: on the CPU what stays in its cache, on a GPU enough to
# keep it busy.
_CPU_BUDGET = 4 << 20
_GPU_BUDGET = 256 << 20

# query GxNxC, key GxMxC, value GxMxC, bias GxNxM (may be written to) -> GxNxC, for G heads.
Kernel = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


class EncoderOutput(NamedTuple):
    """What an image encoder gives.

    image: float32 1x256x64x64, what every mask decoder looks at.
    finer: what the decoder of a family with finer edges also looks at, in the encoder's dtype. Of the encoders here,
           the tokens 1x64x64xC after the first global attention, for HQ-SAM.
    """

    image: Tensor
    finer: tuple[Tensor, ...]


class ImageEncoder(Protocol):
    """The slow half of a segmenter, on its device."""

    @property
    def nbytes(self) -> int:
        """What its weights take in memory."""
        ...

    def to(self, device: str, dtype: torch.dtype) -> None:
        """Move it there, to work in that precision."""
        ...

    def __call__(self, image: Tensor, progress: Progress) -> EncoderOutput:
        """float32 1x3x1024x1024, normalised and padded -> what the decoders look at. Called in inference mode."""
        ...


def nbytes_of(module: nn.Module) -> int:
    """The bytes of all parameters and buffers of a module."""
    return sum(tensor.numel() * tensor.element_size() for tensor in (*module.parameters(), *module.buffers()))


def written_out(query: Tensor, key: Tensor, value: Tensor, bias: Tensor) -> Tensor:
    """softmax(QK / sqrt(C) + bias) V in so many words; on a CPU it beats torch 2.1, which has no fused one there."""
    scores = bias.baddbmm_(query, key.transpose(1, 2), alpha=query.shape[-1] ** -0.5)
    return scores.softmax(-1) @ value


def scaled_dot_product(query: Tensor, key: Tensor, value: Tensor, bias: Tensor) -> Tensor:
    """The same by torch's fused kernels."""
    return functional.scaled_dot_product_attention(query[None], key[None], value[None], attn_mask=bias[None])[0]


def _xformers() -> Kernel:
    try:
        from xformers.ops import memory_efficient_attention  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise ModelUnavailable(f"xformers cannot be imported ({error}); choose torch's attention.") from error

    def attend(query: Tensor, key: Tensor, value: Tensor, bias: Tensor) -> Tensor:
        if bias.shape[-1] % 8:  # its kernels want rows of the bias to begin at a multiple of 8
            wide = functional.pad(bias, (0, -bias.shape[-1] % 8))
            bias = wide[..., : key.shape[1]]
        q, k, v = (part.transpose(0, 1)[None] for part in (query, key, value))  # 1xNxGxC
        try:
            return memory_efficient_attention(q, k, v, attn_bias=bias[None])[0].transpose(0, 1)
        except NotImplementedError:  # it has no kernel for this card, precision or length
            return scaled_dot_product(query, key, value, bias)

    return attend


def choose_kernel(name: str, device: str) -> Kernel:
    """The attention by its name, as of devices.attention_on.

    Raises ModelUnavailable when xformers is asked for and is not there.
    """
    name = attention_on(torch.device(device).type, name)
    return _xformers() if name == "xformers" else {"sdp": scaled_dot_product, "written out": written_out}[name]


class VitEncoder:
    """`ImageEncoderViT` of segment_anything or segment_anything_hq: the same result but for rounding."""

    def __init__(self, vit: Any, kernel: str, device: str, dtype: torch.dtype) -> None:
        """kernel: a name as of choose_kernel."""
        self._vit, self._kernel_name = vit.eval(), kernel
        self.to(device, dtype)

    @property
    def nbytes(self) -> int:
        return nbytes_of(self._vit)

    def to(self, device: str, dtype: torch.dtype) -> None:
        """See ImageEncoder."""
        self._vit.to(device, dtype)
        self._kernel = choose_kernel(self._kernel_name, device)
        with torch.inference_mode():
            self._positions = [_positions(block.attn) for block in self._vit.blocks]

    def __call__(self, image: Tensor, progress: Progress) -> EncoderOutput:
        vit = self._vit
        early: tuple[Tensor, ...] = ()
        tokens = vit.patch_embed(image.to(vit.pos_embed.dtype)) + vit.pos_embed
        for number, (block, positions) in enumerate(zip(vit.blocks, self._positions)):
            progress(number / len(vit.blocks), "Looking at the picture")
            tokens = tokens + self._attention(block, block.norm1(tokens), positions)
            tokens = tokens + block.mlp(block.norm2(tokens))
            if not early and block.window_size == 0:
                early = (tokens,)
        return EncoderOutput(vit.neck(tokens.permute(0, 3, 1, 2)).float(), early)

    def _attention(self, block: Any, tokens: Tensor, positions: tuple[Tensor, Tensor]) -> Tensor:
        """1xHxWxC -> 1xHxWxC, in windows or over all tokens, as the block wants it.

        The package pads before it projects; padding with what zeros become costs a sixth less in a windowed block.
        """
        attention = block.attn
        height, width = tokens.shape[1:3]
        window = block.window_size or max(height, width)
        qkv = _windows(attention.qkv(tokens), window, attention.qkv.bias)
        count, rows, columns = qkv.shape[:3]
        heads = qkv.view(count, rows * columns, 3, attention.num_heads, -1).permute(2, 0, 3, 1, 4)
        query, key, value = heads.reshape(3, count * attention.num_heads, rows * columns, -1).unbind(0)
        mixed = attend(query, key, value, positions, self._kernel)
        mixed = mixed.view(count, attention.num_heads, rows, columns, -1).permute(0, 2, 3, 1, 4)
        return attention.proj(_whole(mixed.reshape(count, rows, columns, -1), height, width))


def attend(query: Tensor, key: Tensor, value: Tensor, positions: tuple[Tensor, Tensor], kernel: Kernel) -> Tensor:
    """Attention with decomposed relative positions, a few rows of a few heads at a time: GxNxC each -> GxNxC.

    positions: HxHxC and WxWxC with H * W = N, what the query is multiplied with for each distance down and across.
    """
    down, across = positions
    height, width, channels = len(down), len(across), query.shape[-1]
    at = query.view(-1, height, width, channels)
    bias_down = torch.einsum("ghwc,hkc->ghwk", at, down).contiguous()
    bias_across = torch.einsum("ghwc,wkc->ghwk", at, across).contiguous()
    result = torch.empty_like(query)
    for heads, rows in _portions(query, height, width):
        bias = bias_down[heads, rows, :, :, None] + bias_across[heads, rows, :, None, :]
        places = slice(rows.start * width, rows.stop * width)
        bias = bias.view(len(bias), -1, height * width)
        result[heads, places] = kernel(query[heads, places], key[heads], value[heads], bias)
    return result


def _portions(query: Tensor, height: int, width: int) -> Iterator[tuple[slice, slice]]:
    """Slices of heads and of rows of tokens whose attention matrix fits into the budget, which together are all."""
    budget = (_CPU_BUDGET if query.device.type == "cpu" else _GPU_BUDGET) // query.element_size()
    row = width * height * width  # numbers in the attention matrix of one row of tokens of one head
    rows = min(height, max(1, budget // row))
    heads = max(1, budget // (row * rows))
    for first in range(0, len(query), heads):
        for top in range(0, height, rows):
            yield slice(first, min(first + heads, len(query))), slice(top, min(top + rows, height))


def _positions(attention: Any) -> tuple[Tensor, Tensor]:
    """The tables of relative positions, HxHxC and WxWxC: entry (i, k) is that of the distance i - k."""
    tables = []
    for table in (attention.rel_pos_h, attention.rel_pos_w):
        side = torch.arange((len(table) + 1) // 2, device=table.device)
        tables.append(table[side[:, None] - side[None] + len(side) - 1])
    return tables[0], tables[1]


def _windows(tokens: Tensor, window: int, padding: Tensor) -> Tensor:
    """1xHxWxC -> NxSxSxC windows in rows, padded at the right and bottom with the vector `padding`."""
    _, height, width, channels = tokens.shape
    tall, wide = height + -height % window, width + -width % window
    if (tall, wide) != (height, width):
        padded = padding.expand(1, tall, wide, -1).clone()
        padded[:, :height, :width] = tokens
        tokens = padded
    split = tokens.view(tall // window, window, wide // window, window, channels)
    return split.transpose(1, 2).reshape(-1, window, window, channels)


def _whole(windows: Tensor, height: int, width: int) -> Tensor:
    """NxSxSxC -> 1xHxWxC: the inverse of `_windows`, without its padding."""
    side = windows.shape[1]
    tall, wide = -(-height // side), -(-width // side)
    joined = windows.view(tall, wide, side, side, -1).transpose(1, 2).reshape(1, tall * side, wide * side, -1)
    return joined[:, :height, :width]


class TinyEncoder:
    """`TinyViT` of segment_anything_hq, as in MobileSAM; the same result but for rounding.

    Its convolutions take their batch normalisation into themselves and, on a CPU, keep the channels of a pixel
    together: a quarter less time.
    """

    def __init__(self, vit: Any, device: str, dtype: torch.dtype) -> None:
        vit.eval()  # also works out its attention biases, which the package does before it has the weights
        _fuse(vit)
        self._vit = vit
        self.to(device, dtype)

    @property
    def nbytes(self) -> int:
        return nbytes_of(self._vit)

    def to(self, device: str, dtype: torch.dtype) -> None:
        """See ImageEncoder."""
        self._layout = torch.channels_last if torch.device(device).type == "cpu" else torch.contiguous_format
        self._vit.to(device, dtype, memory_format=self._layout)
        self._dtype = dtype

    def __call__(self, image: Tensor, progress: Progress) -> EncoderOutput:
        vit = self._vit
        image = image.to(self._dtype, memory_format=self._layout)  # pyright: ignore[reportCallIssue]  # torch 2.1
        tokens = vit.patch_embed(image)
        for number, layer in enumerate(vit.layers):
            progress(number / len(vit.layers), "Looking at the picture")
            tokens = layer(tokens)
        return EncoderOutput(vit.neck(tokens.view(1, 64, 64, -1).permute(0, 3, 1, 2)).float().contiguous(), ())


def _fuse(module: nn.Module) -> None:
    """Put in the place of each convolution with batch normalisation in `module` the one convolution that equals it."""
    for name, child in module.named_children():
        if hasattr(child, "fuse"):
            setattr(module, name, child.fuse())  # type: ignore[operator]
        else:
            _fuse(child)
