import { FILTER_KEYS, quoted, tokensOf } from './language.ts'

/** What may follow a key, by key. */
export type KnownValues = Partial<Record<string, readonly string[]>>

export interface Suggestion {
  label: string
  /** The whole filter, were it chosen. */
  text: string
}

const MOST = 12

/** What could be meant at the end of the filter: keys, or values of the key that stands there. */
export function suggestionsFor(text: string, known: KnownValues): Suggestion[] {
  const last = /\s$/.test(text) ? undefined : tokensOf(text).at(-1)
  const before = last ? text.slice(0, last.start) : text
  if (last?.key) {
    const { key, value } = last
    const [done, part] = splitAtComma(value)
    return (known[key] ?? [])
      .filter((candidate) => candidate !== part && candidate.toLowerCase().includes(part.toLowerCase()))
      .slice(0, MOST)
      .map((candidate) => ({ label: candidate, text: `${before}${key}:${quoted(done + candidate)} ` }))
  }
  const used = new Set(tokensOf(text).map(({ key }) => key))
  return FILTER_KEYS.filter((key) => !used.has(key) && key.startsWith(last?.value ?? '')).map((key) => ({
    label: `${key}:`,
    text: `${before}${key}:`,
  }))
}

/** Several states are separated by commas; the last one is being written. */
function splitAtComma(value: string): [done: string, part: string] {
  const comma = value.lastIndexOf(',') + 1
  return [value.slice(0, comma), value.slice(comma)]
}
