// What of the runtime depends on the browser, a function each: what it gives, test_features.py looks at.
(() => {
  const { Tensor, loadModel } = texelflow;

  const codeOf = (promise) =>
    promise.then(
      () => "none",
      (error) => error.code ?? String(error),
    );

  const row = (value) => new Tensor("float32", [2, 3], new Float32Array(6).fill(value));

  /** Inputs of the model that has pictures and tensors. */
  const inputs = (value = 1) => ({
    image: new Tensor("float32", [1, 3, 4, 4], new Float32Array(48).fill(0.5)),
    x: row(value),
    sum: row(10),
  });

  /** The contexts of WebGL that are made from now on. */
  function watchContexts() {
    const contexts = [];
    for (const { prototype } of [HTMLCanvasElement, OffscreenCanvas]) {
      const { getContext } = prototype;
      prototype.getContext = function (kind, ...parameters) {
        const context = getContext.call(this, kind, ...parameters);
        if (context && kind.startsWith("webgl")) contexts.push(context);
        return context;
      };
    }
    return contexts;
  }

  /** Takes the GPU away, as browsers do. */
  function lose(gl) {
    const lost = new Promise((resolve) => gl.canvas.addEventListener("webglcontextlost", resolve));
    gl.getExtension("WEBGL_lose_context").loseContext();
    return lost;
  }

  function canvasOf(width, height, draw) {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, height];
    draw(canvas.getContext("2d"));
    return canvas;
  }

  const imageOf = async (source, width) => {
    const image = new Image();
    image.src = source;
    if (width) image.width = width;
    document.body.append(image);
    await image.decode();
    return image;
  };

  const checked = (context) => {
    for (let x = 0; x < 6; x++)
      for (let y = 0; y < 4; y++) {
        context.fillStyle = `rgb(${40 * x}, ${60 * y}, 9)`;
        context.fillRect(x, y, 1, 1);
      }
  };

  const clear = (context) => {
    context.fillStyle = "rgba(200, 100, 50, 0.4)";
    context.fillRect(0, 0, 4, 4);
  };

  const DRAWING = `<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4">
    <rect width="2" height="4" fill="rgb(255,0,0)"/><rect x="2" width="2" height="4" fill="rgb(0,0,255)"/></svg>`;

  globalThis.smoke = {
    /** Runs that go on from the last, in the model's own session and in another, and begin again. */
    async stream({ stream }) {
      const model = await loadModel(stream);
      const first = async (session, value) => (await session.run({ x: row(value) })).y.data[0];
      const other = model.session();
      const found = { own: [], other: [], again: [] };
      for (const value of [1, 2, 4, 8, 16]) {
        found.own.push(await first(model, value));
        found.other.push(await first(other, 10 * value));
      }
      await model.reset();
      for (const value of [1, 2]) found.again.push(await first(model, value));
      model.dispose();
      return found;
    },

    async lostContext({ mixed, stream }) {
      const contexts = watchContexts();
      const stateless = await loadModel(mixed);
      const stateful = await loadModel(stream);
      const y = async () => (await stateless.run(inputs())).y.data[0];
      const first = async (value) => (await stateful.run({ x: row(value) })).y.data[0];
      const found = { before: await y(), remembered: await first(1) };
      await lose(contexts.at(-1));
      found.after = await y();
      found.code = await codeOf(first(2));
      found.again = [await first(1), await first(2)];
      for (const model of [stateless, stateful]) model.dispose();
      return found;
    },

    /** The pixels that the model gets of pictures of each kind: with transparency, and of a part. */
    async pictures({ mixed }) {
      const model = await loadModel(mixed);
      const pixels = async (image) => Array.from((await model.run({ ...inputs(), image })).pixels.data);
      const kinds = {
        canvas: (canvas) => canvas,
        ImageData: (canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height),
        ImageBitmap: (canvas) => createImageBitmap(canvas),
        img: (canvas) => imageOf(canvas.toDataURL(), 30),
        OffscreenCanvas(canvas) {
          const off = new OffscreenCanvas(canvas.width, canvas.height);
          off.getContext("2d").drawImage(canvas, 0, 0);
          return off;
        },
      };
      if (typeof VideoFrame !== "undefined")
        kinds.VideoFrame = (canvas) => new VideoFrame(canvas, { timestamp: 0 });
      const found = { part: {}, transparent: {} };
      const crop = { x: 1, y: 0, width: 4, height: 4 };
      for (const [kind, make] of Object.entries(kinds)) {
        found.part[kind] = await pixels({ source: await make(canvasOf(6, 4, checked)), crop });
        found.transparent[kind] = await pixels(await make(canvasOf(4, 4, clear)));
      }
      found.drawing = await pixels(await imageOf(`data:image/svg+xml,${encodeURIComponent(DRAWING)}`, 60));
      model.dispose();
      return found;
    },

    /** The runtime in a worker, and whether the page had to compute. */
    async worker({ mixed }) {
      const contexts = watchContexts();
      const worker = await import("/dist/texelflow.worker.js");
      const model = await worker.loadModel(mixed);
      const { y, pixels } = await model.run({ ...inputs(), image: canvasOf(4, 4, checked) });
      const latest = [1, 2, 3].map((value) => model.run(inputs(value), { latest: true }));
      const runs = await Promise.all(
        latest.map((run) =>
          run.then(
            ({ y }) => y.data[0],
            ({ code }) => code,
          ),
        ),
      );
      model.dispose();
      return { y: Array.from(y.data), pixels: Array.from(pixels.data), runs, onPage: contexts.length > 0 };
    },

    /** A bundle that is kept: loaded from the network, once more, and with no network. */
    async cache({ image, feeds }) {
      if (!globalThis.isSecureContext || !globalThis.caches) return { missing: "no Cache storage here" };
      await caches.delete("texelflow");
      const run = async (fetchFile) => {
        const asked = [];
        const noted = (address, options) => {
          asked.push(address.split("/").at(-1));
          return fetchFile(address, options);
        };
        const model = await loadModel(image, { cache: true, fetch: noted });
        const outputs = bundleRunner.encodeAll(await model.run(bundleRunner.decodeAll(feeds)));
        model.dispose();
        return { asked, outputs };
      };
      const network = (address, options) => fetch(address, options);
      const found = { first: await run(network) };
      const keys = async () => (await (await caches.open("texelflow")).keys()).length;
      for (let tries = 0; (await keys()) < 2 && tries < 100; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      found.second = await run(network);
      found.offline = await run(() => Promise.reject(new TypeError("no network")));
      return found;
    },

    /** An output drawn without being read. */
    async canvas({ mixed }) {
      const model = await loadModel(mixed);
      const { pixels } = await model.run(
        { ...inputs(), image: canvasOf(4, 4, checked) },
        { keep: ["pixels"] },
      );
      const canvas = document.createElement("canvas");
      await pixels.draw(canvas);
      const { data } = canvas.getContext("2d").getImageData(0, 0, 4, 4);
      model.dispose();
      return { size: [canvas.width, canvas.height], data: Array.from(data) };
    },

    /** Pages written for ONNX Runtime Web and for TensorFlow.js. */
    async adapters({ mixed }) {
      const ort = await import("/dist/texelflow.ort.js");
      const session = await ort.InferenceSession.create(mixed);
      const named = Object.entries(inputs()).map(([name, { shape, data }]) => [
        name,
        new ort.Tensor("float32", data, shape),
      ]);
      const { y } = await session.run(Object.fromEntries(named));
      await session.release();
      const { loadGraphModel } = await import("/dist/texelflow.tfjs.js");
      const model = await loadGraphModel(`${mixed}/graph.json`);
      const tensors = Object.entries(inputs()).map(([name, { shape, data }]) => [
        name,
        { shape, dtype: "float32", data: async () => data },
      ]);
      const outputs = model.predict(Object.fromEntries(tensors));
      const other = await outputs[model.outputs.findIndex(({ name }) => name === "y")].data();
      model.dispose();
      return { ort: Array.from(y.data), tfjs: Array.from(other) };
    },

    /** A result before loading has ended, and what a device says before anything is loaded. */
    async streaming({ image, feeds }) {
      const { checkDevice } = await import("/dist/texelflow.check.js");
      const { supported, bytes } = await checkDevice(image);
      const model = await loadModel(image, { streaming: true });
      const outputs = bundleRunner.encodeAll(await model.run(bundleRunner.decodeAll(feeds)));
      await model.loaded;
      model.dispose();
      return { supported, bytes, outputs };
    },

    /** A model's files, converted here: the SHA-256 of each file of the bundle. */
    async convert({ files }) {
      const { convert } = await import("/converter/index.js");
      const decode = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      const source = Object.entries(files).map(([path, text]) => [path, new File([decode(text)], path)]);
      const { files: made } = await convert(new Map(source));
      const digests = Array.from(made, async ([path, blob]) => {
        const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
        return [
          path,
          Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join(""),
        ];
      });
      const model = await loadModel(made);
      model.dispose();
      return { digests: Object.fromEntries(await Promise.all(digests)) };
    },
  };
})();
