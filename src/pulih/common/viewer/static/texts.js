// The words of every page that shows pictures of Pulih, in English and Indonesian.

const TEXTS = {
  en: {
    comparison: "Comparison of scan and restored page",
    modes: "How to compare",
    slider: "Slider",
    blink: "Blink",
    difference: "Difference",
    confidence: "Confidence",
    scan: "Scan",
    restored: "Restored",
    cut: "How much of the scan to show",
    zoomIn: "Zoom in",
    zoomOut: "Zoom out",
    fit: "Whole page",
    actual: "One pixel of the scan per pixel of the screen",
    full: "Full screen",
    picture: "Picture of the page. Arrow keys move it, plus and minus zoom, 0 shows all of it, 1 to 4 choose the comparison.",
    sliderHint: "Drag the line, or focus it and press the arrow keys: scan on the left, restored on the right.",
    blinkHint: "Scan and restored take turns. Space stops, and then switches by hand.",
    differenceHint: "White where nothing changed; the darker, the more was changed. Shown 2.5 times stronger than it is.",
    confidenceHint: "Coloured strokes are those that the network wrote without being sure. The stronger the colour, the less sure.",
    paused: "stopped",
    twoFingers: "Two fingers move and zoom the picture",
    wheelWithKey: "{0} and the wheel zoom the picture",
  },
  id: {
    comparison: "Perbandingan pindaian dan halaman yang dipulihkan",
    modes: "Cara membandingkan",
    slider: "Geser",
    blink: "Kedip",
    difference: "Selisih",
    confidence: "Keyakinan",
    scan: "Pindaian",
    restored: "Dipulihkan",
    cut: "Berapa bagian pindaian yang ditampilkan",
    zoomIn: "Perbesar",
    zoomOut: "Perkecil",
    fit: "Seluruh halaman",
    actual: "Satu piksel pindaian per piksel layar",
    full: "Layar penuh",
    picture: "Gambar halaman. Tombol panah menggeser, plus dan minus mengubah ukuran, 0 menampilkan semuanya, 1 sampai 4 memilih cara membandingkan.",
    sliderHint: "Geser garisnya, atau fokuskan lalu tekan tombol panah: pindaian di kiri, hasil pemulihan di kanan.",
    blinkHint: "Pindaian dan hasil pemulihan bergantian. Spasi menghentikan, lalu menukar dengan tangan.",
    differenceHint: "Putih di tempat yang tidak berubah; makin gelap, makin banyak yang diubah. Ditampilkan 2,5 kali lebih kuat.",
    confidenceHint: "Goresan berwarna ditulis jaringan tanpa keyakinan penuh. Makin kuat warnanya, makin tidak yakin.",
    paused: "berhenti",
    twoFingers: "Dua jari menggeser dan memperbesar gambar",
    wheelWithKey: "{0} dan roda tetikus memperbesar gambar",
  },
};

export const LANGUAGES = Object.keys(TEXTS);

// Adds the words of one page: { en: {...}, id: {...} }.
export function addTexts(more) {
  for (const language of LANGUAGES) Object.assign(TEXTS[language], more[language]);
}

export function language() {
  return LANGUAGES.includes(document.documentElement.lang) ? document.documentElement.lang : "en";
}

// The text `key` in the page's language, with {names} replaced by the values given.
export function text(key, values = {}) {
  const found = TEXTS[language()][key];
  if (found === undefined) throw new Error(`no text "${key}" in ${language()}`);
  return found.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export function number(value, digits = 0) {
  return value.toLocaleString(language(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

// Chooses the first language that the reader asks for and we have; a choice made before wins.
export function chooseLanguage() {
  let kept = null;
  try {
    kept = localStorage.getItem("pulih-language");
  } catch {
    // Pages from disk and private windows may have no storage.
  }
  const asked = [kept, ...navigator.languages.map((name) => name.split("-")[0])];
  setLanguage(asked.find((name) => LANGUAGES.includes(name)) ?? "en", false);
}

export function setLanguage(name, keep = true) {
  document.documentElement.lang = name;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = text(element.dataset.text);
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", text(element.dataset.label));
    if (element.matches("button")) element.title = text(element.dataset.label);
  }
  if (keep) {
    try {
      localStorage.setItem("pulih-language", name);
    } catch {
      // The choice then lasts as long as the page.
    }
  }
  document.dispatchEvent(new Event("languagechange"));
}
