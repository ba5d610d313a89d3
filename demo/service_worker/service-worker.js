// Keeps the demo page, so that it opens without network, and a second visit downloads nothing; and what converts models once a
// visitor has wanted that, so that who only looks at the page downloads none of it.
//
// All is kept under its path and its digest: a build has only what is its own, and what two builds share is downloaded once.
// A new build is downloaded as a whole before it is used, which it is once no page of the one before is open, or the last of them asks.

/**
 * Every file that is kept, by its path from here, with its digest as pages write it for `integrity`; set by the build.
 * @type {Readonly<Record<string, string>>}
 */
const FILES = {};

/** What converts models, but for the script by which pages ask for it. */
const CONVERTER = /^convert\/v-/;

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

worker.addEventListener("install", (event) => event.waitUntil(keepPage()));

worker.addEventListener("activate", (event) => event.waitUntil(forgetOthers()));

worker.addEventListener("message", (event) => {
  const { data, source } = event;
  if (data === "begin") {
    worker.skipWaiting();
  } else if (data === "converts") {
    // Storage may be full: what is not kept is fetched again.
    event.waitUntil(keep(CONVERTER).catch(() => {}));
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

/** Keeps the page; and what converts, where the visitor has used that of a build before. */
async function keepPage() {
  const keys = await (await kept).keys();
  const converts = keys.some(({ url }) => CONVERTER.test(url.slice(registration.scope.length)));
  await keep(converts ? /./ : /^(?!convert\/v-)/);
}

/** @param {RegExp} which the paths of files of this build */
async function keep(which) {
  await Promise.all(
    Object.keys(FILES)
      .filter((path) => which.test(path))
      .map(fileAt),
  );
}

/** @type {Map<string, Promise<Response>>} files that are being downloaded, by their paths */
const arriving = new Map();

/**
 * A file of this build; what the server has of another build is none.
 * @param {string} path
 * @returns {Promise<Response>}
 */
async function fileAt(path) {
  const known = await (await kept).match(keyOf(path));
  if (known) {
    return known;
  }
  const answer = arriving.get(path) ?? download(path);
  arriving.set(path, answer);
  return answer.then((response) => response.clone()).finally(() => arriving.delete(path));
}

/**
 * @param {string} path
 * @returns {Promise<Response>}
 */
async function download(path) {
  const answer = await fetch(addressOf(path), { cache: "no-cache", integrity: FILES[path] });
  if (!answer.ok) {
    throw new Error(`${path} could not be read (${answer.status})`);
  }
  await (await kept).put(keyOf(path), answer.clone());
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
