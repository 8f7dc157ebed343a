import { BackbeatError } from '../errors.ts'
import type { Json } from '../json.ts'
import { isSensitiveKey } from './sensitive-keys.ts'

/** What stands where something was hidden. */
export const REDACTED = '[redacted]'

/** What a task says is sensitive, besides what its name tells. */
export interface RedactionPolicy {
  /** Hidden, as keys from the root; `*` stands for any key or index. */
  hidden: readonly (readonly string[])[]
  /** Not hidden, although its name tells so. */
  shown: readonly (readonly string[])[]
}

export const DEFAULT_POLICY: RedactionPolicy = { hidden: [], shown: [] }

/**
 * The policy of a task's `redact` option.
 *
 * @param task named in the error
 * @throws BackbeatError `invalid_task`
 */
export function redactionPolicy(paths: readonly string[] = [], task: string): RedactionPolicy {
  const hidden: string[][] = []
  const shown: string[][] = []
  for (const path of paths) {
    const isShown = typeof path === 'string' && path.startsWith('!')
    const keys = typeof path === 'string' ? path.slice(isShown ? 1 : 0).split('.') : []
    if (keys.length === 0 || keys.includes('')) {
      throw new BackbeatError(
        'invalid_task',
        `The task ${task} cannot work: redact has ${JSON.stringify(path)}; give keys joined by dots, such as 'card.number' or 'rows.*.iban'.`,
      )
    }
    if (isShown) shown.push(keys)
    else hidden.push(keys)
  }
  return { hidden, shown }
}

type Replace<Value extends Json = Json> = (value: Value, path: readonly string[]) => Json

/** What a secret may be written as where it turns up again. */
type Written = string | number

/**
 * The value with everything sensitive in it replaced; the value itself where there is nothing.
 *
 * @param other what becomes of texts and numbers that are not sensitive; by default they stay
 */
export function replaceSensitive(
  value: Json,
  { hidden, shown }: RedactionPolicy,
  replace: Replace,
  other: Replace<Written> = (same) => same,
): Json {
  const walk = (each: Json, hiddenHere: Patterns, shownHere: Patterns, path: string[]): Json => {
    if (typeof each === 'string' || typeof each === 'number') return other(each, path)
    return mapEntries(each, path, (entry, key, isIndex) => {
      const hiddenBelow = below(hiddenHere, key, isIndex)
      const shownBelow = below(shownHere, key, isIndex)
      if (isHidden(key, entry, hiddenBelow, shownBelow, isIndex)) return replace(entry, path)
      return walk(entry, hiddenBelow, shownBelow, path)
    })
  }
  return walk(value, hidden, shown, [])
}

/** The value with its texts replaced, whatever they are called. */
export function replaceTexts(value: Json, replace: Replace<string>): Json {
  const walk = (each: Json, path: string[]): Json =>
    typeof each === 'string' ? replace(each, path) : mapEntries(each, path, (entry) => walk(entry, path))
  return walk(value, [])
}

/** Copies only what changes. The path is that of the entry while it is looked at. */
function mapEntries(value: Json, path: string[], map: (entry: Json, key: string, isIndex: boolean) => Json): Json {
  if (typeof value !== 'object' || value === null) return value
  const isArray = Array.isArray(value)
  const entries = value as { [key: string]: Json }
  let copy: { [key: string]: Json } | undefined
  for (const key of Object.keys(value)) {
    const before = entries[key] as Json
    path.push(key)
    const after = map(before, key, isArray)
    path.pop()
    if (after === before) continue
    copy ??= (isArray ? [...value] : { ...value }) as { [key: string]: Json }
    // Not by assignment, which takes a key called __proto__ for something else.
    Object.defineProperty(copy, key, { value: after, writable: true, enumerable: true, configurable: true })
  }
  return copy ?? value
}

type Patterns = readonly (readonly string[])[]

function isHidden(key: string, value: Json, hidden: Patterns, shown: Patterns, isIndex: boolean): boolean {
  if (value === null || value === '') return false
  if (hidden.some((rest) => rest.length === 0)) return true
  if (isIndex || typeof value === 'boolean' || !isSensitiveKey(key)) return false
  return !shown.some((rest) => rest.length === 0)
}

/** What is left of the patterns one key further down. Indexes may be left out of a pattern. */
function below(patterns: Patterns, key: string, isIndex: boolean): Patterns {
  if (patterns.length === 0) return patterns
  const rest: (readonly string[])[] = []
  for (const pattern of patterns) {
    const [head] = pattern
    if (head === key || head === '*') rest.push(pattern.slice(1))
    if (isIndex && pattern.length > 0 && head !== '*') rest.push(pattern)
  }
  return rest
}
