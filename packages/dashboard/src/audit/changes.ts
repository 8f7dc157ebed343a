import { formatDuration } from '../format/duration.ts'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

export interface FieldChange {
  /** Where the value stands: `role`, `limits.hard`; empty where the whole is one value. */
  path: string
  /** `undefined` where there was none, or it was not noted. */
  before: Json | undefined
  /** `undefined` where there is none any more. */
  after: Json | undefined
  kind: 'set' | 'changed' | 'same' | 'removed'
}

/**
 * What an entry of the audit log says was changed, value by value. What came after may name but the values
 * that were given: those that only came before were left as they were, unless nothing came after.
 */
export function changesOf(before: Json, after: Json): FieldChange[] {
  if (before === null && after === null) return []
  const old = flat(before)
  const now = flat(after)
  if (after === null) {
    return [...old].map(([path, value]) => ({ path, before: value, after: undefined, kind: 'removed' }))
  }
  return [...now].map(([path, value]) => {
    if (!old.has(path)) return { path, before: undefined, after: value, kind: 'set' }
    const was = old.get(path)
    return { path, before: was, after: value, kind: same(was, value) ? 'same' : 'changed' }
  })
}

/** A value in a line, as people write it; `name` tells what it is measured in. */
export function shortText(value: Json, name = '', locale = 'en'): string {
  if (typeof value === 'number' && name.endsWith('_ms')) return formatDuration(value, locale)
  if (Array.isArray(value)) {
    return value.every((entry) => typeof entry !== 'object') ? value.join(', ') : JSON.stringify(value)
  }
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function flat(value: Json, path = ''): Map<string, Json> {
  if (value === null && path === '') return new Map()
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return new Map([[path, value]])
  return new Map(Object.entries(value).flatMap(([key, inner]) => [...flat(inner, path ? `${path}.${key}` : key)]))
}

function same(one: Json | undefined, other: Json): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
