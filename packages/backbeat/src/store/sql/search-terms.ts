/** How long a piece of text must be to be found by the index. */
const INDEXED = 3
/** So many pieces of a text narrow a search down as well as all of them. */
const MAX_TRIGRAMS = 12
const ID_FORM = 'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx'

/**
 * The pieces of a text as they stand in JSON, where some characters are written differently. Jobs that
 * hold the text hold each of them. None where the text is too short for an index.
 */
export function indexedPieces(text: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are the ones that JSON escapes
  return text.split(/["\\\x00-\x1f\ufffd\p{Surrogate}]+/u).filter((piece) => Array.from(piece).length >= INDEXED)
}

/** Parts of three characters that every text has in which the pieces stand; some of them, where they are many. */
export function trigramsOf(pieces: readonly string[]): string[] {
  const all = new Set<string>()
  for (const piece of pieces) {
    const characters = Array.from(piece.toLowerCase())
    for (let at = 0; at + INDEXED <= characters.length; at += 1) all.add(characters.slice(at, at + INDEXED).join(''))
  }
  const step = Math.max(1, all.size / MAX_TRIGRAMS)
  return [...all].filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step))
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
