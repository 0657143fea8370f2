"""What else does the work of a name that a kata avoids: operations of PyTorch, and their copies in Python.

A table of words: nothing here knows torch, which is asked for its operations where they are watched.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

# A word, and what carries out what it says in torch: operations, and what is written once more in Python.
_KERNELS = {
    "softmax": "aten::_softmax aten::_masked_softmax aten::_sparse_softmax quantized::softmax"
    " aten::_nested_tensor_softmax_with_shape torch._refs.softmax torch._decomp.decompositions._softmax",
    "log_softmax": "aten::_log_softmax aten::_sparse_log_softmax torch._refs.log_softmax"
    " torch._decomp.decompositions._log_softmax",
    "logsumexp": "aten::logsumexp torch._refs.logsumexp",
    "logcumsumexp": "aten::_logcumsumexp",
    "scaled_dot_product_attention": "aten::scaled_dot_product_attention"
    " aten::_scaled_dot_product_flash_attention_for_cpu aten::_scaled_dot_product_attention_math"
    " aten::_scaled_dot_product_fused_attention_overrideable aten::_triton_scaled_dot_attention",
    "multi_head_attention": "aten::_native_multi_head_attention aten::_transformer_encoder_layer_fwd"
    " aten::_triton_multi_head_attention",
    "cross_entropy": "aten::cross_entropy_loss",
    "nll_loss": "aten::nll_loss_forward aten::nll_loss2d_forward",
    "binary_cross_entropy": "aten::binary_cross_entropy",
    "binary_cross_entropy_with_logits": "aten::binary_cross_entropy_with_logits",
    "kl_div": "aten::kl_div",
    "mse_loss": "aten::mse_loss",
    "l1_loss": "aten::l1_loss",
    "smooth_l1_loss": "aten::smooth_l1_loss",
    "huber_loss": "aten::huber_loss",
    "ctc_loss": "aten::_ctc_loss",
    "cosine_similarity": "aten::cosine_similarity",
    "cdist": "aten::_cdist_forward",
    "layer_norm": "aten::layer_norm aten::native_layer_norm",
    "rms_norm": "aten::rms_norm aten::_fused_rms_norm",
    "group_norm": "aten::group_norm aten::native_group_norm",
    "batch_norm": "aten::batch_norm aten::native_batch_norm aten::_native_batch_norm_legit"
    " aten::_native_batch_norm_legit_no_training",
    "instance_norm": "aten::instance_norm",
    "gelu": "aten::gelu aten::gelu_",
    "silu": "aten::silu aten::silu_",
    "mish": "aten::mish aten::mish_",
    "softplus": "aten::softplus",
    "elu": "aten::elu aten::elu_",
    "glu": "aten::glu",
    "logsigmoid": "aten::log_sigmoid_forward",
    "dropout": "aten::dropout aten::dropout_ aten::native_dropout",
    "embedding": "aten::embedding",
    "embedding_bag": "aten::_embedding_bag aten::_embedding_bag_forward_only",
    "conv": "aten::convolution aten::_convolution aten::convolution_overrideable"
    " aten::_slow_conv2d_forward aten::slow_conv3d_forward aten::mkldnn_convolution"
    " aten::conv1d aten::conv2d aten::conv3d",
    "max_pool": "aten::max_pool1d aten::max_pool2d aten::max_pool3d aten::max_pool2d_with_indices"
    " aten::max_pool3d_with_indices aten::mkldnn_max_pool2d",
    "avg_pool": "aten::avg_pool1d aten::avg_pool2d aten::avg_pool3d",
    "lstm": "aten::lstm aten::mkldnn_rnn_layer",
    "lstm_cell": "aten::lstm_cell",
    "gru": "aten::gru",
    "gru_cell": "aten::gru_cell",
    "rnn": "aten::rnn_tanh aten::rnn_relu",
    "rnn_cell": "aten::rnn_tanh_cell aten::rnn_relu_cell",
    "cumsum": "aten::cumsum aten::cumsum_",
    "cumprod": "aten::cumprod aten::cumprod_",
    "topk": "aten::topk",
    "sort": "aten::sort aten::msort",
    "argsort": "aten::argsort",
    "kthvalue": "aten::kthvalue",
    "multinomial": "aten::multinomial",
    "einsum": "aten::einsum",
    "svd": "aten::_linalg_svd aten::svd",
    "qr": "aten::linalg_qr aten::geqrf",
    "eigh": "aten::_linalg_eigh",
    "eig": "aten::linalg_eig",
    "cholesky": "aten::linalg_cholesky_ex aten::cholesky",
    "solve": "aten::_linalg_solve_ex aten::linalg_lu_solve aten::linalg_solve_triangular",
    "inv": "aten::linalg_inv_ex",
    "det": "aten::_linalg_det aten::_linalg_slogdet",
    "lstsq": "aten::linalg_lstsq",
    "matrix_exp": "aten::linalg_matrix_exp",
    "fft": "aten::_fft_r2c aten::_fft_c2r aten::_fft_c2c",
}
# What can stand in for a word: a softmax comes out of an attention as well.
_STAND_INS = {
    "softmax": ("softmax", "log_softmax", "scaled_dot_product_attention", "multi_head_attention"),
    "logsumexp": ("logsumexp", "logcumsumexp", "log_softmax"),
    "scaled_dot_product_attention": ("scaled_dot_product_attention", "multi_head_attention"),
    "embedding": ("embedding", "embedding_bag"),
    "lstm_cell": ("lstm_cell", "lstm"),
    "gru_cell": ("gru_cell", "gru"),
    "rnn_cell": ("rnn_cell", "rnn"),
    "sort": ("sort", "argsort"),
}
# Names of Python's that are not spelled as their word is.
_SYNONYMS = {
    "softmin": "softmax",
    "gumbel_softmax": "softmax",
    "adaptive_log_softmax_with_loss": "log_softmax",
    "cross_entropy_loss": "cross_entropy",
    "bce_loss": "binary_cross_entropy",
    "bce_with_logits_loss": "binary_cross_entropy_with_logits",
    "kl_div_loss": "kl_div",
    "multihead_attention": "multi_head_attention",
    "multi_head_attention_forward": "multi_head_attention",
    "msort": "sort",
    "slogdet": "det",
    "inverse": "inv",
}
_OPERATION = re.compile(r"[a-z_]+::\w+")
_DIMENSIONS = re.compile(r"[123]d$")


def is_operation(name: str) -> bool:
    """Return whether *name* is an operation of PyTorch, `aten::_softmax`, and no name of Python's."""
    return _OPERATION.fullmatch(name) is not None


