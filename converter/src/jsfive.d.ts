declare module "jsfive" {
  /** What an object's head says; none of jsfive's own interface. */
  interface DataObjects {
    readonly filter_pipeline: readonly ReadonlyMap<string, number>[] | null;
    readonly chunks: readonly number[] | null;
    readonly _chunk_address: number;
    find_msg_type(kind: number): readonly ReadonlyMap<string, number>[];
    _get_data_message_properties(offset: number): readonly number[];
  }
  export const Filters: Map<number, (packed: ArrayBuffer, itemSize: number) => ArrayBuffer>;
  export class Group {
    readonly keys: string[];
    readonly attrs: Record<string, unknown>;
    get(path: string): Group | Dataset;
  }
  export class File extends Group {
    constructor(content: ArrayBuffer, name: string);
  }
  export class Dataset {
    readonly attrs: Record<string, unknown>;
    readonly dtype: string | readonly unknown[];
    readonly shape: readonly number[];
    readonly _dataobjects: DataObjects;
    readonly value: ArrayLike<number>;
  }
}
