// Counts what a page does with WebGL. A classic script that must run before any other: Playwright's
// `add_init_script` sees to that. The counts are in `window.glCounts`.
//
// GPU memory is what the calls ask for: textures with their mipmaps, renderbuffers and buffers. What a driver adds
// (alignment, copies, the drawing buffer of the canvas) no page can know.
(() => {
  const counts = {
    /** Draw calls so far. */
    draws: 0,
    /** Programs linked so far. */
    programs: 0,
    /** GL objects created so far, fences and queries among them, by the method that made them. */
    created: {},
    /** Typed arrays and array buffers constructed so far, slices and views of others among them. */
    arrays: 0,
    /** Bytes that exist on the GPU, and the most that existed at once. */
    memory: { now: 0, peak: 0 },
    /** Bytes of WebAssembly's memories, which are on no other account. */
    get wasmBytes() {
      return [...wasmMemories].reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
    },
    /** Formats that this file does not know the size of: with any, `memory` is too small. */
    unknown: [],
  };
  window.glCounts = counts;
  const wasmMemories = new Set();

  const CHANNELS = { R: 1, RG: 2, RGB: 3, RGBA: 4 };
  const constants = WebGL2RenderingContext;
  /** Bytes of a texel by sized format: the names in WebGL2 say it, such as RGBA16F. */
  const sizedFormats = new Map();
  for (const name of Object.keys(constants)) {
    const match = /^(RGBA|RGB|RG|R)(8|16|32)(F|I|UI|_SNORM)?$/.exec(name);
    if (match) sizedFormats.set(constants[name], (CHANNELS[match[1]] * Number(match[2])) / 8);
  }
  for (const [name, bytes] of Object.entries({
    ...{ SRGB8: 3, SRGB8_ALPHA8: 4, RGB565: 2, RGBA4: 2, RGB5_A1: 2, RGB10_A2: 4, R11F_G11F_B10F: 4 },
    ...{ DEPTH_COMPONENT16: 2, DEPTH_COMPONENT24: 4, DEPTH_COMPONENT32F: 4, DEPTH24_STENCIL8: 4 },
    ...{ STENCIL_INDEX8: 1, DEPTH_STENCIL: 4 },
  })) {
    sizedFormats.set(constants[name], bytes);
  }
  /** Channels by unsized format, whose texels also depend on the type. */
  const unsizedFormats = new Map(
    Object.entries({ RGBA: 4, RGB: 3, LUMINANCE_ALPHA: 2, LUMINANCE: 1, ALPHA: 1 }).map(
      ([name, channels]) => [constants[name], channels],
    ),
  );
  const typeBytes = new Map(
    Object.entries({ UNSIGNED_BYTE: 1, HALF_FLOAT: 2, FLOAT: 4 }).map(([name, bytes]) => [
      constants[name],
      bytes,
    ]),
  );
  typeBytes.set(0x8d61, 2); // HALF_FLOAT_OES of WebGL 1

  function texelBytes(format, type) {
    const bytes = sizedFormats.get(format) ?? unsizedFormats.get(format) * typeBytes.get(type);
    if (Number.isFinite(bytes)) return bytes;
    counts.unknown.push(`format ${format} with type ${type}`);
    return 0;
  }

  /** Bytes by object, or by object and mipmap level. */
  const sizes = new WeakMap();

  function setSize(object, level, bytes) {
    if (!object) return;
    const levels = sizes.get(object) ?? new Map();
    sizes.set(object, levels);
    counts.memory.now += bytes - (levels.get(level) ?? 0);
    counts.memory.peak = Math.max(counts.memory.peak, counts.memory.now);
    levels.set(level, bytes);
  }

  function forget(object) {
    for (const bytes of sizes.get(object)?.values() ?? []) counts.memory.now -= bytes;
    sizes.delete(object);
  }

  function allLevels(levels, width, height, depth, shrinkingDepth) {
    let texels = 0;
    for (let level = 0; level < levels; level++) {
      const layers = shrinkingDepth ? Math.max(1, depth >> level) : depth;
      texels += Math.max(1, width >> level) * Math.max(1, height >> level) * layers;
    }
    return texels;
  }

  /** What is bound where, by context: "texture unit/target" and "target". */
  const bindings = new WeakMap();
  const bound = (gl) => {
    if (!bindings.has(gl)) bindings.set(gl, new Map([["unit", constants.TEXTURE0]]));
    return bindings.get(gl);
  };
  const faces = constants.TEXTURE_CUBE_MAP_POSITIVE_X;
  const boundTexture = (gl, target) => {
    const face = target >= faces && target < faces + 6;
    return bound(gl).get(`${bound(gl).get("unit")}/${face ? constants.TEXTURE_CUBE_MAP : target}`);
  };

  const watchers = {
    activeTexture: (gl, unit) => bound(gl).set("unit", unit),
    bindTexture: (gl, target, texture) => bound(gl).set(`${bound(gl).get("unit")}/${target}`, texture),
    bindBuffer: (gl, target, buffer) => bound(gl).set(target, buffer),
    bindRenderbuffer: (gl, target, renderbuffer) => bound(gl).set(target, renderbuffer),
    deleteTexture: (_, texture) => forget(texture),
    deleteBuffer: (_, buffer) => forget(buffer),
    deleteRenderbuffer: (_, renderbuffer) => forget(renderbuffer),
    texStorage2D: (gl, target, levels, format, width, height) => {
      const sides = target === constants.TEXTURE_CUBE_MAP ? 6 : 1;
      const bytes = allLevels(levels, width, height, sides, false) * texelBytes(format);
      setSize(boundTexture(gl, target), "all", bytes);
    },
    texStorage3D: (gl, target, levels, format, width, height, depth) => {
      const texels = allLevels(levels, width, height, depth, target === constants.TEXTURE_3D);
      setSize(boundTexture(gl, target), "all", texels * texelBytes(format));
    },
    texImage2D: (gl, target, level, format, ...rest) => {
      // Six arguments, the last a picture, or nine and more, with the sizes.
      const picture = rest.length === 3;
      const [width, height, type] = picture
        ? [rest[2].width, rest[2].height, rest[1]]
        : [rest[0], rest[1], rest[4]];
      setSize(boundTexture(gl, target), `${target}/${level}`, width * height * texelBytes(format, type));
    },
    texImage3D: (gl, target, level, format, width, height, depth, _border, _format, type) =>
      setSize(boundTexture(gl, target), level, width * height * depth * texelBytes(format, type)),
    renderbufferStorage: (gl, target, format, width, height) =>
      setSize(bound(gl).get(target), "all", width * height * texelBytes(format)),
    renderbufferStorageMultisample: (gl, target, samples, format, width, height) =>
      setSize(bound(gl).get(target), "all", Math.max(1, samples) * width * height * texelBytes(format)),
    bufferData: (gl, target, content, _usage, offset = 0, length = 0) => {
      const view = ArrayBuffer.isView(content);
      const elementBytes = view ? (content.BYTES_PER_ELEMENT ?? 1) : 1;
      const whole =
        typeof content === "number" ? content : (content?.byteLength ?? 0) - offset * elementBytes;
      setSize(bound(gl).get(target), "all", length ? length * elementBytes : whole);
    },
    linkProgram: () => counts.programs++,
  };

  function watch(prototype) {
    for (const name of Object.getOwnPropertyNames(prototype)) {
      const { value } = Object.getOwnPropertyDescriptor(prototype, name);
      if (typeof value !== "function") continue;
      const creates = /^create|^fenceSync$/.test(name);
      const draws = /^draw(?!Buffers)/.test(name);
      const watcher = watchers[name];
      if (!creates && !draws && !watcher) continue;
      prototype[name] = function (...values) {
        if (creates) counts.created[name] = (counts.created[name] ?? 0) + 1;
        if (draws) counts.draws++;
        watcher?.(this, ...values);
        return value.apply(this, values);
      };
    }
  }
  watch(WebGLRenderingContext.prototype);
  watch(WebGL2RenderingContext.prototype);

  const arrayTypes = [
    ...[
      "Float32Array",
      "Float64Array",
      "Int8Array",
      "Uint8Array",
      "Uint8ClampedArray",
      "Int16Array",
      "Uint16Array",
    ],
    ...["Int32Array", "Uint32Array", "BigInt64Array", "BigUint64Array", "ArrayBuffer", "DataView"],
  ];
  for (const name of arrayTypes) {
    const original = globalThis[name];
    const counted = new Proxy(original, {
      construct(target, values, created) {
        counts.arrays++;
        return Reflect.construct(target, values, created === counted ? target : created);
      },
    });
    // Code that asks a value for its constructor must find the one that it sees.
    original.prototype.constructor = counted;
    globalThis[name] = counted;
  }

  WebAssembly.Memory = new Proxy(WebAssembly.Memory, {
    construct(target, values) {
      const memory = new target(...values);
      wasmMemories.add(memory);
      return memory;
    },
  });
  for (const name of ["instantiate", "instantiateStreaming"]) {
    const original = WebAssembly[name];
    WebAssembly[name] = async (...values) => {
      const result = await original.apply(WebAssembly, values);
      for (const exported of Object.values((result.instance ?? result).exports)) {
        if (Object.prototype.toString.call(exported) === "[object WebAssembly.Memory]")
          wasmMemories.add(exported);
      }
      return result;
    };
  }
})();
