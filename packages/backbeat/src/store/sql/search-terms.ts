/** How long a piece of text must be to be found by the index. */
const INDEXED = 3
/** So many pieces of a text narrow a search down as well as all of them. */
const MAX_TRIGRAMS = 6
const ID_FORM = 'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx'

/**
 * The pieces of a text as they stand in JSON, where some characters are written differently. Jobs that
 * hold the text hold each of them. None where the text is too short for an index.
 */
export function indexedPieces(text: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are the ones that JSON escapes
  return text.split(/["\\\x00-\x1f\ufffd\p{Surrogate}]+/u).filter((piece) => Array.from(piece).length >= INDEXED)
}

/**
 * Parts of three characters that every text has in which the pieces stand. One beside the other, since
 * those that overlap tell little more; and of many those with a digit or a sign, which fewer texts have.
 */
export function trigramsOf(pieces: readonly string[]): string[] {
  const all = new Set<string>()
  for (const piece of pieces) {
    const characters = Array.from(piece.toLowerCase())
    const last = characters.length - INDEXED
    for (let at = 0; at < last + INDEXED; at += INDEXED) {
      const from = Math.min(at, last)
      all.add(characters.slice(from, from + INDEXED).join(''))
    }
  }
  const isRarer = (trigram: string) => /[^\p{L} ]/u.test(trigram)
  return [...all].sort((one, other) => Number(isRarer(other)) - Number(isRarer(one))).slice(0, MAX_TRIGRAMS)
}

/** Where in a job's id a text may stand. */
export interface IdPart {
  /** The lowest and the highest id that begin with it, or `null`. */
  range: { lowest: string; highest: string } | null
  /** Whether it may stand in the middle or at the end. */
  isInfix: boolean
}

/** @param text in small letters */
export function idPartOf(text: string): IdPart {
  if (!/^[0-9a-f-]+$/.test(text)) return { range: null, isInfix: false }
  const fits = (at: number) =>
    Array.from(text).every((character, index) => (character === '-') === (ID_FORM[at + index] === '-'))
  const offsets = Array.from({ length: Math.max(0, ID_FORM.length - text.length + 1) }, (_, at) => at).filter(fits)
  const rest = ID_FORM.slice(text.length)
  return {
    range: offsets.includes(0)
      ? { lowest: text + rest.replaceAll('x', '0'), highest: text + rest.replaceAll('x', 'f') }
      : null,
    isInfix: offsets.some((at) => at > 0),
  }
}
