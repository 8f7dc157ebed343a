/** What is stored of a job's input, result and metadata: JSON and nothing else. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** Where and why a value is not JSON. */
export interface JsonIssue {
  path: (string | number)[]
  message: string
}

/** Deeper values than this are refused: they overflow the stack of parsers elsewhere. */
const MAX_DEPTH = 200

/**
 * The first reason why a value would not survive a round trip through JSON, or `undefined`.
 * Keys whose value is `undefined` are allowed: they are left out, as `JSON.stringify` does.
 */
export function findJsonIssue(value: unknown): JsonIssue | undefined {
  return inspect(value, [])
}

function inspect(value: unknown, ancestors: object[]): JsonIssue | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined
    case 'number':
      return Number.isFinite(value) ? undefined : { path: [], message: `${value} is not a JSON number` }
    case 'object':
      break
    default:
      return { path: [], message: `a ${typeof value} is not JSON` }
  }
  if (value === null) return undefined
  if (ancestors.includes(value)) return { path: [], message: 'refers to itself, which JSON cannot express' }
  if (ancestors.length >= MAX_DEPTH) return { path: [], message: `is nested deeper than ${MAX_DEPTH} levels` }
  if (!Array.isArray(value)) {
    const prototype = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) {
      return { path: [], message: `a ${value.constructor?.name ?? 'class instance'} is not JSON; convert it first` }
    }
  }

  ancestors.push(value)
  const isArray = Array.isArray(value)
  for (const key of isArray ? value.keys() : Object.keys(value)) {
    const entry = (value as Record<string | number, unknown>)[key]
    if (entry === undefined && !isArray) continue
    const issue = inspect(entry, ancestors)
    if (issue) {
      issue.path.unshift(key)
      return issue
    }
  }
  ancestors.pop()
  return undefined
}