@functools.cache
def operations_of(name: str) -> dict[str, str]:
    """Return the operations that do what an avoided name does, as far as they are known.

    Each comes with its word where that is another than the name's own.
    """
    if is_operation(name):
        return {name: ""}
    own = _word(name)
    words = _STAND_INS.get(own, (own,)) if own else ()
    return {operation: word if word != own else "" for word in words for operation in _KERNELS[word].split()}


def entry_behind(use: str, avoid: Iterable[str]) -> tuple[str, str] | None:
    """Return the entry of *avoid* behind the use of a name or an operation, and what else it came by."""
    entries = tuple(avoid)
    if use in entries:
        return use, ""
    behind = [(entry, operations_of(entry)[use]) for entry in entries if use in operations_of(entry)]
    return min(behind, key=lambda found: found[1] != "") if behind else None


def _word(name: str) -> str:
    """Return the word behind a name of torch's, layer_norm for `torch.nn.LayerNorm`; "" if none is known."""
    if not name.startswith("torch."):
        return ""
    last = _squeezed(name.rpartition(".")[2])
    return _WORDS.get(last) or _WORDS.get(_DIMENSIONS.sub("", last), "")


def _squeezed(name: str) -> str:
    return name.replace("_", "").lower()


_WORDS = {_squeezed(word): word for word in _KERNELS} | {_squeezed(k): word for k, word in _SYNONYMS.items()}
