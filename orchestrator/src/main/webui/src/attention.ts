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
    private readonly layers: Record<Layer, Float32Array>,
  ) {}

  static of(response: GetAttentionResponse): Attention {
    const { queries, rows, columns, readsQuestion } = response;
    const layers = { first: floats(response.firstLayer), last: floats(response.lastLayer) };
    return new Attention(queries, rows, columns, readsQuestion, layers);
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
function floats(bytes: unknown): Float32Array {
  return new Float32Array(Uint8Array.from(atob(String(bytes)), (c) => c.charCodeAt(0)).buffer);
}
