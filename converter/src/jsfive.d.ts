declare module "jsfive" {
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
    readonly value: ArrayLike<number>;
  }
}
