import type { JobQuery, JobSummary } from 'backbeat/client'
import { parseDuration } from '../format/duration.ts'

/** What may stand before a colon. */
export const FILTER_KEYS = ['status', 'task', 'queue', 'tag', 'by', 'error', 'since', 'until'] as const
export type FilterKey = (typeof FILTER_KEYS)[number]

export interface Token {
  /** `null` for words without a key. */
  key: string | null
  value: string
  /** Where it stands in the text. */
  start: number
  end: number
}

export interface ParsedFilter {
  values: Partial<Record<FilterKey, string>>
  /** Words without a key, in their order. */
  words: string
  problems: { token: Token; code: 'unknown_key' | 'twice' | 'not_a_time' | 'empty' }[]
}

const TOKEN = /([a-z_]+):(?=\s|$)|(?:([a-z_]+):)?(?:"([^"]*)"?|(\S+))/g

/** Splits a filter into its parts; quotes hold spaces together. */
export function tokensOf(text: string): Token[] {
  return Array.from(text.matchAll(TOKEN), (match) => ({
    key: match[1] ?? match[2] ?? null,
    value: match[3] ?? match[4] ?? '',
    start: match.index,
    end: match.index + match[0].length,
  }))
}

/**
 * Reads a filter such as `status:failed task:catalog.product_import error:"timed out" since:2h`.
 * What cannot be understood is told and left out.
 */
export function parseFilter(text: string): ParsedFilter {
  const parsed: ParsedFilter = { values: {}, words: '', problems: [] }
  for (const token of tokensOf(text)) {
    const { key, value } = token
    if (key === null) {
      parsed.words = `${parsed.words} ${value}`.trim()
    } else if (!isFilterKey(key)) {
      // A URL has a colon too, and is looked for as it stands.
      if (value.startsWith('//')) parsed.words = `${parsed.words} ${key}:${value}`.trim()
      else parsed.problems.push({ token, code: 'unknown_key' })
    } else if (value === '') {
      parsed.problems.push({ token, code: 'empty' })
    } else if (isTimeKey(key) && momentOf(value, 0) === undefined) {
      parsed.problems.push({ token, code: 'not_a_time' })
    } else if (parsed.values[key] !== undefined) {
      parsed.problems.push({ token, code: 'twice' })
    } else {
      parsed.values[key] = value
    }
  }
  return parsed
}

/** What the API is asked for. `since:2h` counts back from `now`. */
export function queryOf({ values, words }: ParsedFilter, now: number): JobQuery {
  const q = values.error ?? (words || undefined)
  const from = values.since === undefined ? undefined : momentOf(values.since, now)
  const to = values.until === undefined ? undefined : momentOf(values.until, now)
  return {
    ...(values.status !== undefined && { status: values.status }),
    ...(values.task !== undefined && { task_type: values.task }),
    ...(values.queue !== undefined && { queue: values.queue }),
    ...(values.tag !== undefined && { tag: values.tag }),
    ...(values.by !== undefined && { triggered_by: values.by }),
    ...(q !== undefined && { q }),
    ...(from !== undefined && { from: new Date(from).toISOString() }),
    ...(to !== undefined && { to: new Date(to).toISOString() }),
  }
}

/** Whether a job is within what the API cannot be asked for: the text of its error alone, and words beside it. */
export function isWithin({ values, words }: ParsedFilter, job: JobSummary, now: number): boolean {
  const { since, until, error } = values
  const created = Date.parse(job.created_at)
  if (since !== undefined && created < (momentOf(since, now) ?? 0)) return false
  if (until !== undefined && created >= (momentOf(until, now) ?? Infinity)) return false
  if (error === undefined) return true
  if (!includes(job.error_message, error) && !includes(job.error_type, error)) return false
  const searched = [job.task_type, job.id, job.error_message, ...job.tags]
  return words === '' || searched.some((text) => includes(text, words))
}

/** Whether everything that the filter says can be said to the API, as acting on all that match has to. */
export function isWhollyAsked({ values, problems }: ParsedFilter): boolean {
  return values.error === undefined && problems.length === 0
}

/** The filter with one key set anew, or taken out. */
export function withValue(text: string, key: FilterKey, value: string | null): string {
  const others = tokensOf(text)
    .filter((token) => token.key !== key)
    .map(({ start, end }) => text.slice(start, end))
  return [...(value === null ? [] : [`${key}:${quoted(value)}`]), ...others].join(' ')
}

export function quoted(value: string): string {
  return /\s/.test(value) ? `"${value}"` : value
}

/** A moment in milliseconds: a time ago such as `2h`, or an ISO date or time. */
function momentOf(value: string, now: number): number | undefined {
  const ago = parseDuration(value)
  if (ago !== undefined) return now - ago
  if (!/^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(value)) return undefined
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : at
}

function includes(text: string | null, part: string): boolean {
  return text?.toLowerCase().includes(part.toLowerCase()) === true
}

function isFilterKey(key: string): key is FilterKey {
  return (FILTER_KEYS as readonly string[]).includes(key)
}

function isTimeKey(key: FilterKey): boolean {
  return key === 'since' || key === 'until'
}
