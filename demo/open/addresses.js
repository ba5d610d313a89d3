import { element } from "../shared/page.js";

/**
 * The page that may fetch from other servers; else it is the same page. The page's own policy forbids it there, so that
 * nothing of a visitor can leave for anywhere as long as nobody asks for a model of another server.
 */
const WIDER_PAGE = "foreign.html";

/** The part of the page's own address that names a model: #model=ADDRESS */
const PARAMETER = "model";

/**
 * Whether this page may fetch from there.
 * @param {URL} address
 * @returns {boolean}
 */
export function mayFetch({ origin }) {
  return origin === location.origin || location.pathname.endsWith(`/${WIDER_PAGE}`);
}

/**
 * Leaves for the page that may fetch from other servers, which asks before it does.
 * @param {URL} address
 */
export function toWiderPage(address) {
  const page = new URL(WIDER_PAGE, document.baseURI);
  page.hash = fragment(address);
  location.assign(page);
}

/**
 * The model that the page's own address names.
 * @returns {URL | null}
 */
export function linkedModel() {
  const text = new URLSearchParams(location.hash.slice(1)).get(PARAMETER);
  const address = text && URL.canParse(text, document.baseURI) ? new URL(text, document.baseURI) : null;
  return address && /^https?:$/.test(address.protocol) ? address : null;
}

/**
 * Lets the page's own address name the model that is open, so that a link shares it.
 * @param {URL | null} address null for what has none
 */
export function linkModel(address) {
  const page = new URL(location.href);
  page.hash = address ? fragment(address) : "";
  history.replaceState(null, "", page);
}

/** @param {URL} address of this server relative to the page, so that links outlive a move */
function fragment(address) {
  const base = new URL(".", document.baseURI).href;
  const text = address.href.startsWith(base) ? address.href.slice(base.length) : address.href;
  return `${PARAMETER}=${encodeURIComponent(text).replaceAll("%2F", "/").replaceAll("%3A", ":")}`;
}

/**
 * Asks the visitor whether another server may be asked for a model.
 * @param {URL} address
 * @returns {Promise<boolean>} resolves when the visitor has decided
 */
export function askFirst(address) {
  const dialog = element("foreign", HTMLDialogElement);
  element("foreign-host", HTMLElement).textContent = address.host;
  element("foreign-address", HTMLElement).textContent = address.href;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "fetch"), { once: true });
  });
}
