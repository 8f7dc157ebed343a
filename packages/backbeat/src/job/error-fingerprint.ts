import { createHash } from 'node:crypto'

/** Messages are compared by their beginning. */
const COMPARED_LENGTH = 300

/** What differs between two messages of one fault, and what stands for it. */
const VARIABLE: [RegExp, string][] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '<id>'],
  [/\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)?/g, '<time>'],
  // Each worker's name is its own.
  [/(?<=[Ww]orker )\S+:\d+:[0-9a-f]+/g, '<worker>'],
  [/\bhttps?:\/\/[^\s"'<>)]+/gi, '<url>'],
  [/[\w.+-]+@[\w-]+\.[\w.-]+/g, '<address>'],
  [/"[^"]*"/g, '"…"'],
  [/'[^']*'/g, "'…'"],
  [/`[^`]*`/g, '`…`'],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi, '<hex>'],
  [/\d+(?:[.,]\d+)*/g, '#'],
]

/** A message without what differs from one occurrence to the next. */
export function normalisedMessage(message: string): string {
  const compared = message.slice(0, COMPARED_LENGTH)
  return VARIABLE.reduce((text, [pattern, word]) => text.replaceAll(pattern, word), compared)
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/** As much of a failed job as tells its fault. */
export interface FailedJob {
  errorType: string | null
  errorMessage: string | null
}

/** A short text that is the same for every occurrence of one fault, whichever task it hits. */
export function errorFingerprint({ errorType, errorMessage }: FailedJob): string {
  const parts = [errorType ?? '', normalisedMessage(errorMessage ?? '')]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)
}
