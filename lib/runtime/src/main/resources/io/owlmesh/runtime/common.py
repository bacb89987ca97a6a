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
  # A matrix [out, in] as 8-bit numbers [out, in] and a scale of each row [out] in bfloat16: w = scale * q. The scale is
  # rounded first, so that q makes up for it. Rows in pieces: float32 copies of a whole matrix would take gigabytes.
  def quantize(self: __torch__.Net, w: Tensor) -> List[Tensor]:
    qs = annotate(List[Tensor], [])
    scales = annotate(List[Tensor], [])
    n = w.size(0)
    piece = 1024
    for i in range((n + piece - 1) // piece):
      f = torch.to(torch.slice(w, 0, i * piece, min(n, (i + 1) * piece)), 6)
      scale = torch.to(torch.clamp(torch.amax(torch.abs(f), [1]), 1e-30) / 127., 15)
      q = torch.round(f / torch.unsqueeze(torch.to(scale, 6), 1))
      torch.append(qs, torch.to(torch.clamp(q, -127., 127.), 1))
      torch.append(scales, scale)
    return [torch.cat(qs, 0), torch.cat(scales, 0)]
  # A copy.
  def same(self: __torch__.Net, w: Tensor) -> Tensor:
    return torch.clone(w)
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
  # y = x w' for x [R, in], where w or q (both of it, from index 2 i on) has the matrix: 8 bits for up to `few` rows.
  def product(self: __torch__.Net, x: Tensor, w: List[Tensor], q: List[Tensor], i: int, few: int) -> Tensor:
    if len(q) > 0:
      narrow = q[2 * i].numel() > 0
    else:
      narrow = False
    if narrow:
      if x.size(0) <= few:
        y = torch._weight_int8pack_mm(x, q[2 * i], q[2 * i + 1])
      elif w[i].numel() > 0:
        y = self.linear(x, w[i], None)
      else:
        # 8-bit numbers are exact in bfloat16; scales come after.
        y = torch.linear(x, torch.to(q[2 * i], 15)) * q[2 * i + 1]
    else:
      y = self.linear(x, w[i], None)
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
