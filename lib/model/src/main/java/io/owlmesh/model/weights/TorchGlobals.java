// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.weights;

import io.owlmesh.core.DType;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.weights.Unpickler.Tuple;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The only names that a pickle of tensors may use: OrderedDict, the two functions that rebuild a
 * tensor from its storage, and the storage classes of the element types we read. Found by reading
 * what torch.save writes (torch/_utils.py, torch/serialization.py).
 */
final class TorchGlobals {
  private static final Map<String, DType> STORAGES =
      Map.of(
          "torch.FloatStorage", DType.FLOAT32,
          "torch.HalfStorage", DType.FLOAT16,
          "torch.BFloat16Storage", DType.BFLOAT16,
          "torch.LongStorage", DType.INT64,
          "torch.IntStorage", DType.INT32,
          "torch.CharStorage", DType.INT8,
          "torch.ByteStorage", DType.UINT8,
          "torch.BoolStorage", DType.BOOL);

  /** Storages are members named by a count; anything else is an attempt at something else. */
  private static final Pattern KEY = Pattern.compile("[0-9]{1,18}");

  /** Things that a pickle may name. */
  sealed interface Global {}

  /** Functions that a pickle may "call": each is interpreted here. */
  enum Function implements Global {
    ORDERED_DICT,
    REBUILD_TENSOR,
    REBUILD_PARAMETER
  }

  /** A storage class. */
  record StorageClass(DType dtype) implements Global {}

  /**
   * A storage: a run of elements in the member {@code data/key}.
   *
   * @param elements how many it holds
   */
  record Storage(DType dtype, String key, long elements) {}

  /**
   * A tensor: a view of a storage.
   *
   * @param offset of its first element, elements
   * @param strides elements, as many as sizes
   */
  record Tensor(Storage storage, long offset, List<Long> shape, List<Long> strides) {}

  private TorchGlobals() {}

  static Global find(String module, String name, String where) {
    String full = module + "." + name;
    DType dtype = STORAGES.get(full);
    if (dtype != null) {
      return new StorageClass(dtype);
    }
    return switch (full) {
      case "collections.OrderedDict" -> Function.ORDERED_DICT;
      case "torch._utils._rebuild_tensor_v2" -> Function.REBUILD_TENSOR;
      case "torch._utils._rebuild_parameter" -> Function.REBUILD_PARAMETER;
      default ->
          throw OwlException.badCheckpoint(
              where,
              "refused: the pickle names "
                  + printable(full)
                  + "; only tensors, their storages and OrderedDict are read, and nothing is run");
    };
  }

  /** Interprets a persistent id: ("storage", class, key, location, elements). */
  static Storage storage(Object id, String where) {
    if (id instanceof Tuple(List<Object> items)
        && items.size() == 5
        && items.get(0).equals("storage")
        && items.get(1) instanceof StorageClass(DType dtype)
        && items.get(2) instanceof String key
        && items.get(4) instanceof Long elements
        && elements >= 0) {
      if (!KEY.matcher(key).matches()) {
        throw OwlException.badCheckpoint(
            where, "refused: the storage key '" + printable(key) + "' is not a number");
      }
      return new Storage(dtype, key, elements);
    }
    throw OwlException.badCheckpoint(
        where, "refused: the pickle holds a persistent id that is not a storage");
  }

  static Object reduce(Object function, Object arguments, String where) {
    if (function instanceof Function f && arguments instanceof Tuple(List<Object> items)) {
      if (f == Function.ORDERED_DICT && items.isEmpty()) {
        return new HashMap<Object, Object>();
      }
      if (f == Function.REBUILD_PARAMETER
          && items.size() >= 1
          && items.get(0) instanceof Tensor tensor) {
        return tensor;
      }
      if (f == Function.REBUILD_TENSOR
          && items.size() >= 4
          && items.get(0) instanceof Storage storage
          && items.get(1) instanceof Long offset) {
        List<Long> shape = sizes(items.get(2), where);
        List<Long> strides = sizes(items.get(3), where);
        if (offset >= 0 && shape.size() == strides.size() && shape.size() <= 8) {
          return new Tensor(storage, offset, shape, strides);
        }
      }
    }
    throw OwlException.badCheckpoint(
        where,
        "refused: the pickle calls "
            + (function instanceof Global ? function : "a value")
            + " in a way that torch.save does not");
  }

  private static List<Long> sizes(Object value, String where) {
    List<Long> result = new ArrayList<>();
    if (value instanceof Tuple(List<Object> items)) {
      for (Object item : items) {
        if (item instanceof Long size && size >= 0) {
          result.add(size);
        }
      }
      if (result.size() == items.size()) {
        return List.copyOf(result);
      }
    }
    throw OwlException.badCheckpoint(where, "refused: sizes or strides that are not counts");
  }

  private static String printable(String text) {
    String clean = text.replaceAll("[^\\x20-\\x7e]", "?");
    return clean.length() > 200 ? clean.substring(0, 200) + "..." : clean;
  }
}
