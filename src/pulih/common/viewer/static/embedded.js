// Turns the still pictures of a page from disk into comparisons, as they come near, and back when they are far.

import { Compare } from "./compare.js";
import { addTexts, text } from "./texts.js";

const NEAR = "600px";

addTexts({
  en: {
    fullSize: "Full resolution",
    fullGone: "The files are not where they were; the small pictures stay.",
  },
  id: {
    fullSize: "Resolusi penuh",
    fullGone: "Berkasnya tidak lagi di tempat semula; gambar kecil tetap ditampilkan.",
  },
});

class Figure {
  constructor(root) {
    this.root = root;
    this.still = [...root.childNodes];
    this.pictures = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((img) => [img.dataset.part, img.src]));
    this.button = root.dataset.fullBefore ? this.fullButton() : null;
  }

  fullButton() {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "full";
    button.textContent = text("fullSize");
    button.addEventListener("click", () => this.openFull());
    this.root.after(button);
    return button;
  }

  async openFull() {
    const { fullBefore: before, fullAfter: after } = this.root.dataset;
    this.button.disabled = true;
    const small = this.pictures;
    await this.close();
    this.pictures = { ...small, before, after };
    await this.open();
    if (await this.opening.catch(() => null)) {
      this.button.remove();
    } else {
      this.pictures = small;
      this.opening = null;
      await this.open();
      this.button.replaceWith(Object.assign(document.createElement("p"), { className: "note", textContent: text("fullGone") }));
    }
  }

  async open() {
    this.opening ??= Compare.open(this.root, this.pictures, true).then((compare) => {
      this.root.classList.remove("still");
      return compare;
    });
    await this.opening.catch(() => null);
  }

  async close() {
    const compare = await this.opening?.catch(() => null);
    this.opening = null;
    if (!compare) return;
    compare.close();
    this.root.classList.remove("pv");
    this.root.classList.add("still");
    this.root.replaceChildren(...this.still);
  }
}

const figures = new Map([...document.querySelectorAll("[data-compare]")].map((root) => [root, new Figure(root)]));
const watcher = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) figures.get(target).open();
      else figures.get(target).close();
    }
  },
  { rootMargin: NEAR },
);
for (const root of figures.keys()) watcher.observe(root);
