declare module "pako" {
  export class Inflate {
    constructor(options: { chunkSize: number });
    readonly err: number;
    readonly msg: string;
    onData: (part: Uint8Array) => void;
    onEnd: (status: number) => void;
    push(data: Uint8Array, isLast: boolean): boolean;
  }
}
