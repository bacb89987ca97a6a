  # Pixels [N, 3, S, S] float32 -> features [N, 1 + P, D]: class token, then patches in row-major order.
  # w: class token, positions, patch kernel, pre-norm (w, b), 12 tensors a layer, post-norm (w, b).
  def encode(self: __torch__.Net, pixels: Tensor, w: List[Tensor], heads: int, eps: float) -> Tensor:
    x = self.patches(pixels, w, eps)
    layers = (len(w) - 7) // 12
    for l in range(layers):
      x = self.vision_layer(x, torch.slice(w, 5 + l * 12, 17 + l * 12), heads, eps)
    return self.leave(self.layer_norm(x, w[len(w) - 2], w[len(w) - 1], eps))
  # Pixels [N, 3, S, S] float32 -> what the first block takes, [N, 1 + P, D].
  def patches(self: __torch__.Net, pixels: Tensor, w: List[Tensor], eps: float) -> Tensor:
    patch = w[2].size(2)
    width = w[2].size(0)
    n = pixels.size(0)
    x = torch.conv2d(torch.type_as(pixels, w[2]), w[2], None, [patch, patch])
    x = torch.transpose(torch.flatten(x, 2), 1, 2)
    x = torch.cat([torch.expand(w[0], [n, 1, width]), x], 1)
    x = x + torch.slice(w[1], 1, 0, x.size(1))
    return self.layer_norm(x, w[3], w[4], eps)
  # One pre-norm block. w: norm (w, b), query-key-value, dense, norm, fc1, fc2, each (w, b).
  def vision_layer(self: __torch__.Net, x: Tensor, w: List[Tensor], heads: int, eps: float) -> Tensor:
    n = x.size(0)
    t = x.size(1)
    d = x.size(2)
    qkv = self.linear(self.layer_norm(x, w[0], w[1], eps), w[2], w[3])
    # Rows of the fused matrix run over head, then query/key/value, then channel.
    qkv = torch.permute(torch.view(qkv, [n, t, heads, 3, d // heads]), [3, 0, 2, 1, 4])
    a = torch.scaled_dot_product_attention(torch.select(qkv, 0, 0), torch.select(qkv, 0, 1), torch.select(qkv, 0, 2))
    x = x + self.linear(torch.reshape(torch.transpose(a, 1, 2), [n, t, d]), w[4], w[5])
    z = self.linear(self.layer_norm(x, w[6], w[7], eps), w[8], w[9])
    return x + self.linear(z * torch.sigmoid(z * 1.702), w[10], w[11])
