// What stands beside the comparison: downloads, recognized lines, figures.

import { number, text } from "./texts.js";

const SURE = 0.9;
const DOUBTFUL = 0.7;
const find = (name) => document.getElementById(name);

function row(name, value) {
  const term = document.createElement("dt");
  const data = document.createElement("dd");
  term.textContent = name;
  data.textContent = value;
  return [term, data];
}

const percent = (value, digits = 1) => `${number(value * 100, digits)} %`;

export class Panel {
  constructor(onLine) {
    this.onLine = onLine;
    this.addresses = [];
    this.clear();
  }

  clear() {
    this.addresses.forEach((address) => URL.revokeObjectURL(address));
    this.addresses = [];
    this.received = null;
    this.chosen = -1;
    for (const name of ["downloads", "lines", "facts"]) find(name).replaceChildren();
  }

  show(fileName, received) {
    this.clear();
    this.received = received;
    const stem = fileName.replace(/\.[^.]*$/, "") || "scan";
    const lines = new Blob([JSON.stringify(received.lines, null, 2)], { type: "application/json" });
    this.files = [
      ["restoredPage", `${stem}.restored.png`, received.restored.blob],
      ["provenance", `${stem}.restored.png.prov.json`, received.provenance.blob],
      ["confidenceMap", `${stem}.confidence.png`, received.confidence.blob],
      ...(received.lines.reader ? [["lineTexts", `${stem}.lines.json`, lines]] : []),
    ].map(([key, name, blob]) => [key, name, blob.size, this.addressOf(blob)]);
    this.relabel();
  }

  addressOf(blob) {
    this.addresses.push(URL.createObjectURL(blob));
    return this.addresses.at(-1);
  }

  relabel() {
    if (!this.received) return;
    find("downloads").replaceChildren(...this.files.map((file) => this.download(...file)));
    this.showLines(this.received.lines);
    this.showFacts(this.received.page);
  }

  download(key, name, size, address) {
    const link = Object.assign(document.createElement("a"), { href: address, download: name });
    link.textContent = text(key);
    const weight = Object.assign(document.createElement("span"), { className: "small" });
    weight.textContent = size > 1e6 ? `${number(size / 1e6, 1)} MB` : `${number(Math.ceil(size / 1e3))} kB`;
    const item = document.createElement("li");
    item.append(link, weight);
    return item;
  }

  showLines({ lines, reader }) {
    const note = lines.length ? (reader ? "linesRead" : "linesNotRead") : "noLines";
    find("line-note").textContent = text(note, { count: lines.length });
    find("lines").replaceChildren(...lines.map((line, index) => this.line(line, index)));
  }

  line({ box, text: read, confidence }, index) {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    button.setAttribute("aria-pressed", String(index === this.chosen));
    const words = document.createElement("span");
    words.className = read ? "words" : "words none";
    words.textContent = read === undefined ? text("line", { number: index + 1 }) : read || text("unreadable");
    button.append(words);
    if (confidence !== undefined) {
      const sure = Object.assign(document.createElement("span"), { className: "sure" });
      sure.dataset.level = confidence >= SURE ? "high" : confidence >= DOUBTFUL ? "middle" : "low";
      sure.textContent = percent(confidence, 0);
      button.append(sure);
    }
    button.addEventListener("click", () => this.choose(index, box));
    const item = document.createElement("li");
    item.append(button);
    return item;
  }

  choose(index, box) {
    this.chosen = index;
    find("lines")
      .querySelectorAll("button")
      .forEach((button, number) => button.setAttribute("aria-pressed", String(number === index)));
    this.onLine(box);
  }

  showFacts(page) {
    const verdict = page.safe ? text("safe") : text("unsafe", { criterion: text(`criterion_${page.criterion}`) });
    find("verdict").textContent = verdict;
    find("verdict").dataset.safe = String(page.safe);
    const rows = [
      row(text("size"), text("sizeValue", { width: number(page.width), height: number(page.height) })),
      row(text("change"), percent(page.change)),
      ...(page.confidence === null ? [] : [row(text("sure"), number(page.confidence, 2))]),
      ...(page.erased === null ? [] : [row(text("erased"), percent(page.erased))]),
      ...(page.colour_lost ? [row(text("colourLost"), percent(page.colour_lost, 2))] : []),
      ...(page.x_height === null ? [] : [row(text("xHeight"), text("pixels", { value: number(page.x_height, 1) }))]),
      row(text("seconds"), text("secondsValue", { value: number(page.seconds, 1) })),
      row(text("model"), page.digest),
    ];
    find("facts").replaceChildren(...rows.flat());
  }
}
