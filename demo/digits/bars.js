const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 0 });

/** Ten horizontal bars, one for each digit. */
export class Bars {
  /** @type {{ row: HTMLLIElement, value: HTMLSpanElement }[]} */
  #rows = [];
  #list;

  /** @param {HTMLElement} list an ordered list, filled here */
  constructor(list) {
    this.#list = list;
    for (let digit = 0; digit < 10; digit += 1) {
      const row = document.createElement("li");
      const name = document.createElement("span");
      name.className = "bar-name";
      name.textContent = String(digit);
      const track = document.createElement("span");
      track.className = "bar-track";
      track.append(document.createElement("span"));
      const value = document.createElement("span");
      value.className = "bar-value";
      row.append(name, track, value);
      list.append(row);
      this.#rows.push({ row, value });
    }
    this.show(null);
  }

  /** Whether a newer reading is under way. */
  set busy(/** @type {boolean} */ busy) {
    this.#list.setAttribute("aria-busy", String(busy));
  }

  /** @param {ArrayLike<number> | null} probabilities ten values that sum to 1, or null for no reading */
  show(probabilities) {
    let best = -1;
    if (probabilities) {
      best = this.#rows.reduce(
        (winner, _, digit) => (probabilities[digit] > probabilities[winner] ? digit : winner),
        0,
      );
    }
    this.#rows.forEach(({ row, value }, digit) => {
      const share = probabilities ? probabilities[digit] : 0;
      row.style.setProperty("--share", share.toFixed(4));
      row.dataset.share = share.toFixed(4);
      row.classList.toggle("best", digit === best);
      value.textContent = probabilities ? percent.format(share) : "";
    });
  }
}
