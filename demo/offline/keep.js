import { make } from "../shared/make.js";
import { texts } from "./texts.js";

/** What does it; it lies beside the page, since it may only keep what lies beside or below it. */
const SCRIPT = new URL("service-worker.js", document.baseURI);

/**
 * Has the browser keep the page for when there is no network, and what converts models once that was used, unless the visitor
 * wants little to be downloaded. Tells where a newer page has come meanwhile. Browsers that keep no pages, and pages of plain http, do
 * without.
 */
export async function keepPage() {
  const { serviceWorker, connection } = /** @type {Navigator & { connection?: { saveData: boolean } }} */ (
    navigator
  );
  if (!serviceWorker || connection?.saveData) {
    return;
  }
  try {
    const registration = await serviceWorker.register(SCRIPT);
    const follow = () => {
      registration.installing?.addEventListener("statechange", follow);
      if (registration.waiting && serviceWorker.controller) {
        tellOfNewer(serviceWorker);
      }
    };
    registration.addEventListener("updatefound", follow);
    follow();
  } catch {
    // Storage may be full, or forbidden: the page is then fetched each time.
  }
}

/** @param {ServiceWorkerContainer} serviceWorker */
function tellOfNewer(serviceWorker) {
  if (document.querySelector(".newer")) {
    return;
  }
  const note = make("span", {}, texts.there);
  const reload = make("button", { type: "button" }, texts.reload);
  reload.addEventListener("click", () => {
    serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    serviceWorker.addEventListener("message", () => {
      note.textContent = texts.others;
    });
    serviceWorker.controller?.postMessage("newer");
  });
  document.body.append(make("p", { class: "newer", role: "status" }, note, " ", reload));
}
