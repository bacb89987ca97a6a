// SPDX-License-Identifier: Apache-2.0
import type { GetAttentionResponse } from "#proto/owlmesh/chat/v1/chat";

export type Layer = "first" | "last";

/** What the queries of a connector attend to in a picture, in two of its layers. */
export class Attention {
  private constructor(
    readonly queries: number,
    readonly rows: number,
    readonly columns: number,
    readonly readsQuestion: boolean,
    /** The picture as the vision encoder sees it; nothing if the mesh does not tell. */
    readonly picture: ImageData | undefined,
    private readonly layers: Record<Layer, Float32Array>,
  ) {}

  /** Throws if the maps have not as many values as queries and patches. */
  static of(response: GetAttentionResponse): Attention {
    const { queries, rows, columns, readsQuestion } = response;
    const layers = { first: floats(response.firstLayer), last: floats(response.lastLayer) };
    const expected = queries * rows * columns;
    if (layers.first.length !== expected || layers.last.length !== expected) {
      const found = `${layers.first.length} and ${layers.last.length}`;
      throw new Error(`attention of ${found} values, ${queries} queries of ${rows} by ${columns} patches have ${expected}`);
    }
    const picture = square(bytes(response.picture), response.pictureSide);
    return new Attention(queries, rows, columns, readsQuestion, picture, layers);
  }

  /**
   * Where one query looks, or all together: rows of patches, 1 where most.
   *
   * @param query counted from 1; 0 for the mean of all
   */
  map(layer: Layer, query: number): number[] {
    const patches = this.rows * this.columns;
    const values = this.layers[layer];
    const map = new Array<number>(patches).fill(0);
    const queries = query === 0 ? [...Array(this.queries).keys()] : [query - 1];
    for (const each of queries) {
      for (let i = 0; i < patches; i++) {
        map[i] = map[i]! + values[each * patches + i]!;
      }
    }
    const most = Math.max(...map);
    return most === 0 ? map : map.map((value) => value / most);
  }

  /** The patch that a map is strongest at, counted from 1. */
  strongest(map: readonly number[]): { row: number; column: number } {
    const at = map.indexOf(Math.max(...map));
    return { row: Math.floor(at / this.columns) + 1, column: (at % this.columns) + 1 };
  }
}

/** In JSON, bytes are base64. */
function bytes(text: unknown): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(String(text ?? "")), (c) => c.charCodeAt(0));
}

function floats(text: unknown): Float32Array {
  return new Float32Array(bytes(text).buffer);
}

/** R, G, B of each pixel, with an alpha that hides nothing; nothing of what is no square of that side. */
function square(rgb: Uint8Array, side: number | undefined): ImageData | undefined {
  if (!side || rgb.length !== 3 * side * side) {
    return undefined;
  }
  const picture = new ImageData(side, side);
  for (let i = 0; i < side * side; i++) {
    picture.data.set(rgb.subarray(3 * i, 3 * i + 3), 4 * i);
    picture.data[4 * i + 3] = 255;
  }
  return picture;
}
