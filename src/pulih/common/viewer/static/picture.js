// A picture of any size as tiles for OpenSeadragon, cut in the browser: no more than a screen is ever drawn at once.

const TILE = 512;
let pictureCount = 0;

export class Picture {
  constructor(bitmap) {
    this.width = bitmap.width;
    this.height = bitmap.height;
    this.name = `picture-${(pictureCount += 1)}`;
    this.top = Math.max(0, Math.ceil(Math.log2(Math.max(this.width, this.height) / TILE)));
    this.levels = new Map([[this.top, bitmap]]);
  }

  // `source` is a Blob or an address; fails with an Error where the browser cannot show it.
  static async load(source) {
    const isBlob = source instanceof Blob;
    const address = isBlob ? URL.createObjectURL(source) : source;
    const image = new Image();
    image.src = address;
    try {
      await image.decode();
      return new Picture(await createImageBitmap(image));
    } finally {
      if (isBlob) URL.revokeObjectURL(address);
    }
  }

  // Each level is half of the one above it: one small step at a time keeps thin strokes.
  level(number) {
    if (!this.levels.has(number)) {
      const above = this.level(number + 1);
      const half = new OffscreenCanvas(Math.max(1, Math.ceil(above.width / 2)), Math.max(1, Math.ceil(above.height / 2)));
      half.getContext("2d").drawImage(above, 0, 0, half.width, half.height);
      this.levels.set(number, half);
    }
    return this.levels.get(number);
  }

  tile(number, column, row) {
    const whole = this.level(number);
    const left = column * TILE;
    const top = row * TILE;
    const canvas = document.createElement("canvas");
    canvas.width = Math.min(TILE, whole.width - left);
    canvas.height = Math.min(TILE, whole.height - top);
    const context = canvas.getContext("2d");
    context.drawImage(whole, left, top, canvas.width, canvas.height, 0, 0, canvas.width, canvas.height);
    return context;
  }

  source(isTransparent = false) {
    const source = new OpenSeadragon.TileSource({
      width: this.width,
      height: this.height,
      tileSize: TILE,
      minLevel: 0,
      maxLevel: this.top,
    });
    source.getTileUrl = (level, x, y) => `${this.name}/${level}/${x}/${y}`;
    source.hasTransparency = () => isTransparent;
    source.downloadTileStart = (job) => {
      const [, level, x, y] = job.src.split("/").map(Number);
      // One tile per turn of the event loop, so that a drag or a key is answered between two of them.
      job.userData.timer = setTimeout(() => job.finish(this.tile(level, x, y), null, "context2d"));
    };
    source.downloadTileAbort = (job) => clearTimeout(job.userData.timer);
    return source;
  }

  close() {
    this.levels.get(this.top).close();
    this.levels.clear();
  }
}
