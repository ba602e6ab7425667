// Lists of texts in parts that engines are given.

/** An engine is given so many texts at once at most, and so many characters unless one text has more: a quarter of a second. */
const CHUNK = { texts: 16, characters: 4000 };

/**
 * The places of `texts` in chunks of like length. The longest are last, since they are to be begun first: what decides how long the
 * engines wait for each other is the chunk that ends last.
 *
 * @param {string[]} texts
 */
export const chunked = (texts) => {
  const places = [...texts.keys()].sort((a, b) => texts[a].length - texts[b].length);
  /** @type {number[][]} */
  const chunks = [];
  let room = 0;
  for (const place of places) {
    const last = chunks.at(-1);
    room -= texts[place].length;
    if (last && room >= 0 && last.length < CHUNK.texts) {
      last.push(place);
    } else {
      chunks.push([place]);
      room = CHUNK.characters - texts[place].length;
    }
  }
  return chunks;
};

/** @param {number[]} chunk at least two places @returns {number[][]} */
export const halved = (chunk) => {
  const middle = chunk.length >> 1;
  return [chunk.slice(0, middle), chunk.slice(middle)];
};
