// The comparison of a scan with what was made of it: slider, blink, difference, confidence; zoom and pan.

import { Picture } from "./picture.js";
import { number, text } from "./texts.js";

const BLINK_MILLISECONDS = 900;
const STEP = 0.02;
const OVERLAY_OPACITY = 0.8;
const SVG = "http://www.w3.org/2000/svg";
// Drawn, because fonts lack such signs.
const ICONS = {
  zoomOut: "M4 9h10",
  zoomIn: "M4 9h10M9 4v10",
  fit: "M3 7V3h4M11 3h4v4M15 11v4h-4M7 15H3v-4M6.5 6.5h5v5h-5z",
  full: "M3 7V3h4M11 3h4v4M15 11v4h-4M7 15H3v-4",
};
const stillness = matchMedia("(prefers-reduced-motion: reduce)");

let groupCount = 0;

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function icon(path) {
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 18 18");
  svg.setAttribute("aria-hidden", "true");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

// OpenSeadragon would add a style of its own, which a strict policy refuses; it does not where it finds one.
function keepOutForeignStyle() {
  const mark = "data-openseadragon-mobile-css";
  if (document.querySelector(`style[${mark}]`)) return;
  const inert = document.createElementNS("urn:pulih:none", "style");
  inert.setAttribute(mark, "true");
  document.head.append(inert);
}

export class Compare {
  // `pictures`: { before, after, confidence } as Blobs or addresses, confidence optional.
  // `isEmbedded`: the page around it scrolls, and a wheel or one finger is for the page.
  static async open(root, pictures, isEmbedded = false) {
    const names = Object.keys(pictures).filter((name) => pictures[name]);
    const loaded = await Promise.all(names.map((name) => Picture.load(pictures[name])));
    return new Compare(root, Object.fromEntries(names.map((name, index) => [name, loaded[index]])), isEmbedded);
  }

  constructor(root, pictures, isEmbedded) {
    this.root = root;
    this.isEmbedded = isEmbedded;
    this.pictures = pictures;
    this.modes = ["slider", "blink", "difference", ...(pictures.confidence ? ["confidence"] : [])];
    this.mode = "slider";
    this.cut = 0.5;
    this.showsAfter = true;
    this.isPaused = stillness.matches;
    this.abort = new AbortController();
    this.build();
    this.ready = this.openViewer();
    this.relabel();
    const signal = this.abort.signal;
    document.addEventListener("languagechange", () => this.relabel(), { signal });
    root.addEventListener("keydown", (event) => this.onKey(event), { signal });
    this.timer = setInterval(() => this.onTick(), BLINK_MILLISECONDS);
  }

  build() {
    const group = `compare-mode-${(groupCount += 1)}`;
    this.radios = this.modes.map((mode) => {
      const input = element("input", { type: "radio", name: group, value: mode, checked: mode === this.mode });
      input.addEventListener("change", () => this.setMode(mode));
      return element("label", {}, input, element("span"));
    });
    this.modeBar = element("div", { className: "pv-modes", role: "radiogroup" }, ...this.radios);
    this.buttons = [
      ["zoomOut", () => this.zoomBy(1 / 1.5)],
      ["zoomIn", () => this.zoomBy(1.5)],
      ["fit", () => this.fit()],
      ["actual", () => this.zoomToPixels()],
      ["full", () => this.toggleFull()],
    ].map(([key, action]) => {
      const button = element("button", { type: "button" }, ICONS[key] ? icon(ICONS[key]) : "1:1");
      button.dataset.label = key;
      button.addEventListener("click", action);
      return button;
    });
    this.scale = element("output", { className: "pv-scale" });
    this.canvas = element("div", { className: "pv-canvas" });
    this.handle = element("div", { className: "pv-cut", tabIndex: 0, role: "slider" }, element("span"));
    this.before = element("span", { className: "pv-tag pv-before" });
    this.after = element("span", { className: "pv-tag pv-after" });
    this.stage = element("div", { className: "pv-stage" }, this.canvas, this.handle, this.before, this.after);
    this.hint = element("p", { className: "pv-hint" });
    const zoom = element("div", { className: "pv-zoom" }, this.scale, ...this.buttons);
    this.root.replaceChildren(element("div", { className: "pv-bar" }, this.modeBar, zoom), this.stage, this.hint);
    this.root.classList.add("pv");
    this.root.dataset.mode = this.mode;
    this.bindHandle();
  }

  openViewer() {
    keepOutForeignStyle();
    this.viewer = OpenSeadragon({
      element: this.canvas,
      drawer: "canvas",
      showNavigationControl: false,
      keyboardNavEnabled: false,
      tabIndex: 0,
      animationTime: stillness.matches ? 0 : 0.4,
      maxZoomPixelRatio: 8,
      minZoomImageRatio: 0.8,
      visibilityRatio: 0.3,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
      placeholderFillStyle: null,
      imageLoaderLimit: 4,
      cooperativeGestures: this.isEmbedded,
    });
    for (const event of ["viewport-change", "resize", "open"]) this.viewer.addHandler(event, () => this.refresh());
    this.viewer.canvas.setAttribute("role", "img");
    return Promise.all(
      ["before", "after", "confidence"].filter((name) => this.pictures[name]).map((name, index) => this.add(name, index)),
    ).then(() => {
      this.refresh();
      this.viewer.viewport.goHome(true);
    });
  }

  add(name, index) {
    return new Promise((resolve, reject) => {
      const ratio = this.pictures.before.height / this.pictures.before.width;
      this.viewer.addTiledImage({
        tileSource: this.pictures[name].source(name === "confidence"),
        index,
        // One frame for all of them: an answer at another scale lies exactly on the scan.
        fitBounds: new OpenSeadragon.Rect(0, 0, 1, ratio),
        success: ({ item }) => resolve((this[`${name}Image`] = item)),
        error: ({ message }) => reject(new Error(message)),
      });
    });
  }

  relabel() {
    this.root.setAttribute("aria-label", text("comparison"));
    this.modeBar.setAttribute("aria-label", text("modes"));
    this.radios.forEach((label, index) => (label.lastChild.textContent = text(this.modes[index])));
    for (const button of this.buttons) {
      button.setAttribute("aria-label", text(button.dataset.label));
      button.title = text(button.dataset.label);
    }
    this.handle.setAttribute("aria-label", text("cut"));
    this.before.textContent = text("scan");
    this.after.textContent = text("restored");
    this.viewer.canvas.setAttribute("aria-label", text("picture"));
    OpenSeadragon.setString("GestureHints.Touch", text("twoFingers"));
    OpenSeadragon.setString("GestureHints.Scroll", text("wheelWithKey"));
    this.hint.textContent = text(`${this.mode}Hint`);
    this.refresh();
  }

  setMode(mode) {
    if (!this.modes.includes(mode)) return;
    this.mode = mode;
    this.showsAfter = true;
    this.isPaused = stillness.matches;
    this.root.dataset.mode = mode;
    this.hint.textContent = text(`${mode}Hint`);
    this.radios[this.modes.indexOf(mode)].firstChild.checked = true;
    this.refresh();
  }

  setCut(share) {
    this.cut = Math.min(1, Math.max(0, share));
    this.refresh();
  }

  // Brings what is drawn in line with mode, cut and zoom.
  refresh() {
    if (!this.beforeImage || !this.afterImage) return;
    const showsAfter = this.mode === "slider" ? this.cut < 1 : this.showsAfter;
    this.afterImage.setOpacity(showsAfter ? 1 : 0);
    this.afterImage.setCompositeOperation(this.mode === "difference" ? "difference" : null);
    this.afterImage.setClip(this.mode === "slider" ? this.clip() : null);
    this.confidenceImage?.setOpacity(this.mode === "confidence" ? OVERLAY_OPACITY : 0);
    this.handle.style.left = `${this.cut * 100}%`;
    const shown = Math.round(this.cut * 100);
    this.handle.setAttribute("aria-valuemin", "0");
    this.handle.setAttribute("aria-valuemax", "100");
    this.handle.setAttribute("aria-valuenow", String(shown));
    this.root.dataset.shows = showsAfter ? "after" : "before";
    const pixels = this.beforeImage.viewportToImageZoom(this.viewer.viewport.getZoom(true));
    this.scale.textContent = `${number(pixels * 100)} %`;
  }

  clip() {
    const width = this.viewer.container.clientWidth;
    const at = this.afterImage.viewerElementToImageCoordinates(new OpenSeadragon.Point(this.cut * width, 0)).x;
    const left = Math.min(this.pictures.after.width, Math.max(0, at));
    return new OpenSeadragon.Rect(left, 0, this.pictures.after.width - left, this.pictures.after.height);
  }

  onTick() {
    if (this.mode !== "blink" || this.isPaused || document.hidden) return;
    this.showsAfter = !this.showsAfter;
    this.refresh();
  }

  bindHandle() {
    const move = (event) => {
      const frame = this.stage.getBoundingClientRect();
      this.setCut((event.clientX - frame.left) / frame.width);
    };
    this.handle.addEventListener("pointerdown", (event) => {
      this.handle.setPointerCapture(event.pointerId);
      this.handle.focus();
      event.preventDefault();
    });
    this.handle.addEventListener("pointermove", (event) => {
      if (this.handle.hasPointerCapture(event.pointerId)) move(event);
    });
  }

  onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.matches("button")) return;
    const action = this.handle === document.activeElement ? this.cutKey(event.key) : this.pictureKey(event);
    if (!action && !this.commonKey(event.key)) return;
    event.preventDefault();
  }

  cutKey(key) {
    const steps = { ArrowLeft: -STEP, ArrowRight: STEP, ArrowDown: -STEP, ArrowUp: STEP, PageDown: -0.1, PageUp: 0.1 };
    if (key in steps) this.setCut(this.cut + steps[key]);
    else if (key === "Home") this.setCut(0);
    else if (key === "End") this.setCut(1);
    else return false;
    return true;
  }

  pictureKey({ key, target }) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    // On the radio buttons the arrows choose a mode.
    if (!(key in steps) || target.matches("input")) return false;
    const bounds = this.viewer.viewport.getBounds();
    const [across, down] = steps[key];
    this.viewer.viewport.panBy(new OpenSeadragon.Point(0.12 * across * bounds.width, 0.12 * down * bounds.height));
    this.viewer.viewport.applyConstraints();
    return true;
  }

  commonKey(key) {
    const actions = { "+": () => this.zoomBy(1.5), "=": () => this.zoomBy(1.5), "-": () => this.zoomBy(1 / 1.5) };
    if (key in actions) actions[key]();
    else if (key === "0") this.fit();
    else if (key === " " && this.mode === "blink") this.step();
    else if (/^[1-4]$/.test(key) && this.modes[key - 1]) this.setMode(this.modes[key - 1]);
    else return false;
    return true;
  }

  // The first press stops the blinking, each further one switches.
  step() {
    if (this.isPaused) this.showsAfter = !this.showsAfter;
    this.isPaused = true;
    this.hint.textContent = `${text("blinkHint")} (${text("paused")})`;
    this.refresh();
  }

  zoomBy(factor) {
    this.viewer.viewport.zoomBy(factor);
    this.viewer.viewport.applyConstraints();
  }

  fit() {
    this.viewer.viewport.goHome();
  }

  zoomToPixels() {
    this.viewer.viewport.zoomTo(this.beforeImage.imageToViewportZoom(1 / devicePixelRatio));
    this.viewer.viewport.applyConstraints();
  }

  async toggleFull() {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await this.root.requestFullscreen();
  }

  // Frames a box [left, top, right, bottom] in pixels of the scan, and brings it into view.
  showBox(box, isNear = true) {
    this.hideBox();
    const [left, top, right, bottom] = box;
    const place = this.beforeImage.imageToViewportRectangle(left, top, right - left, bottom - top);
    this.frame = element("div", { className: "pv-frame" });
    this.viewer.addOverlay({ element: this.frame, location: place });
    if (!isNear) return;
    const margin = place.height;
    const around = [place.x - margin / 2, place.y - 2 * margin, place.width + margin, place.height + 4 * margin];
    this.viewer.viewport.fitBoundsWithConstraints(new OpenSeadragon.Rect(...around));
  }

  hideBox() {
    if (this.frame) this.viewer.removeOverlay(this.frame);
    this.frame = null;
  }

  close() {
    clearInterval(this.timer);
    this.abort.abort();
    this.viewer.destroy();
    for (const picture of Object.values(this.pictures)) picture.close();
    this.root.replaceChildren();
  }
}
