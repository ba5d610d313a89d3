// Lays out a graph of many boxes and draws it, while the page is watched: `tests/demo/test_large_graph.py`.
globalThis.watchLargeGraph = async (count) => {
  const steps = [];
  for (let index = 0; index < count; index++) {
    if (index > 0) steps.push([index - 1, index]);
    if (index > 7 && index % 3 === 0) steps.push([index - 7, index]);
    if (index > 40 && index % 5 === 0) steps.push([3, index]);
  }
  const sizes = Array.from({ length: count }, (_, index) => [80 + (index % 7) * 15, 42]);
  const worker = new Worker(new URL("about/graph/layout.js", document.baseURI), { type: "module" });
  let longest = 0;
  let before = performance.now();
  const watch = setInterval(() => {
    longest = Math.max(longest, performance.now() - before);
    before = performance.now();
  }, 4);
  const start = performance.now();
  const layout = await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage({ sizes, arrows: steps });
  });
  const took = performance.now() - start;
  clearInterval(watch);
  worker.terminate();
  const { GraphCanvas } = await import(new URL("about/graph/graph_canvas.js", document.baseURI));
  const canvas = document.createElement("canvas");
  canvas.className = "graph";
  document.querySelector("main").append(canvas);
  const graph = new GraphCanvas(canvas);
  const faces = sizes.map((_, index) => ({
    title: `Conv ${index}`,
    detail: "1",
    family: "product",
    isGroup: false,
  }));
  graph.show({ faces, sizes, arrows: steps.map(([from, to]) => ({ from, to })), layout });
  graph.camera.fit(layout);
  graph.camera.showAll();
  const frames = [];
  for (let frame = 0; frame < 12; frame++) {
    await new Promise(requestAnimationFrame);
    const begun = performance.now();
    graph.camera.zoom(frame < 6 ? 1.1 : 2);
    graph.drawNow();
    frames.push(performance.now() - begun);
  }
  canvas.remove();
  const overlaps = layout.centres.filter(([x, y], box) =>
    layout.centres.some(
      ([otherX, otherY], other) =>
        other > box &&
        other < box + 40 &&
        Math.abs(x - otherX) < (sizes[box][0] + sizes[other][0]) / 2 &&
        Math.abs(y - otherY) < 42,
    ),
  ).length;
  const downward = steps.filter(([from, to]) => layout.centres[from][1] < layout.centres[to][1]).length;
  const hidden = layout.bends.filter((bends) => bends === null).length;
  return { took, longest, frames, overlaps, downward, arrows: steps.length, hidden };
};
