"""The book's stand-in for TensorFlow 2.21 and Keras 3.15: plain Python over NumPy.

It is what ``import tensorflow`` gets when a page runs Python in the browser. What it has is held
to TensorFlow by tests; what it lacks raises `NotInThisPage`. All imports in it are relative, so it
works under both names, ``tensorflow`` and ``inpage.tensorflow``.
"""

from . import autograph, config, data, debugging, errors, keras, linalg, math, nn, random
from ._absent import NotInThisPage as _NotInThisPage
from ._absent import missing as _missing
from ._convert import constant, convert_to_tensor, is_tensor
from ._creation import (
    eye,
    fill,
    linspace,
    one_hot,
    ones,
    ones_like,
    sequence_mask,
    zeros,
    zeros_like,
)
from ._creation import range_of as range
from ._dtypes import DTYPES as _DTYPES
from ._dtypes import DType, as_dtype
from ._elementwise import (
    abs,
    acos,
    acosh,
    add,
    add_n,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cast,
    clip_by_value,
    cos,
    cosh,
    divide,
    equal,
    exp,
    floor,
    greater,
    greater_equal,
    identity,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    maximum,
    minimum,
    multiply,
    negative,
    not_equal,
    pow,
    round,
    sigmoid,
    sign,
    sin,
    sinh,
    sqrt,
    square,
    stop_gradient,
    subtract,
    tan,
    tanh,
    truediv,
)
from ._elementwise import real_div as realdiv
from ._function import (
    cond,
    control_dependencies,
    device,
    executing_eagerly,
    function,
    get_static_value,
    group,
    init_scope,
    name_scope,
    while_loop,
)
from ._function import print_tensors as print
from ._graph import Graph
from ._graph import compat_module as _compat_module
from ._indexing import (
    argsort,
    boolean_mask,
    gather,
    gather_nd,
    scatter_nd,
    searchsorted,
    sort,
    tensor_scatter_nd_add,
    tensor_scatter_nd_update,
    unique,
    unique_with_counts,
    where,
)
from ._indexing import slice_of as slice
from ._linear import (
    clip_by_global_norm,
    clip_by_norm,
    einsum,
    matmul,
    norm,
    tensordot,
)
from ._reductions import (
    argmax,
    argmin,
    cumsum,
    reduce_all,
    reduce_any,
    reduce_logsumexp,
    reduce_max,
    reduce_mean,
    reduce_min,
    reduce_prod,
    reduce_sum,
)
from ._shape import TensorShape
from ._shapes import (
    broadcast_to,
    concat,
    ensure_shape,
    expand_dims,
    meshgrid,
    pad,
    rank,
    repeat,
    reshape,
    reverse,
    roll,
    shape,
    size,
    split,
    squeeze,
    stack,
    tile,
    transpose,
    unstack,
)
from ._slices import IndexedSlices
from ._tape import GradientTape, UnconnectedGradients
from ._tensor import Tensor
from ._variable import Variable

__getattr__ = _missing(__name__)
__version__ = "2.21.0"
newaxis = None
compat = _compat_module()

float16 = half = _DTYPES["float16"]
float32 = _DTYPES["float32"]
float64 = double = _DTYPES["float64"]
bfloat16 = _DTYPES["bfloat16"]
int8, int16 = _DTYPES["int8"], _DTYPES["int16"]
int32, int64 = _DTYPES["int32"], _DTYPES["int64"]
uint8, uint16 = _DTYPES["uint8"], _DTYPES["uint16"]
uint32, uint64 = _DTYPES["uint32"], _DTYPES["uint64"]
complex64, complex128 = _DTYPES["complex64"], _DTYPES["complex128"]
bool = _DTYPES["bool"]
string = _DTYPES["string"]
