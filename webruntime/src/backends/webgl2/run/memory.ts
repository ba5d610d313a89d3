import type { TexelFormat } from "../gl/texture.ts";

/** Textures that can stand in for each other: same format, same number of layers. */
export interface TextureKind {
  readonly format: TexelFormat;
  readonly layers: number;
}

/** A tensor's need for a texture over an interval of steps, both ends included. */
export interface Demand {
  readonly tensor: number;
  readonly kind: TextureKind;
  readonly width: number;
  readonly height: number;
  readonly first: number;
  readonly last: number;
}

/** One texture to be, with the tensors that share it one after the other. */
export interface Slot {
  readonly kind: TextureKind;
  width: number;
  height: number;
  readonly tensors: number[];
}

/** Whether two kinds are the same. */
export function sameKind(a: TextureKind, b: TextureKind): boolean {
  return a.format === b.format && a.layers === b.layers;
}

/** Texels by which a texture must grow to hold width × height as well. */
export function growthFor(
  texture: { readonly width: number; readonly height: number },
  width: number,
  height: number,
): number {
  return Math.max(texture.width, width) * Math.max(texture.height, height) - texture.width * texture.height;
}

/**
 * Assigns tensors to as few texels of textures as a greedy pass finds, in order of first use: the free texture that
 * must grow least (of those, the one with least to spare), or a new one where growing would cost as much.
 * Two tensors share a texture only if their intervals are disjoint, so the output of a step is never one of its inputs.
 */
export function assignSlots(demands: readonly Demand[]): Slot[] {
  const slots: { slot: Slot; busyUntil: number }[] = [];
  for (const demand of [...demands].sort((a, b) => a.first - b.first)) {
    const { width, height } = demand;
    let best: (typeof slots)[number] | undefined;
    let bestCost = width * height;
    let bestSize = Number.POSITIVE_INFINITY;
    for (const candidate of slots) {
      if (candidate.busyUntil >= demand.first || !sameKind(candidate.slot.kind, demand.kind)) continue;
      const cost = growthFor(candidate.slot, width, height);
      const size = candidate.slot.width * candidate.slot.height;
      if (cost < bestCost || (cost === bestCost && best && size < bestSize)) {
        best = candidate;
        bestCost = cost;
        bestSize = size;
      }
    }
    if (!best) {
      best = { slot: { kind: demand.kind, width, height, tensors: [] }, busyUntil: demand.last };
      slots.push(best);
    }
    best.slot.width = Math.max(best.slot.width, width);
    best.slot.height = Math.max(best.slot.height, height);
    best.slot.tensors.push(demand.tensor);
    best.busyUntil = demand.last;
  }
  return slots.map(({ slot }) => slot);
}
