import type { Context } from "../gl/context.ts";
import { ArrayTexture } from "../gl/texture.ts";
import { growthFor, type Slot, sameKind } from "./memory.ts";

/** Factor by which a texture's extent grows at least, so that slowly growing inputs rarely make it grow. */
export const GROWTH = 1.5;

/** Textures that the plans of one model share. A texture is memory, not a shape: it may be larger than what it holds. */
export class TexturePool {
  readonly textures = new Set<ArrayTexture>();

  constructor(
    private readonly context: Context,
    private readonly maxTextureSize: number,
  ) {}

  /**
   * A texture of its own for each slot: one that is large enough, one grown to be, or a new one.
   *
   * @returns the texture of each slot, and the textures deleted because larger ones took their place
   */
  provide(slots: readonly Slot[]): { textures: Map<Slot, ArrayTexture>; replaced: Set<ArrayTexture> } {
    const free = new Set(this.textures);
    const textures = new Map<Slot, ArrayTexture>();
    const replaced = new Set<ArrayTexture>();
    const area = (extent: { width: number; height: number }) => extent.width * extent.height;
    for (const slot of [...slots].sort((a, b) => area(b) - area(a))) {
      let best: ArrayTexture | undefined;
      let bestCost = area(slot);
      for (const texture of free) {
        if (!sameKind(texture, slot.kind)) continue;
        const cost = growthFor(texture, slot.width, slot.height);
        if (cost < bestCost || (cost === bestCost && best && area(texture) < area(best))) {
          best = texture;
          bestCost = cost;
        }
      }
      if (best) free.delete(best);
      if (best && bestCost > 0) {
        replaced.add(best);
        this.delete(best);
        best = this.create(slot, this.grown(best.width, slot.width), this.grown(best.height, slot.height));
      }
      textures.set(slot, best ?? this.create(slot, slot.width, slot.height));
    }
    return { textures, replaced };
  }

  /** Frees the textures that are not in `kept`. */
  keepOnly(kept: ReadonlySet<ArrayTexture>): void {
    for (const texture of this.textures) if (!kept.has(texture)) this.delete(texture);
  }

  /** Memory of all textures. */
  get bytes(): number {
    return [...this.textures].reduce((sum, texture) => sum + texture.bytes, 0);
  }

  private grown(current: number, needed: number): number {
    if (needed <= current) return current;
    return Math.min(this.maxTextureSize, Math.max(needed, Math.ceil(current * GROWTH)));
  }

  private create({ kind }: Slot, width: number, height: number): ArrayTexture {
    const texture = new ArrayTexture(this.context, kind.format, width, height, kind.layers);
    this.textures.add(texture);
    return texture;
  }

  private delete(texture: ArrayTexture): void {
    texture.delete();
    this.textures.delete(texture);
  }
}
