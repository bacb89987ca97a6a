# TorchScript shared by all programs: the head of the class and the operations that every network needs.
# Dtype numbers: 5 float16, 6 float32, 15 bfloat16.
class Net(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  # Raw checkpoint bytes -> working tensor. bfloat16 arrives as two-byte elements that only TorchScript can name.
  def adopt(self: __torch__.Net, raw: Tensor, bfloat16: bool, dtype: int) -> Tensor:
    x = raw
    if bfloat16:
      x = torch.view_copy(raw, 15)
    return torch.to(x, dtype)
  # A matrix [out, in] in oneDNN's blocked layout: read once a step, at memory speed.
  def pack(self: __torch__.Net, w: Tensor) -> Tensor:
    return ops.mkldnn._reorder_linear_weight(w, None)
  # x w', to try whether packed matrices work here.
  def multiply(self: __torch__.Net, x: Tensor, w: Tensor) -> Tensor:
    return self.linear(x, w, None)
  # y = x w' + b for x [..., in], w [out, in] plain or packed.
  def linear(self: __torch__.Net, x: Tensor, w: Tensor, b: Optional[Tensor]) -> Tensor:
    if ops.prim.is_mkldnn(w):
      y = ops.mkldnn._linear_pointwise(x, w, b, "none", annotate(List[Optional[number]], []), "")
    else:
      y = torch.linear(x, w, b)
    return y
  # LayerNorm in float32 whatever the working type; w and b are float32.
  def layer_norm(self: __torch__.Net, x: Tensor, w: Tensor, b: Tensor, eps: float) -> Tensor:
    y = torch.layer_norm(torch.to(x, 6), [x.size(-1)], w, b, eps)
    return torch.type_as(y, x)
  # The way out: contiguous, and bfloat16 as the two bytes that DJL can name.
  def leave(self: __torch__.Net, x: Tensor) -> Tensor:
    y = torch.contiguous(x)
    if torch.eq(ops.prim.dtype(y), 15):
      y = torch.view_copy(y, 5)
    return y
