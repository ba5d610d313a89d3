// Part of dist/texelflow.host.js: what the turns of a loop leave, until the next turn, or until all is stacked.

import type { Context } from "../gl/context.ts";
import { ArrayTexture, textureBytes } from "../gl/texture.ts";
import type { LoadedModel } from "../load/loaded_model.ts";
import type { PlacedTensor } from "./draws.ts";

/** Parts, and texels, that a texture takes at most, but for one part. */
const MOST_PARTS = 256;
const MOST_TEXELS = 2 ** 18;

/** Tensors of one layout, copied one below the other into textures, which stay for later runs. */
class TurnParts {
  private readonly pages: ArrayTexture[] = [];
  /** Parts of a texture. */
  private readonly perPage: number;
  private count = 0;

  constructor(
    private readonly model: LoadedModel,
    private readonly first: PlacedTensor,
    most: number,
  ) {
    const { width, height } = first.layout;
    const rows = Math.min(model.limits.maxTextureSize, MOST_TEXELS / width);
    this.perPage = Math.max(1, Math.min(most, Math.floor(rows / height)));
    model.pools.add(this);
    model.sessions.add(this);
  }

  /** Size in GPU memory. */
  get bytes(): number {
    return this.pages.reduce((sum, page) => sum + page.bytes, 0);
  }

  /** Whether tensors like this one are parts. */
  takes({ layout, texture }: PlacedTensor): boolean {
    const { first } = this;
    const { width, height, elements } = first.layout;
    return (
      layout.width === width &&
      layout.height === height &&
      layout.elements === elements &&
      texture?.format === first.texture?.format
    );
  }

  /** Forgets the parts. */
  clear(): void {
    this.count = 0;
  }

  /** Copies a tensor behind the other parts. */
  add({ texture }: PlacedTensor): void {
    const place = this.count++;
    if (!texture) return;
    const { context } = this.model;
    const { width, height } = this.first.layout;
    const page = this.pages[Math.floor(place / this.perPage)] ?? this.newPage();
    copyTexels(context, texture, 0, 0, page, 0, (place % this.perPage) * height, width, height);
  }

  /** Copies the parts, one behind the other, into a flat tensor, in which each begins a texel. */
  copyTo({ texture, layout: target }: PlacedTensor): void {
    if (!texture) return;
    const { context } = this.model;
    const { width, height, elements } = this.first.layout;
    const texels = Math.ceil(elements / 4);
    texture.fill(0);
    for (let part = 0; part < this.count; part++) {
      const page = this.pages[Math.floor(part / this.perPage)] as ArrayTexture;
      const top = (part % this.perPage) * height;
      let done = 0;
      while (done < texels) {
        const column = done % width;
        const place = part * texels + done;
        const left = place % target.width;
        const isRow = column === 0 && left === 0 && width === target.width;
        const rows = isRow ? Math.max(1, Math.floor((texels - done) / width)) : 1;
        const run = Math.min(texels - done, width - column, target.width - left);
        copyTexels(
          context,
          page,
          column,
          top + Math.floor(done / width),
          texture,
          left,
          Math.floor(place / target.width),
          run,
          rows,
        );
        done += run * rows;
      }
    }
  }

  /** Frees the textures. */
  delete(): void {
    for (const page of this.pages) page.delete();
    this.pages.length = 0;
    this.model.pools.delete(this);
    this.model.sessions.delete(this);
  }

  private newPage(): ArrayTexture {
    const { model, first } = this;
    const { width, height } = first.layout;
    const { format } = first.texture as ArrayTexture;
    const rows = height * this.perPage;
    model.reserve(textureBytes(model.context, format, width, rows, 1), "results of turns");
    const page = new ArrayTexture(model.context, format, width, rows, 1);
    this.pages.push(page);
    return page;
  }
}

const known = new WeakMap<LoadedModel, Map<string, TurnParts>>();

/**
 * The parts of a model that are kept under a name, for tensors like this one.
 *
 * @param isOne - whether there is one at a time
 */
export function partsOf(model: LoadedModel, name: string, placed: PlacedTensor, isOne: boolean): TurnParts {
  const all = known.get(model) ?? new Map<string, TurnParts>();
  known.set(model, all);
  const found = all.get(name);
  if (found?.takes(placed)) return found;
  found?.delete();
  const made = new TurnParts(model, placed, isOne ? 1 : MOST_PARTS);
  all.set(name, made);
  return made;
}

/** Copies texels from a place in a texture of one layer to a place in another. */
function copyTexels(
  context: Context,
  source: ArrayTexture,
  sourceLeft: number,
  sourceTop: number,
  target: ArrayTexture,
  left: number,
  top: number,
  width: number,
  height: number,
): void {
  const { gl } = context;
  gl.bindFramebuffer(gl.READ_FRAMEBUFFER, source.framebuffer);
  gl.readBuffer(gl.COLOR_ATTACHMENT0);
  context.selectTexture(target.handle);
  gl.copyTexSubImage3D(gl.TEXTURE_2D_ARRAY, 0, left, top, 0, sourceLeft, sourceTop, width, height);
}
