// Keeps the demo page, so that it opens and converts models without network, and a second visit downloads nothing.
//
// All is kept under its path and its digest: a build has only what is its own, and what two builds share is downloaded once.
// A new build is downloaded as a whole before it is used, which it is once no page of the one before is open, or the last of them asks.

/**
 * Every file that is kept, by its path from here, with its digest as pages write it for `integrity`; set by the build.
 * @type {Readonly<Record<string, string>>}
 */
const FILES = {};

/** What is looked at with network is kept as it is looked at: documents, and the gallery's photos. */
const LOOKED_AT = /^(docs|gallery\/photos)\//;

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const { clients, registration } = worker;

/** A server may have several builds of the page, and the runtime keeps bundles in a cache of its own. */
const kept = caches.open(`the page ${registration.scope}`);

/** @param {string} path */
const addressOf = (path) => new URL(path, registration.scope).href;

/** @param {string} path */
const keyOf = (path) => `${addressOf(path)}?${encodeURIComponent(FILES[path])}`;

worker.addEventListener("install", (event) => event.waitUntil(Promise.all(Object.keys(FILES).map(fileAt))));

worker.addEventListener("activate", (event) => event.waitUntil(forgetOthers()));

worker.addEventListener("message", ({ data, source }) => {
  if (data === "begin") {
    worker.skipWaiting();
  } else if (source) {
    makeWay(/** @type {Client} */ (source));
  }
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  const { origin: ours, pathname: folder } = new URL(registration.scope);
  if (request.method !== "GET" || origin !== ours || !pathname.startsWith(folder)) {
    return;
  }
  const path = pathname.slice(folder.length) || "index.html";
  if (Object.hasOwn(FILES, path)) {
    event.respondWith(fileAt(path));
  } else if (LOOKED_AT.test(path)) {
    event.respondWith(lookedAt(event));
  }
});

/**
 * A file of this build; what the server has of another build is none.
 * @param {string} path
 * @returns {Promise<Response>}
 */
async function fileAt(path) {
  const cache = await kept;
  const known = await cache.match(keyOf(path));
  if (known) {
    return known;
  }
  const answer = await fetch(addressOf(path), { cache: "no-cache", integrity: FILES[path] });
  if (!answer.ok) {
    throw new Error(`${path} could not be read (${answer.status})`);
  }
  await cache.put(keyOf(path), answer.clone());
  return answer;
}

/**
 * Lets the newer build begin that has come meanwhile, where the page that asks is the only one that belongs to this build: the
 * others may load scripts yet. Else it is told that there are others.
 * @param {Client} page
 */
async function makeWay(page) {
  const open = await clients.matchAll({ type: "window" });
  if (open.some(({ id }) => id !== page.id)) {
    page.postMessage("others");
  } else {
    registration.waiting?.postMessage("begin");
  }
}

/**
 * What the server has now; where it does not answer, what it had.
 * @param {FetchEvent} event
 */
async function lookedAt(event) {
  const cache = await kept;
  try {
    const answer = await fetch(event.request);
    if (answer.ok) {
      event.waitUntil(cache.put(event.request, answer.clone()));
    }
    return answer;
  } catch (problem) {
    const known = await cache.match(event.request);
    if (known) {
      return known;
    }
    throw problem;
  }
}

/** Deletes what belongs to no file of this build. */
async function forgetOthers() {
  const cache = await kept;
  const own = new Set(Object.keys(FILES).map(keyOf));
  const others = (await cache.keys()).filter(({ url }) => !own.has(url));
  await Promise.all(others.map((request) => cache.delete(request)));
}
