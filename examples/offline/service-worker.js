// Keeps the page; the model keeps itself (`cache: true`). The network is asked first, so that a new page shows at once.
const PAGE = ["./", "digit.svg", "main.js", "texelflow.cache.js", "texelflow.ends.js", "texelflow.js"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open("page").then((cache) => cache.addAll(PAGE)));
});

self.addEventListener("fetch", (event) => {
  const kept = async (error) => (await caches.match(event.request)) ?? Promise.reject(error);
  event.respondWith(fetch(event.request).catch(kept));
});
